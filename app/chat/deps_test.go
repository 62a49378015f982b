package chat_test

import (
	"testing"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	deptest.Check(t, deptest.Rules{
		Only: []string{
			"cmp", "errors", "fmt", "iter", "maps", "slices", "sort", "strings", "time", "unicode/utf8",
			"directuschat", // for the limits both programs share
		},
		OnlyWhy: "the domain is pure: it imports value packages only, so that a script of inputs replays exactly",
	})
}
