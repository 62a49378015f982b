//go:build linux || darwin

package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directuslab"
	"directuschat/app/provision"
)

// A hall is a real Directus with the chat, and ten people who may use it.
type hall struct {
	tb       testing.TB
	directus *directuslab.Instance
	people   []string // ids
	tokens   []string // that do not expire
}

func newHall(tb testing.TB, opts directuslab.Options) *hall {
	h := &hall{tb: tb, directus: directuslab.Run(tb, opts)}
	api := directus.API{URL: h.directus.URL, Transport: directus.NewTransport()}
	admin, err := provision.Connect(tb.Context(), api, provision.Credentials{Token: directus.Secret(h.directus.AdminToken)})
	require.NoError(tb, err)
	require.NoError(tb, provision.Apply(tb.Context(), admin, provision.Options{}, func(provision.Step) {}))
	for i := range 10 {
		name := fmt.Sprintf("person%d", i)
		id, err := provision.EnsureUser(tb.Context(), admin, provision.User{Email: name + "@example.com", Password: "some password", FirstName: name})
		require.NoError(tb, err)
		h.people = append(h.people, id)
		h.tokens = append(h.tokens, name+"-has-this-token")
		h.call(http.MethodPatch, "/users/"+id, map[string]any{"token": h.tokens[i]}, nil)
	}
	return h
}

// call is the administrator's.
func (h *hall) call(method, path string, body, out any) {
	h.tb.Helper()
	require.NoError(h.tb, h.directus.Admin(h.tb.Context(), method, path, body, out))
}

// tutorialRights are those that Directus's tutorials give, to show names.
func (h *hall) tutorialRights() {
	h.call(http.MethodPost, "/permissions", map[string]any{
		"policy": provision.PolicyID, "collection": "directus_users", "action": "read", "fields": []string{"*"},
	}, nil)
}

// dialAs opens a socket at the URL of a Directus, or of chatd's way to it, as a page of some origin.
func dialAs(tb testing.TB, url, origin string) directus.Conn {
	tb.Helper()
	conn, err := directus.NewDialerWith(http.Header{"Origin": {origin}}).Dial(tb.Context(), strings.Replace(url, "http", "ws", 1)+"/websocket")
	require.NoError(tb, err)
	tb.Cleanup(conn.Close)
	return conn
}
