//go:build !js

package directus_test

import (
	"testing"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	const sibling = "this package knows Directus, not the chat"
	deptest.Check(t, deptest.Rules{
		Never: map[string]string{
			"directuschat": sibling, "directuschat/app/chat/...": sibling, "directuschat/app/client/...": sibling,
			"directuschat/app/store/...": sibling, "directuschat/app/ui/...": sibling, "directuschat/app/provision/...": sibling,
			"directuschat/app/directus/directustest":  "a fake is for tests",
			"directuschat/app/directus/directuslab":   "a lab is for tests",
			"github.com/maxence-charriere/go-app/...": "events go to whoever owns the session, not to a page",
			"encoding/json": "it decodes ten times slower than what is here, in the browser",
			"log/slog":      "it is 60 kB of the download, and frames hold secrets",
			"log":           "frames hold secrets",
		},
		OnlyIn: map[string]string{
			"syscall/js":          "_js.go",
			"net/http":            "_notjs.go",
			"nhooyr.io/websocket": "_notjs.go",
		},
	})
}
