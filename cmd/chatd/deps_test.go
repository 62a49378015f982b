package main

import (
	"testing"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	const noChat = "the server decides what may pass between browser and Directus; what is said there is not its business"
	deptest.Check(t, deptest.Rules{
		Native: true,
		NeverReach: map[string]string{
			"directuschat/app/chat":                       noChat,
			"directuschat/app/client":                     noChat,
			"directuschat/app/store":                      noChat,
			"directuschat/app/ui":                         noChat,
			"github.com/maxence-charriere/go-app/v10/...": "the page is our own template; go-app is for the browser",
		},
	})
}
