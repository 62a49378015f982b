//go:build linux || darwin

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directuslab"
)

// What healing is for, as a real Directus has it: it refuses a token that it has exchanged, also when nobody has heard
// the answer, and of parallel exchanges only one lasts.
func TestHealingOfARealDirectus(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a real Directus: run without -short")
	}
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	lab := directuslab.Run(t, directuslab.Options{Env: map[string]string{"LOGIN_STALL_TIME": "0"}})
	password := "alice-chats"
	_, err := lab.EnsureUser(t.Context(), directuslab.User{Email: "alice@example.com", Password: password})
	require.NoError(t, err)
	server, s := startSiteWith(t, io.Discard, "-directus-url", lab.URL)
	ctx := testContext(t)
	plain := directus.API{URL: lab.URL, Transport: directus.NewTransport()}
	healed := directus.API{URL: server.URL + "/directus", Transport: directus.NewTransport()}
	login := func() directus.Secret {
		grant, err := healed.Login(ctx, "alice@example.com", directus.Secret(password), "")
		require.NoError(t, err)
		return grant.Refresh
	}

	t.Run("a lost answer", func(t *testing.T) {
		token := login()
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		text, err := io.ReadAll(tokenBody(string(token)))
		require.NoError(t, err)
		_, err = fmt.Fprintf(conn, "POST /directus/auth/refresh HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
		require.NoError(t, err)
		require.Eventually(t, func() bool { return s.proxy.healer.knows(token) }, 10*time.Second, time.Millisecond)
		require.NoError(t, conn.Close())

		grant, err := healed.Refresh(ctx, token)
		require.NoError(t, err)
		_, err = plain.Refresh(ctx, token)
		assert.True(t, directus.IsCode(err, directus.CodeInvalidCredentials), "%v", err)
		_, err = plain.Refresh(ctx, grant.Refresh)
		assert.NoError(t, err, "what was given again is the token that lasts")
	})

	t.Run("twelve tabs at once", func(t *testing.T) {
		token := login()
		var tabs sync.WaitGroup
		successors := make([]directus.Secret, 12)
		for i := range successors {
			tabs.Go(func() {
				grant, err := healed.Refresh(ctx, token)
				assert.NoError(t, err)
				successors[i] = grant.Refresh
			})
		}
		tabs.Wait()
		for _, successor := range successors {
			assert.True(t, successor == successors[0], "all have the same")
		}
		_, err := plain.Refresh(ctx, successors[0])
		assert.NoError(t, err, "and it lasts")
	})

	t.Run("a log-out", func(t *testing.T) {
		token := login()
		grant, err := healed.Refresh(ctx, token)
		require.NoError(t, err)
		require.NoError(t, healed.Logout(ctx, grant.Refresh))
		for _, old := range []directus.Secret{token, grant.Refresh} {
			_, err = healed.Refresh(ctx, old)
			assert.True(t, directus.IsCode(err, directus.CodeInvalidCredentials), "%v", err)
		}
	})
}

// knows reports whether a refresh of the token is under way or done.
func (h *healer) knows(token directus.Secret) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.byToken[hashToken(string(token))] != nil
}
