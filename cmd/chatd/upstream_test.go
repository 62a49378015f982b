package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reset ends a connection as a crash does.
func reset(w http.ResponseWriter, last string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(conn, last)
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

// Ensure that whatever Directus, or what is in its place, does to a write, the page reads an error or a cut, and never
// another request's answer.
func TestUpstreamFaultsOfAWrite(t *testing.T) {
	tests := []struct {
		name   string
		fault  func(w http.ResponseWriter, r *http.Request)
		status int // 0: the answer breaks off
	}{
		{"hangs up before the body", func(w http.ResponseWriter, _ *http.Request) { hangUp(w, "") }, 502},
		{"resets", func(w http.ResponseWriter, r *http.Request) { reset(w, "") }, 502},
		{"dies after the body", func(w http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body); hangUp(w, "") }, 502},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body); <-r.Context().Done() }, 504},
		{"garbage", func(w http.ResponseWriter, _ *http.Request) { hangUp(w, "\x00\x01\x02\x03\r\n\r\n") }, 502},
		{"half a header", func(w http.ResponseWriter, _ *http.Request) { hangUp(w, "HTTP/1.1 200 OK\r\nContent-Type: appl") }, 502},
		{"a header without end", func(w http.ResponseWriter, _ *http.Request) {
			hangUp(w, "HTTP/1.1 200 OK\r\n"+strings.Repeat("X-A: "+strings.Repeat("a", 1000)+"\r\n", 1000))
		}, 502},
		{"two lengths", func(w http.ResponseWriter, _ *http.Request) {
			hangUp(w, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")
		}, 502},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://10.0.0.1/", http.StatusTemporaryRedirect)
		}, 502},
		{"a page of a proxy", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(503)
			_, _ = io.WriteString(w, "<html>maintenance")
		}, 502},
		{"half an answer, and dies", func(w http.ResponseWriter, _ *http.Request) {
			hangUp(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
		}, 0},
		{"half an answer, and resets", func(w http.ResponseWriter, _ *http.Request) {
			reset(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
		}, 0},
		{"half an answer, and hangs", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body)
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, 0},
		{"half a chunk", func(w http.ResponseWriter, _ *http.Request) {
			hangUp(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{")
		}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			directus := startDirectus(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					test.fault(w, r)
					return
				}
				_, _ = io.WriteString(w, "pong")
			})
			server := startSite(t, io.Discard, "-directus-url", directus.URL, "-request-timeout", "300ms")
			answer, err := server.Client().Post(server.URL+"/directus/items/messages", "application/json", strings.NewReader(`{"content":"a"}`))
			if err == nil {
				var text []byte
				text, err = io.ReadAll(answer.Body)
				answer.Body.Close()
				if test.status != 0 {
					require.NoError(t, err)
					assert.Equal(t, test.status, answer.StatusCode)
					assert.Equal(t, "SERVICE_UNAVAILABLE", errorCode(t, string(text)))
					assert.Empty(t, answer.Header.Get("Location"))
				}
			}
			if test.status == 0 {
				assert.Error(t, err, "half an answer must not look like a whole one")
			}
			next, text := get(t, server, "/directus/server/ping")
			assert.Equal(t, http.StatusOK, next.StatusCode)
			assert.Equal(t, "pong", text, "the next request gets its own answer")
		})
	}
}

func TestAnswerHeadersThatDoNotPass(t *testing.T) {
	directus := startDirectus(t, func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range []string{"Set-Cookie", "Location", "X-Powered-By", "Access-Control-Allow-Origin", "Refresh", "Link", "Clear-Site-Data"} {
			w.Header().Set(name, "x")
		}
		w.Header().Set("Retry-After", "7")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	server := startSite(t, io.Discard, "-directus-url", directus.URL)
	answer, _ := send(t, server, http.MethodPost, "/directus/auth/login", asJSON, strings.NewReader(`{"email":"a@example.com","mode":"cookie"}`))
	for _, name := range []string{"Set-Cookie", "Location", "X-Powered-By", "Access-Control-Allow-Origin", "Refresh", "Link", "Clear-Site-Data"} {
		assert.Empty(t, answer.Header.Get(name), name)
	}
	assert.Equal(t, "7", answer.Header.Get("Retry-After"))
}

// startLimited serves a site with the limits of a connection that flags name.
func startLimited(t *testing.T, flags ...string) *httptest.Server {
	t.Helper()
	cfg, err := parseConfig(append([]string{"-directus-url", "http://127.0.0.1:1"}, flags...), io.Discard)
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	s, err := newSite(cfg, fakeDist(t), log)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(nil)
	server.Config = newServer(s, log)
	s.edge.limit(server.Config)
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// Those who send a header a byte at a time are cut off, and keep nobody out meanwhile.
func TestSlowLoris(t *testing.T) {
	server := startLimited(t, "-header-timeout", "500ms")
	var slow sync.WaitGroup
	started := time.Now()
	for range 200 {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
		slow.Go(func() {
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			_, err := io.WriteString(conn, "GET / HTTP/1.1\r\nX-Slow: ")
			for err == nil {
				<-tick.C
				_, err = io.WriteString(conn, "a")
			}
			assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the connection stays open")
		})
	}
	answer, _ := get(t, server, "/")
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	slow.Wait()
	assert.Less(t, time.Since(started), 15*time.Second)
}

func TestHeaderSize(t *testing.T) {
	big := map[string]string{"X-A": strings.Repeat("a", 30<<10)}
	answer, _ := send(t, startLimited(t), http.MethodGet, "/", big, nil)
	assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, answer.StatusCode)
	for _, size := range []string{"0", "65536"} {
		answer, _ = send(t, startLimited(t, "-max-header", size), http.MethodGet, "/", big, nil)
		assert.Equal(t, http.StatusOK, answer.StatusCode, size)
	}
}

func TestIdleTimeout(t *testing.T) {
	server := startLimited(t, "-idle-timeout", "100ms")
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	_, err = fmt.Fprintf(conn, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
	require.NoError(t, err)
	text, err := io.ReadAll(conn)
	require.NoError(t, err, "the connection stays open")
	assert.True(t, bytes.HasSuffix(text, []byte("ok\n")))
}

func TestLimitsOfAConnectionThatAreOff(t *testing.T) {
	var server http.Server
	(&edge{}).limit(&server)
	assert.Negative(t, server.ReadHeaderTimeout, "0 would be ReadTimeout")
	assert.Negative(t, server.IdleTimeout, "0 would be ReadTimeout")
	assert.Greater(t, server.MaxHeaderBytes, http.DefaultMaxHeaderBytes)
}
