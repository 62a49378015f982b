package doctor_test

import (
	"testing"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	const other = "doctor knows Directus and what the chat needs of it, not how the chat works"
	deptest.Check(t, deptest.Rules{
		Never: map[string]string{
			"directuschat/app/chat":                  other,
			"directuschat/app/client":                other,
			"directuschat/app/ui":                    other,
			"directuschat/app/store":                 other,
			"directuschat/app/directus/directuslab":  "the laboratory is for tests and development; this package is shipped",
			"directuschat/app/directus/directustest": "the fake is for tests; this package is shipped",
		},
		Native: true,
	})
}
