package main

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRequestHeadersThatReachDirectus(t *testing.T) {
	directus := startDirectus(t, nil)
	server := startSite(t, io.Discard, "-directus-url", directus.URL, "-public-url", "https://chat.example.com")
	_, _ = send(t, server, http.MethodPost, "/directus/auth/login?fields=id", map[string]string{
		"Accept":               "application/json",
		"Accept-Encoding":      "br",
		"Authorization":        "Bearer token",
		"Content-Type":         "application/json",
		"User-Agent":           "test",
		"Host":                 "chat.example.com",
		"Origin":               "https://chat.example.com",
		"Cookie":               "directus_session_token=studio",
		"Forwarded":            "for=10.0.0.1",
		"X-Forwarded-For":      "10.0.0.1",
		"X-Forwarded-Host":     "evil.example.com",
		"X-Forwarded-Port":     "1",
		"X-Forwarded-Proto":    "https",
		"X-Forwarded-Prefix":   "/evil",
		"X-Real-Ip":            "10.0.0.1",
		"Cf-Connecting-Ip":     "10.0.0.1",
		"X-Http-Method":        "DELETE",
		"X-Idempotency-Key":    "1",
		"Referer":              "https://chat.example.com/m/1",
		"X-Request-Id":         "request-1",
		"Proxy-Authorization":  "Basic x",
		"Connection":           "Upgrade, Authorization",
		"Upgrade":              "websocket",
		"Sec-Websocket-Key":    "dGhlIHNhbXBsZSBub25jZQ==",
		"Access-Control-Allow": "*",
	}, strings.NewReader(`{"email":"alice@example.com"}`))

	require.Len(t, directus.requests(), 1)
	r := directus.requests()[0]
	assert.Equal(t, directus.Listener.Addr().String(), r.Host)
	assert.Equal(t, "/auth/login?fields=id", r.RequestURI)
	assert.Equal(t, http.Header{
		"Accept":          {"application/json"},
		"Accept-Encoding": {"br"},
		"Authorization":   {"Bearer token"},
		"Content-Length":  {"29"},
		"Content-Type":    {"application/json"},
		"User-Agent":      {"test"},
		"X-Request-Id":    {"request-1"},
		"X-Forwarded-For": {"127.0.0.1"},
	}, r.Header)
}

func TestAnswerHeadersThatReachTheBrowser(t *testing.T) {
	const date = "Thu, 01 Jan 2026 00:00:00 GMT"
	directus := startDirectus(t, func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Content-Type": "application/json; charset=utf-8", "Content-Encoding": "br", "Date": date, "Retry-After": "3",
			"Set-Cookie": "directus_session_token=x", "X-Powered-By": "Directus", "Server": "x", "Etag": `W/"1"`, "Location": "/admin",
			"Cache-Control": "private", "Content-Security-Policy": "script-src *", "Access-Control-Allow-Origin": "*",
			"Strict-Transport-Security": "max-age=1", "Permissions-Policy": "camera=*", "Vary": "Origin", "Refresh": "0",
		} {
			w.Header().Set(name, value)
		}
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, "packed")
	})
	answer, body := get(t, startSite(t, io.Discard, "-directus-url", directus.URL), "/directus/users/me")

	assert.Equal(t, http.StatusTooManyRequests, answer.StatusCode)
	assert.Equal(t, "packed", body)
	assert.Equal(t, date, answer.Header.Get("Date"), "the client takes the time from it")
	assert.Equal(t, "3", answer.Header.Get("Retry-After"))
	assert.Equal(t, "br", answer.Header.Get("Content-Encoding"))
	assert.Equal(t, []string{"no-store"}, answer.Header.Values("Cache-Control"))
	assert.Equal(t, []string{otherPolicy.String()}, answer.Header.Values("Content-Security-Policy"))
	for _, name := range []string{"Set-Cookie", "X-Powered-By", "Server", "Etag", "Location", "Access-Control-Allow-Origin", "Strict-Transport-Security", "Refresh", "Vary"} {
		assert.Empty(t, answer.Header.Values(name), name)
	}
}

// Ensure that what Directus says before its answer takes no header of ours away, and brings none along.
func TestInterimAnswersDoNotPass(t *testing.T) {
	directus := startDirectus(t, func(w http.ResponseWriter, _ *http.Request) {
		hangUp(w, "HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\npong")
	})
	server := startSite(t, io.Discard, "-directus-url", directus.URL)
	request, err := http.NewRequest(http.MethodGet, server.URL+"/directus/server/ping", nil)
	require.NoError(t, err)
	interim := 0
	trace := &httptrace.ClientTrace{Got1xxResponse: func(int, textproto.MIMEHeader) error { interim++; return nil }}
	answer, err := server.Client().Do(request.WithContext(httptrace.WithClientTrace(t.Context(), trace)))
	require.NoError(t, err)
	defer answer.Body.Close()
	assert.Zero(t, interim)
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	assert.NotEmpty(t, answer.Header.Get("Content-Security-Policy"))
}

func TestUpstreamBelowAPath(t *testing.T) {
	directus := startDirectus(t, nil)
	for _, slash := range []string{"", "/"} {
		_, _ = get(t, startSite(t, io.Discard, "-directus-url", directus.URL+"/cms/v1"+slash, "-base", "/chat/"), "/chat/directus/items/messages?sort=-id")
	}
	require.Len(t, directus.requests(), 2)
	for _, r := range directus.requests() {
		assert.Equal(t, "/cms/v1/items/messages?sort=-id", r.RequestURI)
	}
}

func TestQueries(t *testing.T) {
	directus := startDirectus(t, nil)
	server := startSite(t, io.Discard, "-directus-url", directus.URL)
	for _, query := range []string{
		"access_token=x", "limit=1&access_token=x", "access%5Ftoken=x", "%61ccess_token=x", "ACCESS_TOKEN=x", "access_token[]=x", "[access_token]=x",
		"access_token", "a=%zz", "a=1;access_token=x",
	} {
		for _, path := range []string{"/directus/items/messages?", "/directus/websocket?"} {
			answer, body := send(t, server, http.MethodGet, path+query, map[string]string{"Origin": server.URL}, nil)
			assert.Equal(t, http.StatusBadRequest, answer.StatusCode, path+query)
			assert.Equal(t, "INVALID_QUERY", errorCode(t, body), path+query)
		}
	}
	assert.Empty(t, directus.requests())

	const query = `fields=id,content,user_created.first_name&filter={"date_created":{"_gte":"2026-01-01T00:00:00Z"}}&filter[id][_in]=a%2Cb&sort=-date_created&q=%F0%9F%98%80+%26`
	answer, _ := get(t, server, "/directus/items/messages?"+strings.ReplaceAll(query, `"`, "%22"))
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	require.Len(t, directus.requests(), 1)
	assert.Equal(t, strings.ReplaceAll(query, `"`, "%22"), directus.requests()[0].URL.RawQuery)
}

func TestOrigins(t *testing.T) {
	directus := startDirectus(t, nil)
	own := []string{}
	public := []string{"-public-url", "https://chat.example.com,http://localhost:8080"}
	tests := []struct {
		flags  []string
		host   string
		origin string
		want   int
	}{
		{own, "chat.example.com", "", 200},
		{own, "chat.example.com", "https://chat.example.com", 200},
		{own, "chat.example.com", "http://chat.example.com", 200},
		{own, "chat.example.com:8080", "http://chat.example.com:8080", 200},
		{own, "Chat.Example.com", "https://chat.example.com", 200},
		{own, "chat.example.com:443", "https://chat.example.com", 200},
		{own, "[::1]:8080", "http://[::1]:8080", 200},
		{own, "chat.example.com", "https://chat.example.com:8443", 403},
		{own, "chat.example.com", "https://evil.example.com", 403},
		{own, "chat.example.com", "https://chat.example.com.evil.example.com", 403},
		{own, "chat.example.com", "https://evilchat.example.com", 403},
		{own, "chat.example.com", "null", 403},
		{own, "chat.example.com", "file://", 403},
		{own, "chat.example.com", "chrome-extension://chat.example.com", 403},
		{own, "chat.example.com", "https://user@chat.example.com", 403},
		{own, "chat.example.com", "https://chat.example.com/", 403},
		{own, "chat.example.com", "https://chat.example.com https://evil.example.com", 403},
		{own, "*", "https://*", 403},

		{public, "10.0.0.1", "https://chat.example.com", 200},
		{public, "10.0.0.1", "http://localhost:8080", 200},
		{public, "10.0.0.1", "http://chat.example.com", 403},
		{public, "10.0.0.1", "https://localhost:8080", 403},
		{public, "evil.example.com", "https://evil.example.com", 403},
		{public, "10.0.0.1", "", 200},
	}
	reached := 0
	for _, test := range tests {
		server := startSite(t, io.Discard, append(test.flags, "-directus-url", directus.URL)...)
		headers := map[string]string{"Host": test.host}
		if test.origin != "" {
			headers["Origin"] = test.origin
		}
		answer, body := send(t, server, http.MethodGet, "/directus/server/info", headers, nil)
		assert.Equal(t, test.want, answer.StatusCode, "%+v", test)
		if test.want == 200 {
			reached++
		} else {
			assert.Equal(t, "FORBIDDEN", errorCode(t, body))
		}
	}
	assert.Len(t, directus.requests(), reached)
}

func TestTwoOriginsAreRefused(t *testing.T) {
	server := startSite(t, io.Discard)
	host := server.Listener.Addr().String()
	status := raw(t, server.Listener.Addr(), "GET /directus/server/ping HTTP/1.1\r\nHost: "+host+"\r\nOrigin: http://"+host+"\r\nOrigin: http://"+host+"\r\n\r\n")
	assert.Equal(t, http.StatusForbidden, status)
}

func TestBodyLimit(t *testing.T) {
	var size int64
	directus := startDirectus(t, func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err == nil {
			size = n
		}
	})
	server := startSite(t, io.Discard, "-directus-url", directus.URL, "-max-body", "1000")
	large := bytes.Repeat([]byte("a"), 1001)

	answer, _ := send(t, server, http.MethodPost, "/directus/items/messages", nil, bytes.NewReader(large[:1000]))
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, int64(1000), size)

	answer, text := send(t, server, http.MethodPost, "/directus/items/messages", nil, bytes.NewReader(large))
	assert.Equal(t, http.StatusRequestEntityTooLarge, answer.StatusCode)
	assert.Equal(t, "CONTENT_TOO_LARGE", errorCode(t, text))
	answer, text = send(t, server, http.MethodPost, "/directus/items/messages", nil, io.MultiReader(bytes.NewReader(large)))
	assert.Equal(t, http.StatusLengthRequired, answer.StatusCode, "in chunks")
	assert.Equal(t, "INVALID_PAYLOAD", errorCode(t, text))
	assert.Equal(t, int64(1000), size)

	unlimited := startSite(t, io.Discard, "-directus-url", directus.URL, "-max-body", "0")
	answer, _ = send(t, unlimited, http.MethodPost, "/directus/items/messages", nil, bytes.NewReader(make([]byte, 2<<20)))
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, int64(2<<20), size)
}

// A question has no body: Directus must not find something there that nobody has checked.
func TestQuestionsHaveNoBody(t *testing.T) {
	var body string
	directus := startDirectus(t, func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		body = string(text)
	})
	server := startSite(t, io.Discard, "-directus-url", directus.URL)
	send(t, server, http.MethodGet, "/directus/items/messages", nil, strings.NewReader(`{"query":{}}`))
	require.Len(t, directus.requests(), 1)
	assert.Empty(t, body)
}

func TestUpstreamTrouble(t *testing.T) {
	gone := startDirectus(t, nil)
	gone.Close()
	release := make(chan struct{})
	silent := startDirectus(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	dies := startDirectus(t, func(w http.ResponseWriter, _ *http.Request) { hangUp(w, "") })
	garbage := startDirectus(t, func(w http.ResponseWriter, _ *http.Request) { hangUp(w, "SSH-2.0-OpenSSH\r\n") })
	redirects := startDirectus(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://cms.example.com/", http.StatusMovedPermanently)
	})
	switches := startDirectus(t, func(w http.ResponseWriter, _ *http.Request) {
		hangUp(w, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	})
	tests := []struct {
		name     string
		directus *fakeDirectus
		timeout  string
		status   int
		log      string
	}{
		{"not there", gone, "1m", http.StatusServiceUnavailable, "connection refused"},
		{"never answers", silent, "200ms", http.StatusGatewayTimeout, "it takes too long"},
		{"hangs up", dies, "1m", http.StatusBadGateway, "closed the connection"},
		{"speaks something else", garbage, "1m", http.StatusBadGateway, "cannot be read"},
		{"redirects", redirects, "1m", http.StatusBadGateway, "set CHATD_DIRECTUS_URL to the address"},
		{"switches protocols unasked", switches, "1m", http.StatusBadGateway, "switch protocols"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			server := startSite(t, &log, "-directus-url", test.directus.URL, "-request-timeout", test.timeout)
			answer, body := get(t, server, "/directus/users/me")
			assert.Equal(t, test.status, answer.StatusCode)
			assert.Equal(t, "application/json; charset=utf-8", answer.Header.Get("Content-Type"))
			assert.Equal(t, "SERVICE_UNAVAILABLE", errorCode(t, body))
			assert.Empty(t, answer.Header.Get("Location"))
			server.Close()
			assert.Contains(t, log.String(), test.log)
		})
	}
}

// hangUp answers with bytes of its own and ends the connection.
func hangUp(w http.ResponseWriter, last string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, last)
}

func TestUpstreamDiesInTheMiddleOfAnAnswer(t *testing.T) {
	directus := startDirectus(t, func(w http.ResponseWriter, _ *http.Request) {
		hangUp(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":[")
	})
	server := startSite(t, io.Discard, "-directus-url", directus.URL)
	answer, err := server.Client().Get(server.URL + "/directus/items/messages")
	if err == nil {
		defer answer.Body.Close()
		_, err = io.ReadAll(answer.Body)
	}
	assert.Error(t, err, "half an answer must not look like a whole one")
}

func TestSlowBodyIsCutOff(t *testing.T) {
	directus := startDirectus(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	server := startSite(t, io.Discard, "-directus-url", directus.URL, "-request-timeout", "200ms")
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /directus/items/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	text, err := io.ReadAll(conn)
	require.NoError(t, err, "the connection stays open")
	assert.Contains(t, string(text), "HTTP/1.1 504 Gateway Timeout")
}

// Ensure that the limits of a connection cut off a body that nobody waits for, and no request that is only slow: that is
// what -request-timeout is for, alone, and 0 is no limit.
func TestConnectionTimeouts(t *testing.T) {
	directus := startDirectus(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-time.After(600 * time.Millisecond):
			w.WriteHeader(http.StatusNoContent)
		case <-r.Context().Done():
		}
	})
	cfg, err := parseConfig([]string{"-directus-url", directus.URL, "-request-timeout", "0"}, io.Discard)
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	s, err := newSite(cfg, fakeDist(t), log)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(nil)
	server.Config = newServer(s, log)
	require.Positive(t, server.Config.ReadTimeout)
	require.Positive(t, server.Config.WriteTimeout)
	server.Config.ReadTimeout, server.Config.WriteTimeout = 200*time.Millisecond, 400*time.Millisecond
	require.Zero(t, s.proxy.transport.ResponseHeaderTimeout, "another limit of the same, without a flag")
	server.Start()
	defer server.Close()

	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	text, err := io.ReadAll(conn)
	require.NoError(t, err, "the connection stays open")
	assert.Contains(t, string(text), "404 Not Found")

	answer, _ := send(t, server, http.MethodPost, "/directus/items/messages", nil, strings.NewReader("{}"))
	assert.Equal(t, http.StatusNoContent, answer.StatusCode)
}
