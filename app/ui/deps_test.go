package ui_test

import (
	"testing"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	deptest.Check(t, deptest.Rules{
		Never: map[string]string{
			"directuschat/app/client":   "the interface knows a Client by the methods it needs, so that it can be drawn without one",
			"directuschat/app/directus": "the interface speaks of people and messages; the protocol is behind the client",
			"directuschat/app/store":    "what is kept, and where, is the client's matter",
			"nhooyr.io/websocket":       "the interface opens no connections",
			"net/http":                  "its client alone adds a megabyte to the download",
			"syscall/js":                "app.Value does the same, and compiles natively, where the tests run",
		},
	})
}
