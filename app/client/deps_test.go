package client_test

import (
	"testing"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	deptest.Check(t, deptest.Rules{
		Never: map[string]string{
			"directuschat/app/ui":    "the interface knows the client, not the other way round",
			"directuschat/app/store": "storage is an interface that this package declares",
			"syscall/js":             "this package runs the same in a browser and in a test",
			"net/http":               "its client alone adds a megabyte to the download",
			"log/slog":               "the browser has no log to write to, and it is not small",
			"nhooyr.io/websocket":    "sockets are directus's",
			"github.com/maxence-charriere/go-app/...": "this package is no part of the interface",
		},
	})
}
