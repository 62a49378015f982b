package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"directuschat"
)

// Endpoints that are more to chatd than lines of the allow-list.
const (
	websocketPath = "websocket" // where Directus takes sockets (WEBSOCKETS_REST_PATH)
	loginPath     = "auth/login"
	refreshPath   = "auth/refresh"
	logoutPath    = "auth/logout"
	assetsPath    = "assets/" // files, as people have uploaded them
)

// An endpoint is what a request asks of Directus: its method and its path, without the proxy's own. In the allow-list
// the path may hold anyKey.
type endpoint struct{ method, path string }

// anyKey is a segment that stands for one key of an item.
const anyKey = "{id}"

// An allowList is what of Directus can be reached through chatd. Paths are compared as bytes.
type allowList map[endpoint]bool

// newAllowList opens what the browser program uses, and what the operator has added. Whoever adds a line: everybody on
// the internet may send it then, with or without a log-in, and Directus's own permissions are all that is left.
func newAllowList(m directuschat.Mapping, more []endpoint) allowList {
	allow := allowList{
		{http.MethodPost, loginPath}:                           true,
		{http.MethodPost, logoutPath}:                          true,
		{http.MethodPost, refreshPath}:                         true,
		{http.MethodGet, "permissions/me"}:                     true, // what may this user do
		{http.MethodGet, "server/info"}:                        true, // version and limits, to those logged in
		{http.MethodGet, "server/ping"}:                        true,
		{http.MethodGet, "users"}:                              true, // names, where there is no profiles collection
		{http.MethodGet, "users/me"}:                           true,
		{http.MethodGet, websocketPath}:                        true,
		{http.MethodGet, items(m.Collection)}:                  true,
		{http.MethodPost, items(m.Collection)}:                 true,
		{http.MethodPatch, items(m.Collection) + "/" + anyKey}: true, // one message; without a key it would be any number
	}
	if m.Profiles != "" {
		allow[endpoint{http.MethodGet, items(m.Profiles)}] = true
	}
	if m.Reactions != "" {
		allow[endpoint{http.MethodGet, items(m.Reactions)}] = true
		allow[endpoint{http.MethodPost, items(m.Reactions)}] = true
		allow[endpoint{http.MethodPatch, items(m.Reactions) + "/" + anyKey}] = true
	}
	for _, e := range more {
		allow[e] = true
	}
	return allow
}

func items(collection string) string { return "items/" + collection }

// opens reports whether a request may pass. No request holds anyKey: plainRequestsOnly has seen to that.
func (a allowList) opens(e endpoint) bool {
	if a[e] {
		return true
	}
	segments := strings.Split(e.path, "/")
	for i, segment := range segments {
		if !plainName.MatchString(segment) {
			continue
		}
		segments[i] = anyKey
		if a[endpoint{e.method, strings.Join(segments, "/")}] {
			return true
		}
		segments[i] = segment
	}
	return false
}

// allowedMethods are those that Directus's API has.
var allowedMethods = []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete, "SEARCH"}

// parseEndpoint reads what -allow says.
func parseEndpoint(text string) (endpoint, error) {
	method, path, ok := strings.Cut(text, " ")
	switch {
	case !ok || !slices.Contains(allowedMethods, method):
		return endpoint{}, fmt.Errorf("-allow must be a method (%s) and a path, such as \"GET assets/%s\", not %q", strings.Join(allowedMethods, ", "), anyKey, text)
	case path == "" || strings.HasSuffix(path, "/") || !plainPath.MatchString("/"+strings.Replace(path, anyKey, "key", 1)):
		return endpoint{}, fmt.Errorf("-allow must be a path below Directus's, of letters, digits and . _ ~ -, with at most one segment %s for any key, not %q", anyKey, path)
	}
	return endpoint{method, path}, nil
}

// consequences are what those should know who open a part of Directus; the first that fits.
var consequences = []struct{ prefix, text string }{
	{assetsPath, "files as people have uploaded them; all but safe images come as downloads"},
	{"files", "the list of files, or uploads to your disk within -max-body"},
	{"graphql", "the whole API by one endpoint, log-ins that -login-failures does not count among it"},
	{loginPath + "/", "log-ins that -login-failures does not count"},
	{"auth/password", "mails to whomever a stranger names"},
	{"users/register", "accounts for strangers, if Directus lets them register"},
	{"flows/trigger", "whatever the flow does, for strangers too if it asks for no log-in"},
	{"items/", "this collection, as far as Directus's permissions go"},
	{"users", "the user directory, as far as Directus's permissions go"},
	{"", "administration; think twice"},
}

// logOpened says what the operator has opened.
func logOpened(more []endpoint, log *slog.Logger) {
	for _, e := range more {
		for _, c := range consequences {
			if strings.HasPrefix(e.path, c.prefix) {
				log.Warn("-allow opens more of Directus than the chat needs, to everybody who can reach chatd; its permissions decide alone",
					"endpoint", e.method+" "+e.path, "means", c.text)
				break
			}
		}
	}
}
