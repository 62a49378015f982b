//lint:file-ignore SA1019 The socket library the client uses, pinned before it was renamed.

package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"nhooyr.io/websocket"
)

func TestSocketLimits(t *testing.T) {
	for name, test := range map[string]struct {
		flag   string
		status int
	}{
		"in all":         {"-max-sockets", http.StatusServiceUnavailable},
		"of one address": {"-max-address-sockets", http.StatusTooManyRequests},
	} {
		t.Run(name, func(t *testing.T) {
			directus := startDirectus(t, echo)
			server := startSite(t, io.Discard, "-directus-url", directus.URL, test.flag, "1")
			first, _, err := dial(t, server.URL, server.URL)
			require.NoError(t, err)
			_, answer, err := dial(t, server.URL, server.URL)
			require.Error(t, err)
			assert.Equal(t, test.status, answer.StatusCode)
			require.NoError(t, first.CloseNow())
			assert.Eventually(t, func() bool {
				next, _, err := dial(t, server.URL, server.URL)
				return err == nil && next.CloseNow() == nil
			}, 10*time.Second, 10*time.Millisecond, "the place is not given back")
		})
	}
}

// Ensure that 0 is no limit, of each of these by itself.
func TestSocketLimitsThatAreOff(t *testing.T) {
	directus := startDirectus(t, echo)
	server := startSite(t, io.Discard, "-directus-url", directus.URL,
		"-max-sockets", "0", "-max-address-sockets", "0", "-max-frame", "0", "-socket-rate", "0", "-socket-idle-timeout", "0", "-socket-stall-timeout", "0")
	var socket *websocket.Conn
	for range 3 {
		var err error
		socket, _, err = dial(t, server.URL, server.URL)
		require.NoError(t, err)
		defer socket.CloseNow()
	}
	socket.SetReadLimit(-1)
	mustEcho(t, socket, `{"type":"items","action":"create","collection":"messages","data":{"content":"`+strings.Repeat("long ", 100_000)+`"}}`)
	for range 200 { // at the default rate, these would take five seconds
		mustEcho(t, socket, `{"type":"ping"}`)
	}
}

func TestSocketPolicyFollowsTheMapping(t *testing.T) {
	directus := startDirectus(t, echo)
	server := startSite(t, io.Discard, "-directus-url", directus.URL, "-collection", "talk", "-profiles", "none")
	socket, _, err := dial(t, server.URL, server.URL)
	require.NoError(t, err)
	defer socket.CloseNow()
	mustEcho(t, socket, `{"type":"items","action":"create","collection":"talk","data":{}}`)
	mustEcho(t, socket, `{"type":"items","action":"update","collection":"talk_reactions","id":"1","data":{"removed":true}}`)
	mustEcho(t, socket, `{"type":"subscribe","collection":"talk_reactions"}`)
	for _, collection := range []string{"chat_profiles", "message_reactions"} {
		require.NoError(t, socket.Write(testContext(t), 1, []byte(`{"type":"subscribe","collection":"`+collection+`"}`)))
		_, answer, err := socket.Read(testContext(t))
		require.NoError(t, err)
		assert.Contains(t, string(answer), "FORBIDDEN")
	}
}

// The version is asked for by the token of a socket that has logged in. Without an answer Directus counts as an old one.
func TestVersionIsAskedFor(t *testing.T) {
	for version, enforced := range map[string]bool{"11.17.4": true, "12.4.0": false, "": true} {
		t.Run(version, func(t *testing.T) {
			asked := make(chan string, 1)
			directus := startDirectus(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/server/info" {
					asked <- r.Header.Get("Authorization")
					_, _ = io.WriteString(w, `{"data":{"version":"`+version+`"}}`)
					return
				}
				echo(w, r)
			})
			server, site := startSiteWith(t, io.Discard, "-directus-url", directus.URL)
			assert.True(t, site.proxy.sockets.expiry.Enforced())
			socket, _, err := dial(t, server.URL, server.URL)
			require.NoError(t, err)
			defer socket.CloseNow()
			site.proxy.sockets.expiry.LoggedIn("secret")
			assert.Equal(t, "Bearer secret", <-asked)
			site.proxy.sockets.expiry.open.Wait()
			assert.Equal(t, enforced, site.proxy.sockets.expiry.Enforced())
		})
	}
}
