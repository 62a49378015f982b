package directuschat_test

import (
	"testing"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	deptest.Check(t, deptest.Rules{
		Only:    []string{"cmp", "errors", "fmt", "slices", "strings", "time", "unicode/utf8"},
		OnlyWhy: "both programs, and the pure domain, import this package: it holds names and numbers, nothing that works",
	})
}
