//lint:file-ignore SA1019 The socket library the client uses, pinned before it was renamed.

package main

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Two chatd in front of one Directus: a browser goes from one to the other between any two requests, and nothing breaks but
// what each of them keeps for itself, which is the answers to refreshes.
func TestTwoInstances(t *testing.T) {
	rotates := newRotator("a")
	directus := startDirectus(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/auth/refresh", "/auth/logout":
			rotates.ServeHTTP(w, r)
		case "/websocket":
			echo(w, r)
		default:
			_, _ = io.WriteString(w, `{"data":"here"}`)
		}
	})
	const public = "https://chat.example.com"
	one := startSite(t, io.Discard, "-directus-url", directus.URL, "-public-url", public)
	two := startSite(t, io.Discard, "-directus-url", directus.URL, "-public-url", public)

	page, body := get(t, one, "/")
	again, same := get(t, two, "/")
	assert.Equal(t, body, same, "a page of the one runs with assets of the other")
	assert.Equal(t, page.Header.Get("Etag"), again.Header.Get("Etag"))
	asset, _ := get(t, two, "/assets/app.5678.wasm")
	assert.Equal(t, http.StatusOK, asset.StatusCode)

	token := "a"
	for _, server := range []string{one.URL, two.URL, one.URL} {
		status := refreshAt(t, server, token)
		require.Equal(t, http.StatusOK, status, "the session goes on at either")
		token += "+"
		socket, _, err := dial(t, server, public)
		require.NoError(t, err)
		mustEcho(t, socket, `{"type":"ping"}`)
		socket.CloseNow()
	}

	require.Equal(t, http.StatusOK, refreshAt(t, one.URL, token))
	assert.Equal(t, http.StatusOK, refreshAt(t, one.URL, token), "a lost answer is given again by the one that has it")
	assert.Equal(t, http.StatusUnauthorized, refreshAt(t, two.URL, token), "as README says: the other has it not")
	assert.Equal(t, http.StatusOK, refreshAt(t, two.URL, token+"+"), "and has broken nothing by asking")
}

// Each counts failed log-ins alone, so that as many as both allow reach Directus: README says to divide the number.
func TestTwoInstancesCountFailuresAlone(t *testing.T) {
	logins := &loginDirectus{attempts: map[string]int{}}
	directus := startDirectus(t, logins.ServeHTTP)
	for range 2 {
		server, site := startSiteWith(t, io.Discard, "-directus-url", directus.URL, "-login-failures", "3")
		l := &loginSite{t: t, server: server, site: site, directus: logins}
		for range 3 {
			require.Equal(t, http.StatusUnauthorized, l.login(away, alice, "wrong", ""))
		}
		require.Equal(t, refused, l.login(away, alice, "wrong", ""))
	}
	assert.Equal(t, 6, logins.attempts[alice])
}

func refreshAt(t *testing.T, server, token string) (status int) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Post(server+"/directus/auth/refresh", "application/json", tokenBody(token))
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode
}
