package main

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// A csp is a Content-Security-Policy: for each directive the sources it allows.
type csp map[string][]string

// String is the value of the header, directives in order of their names.
func (c csp) String() string {
	var parts []string
	for _, directive := range slices.Sorted(maps.Keys(c)) {
		parts = append(parts, strings.Join(append([]string{directive}, c[directive]...), " "))
	}
	return strings.Join(parts, "; ")
}

// with returns the policy with more sources for one directive.
func (c csp) with(directive string, sources ...string) csp {
	more := maps.Clone(c)
	more[directive] = slices.Concat(c[directive], sources)
	return more
}

var (
	none = []string{"'none'"}
	self = []string{"'self'"}

	// pagePolicy is for the page: every need by name. Where sockets may go is added for each host.
	pagePolicy = csp{
		"default-src":               none,
		"script-src":                {"'self'", "'wasm-unsafe-eval'"},
		"style-src":                 self,
		"img-src":                   {"'self'", "blob:"},
		"font-src":                  self,
		"connect-src":               self,
		"manifest-src":              self,
		"worker-src":                self,
		"base-uri":                  none,
		"form-action":               none, // a form that is sent too early must not put a password into a URL
		"frame-ancestors":           none,
		"require-trusted-types-for": {"'script'"},
		"trusted-types":             {"chat", "compiler"}, // loader.js's and boot.js's, each of which lets one worker's URL pass and nothing else
	}

	// workerPolicy is for the worker, which lives by its own policy and has to fetch.
	workerPolicy = otherPolicy.with("connect-src", "'self'")

	// compilerPolicy is for the worker that fetches the program and compiles it.
	compilerPolicy = workerPolicy.with("script-src", "'wasm-unsafe-eval'")

	// otherPolicy is for everything else, should a browser ever be made to show it as a page.
	otherPolicy = csp{
		"default-src":     none,
		"base-uri":        none,
		"form-action":     none,
		"frame-ancestors": none,
	}
)

// deniedFeatures are what the chat never asks a browser for, so that no injected script can.
var deniedFeatures = []string{
	"accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "gamepad",
	"geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment",
	"picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial", "usb", "window-management",
	"xr-spatial-tracking",
}

// secureHeaders sets what every response carries. Handlers replace the policy where they need more. Browsers are told to
// keep to https if the operator says that there is nothing else: it is said for a whole host, with all its ports.
func secureHeaders(next http.Handler, onlyTLS bool) http.Handler {
	policy := otherPolicy.String()
	permissions := strings.Join(deniedFeatures, "=(), ") + "=()"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", permissions)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		if onlyTLS {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}
