package directuslab

import (
	"testing"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	deptest.Check(t, deptest.Rules{
		Never: map[string]string{
			"directuschat/...": "a lab runs a Directus for anybody's tests, so it must not need what these tests are of",
		},
		Native: true,
	})
}
