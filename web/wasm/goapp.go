package wasm

import "embed"

// What the lean copy of go-app is made of. A new version of go-app is looked at before it gets here: what it needs in
// the browser, and whether this is still all of its other half. What is forgotten does not compile, or is told by the
// test of what the program consists of.
const (
	goApp        = "github.com/maxence-charriere/go-app/v10"
	goAppVersion = "v10.1.11"
)

var (
	goAppPackages = []string{goApp + "/pkg/app", goApp + "/pkg/errors"}

	// goAppLess leads from a file to what it must do without; nothing means the file. A type goes with its methods.
	goAppLess = map[string][]string{
		// The server.
		"pkg/app/http.go": nil,
		"pkg/app/wasm.go": {"GenerateStaticWebsite"},
		"pkg/app/resource.go": {
			"LocalDir", "localResourceResolver", "PrefixedLocation", "prefixedResourceResolver", "GitHubPages",
		},
		// See goAppMore.
		"pkg/app/crypto.go":    nil,
		"pkg/errors/errors.go": {"init", "SetInlineEncoder", "SetIndentEncoder", "New", "Error.WithTag", "Error.Wrap", "Error.Error"},
		"pkg/app/route.go":     {"regexpRoute", "router.routeWithRegexp"},

		// What is a matter of speed.
		"pkg/app/engine.go": {"engineX.Start"},
		"pkg/app/js_wasm.go": {
			"value.Call", "value.Get", "value.Index", "syscalJSValueOf", "valueOf",
			"value.setNodeValue", "value.appendChild",
		},
		"pkg/app/node.go":    {"nodeManager.Update", "nodeManager.CanUpdate", "nodeManager.context", "nodeManager.updateComponent", "nodeManager.updateHTML", "nodeManager.updateHTMLAttributes", "canUpdateValue"},
		"pkg/app/strings.go": {"FormatString"},
	}

	// goAppMore takes the place of what the rest still names, by the folder of its package.
	//
	//go:embed goapp/*/*.go.txt
	goAppMore embed.FS

	// goAppImports leads from imports to what is imported instead.
	goAppImports = map[string]string{
		"encoding/json":          "directuschat/web/wasm/nojson", // a twentieth of the program
		"github.com/google/uuid": "directuschat/app/uuid",        // the other knows versions that need MD5, a database, and TLS's random numbers
	}
)
