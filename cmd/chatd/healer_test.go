package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A rotator exchanges refresh tokens as Directus does: each works once, and a log-out ends the newest. A token's
// successor is the token with a + behind it.
type rotator struct {
	hold chan struct{} // closed: answers; nil too

	mu    sync.Mutex
	live  map[string]bool
	asked []string // path and body of each request
}

func newRotator(tokens ...string) *rotator {
	d := &rotator{live: map[string]bool{}}
	for _, token := range tokens {
		d.live[token] = true
	}
	return d
}

func (d *rotator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	d.mu.Lock()
	d.asked = append(d.asked, r.URL.Path+" "+string(text))
	d.mu.Unlock()
	if d.hold != nil {
		select {
		case <-d.hold:
		case <-r.Context().Done():
			w.WriteHeader(http.StatusGatewayTimeout) // as the proxy does
			_, _ = io.WriteString(w, "{}")
			return
		}
	}
	var body struct {
		Token string `json:"refresh_token"`
	}
	_ = json.Unmarshal(text, &body)
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.live[body.Token]
	delete(d.live, body.Token)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Trailer", "Set-Cookie")
	defer w.Header().Set("Set-Cookie", "directus_session_token=x")
	switch {
	case strings.HasSuffix(r.URL.Path, "/logout"):
		w.WriteHeader(http.StatusNoContent)
	case known:
		d.live[body.Token+"+"] = true
		fmt.Fprintf(w, `{"data":{"expires":900000,"refresh_token":%q,"access_token":"access to %s"}}`, body.Token+"+", body.Token)
	default:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"errors":[{"message":"Invalid user credentials.","extensions":{"code":"INVALID_CREDENTIALS"}}]}`)
	}
}

func (d *rotator) requests() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked
}

var asJSON = map[string]string{"Content-Type": "application/json"}

func tokenBody(token string) io.Reader {
	return strings.NewReader(fmt.Sprintf(`{"mode":"json","refresh_token":%q}`, token))
}

func refresh(t *testing.T, server *httptest.Server, token string) (status int, successor string) {
	t.Helper()
	answer, body := send(t, server, http.MethodPost, "/directus/auth/refresh", asJSON, tokenBody(token))
	return answer.StatusCode, successorIn(t, body)
}

func successorIn(t *testing.T, body string) string {
	t.Helper()
	var shape struct {
		Data struct {
			Token string `json:"refresh_token"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &shape), body)
	return shape.Data.Token
}

// The first client gives up while Directus is still at it; the successor is there for whoever asks again.
func TestLostRefreshIsHealed(t *testing.T) {
	rotates := newRotator("secret")
	rotates.hold = make(chan struct{})
	directus := startDirectus(t, rotates.ServeHTTP)
	var log safeBuffer
	server := startSite(t, &log, "-directus-url", directus.URL)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	body := `{"mode":"json","refresh_token":"secret"}`
	_, err = fmt.Fprintf(conn, "POST /directus/auth/refresh HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(rotates.requests()) == 1 }, 10*time.Second, time.Millisecond)
	require.NoError(t, conn.Close())
	gone := func() bool { return strings.Contains(log.String(), `"path":"/directus/auth/refresh"`) }
	require.Eventually(t, gone, 10*time.Second, time.Millisecond, "chatd has not noticed that the client has gone")
	close(rotates.hold)

	for range 3 {
		status, successor := refresh(t, server, "secret")
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, "secret+", successor)
	}
	assert.Len(t, rotates.requests(), 1)
	assert.NotContains(t, log.String(), "secret")
}

func TestParallelRefreshesReachDirectusOnce(t *testing.T) {
	rotates := newRotator("a", "b")
	directus := startDirectus(t, rotates.ServeHTTP)
	server := startSite(t, io.Discard, "-directus-url", directus.URL)
	var all sync.WaitGroup
	for range 12 {
		for _, token := range []string{"a", "b"} {
			all.Go(func() {
				status, successor := refresh(t, server, token)
				assert.Equal(t, http.StatusOK, status)
				assert.Equal(t, token+"+", successor)
			})
		}
	}
	all.Wait()
	assert.Len(t, rotates.requests(), 2)
}

func TestHealingSwitchedOff(t *testing.T) {
	rotates := newRotator("a")
	directus := startDirectus(t, rotates.ServeHTTP)
	server := startSite(t, io.Discard, "-directus-url", directus.URL, "-refresh-grace", "0")
	for _, want := range []int{http.StatusOK, http.StatusUnauthorized} {
		status, _ := refresh(t, server, "a")
		assert.Equal(t, want, status)
	}
}

// What the second client is told must not depend on who the first one was.
func TestRequestAndAnswerOfAHealedRefresh(t *testing.T) {
	rotates := newRotator("a")
	directus := startDirectus(t, rotates.ServeHTTP)
	server := startSite(t, io.Discard, "-directus-url", directus.URL, "-base", "/chat/")
	answers := map[string]bool{}
	for range 2 {
		answer, body := send(t, server, http.MethodPost, "/chat/directus/auth/refresh", map[string]string{
			"Content-Type": "application/json; charset=utf-8", "Accept-Encoding": "br", "Authorization": "Bearer other", "User-Agent": "test",
			"Cookie": "directus_refresh_token=other", "X-Request-Id": "request-1",
		}, strings.NewReader(` {"refresh_token": "a", "mode": "json", "Refresh_Token": "a", "otp": "1"} `))
		answers[body] = true
		assert.Equal(t, http.StatusOK, answer.StatusCode)
		assert.Equal(t, "application/json; charset=utf-8", answer.Header.Get("Content-Type"))
		assert.NotEmpty(t, answer.Header.Get("Date"))
		assert.Equal(t, []string{"no-store"}, answer.Header.Values("Cache-Control"))
		assert.Empty(t, answer.Header.Values("Set-Cookie"))
		assert.Empty(t, answer.Trailer)
	}
	assert.Len(t, answers, 1)
	require.Len(t, directus.requests(), 1)
	assert.Equal(t, []string{`/auth/refresh {"mode":"json","refresh_token":"a"}`}, rotates.requests())
	assert.Equal(t, http.Header{
		"Content-Length": {"35"}, "Content-Type": {"application/json; charset=utf-8"}, "User-Agent": {"test"}, "X-Forwarded-For": {"127.0.0.1"},
		"X-Request-Id": {"request-1"},
	}, directus.requests()[0].Header)
}

func TestRequestsThatAreNotHealed(t *testing.T) {
	long := `{"mode":"json","refresh_token":"a","x":"` + strings.Repeat("x", maxTokenBody) + `"}`
	tests := []struct{ name, query, contentType, body string }{
		{"another mode", "", "application/json", `{"mode":"cookie","refresh_token":"a"}`},
		{"no mode", "", "application/json", `{"refresh_token":"a"}`},
		{"no token", "", "application/json", `{"mode":"json"}`},
		{"an empty token", "", "application/json", `{"mode":"json","refresh_token":""}`},
		{"a token that is no text", "", "application/json", `{"mode":"json","refresh_token":1}`},
		{"no JSON", "", "application/json", `mode=json&refresh_token=a`},
		{"JSON that nobody says is JSON", "", "", `{"mode":"json","refresh_token":"a"}`},
		{"a form", "", "application/x-www-form-urlencoded", `mode=json&refresh_token=a`},
		{"a query", "?mode=session", "application/json", `{"mode":"json","refresh_token":"a"}`},
		{"nothing", "", "application/json", ``},
		{"a long body", "", "application/json", long},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rotates := newRotator()
			directus := startDirectus(t, rotates.ServeHTTP)
			server := startSite(t, io.Discard, "-directus-url", directus.URL)
			for range 2 {
				send(t, server, http.MethodPost, "/directus/auth/refresh"+test.query, map[string]string{"Content-Type": test.contentType},
					strings.NewReader(test.body))
			}
			want := "/auth/refresh " + test.body
			assert.Equal(t, []string{want, want}, rotates.requests(), "as it came, each time")
		})
	}
}

// A refusal, an error and half an answer are not kept: the next attempt may do better.
func TestOnlyASuccessIsKept(t *testing.T) {
	good := `{"data":{"refresh_token":"a+"}}`
	tests := []struct {
		name   string
		status int
		body   string
	}{
		{"refused", http.StatusUnauthorized, `{"errors":[{"message":"no","extensions":{"code":"TOKEN_EXPIRED"}}]}`},
		{"overloaded", http.StatusServiceUnavailable, good},
		{"no content", http.StatusNoContent, ``},
		{"created", http.StatusCreated, good},
		{"without a token", http.StatusOK, `{"data":{"expires":1}}`},
		{"no JSON", http.StatusOK, `<html>`},
		{"the same token again", http.StatusOK, `{"data":{"refresh_token":"a"}}`},
		{"redirected", http.StatusFound, ``},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			directus := startDirectus(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			server := startSite(t, io.Discard, "-directus-url", directus.URL)
			for range 2 {
				answer, body := send(t, server, http.MethodPost, "/directus/auth/refresh", asJSON, tokenBody("a"))
				if test.status == http.StatusFound {
					assert.Equal(t, http.StatusBadGateway, answer.StatusCode)
					assert.Equal(t, "SERVICE_UNAVAILABLE", errorCode(t, body))
					continue
				}
				assert.Equal(t, test.status, answer.StatusCode)
				assert.Equal(t, test.body, body)
			}
			assert.Len(t, directus.requests(), 2)
		})
	}
}

func TestBrokenAnswerToARefresh(t *testing.T) {
	broken := map[string]http.HandlerFunc{
		"breaks off": func(w http.ResponseWriter, _ *http.Request) {
			hangUp(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":{\"refresh_token\":\"secret+\"}}")
		},
		"has no end": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"data":{"refresh_token":"secret+"}}`+strings.Repeat(" ", maxGrant))
		},
	}
	for name, handler := range broken {
		t.Run(name, func(t *testing.T) {
			directus := startDirectus(t, handler)
			var log safeBuffer
			server := startSite(t, &log, "-directus-url", directus.URL)
			for range 2 {
				_, err := server.Client().Post(server.URL+"/directus/auth/refresh", "application/json", tokenBody("secret"))
				assert.Error(t, err, "half an answer must not look like a whole one")
			}
			assert.Len(t, directus.requests(), 2)
			server.Close()
			assert.NotContains(t, log.String(), "secret")
		})
	}
}

// A refresh that nobody waits for is waited for by the server, that Directus is not left in the middle of it.
func TestShutdownWaitsForALostRefresh(t *testing.T) {
	rotates := newRotator("a")
	rotates.hold = make(chan struct{})
	site := runSite(t, startDirectus(t, rotates.ServeHTTP), "-drain-timeout", "0")
	conn, err := net.Dial("tcp", strings.TrimPrefix(site.url, "http://"))
	require.NoError(t, err)
	body := `{"mode":"json","refresh_token":"a"}`
	_, err = fmt.Fprintf(conn, "POST /directus/auth/refresh HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(rotates.requests()) == 1 }, 10*time.Second, time.Millisecond)
	require.NoError(t, conn.Close())
	site.stop()
	<-site.proxy.sockets.relay.Draining() // the shutdown has begun
	select {
	case err := <-site.stopped:
		t.Fatalf("did not wait for the refresh: %v", err)
	case <-time.After(50 * time.Millisecond): // long enough for a shutdown that waits for nothing
	}
	close(rotates.hold)
	require.NoError(t, <-site.stopped)
	assert.True(t, rotates.live["a+"])
}
