//lint:file-ignore SA1019 The socket library the client uses, pinned before it was renamed.

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"nhooyr.io/websocket"
)

func TestRequestID(t *testing.T) {
	directus := startDirectus(t, nil)
	var log safeBuffer
	server := startSite(t, &log, "-directus-url", directus.URL)
	for given, kept := range map[string]bool{
		"":                       false,
		"f3a9.B_c-1":             true,
		strings.Repeat("a", 64):  true,
		strings.Repeat("a", 65):  false,
		"two words":              false,
		`quote"`:                 false,
		"line\u2028separator":    false,
		"<script>":               false,
		"user@example.com":       false,
		"access_token=something": false,
	} {
		answer, _ := send(t, server, http.MethodGet, "/directus/users/me", map[string]string{"X-Request-Id": given}, nil)
		id := answer.Header.Get("X-Request-Id")
		if kept {
			assert.Equal(t, given, id)
		} else {
			assert.Regexp(t, `^[A-Z0-9]{26}$`, id, "for %q", given)
		}
		seen := directus.requests()
		assert.Equal(t, []string{id}, seen[len(seen)-1].Header["X-Request-Id"], "Directus logs the same")
		assert.Equal(t, 1, strings.Count(log.String(), `"id":"`+id+`"`))
	}
	first, _ := get(t, server, "/")
	second, _ := get(t, server, "/")
	assert.NotEqual(t, first.Header.Get("X-Request-Id"), second.Header.Get("X-Request-Id"))
}

func TestTwoRequestIDsAreNone(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header[requestIDHeader] = []string{"one", "two"}
	id := nameRequest(r)
	assert.Regexp(t, `^[A-Z0-9]{26}$`, id)
	assert.Equal(t, []string{id}, r.Header[requestIDHeader])
}

func TestRequestIDOfASocketAndOfAFailure(t *testing.T) {
	directus := startDirectus(t, echo)
	var log safeBuffer
	server := startSite(t, &log, "-directus-url", directus.URL)
	socket, answer, err := dial(t, server.URL, server.URL)
	require.NoError(t, err)
	socket.CloseNow()
	require.NotEmpty(t, answer.Header.Get("X-Request-Id"))
	assert.Equal(t, answer.Header.Get("X-Request-Id"), directus.requests()[0].Header.Get("X-Request-Id"))

	directus.Close()
	send(t, server, http.MethodGet, "/directus/users/me", map[string]string{"X-Request-Id": "failing"}, nil)
	server.Close()
	assert.Equal(t, 2, strings.Count(log.String(), `"id":"failing"`), "the failure and the request: %s", &log)
}

// What must never be logged: a token, a password, an e-mail address, the text of a message, whatever stands in a query.
// Everything secret below has the word in it, in one of these spellings.
var secrets = []string{"secret", "SECRET", "alice@", "alice%40"}

// spillingDirectus answers with secrets, also where it answers badly.
func spillingDirectus(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	raw := func(text string) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, text)
		_ = conn.Close()
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "/websocket"):
		echo(w, r)
	case r.URL.Path == "/auth/login" && r.URL.RawQuery == "":
		_, _ = io.WriteString(w, `{"data":{"access_token":"secret-a","refresh_token":"secret-r","expires":900000}}`)
	case r.URL.Path == "/server/info":
		raw("secret-garbage, no HTTP\r\n\r\n")
	case r.URL.Path == "/permissions/me":
		raw("HTTP/1.1 200 OK\r\nsecret-header\r\n\r\n")
	case r.URL.Path == "/users":
		raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsecret-begin")
	case r.URL.Path == "/users/me":
		raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nsecret-chunk")
	case r.URL.Path == "/server/ping":
		raw("secret-pong\r\n\r\n")
	default:
		w.Header().Set("Location", "/secret-location")
		w.WriteHeader(http.StatusFound)
	}
}

// spill sends secrets in every part of a request where a person's browser, a broken client or an attacker may put them.
func spill(t *testing.T, base string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	headers := http.Header{
		"Authorization": {"Bearer secret-bearer"}, "Cookie": {"directus_session_token=secret-cookie"}, "Referer": {"https://example.com/?secret-referer"},
		"User-Agent": {"secret-agent"}, "X-Request-Id": {"secret id"}, "X-Forwarded-For": {"secret-address"}, "Content-Type": {"application/json"},
	}
	for _, line := range []string{
		`POST /directus/auth/login {"email":"alice@example.com","password":"secret-password"}`,
		`POST /directus/auth/login?email=alice%40example.com&password=secret-query {"email":"alice@example.com"}`,
		`POST /directus/auth/refresh {"mode":"json","refresh_token":"secret-refresh"}`,
		`POST /directus/auth/logout {"mode":"json","refresh_token":"secret-refresh"}`,
		`POST /directus/items/messages {"content":"secret-text"}`,
		`GET /directus/items/messages?search=secret-search`,
		`GET /directus/users/me?access_token=secret-token`,
		`GET /directus/users/me`, `GET /directus/users`, `GET /directus/server/info`, `GET /directus/permissions/me`,
		`GET /m/x?secret-link`, `GET /%3Faccess_token=secret-escaped`, `GET //secret-host/`, `GET /..;secret-parameter/`, `SECRETS /`,
		`POST /audit {"checked":"secret-report"}`, `GET /readyz?secret-probe`, `GET /healthz?secret-probe`,
	} {
		method, rest, _ := strings.Cut(line, " ")
		target, body, _ := strings.Cut(rest, " ")
		u, err := url.Parse(base)
		require.NoError(t, err)
		u.Opaque = "//" + u.Host + target // as it is
		request, err := http.NewRequest(method, base, strings.NewReader(body))
		require.NoError(t, err)
		request.URL, request.Header = u, headers.Clone()
		answer, err := client.Do(request)
		if err != nil {
			require.Contains(t, line, "GET", "only broken answers break off: %v", err)
			continue
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		require.NoError(t, answer.Body.Close())
	}

	socket, _, err := dial(t, base, base)
	require.NoError(t, err)
	mustEcho(t, socket, `{"type":"auth","access_token":"secret-auth"}`)
	socket.CloseNow()
	_, _, err = websocket.Dial(testContext(t), base+"/directus/websocket?access_token=secret-socket", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {base}}})
	require.Error(t, err)

	for _, bytes := range []string{"secret no HTTP\r\n\r\n", "GET /?a;secret=b HTTP/1.1\r\nHost: x\r\nsecret\r\n\r\n", "GET http://alice@secret:secret@x/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		require.NoError(t, err)
		_, err = io.WriteString(conn, bytes)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, bufio.NewReader(conn))
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
}

func TestLogHoldsNoSecrets(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
			t.Run(fmt.Sprint(format, " ", level), func(t *testing.T) {
				directus := startDirectus(t, spillingDirectus)
				var stdout, stderr safeBuffer
				t.Run("walk", func(t *testing.T) { // at its end chatd stops, and all is logged
					url := startProgramTo(t, &stdout, &stderr, "-directus-url", directus.URL, "-log-format", format, "-log-level", level.String())
					spill(t, strings.TrimSuffix(url, "/"))
				})
				all := stdout.String() + stderr.String()
				for _, secret := range secrets {
					assert.NotContains(t, all, secret)
				}
				assert.Equal(t, level <= slog.LevelDebug, strings.Contains(all, "/healthz"), "what probes ask")
				assert.Equal(t, level <= slog.LevelInfo, strings.Contains(all, "/directus/auth/login"), "the requests")
				assert.Equal(t, level <= slog.LevelInfo, strings.Contains(all, "(not plain)"))
				assert.Equal(t, level <= slog.LevelInfo, strings.Contains(all, "(unknown)"))
				assert.Equal(t, level <= slog.LevelWarn, strings.Contains(all, "its answer cannot be read"))
				assert.Equal(t, level <= slog.LevelWarn, strings.Contains(all, "there is no Directus"))
			})
		}
	}
}

func TestCauseOf(t *testing.T) {
	refused := startDirectus(t, nil)
	refused.Close()
	plain := startDirectus(t, nil)
	tls := httptest.NewUnstartedServer(http.HandlerFunc(pong))
	tls.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo) // it complains of us
	tls.StartTLS()
	defer tls.Close()
	closing := startDirectus(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	moved := startDirectus(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) })
	garbage := startDirectus(t, spillingDirectus)
	for want, upstream := range map[string]string{
		"network: connection refused":              refused.URL,
		"tls: does not look like a TLS handshake":  strings.Replace(plain.URL, "http:", "https:", 1),
		"tls: certificate":                         tls.URL,
		"closed: it closed the connection":         closing.URL,
		"answer: not as Directus does: status 302": moved.URL,
		"answer: its answer cannot be read":        garbage.URL,
	} {
		u, err := url.Parse(upstream)
		require.NoError(t, err)
		kind, text := causeOf(pingDirectus(context.Background(), u))
		wantKind, wantText, _ := strings.Cut(want, ": ")
		assert.Equal(t, wantKind, kind)
		assert.Contains(t, causes, kind)
		assert.Contains(t, text, wantText)
	}
	kind, _ := causeOf(fmt.Errorf("wrapped: %w", context.DeadlineExceeded))
	assert.Equal(t, causeTimeout, kind)
	kind, text := causeOf(errors.New("quotes a secret"))
	assert.Equal(t, causeAnswer, kind)
	assert.NotContains(t, text, "secret")
}
