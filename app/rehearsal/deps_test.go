package rehearsal

import (
	"testing"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	deptest.Check(t, deptest.Rules{
		Never: map[string]string{
			"directuschat/app/ui":                     "the interface plays the user by the methods of a Client; it is wired to this in cmd/chat",
			"directuschat/app/directus/directustest":  "it is a whole server, of net/http",
			"syscall/js":                              "what is played is of the program only: when there is time for it is told from outside",
			"net/http":                                "its client alone adds a megabyte to the download",
			"encoding/json":                           "its functions are so large that to compile them takes longer than the play; nothing here needs them",
			"github.com/maxence-charriere/go-app/...": "this package is no part of the interface",
		},
	})
}
