//go:build linux || darwin

package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus/directuslab"
)

// What counting log-ins is for, as a real Directus has it: straight at it, anybody suspends any account.
func TestLockingOutOfARealDirectus(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a real Directus: run without -short")
	}
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	lab := directuslab.Run(t, directuslab.Options{Env: map[string]string{"LOGIN_STALL_TIME": "0"}})
	for _, email := range []string{"alice@example.com", "bob@example.com"} {
		_, err := lab.EnsureUser(t.Context(), directuslab.User{Email: email, Password: "right"})
		require.NoError(t, err)
	}
	server := startSite(t, io.Discard, "-directus-url", lab.URL, "-trusted-proxy", "127.0.0.1")
	login := func(url, address, email, password string) int {
		request, err := http.NewRequest(http.MethodPost, url+"/auth/login", strings.NewReader(`{"email":"`+email+`","password":"`+password+`"}`))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("X-Forwarded-For", address)
		answer, err := http.DefaultTransport.RoundTrip(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	chatd := server.URL + "/directus"

	require.Equal(t, 200, login(chatd, "192.0.2.1", "alice@example.com", "right"))
	answers := map[int]int{}
	for range 40 {
		answers[login(chatd, "198.51.100.1", "Alice@Example.com", "wrong")]++
		login(lab.URL, "198.51.100.1", "bob@example.com", "wrong")
	}
	assert.Equal(t, map[int]int{401: 15, 429: 25}, answers)
	assert.Equal(t, 429, login(chatd, "198.51.100.1", "alice@example.com", "right"), "a stranger who has found it out")
	assert.Equal(t, 401, login(lab.URL, "192.0.2.1", "bob@example.com", "right"), "Directus has suspended the other")
	assert.Equal(t, 200, login(chatd, "192.0.2.1", "alice@example.com", "right"))
	assert.Equal(t, 200, login(chatd, "198.51.100.1", "alice@example.com", "right"), "and the account is open again")
}
