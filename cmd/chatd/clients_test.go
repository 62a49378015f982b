package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClientBehindTrustedProxies(t *testing.T) {
	var e edge
	require.NoError(t, e.check(&edgeTexts{trusted: list{"10.0.0.0/8", "192.0.2.1", "2001:db8::/32"}}))
	tests := []struct {
		name, peer, forwarded, want string
	}{
		{"one proxy", "10.0.0.1", "198.51.100.7", "198.51.100.7"},
		{"two proxies", "10.0.0.1", "198.51.100.7, 192.0.2.1", "198.51.100.7"},
		{"what the client says of itself", "10.0.0.1", "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"},
		{"a client that claims to be a proxy", "10.0.0.1", "10.9.9.9, 198.51.100.7", "198.51.100.7"},
		{"a client within", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
		{"several headers", "10.0.0.1", "203.0.113.9\n198.51.100.7\n10.0.0.2", "198.51.100.7"},
		{"a port", "10.0.0.1", "198.51.100.7:4711", "198.51.100.7"},
		{"IPv6", "2001:db8::1", "2001:470::1", "2001:470::1"},
		{"IPv6 in brackets", "10.0.0.1", "[2001:470::1]", "2001:470::1"},
		{"IPv6 with a port", "10.0.0.1", "[2001:470::1]:4711", "2001:470::1"},
		{"IPv4 as IPv6", "::ffff:10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"},
		{"a zone", "10.0.0.1", "fe80::1%eth0", "fe80::1"},
		{"unknown", "10.0.0.1", "203.0.113.9, unknown", "10.0.0.1"},
		{"unknown behind two", "10.0.0.1", "unknown, 10.0.0.2", "10.0.0.2"},
		{"nothing in it", "10.0.0.1", "", "10.0.0.1"},
		{"an empty entry", "10.0.0.1", "198.51.100.7,,", "10.0.0.1"},
		{"another's proxy", "198.51.100.1", "203.0.113.9", "198.51.100.1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client := e.trusted.client(netip.MustParseAddr(test.peer), strings.Split(test.forwarded, "\n"))
			assert.Equal(t, test.want, client.String())
		})
	}
}

// Ensure that everything that goes by an address goes by the client's.
func TestTheClientsAddressIsUsed(t *testing.T) {
	directus := startDirectus(t, nil)
	var log bytes.Buffer
	server := startSite(t, &log, "-directus-url", directus.URL, "-trusted-proxy", "127.0.0.1", "-request-rate", "0.001")
	ping := func(forwarded string) int {
		answer, _ := send(t, server, http.MethodGet, "/directus/server/ping", map[string]string{"X-Forwarded-For": forwarded}, nil)
		return answer.StatusCode
	}
	assert.Equal(t, http.StatusOK, ping("203.0.113.9, 198.51.100.7"))
	assert.Equal(t, http.StatusTooManyRequests, ping("203.0.113.10, 198.51.100.7"))
	assert.Equal(t, http.StatusOK, ping("198.51.100.8"))
	require.Len(t, directus.requests(), 2)
	assert.Equal(t, []string{"198.51.100.7"}, directus.requests()[0].Header["X-Forwarded-For"])
	server.Close()
	assert.Contains(t, log.String(), `"remote":"198.51.100.7:0"`)
	assert.NotContains(t, log.String(), "-trusted-proxy")
}

func TestNobodyIsTrustedUnasked(t *testing.T) {
	directus := startDirectus(t, nil)
	var log bytes.Buffer
	server := startSite(t, &log, "-directus-url", directus.URL)
	for range 2 {
		send(t, server, http.MethodGet, "/directus/server/ping", map[string]string{"X-Forwarded-For": "198.51.100.7"}, nil)
	}
	server.Close()
	require.Len(t, directus.requests(), 2)
	assert.Equal(t, "127.0.0.1", directus.requests()[0].Header.Get("X-Forwarded-For"))
	assert.Equal(t, 1, strings.Count(log.String(), "name that with -trusted-proxy"), "said once")
}

func TestRequestRate(t *testing.T) {
	directus := startDirectus(t, nil)
	server, s := startSiteWith(t, io.Discard, "-directus-url", directus.URL, "-request-rate", "0.2") // two at once
	for _, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests} {
		answer, body := get(t, server, "/directus/server/ping")
		require.Equal(t, want, answer.StatusCode)
		if want != http.StatusOK {
			assert.Equal(t, "REQUESTS_EXCEEDED", errorCode(t, body))
			assert.Equal(t, "1", answer.Header.Get("Retry-After"))
		}
	}
	answer, _ := get(t, server, "/")
	assert.Equal(t, http.StatusOK, answer.StatusCode, "the page is not limited")
	assert.Equal(t, 1.0, counted(t, s.metrics, "chat_requests_limited_total"))

	unlimited := startSite(t, io.Discard, "-directus-url", directus.URL, "-request-rate", "0")
	for range 20 {
		answer, _ := get(t, unlimited, "/directus/server/ping")
		assert.Equal(t, http.StatusOK, answer.StatusCode)
	}
}

func TestLoginRate(t *testing.T) {
	directus := startDirectus(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	logIn := func(server *httptest.Server, n int) int {
		body := strings.NewReader(fmt.Sprintf(`{"email":"person%d@example.com","password":"the same"}`, n))
		answer, _ := send(t, server, http.MethodPost, "/directus/auth/login", map[string]string{"Content-Type": "application/json"}, body)
		return answer.StatusCode
	}
	server, s := startSiteWith(t, io.Discard, "-directus-url", directus.URL, "-login-rate", "0.02") // two at once
	for n, want := range []int{http.StatusUnauthorized, http.StatusUnauthorized, http.StatusTooManyRequests} {
		assert.Equal(t, want, logIn(server, n))
	}
	assert.Equal(t, 1.0, counted(t, s.metrics, "chat_requests_limited_total"))
	answer, _ := get(t, server, "/directus/users/me")
	assert.Equal(t, http.StatusUnauthorized, answer.StatusCode, "nothing else is limited")

	unlimited := startSite(t, io.Discard, "-directus-url", directus.URL, "-login-rate", "0", "-login-failures", "0")
	for range 200 {
		require.Equal(t, http.StatusUnauthorized, logIn(unlimited, 0))
	}
}
