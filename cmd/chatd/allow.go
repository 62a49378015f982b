package main

import (
	"net/http"

	"directuschat"
)

// Endpoints that are more to chatd than lines of the allow-list.
const (
	websocketPath = "websocket" // where Directus takes sockets (WEBSOCKETS_REST_PATH)
	loginPath     = "auth/login"
	refreshPath   = "auth/refresh"
	logoutPath    = "auth/logout"
)

// An endpoint is what a request asks of Directus: its method and its path, without the proxy's own.
type endpoint struct{ method, path string }

// An allowList is what of Directus can be reached through chatd. Paths are compared as bytes.
type allowList map[endpoint]bool

// newAllowList opens what the browser program uses, and nothing else. Whoever adds a line: everybody on the internet
// may send it then, with or without a log-in, and Directus's own permissions are all that is left.
func newAllowList(m directuschat.Mapping) allowList {
	allow := allowList{
		{http.MethodPost, loginPath}:           true,
		{http.MethodPost, logoutPath}:          true,
		{http.MethodPost, refreshPath}:         true,
		{http.MethodGet, "permissions/me"}:     true, // what may this user do
		{http.MethodGet, "server/info"}:        true, // version and limits, to those logged in
		{http.MethodGet, "server/ping"}:        true,
		{http.MethodGet, "users"}:              true, // names, where there is no profiles collection
		{http.MethodGet, "users/me"}:           true,
		{http.MethodGet, websocketPath}:        true,
		{http.MethodGet, items(m.Collection)}:  true,
		{http.MethodPost, items(m.Collection)}: true,
	}
	if m.Profiles != "" {
		allow[endpoint{http.MethodGet, items(m.Profiles)}] = true
	}
	return allow
}

func items(collection string) string { return "items/" + collection }
