package main

import (
	"net/http"
	"regexp"
	"strings"
)

var (
	// plainPath is a path that can be read in one way only: no escapes, no empty segments, no backslashes, no segment
	// that begins with a dot. Every path chatd serves or forwards is one.
	plainPath = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?$`)

	// plainHost is a host name or address, with or without a port; the Host header may hold much else.
	plainHost = regexp.MustCompile(`^([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$`)
)

// plainRequestsOnly lets requests through whose target, as it stood on the request line, is a plain path and a query. So
// the path that rules are matched against, the path that is forwarded and the path the browser wrote are the same
// bytes, and there is nothing left to normalise. Everything else goes to refuse: absolute URLs, "*", escapes, dots.
//
// A body must say its length. Browsers always do; and of a request with Transfer-Encoding and Content-Length net/http
// hides the second, by which a proxy in front may have found another end: what lies between is somebody else's request.
func plainRequestsOnly(next, refuse http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, _, _ := strings.Cut(r.RequestURI, "?")
		switch {
		case len(r.TransferEncoding) > 0:
			w.Header().Set("Connection", "close") // nothing after it is taken for a request
			writeError(w, errNoLength)
		case path == "" || path != r.URL.Path || !plainPath.MatchString(path):
			refuse.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}
