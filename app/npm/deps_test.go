package npm

import (
	"testing"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	deptest.Check(t, deptest.Rules{
		Never:  map[string]string{"directuschat/...": "it serves the tests of any package, so it must not need what these tests are of"},
		Native: true,
	})
}
