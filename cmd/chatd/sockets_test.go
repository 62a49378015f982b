//lint:file-ignore SA1019 The socket library the client uses, pinned before it was renamed.

package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"nhooyr.io/websocket"
)

// echo answers every frame with itself until the socket ends.
func echo(w http.ResponseWriter, r *http.Request) {
	socket, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered
	}
	defer socket.CloseNow()
	socket.SetReadLimit(-1)
	for {
		kind, text, err := socket.Read(r.Context())
		if err != nil || socket.Write(r.Context(), kind, text) != nil {
			return
		}
	}
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// dial opens a socket through chatd. An origin of "" sends none.
func dial(t *testing.T, base, origin string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	return dialWith(t, nil, base, origin)
}

func dialWith(t *testing.T, client *http.Client, base, origin string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	options := &websocket.DialOptions{HTTPClient: client, HTTPHeader: http.Header{"Cookie": {"directus_session_token=studio"}}}
	if origin != "" {
		options.HTTPHeader.Set("Origin", origin)
	}
	return websocket.Dial(testContext(t), base+"/directus/websocket", options)
}

func mustEcho(t *testing.T, socket *websocket.Conn, text string) {
	t.Helper()
	ctx := testContext(t)
	require.NoError(t, socket.Write(ctx, websocket.MessageText, []byte(text)))
	_, back, err := socket.Read(ctx)
	require.NoError(t, err)
	require.Equal(t, text, string(back))
}

func TestSocket(t *testing.T) {
	directus := startDirectus(t, echo)
	server := startSite(t, io.Discard, "-directus-url", directus.URL)
	socket, answer, err := dial(t, server.URL, server.URL)
	require.NoError(t, err)
	defer socket.CloseNow()

	mustEcho(t, socket, `{"type":"ping"}`)
	assert.Empty(t, answer.Header.Get("Sec-Websocket-Extensions"))
	assert.Equal(t, "nosniff", answer.Header.Get("X-Content-Type-Options"))

	require.Len(t, directus.requests(), 1)
	r := directus.requests()[0]
	assert.Equal(t, "/websocket", r.RequestURI)
	assert.Equal(t, directus.Listener.Addr().String(), r.Host)
	for _, name := range []string{"Cookie", "Origin", "Sec-Websocket-Extensions", "Authorization"} {
		assert.Empty(t, r.Header.Values(name), name)
	}
	assert.Equal(t, "127.0.0.1", r.Header.Get("X-Forwarded-For"))
	require.NoError(t, socket.Close(websocket.StatusNormalClosure, ""))
}

func TestSocketOrigin(t *testing.T) {
	directus := startDirectus(t, echo)
	server := startSite(t, io.Discard, "-directus-url", directus.URL)
	for _, origin := range []string{"", "null", "https://evil.example.com"} {
		_, answer, err := dial(t, server.URL, origin)
		require.Error(t, err, origin)
		assert.Equal(t, http.StatusForbidden, answer.StatusCode, origin)
	}
	assert.Empty(t, directus.requests())
}

func TestSocketWithoutUpgrade(t *testing.T) {
	directus := startDirectus(t, echo)
	server := startSite(t, io.Discard, "-directus-url", directus.URL)
	for _, upgrade := range []string{"", "h2c"} {
		answer, body := send(t, server, http.MethodGet, "/directus/websocket", map[string]string{"Origin": server.URL, "Connection": "Upgrade", "Upgrade": upgrade}, nil)
		assert.Equal(t, http.StatusUpgradeRequired, answer.StatusCode)
		assert.Equal(t, "INVALID_PAYLOAD", errorCode(t, body))
	}
	assert.Empty(t, directus.requests())
}

func TestRefusedUpgradeReachesTheClient(t *testing.T) {
	directus := startDirectus(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	server := startSite(t, io.Discard, "-directus-url", directus.URL)
	_, answer, err := dial(t, server.URL, server.URL)
	require.Error(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
}

func TestSocketEndsWithEitherSide(t *testing.T) {
	accepted := make(chan *websocket.Conn, 1)
	ended := make(chan error, 1)
	directus := startDirectus(t, func(w http.ResponseWriter, r *http.Request) {
		socket, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		accepted <- socket
		_, _, err = socket.Read(r.Context())
		ended <- err
	})
	server := startSite(t, io.Discard, "-directus-url", directus.URL)

	t.Run("Directus dies", func(t *testing.T) {
		socket, _, err := dial(t, server.URL, server.URL)
		require.NoError(t, err)
		defer socket.CloseNow()
		require.NoError(t, (<-accepted).CloseNow())
		<-ended
		_, _, err = socket.Read(testContext(t))
		assert.Equal(t, websocket.StatusBadGateway, websocket.CloseStatus(err), err)
	})
	t.Run("the browser dies", func(t *testing.T) {
		socket, _, err := dial(t, server.URL, server.URL)
		require.NoError(t, err)
		<-accepted
		require.NoError(t, socket.CloseNow())
		assert.Error(t, <-ended)
	})
}

// A running site can be stopped; stopped gives what serve returned.
type runningSite struct {
	*site
	url     string
	stop    context.CancelFunc
	stopped chan error
}

func runSite(t *testing.T, directus *fakeDirectus, flags ...string) *runningSite {
	t.Helper()
	cfg, err := parseConfig(append([]string{"-directus-url", directus.URL}, flags...), io.Discard)
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	s, err := newSite(cfg, fakeDist(t), log)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	r := &runningSite{site: s, url: "http://" + listener.Addr().String(), stop: stop, stopped: make(chan error, 1)}
	go func() { r.stopped <- s.serve(ctx, listener, cfg, log) }()
	return r
}

// A socket outlives every time limit that requests have, and the end of the server ends it.
func TestSocketAndShutdown(t *testing.T) {
	var open atomic.Int32
	directus := startDirectus(t, func(w http.ResponseWriter, r *http.Request) {
		open.Add(1)
		defer open.Add(-1)
		echo(w, r)
	})
	const limit = 50 * time.Millisecond
	site := runSite(t, directus, "-request-timeout", limit.String(), "-drain-timeout", "0")
	socket, _, err := dial(t, site.url, site.url)
	require.NoError(t, err)
	defer socket.CloseNow()
	for start := time.Now(); time.Since(start) < 4*limit; {
		mustEcho(t, socket, `{"type":"ping"}`)
	}

	site.stop()
	_, _, err = socket.Read(testContext(t))
	assert.Equal(t, websocket.StatusServiceRestart, websocket.CloseStatus(err), err)
	require.NoError(t, <-site.stopped)
	assert.Eventually(t, func() bool { return open.Load() == 0 }, 10*time.Second, time.Millisecond, "Directus still has the socket")
	_, err = net.Dial("tcp", strings.TrimPrefix(site.url, "http://"))
	assert.Error(t, err)
}

func TestShutdownLetsRequestsFinish(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	directus := startDirectus(t, func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		_, _ = io.WriteString(w, "finished")
	})
	site := runSite(t, directus, "-drain-timeout", "0")
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	got := make(chan string, 1)
	go func() {
		answer, err := client.Get(site.url + "/directus/users/me")
		if err != nil {
			got <- err.Error()
			return
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		got <- string(text)
	}()
	<-entered
	site.stop()
	<-site.proxy.sockets.relay.Draining() // the shutdown has begun
	select {
	case err := <-site.stopped:
		t.Fatalf("did not wait for the request: %v", err)
	default:
	}
	close(release)
	assert.Equal(t, "finished", <-got)
	assert.NoError(t, <-site.stopped)
}

func TestDrainTimeout(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	directus := startDirectus(t, func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-release
	})
	t.Cleanup(func() { close(release) })
	site := runSite(t, directus, "-drain-timeout", "50ms")
	conn, err := net.Dial("tcp", strings.TrimPrefix(site.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET /directus/users/me HTTP/1.1\r\nHost: a\r\n\r\n")
	require.NoError(t, err)
	<-entered
	site.stop()
	assert.ErrorContains(t, <-site.stopped, "-drain-timeout 50ms")
}
