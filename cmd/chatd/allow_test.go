package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAllowList(t *testing.T) {
	directus := startDirectus(t, nil)
	server := startSite(t, io.Discard, "-directus-url", directus.URL, "-collection", "notes", "-profiles", "people")
	open := []string{
		"POST auth/login", "POST auth/refresh", "POST auth/logout",
		"GET users/me", "GET users", "GET permissions/me", "GET server/ping", "GET server/info",
		"GET items/notes", "POST items/notes", "GET items/people", "PATCH items/notes/1",
		"PATCH items/notes/0197d9f0-0000-7000-8000-000000000000",
	}
	for _, e := range open {
		method, path, _ := strings.Cut(e, " ")
		answer, body := send(t, server, method, "/directus/"+path+"?limit=1", map[string]string{"Content-Type": "application/json"}, strings.NewReader(`{"email":"a@example.com"}`))
		assert.Equal(t, http.StatusOK, answer.StatusCode, e)
		assert.Equal(t, `{"data":"here"}`, body, e)
	}
	require.Len(t, directus.requests(), len(open))
	for i, r := range directus.requests() {
		assert.Equal(t, open[i]+"?limit=1", r.Method+" "+strings.TrimPrefix(r.RequestURI, "/"))
	}

	shut := []string{
		"GET ", "GET admin", "GET items/messages", "GET items/notes/1", "GET items", "GET items/", "GET items/directus_users",
		"POST items/people", "PATCH items/notes", "PATCH items/notes/", "PATCH items/notes/1/2", "PATCH items/people/1", "PUT items/notes/1", "DELETE items/notes", "DELETE items/notes/1",
		"SEARCH items/notes", "HEAD items/notes", "OPTIONS items/notes", "PUT items/notes", "get items/notes", "TRACE server/ping",
		"GET auth/login", "POST auth/password/request", "POST users", "POST users/me", "PATCH users/me", "GET users/1", "POST users/register",
		"POST graphql", "GET graphql", "GET files", "GET assets/1", "GET server/health", "GET server/specs/oas", "GET settings",
		"GET schema/snapshot", "POST flows/trigger/1", "GET flows/trigger/1", "GET utils/random/string", "POST mcp", "POST websocket",
		"GET auth/login/", "GET Server/ping", "GET server", "GET server/ping/", "GET server/ping.",
	}
	for _, e := range shut {
		method, path, _ := strings.Cut(e, " ")
		answer, body := send(t, server, method, "/directus/"+path, nil, nil)
		assert.Equal(t, http.StatusNotFound, answer.StatusCode, e)
		if method != http.MethodHead {
			assert.Equal(t, "ROUTE_NOT_FOUND", errorCode(t, body), e)
		}
	}
	assert.Len(t, directus.requests(), len(open), "something shut reached Directus")
}

func TestAllowListWithoutProfiles(t *testing.T) {
	directus := startDirectus(t, nil)
	server := startSite(t, io.Discard, "-directus-url", directus.URL, "-profiles", "none")
	for _, path := range []string{"/directus/items/", "/directus/items/chat_profiles", "/directus/items/none"} {
		answer, _ := get(t, server, path)
		assert.Equal(t, http.StatusNotFound, answer.StatusCode, path)
	}
	assert.Empty(t, directus.requests())
}

// Every way to write a path that one reader takes for an open endpoint and another for something else.
func TestEscapeTricksAreRefused(t *testing.T) {
	directus := startDirectus(t, nil)
	server := startSite(t, io.Discard, "-directus-url", directus.URL)
	host := server.Listener.Addr().String()

	targets := []string{
		"/directus/../directus/server/ping",
		"/directus/server/../server/ping",
		"/directus/./server/ping",
		"/directus/server/ping/..",
		"/directus/server/ping/.",
		"/directus/..",
		"/nothing/../directus/server/ping",
		"/directus/server/ping/../../admin",
		"/directus/%2e%2e/admin",
		"/directus/%2E%2E/admin",
		"/directus/server/%2e%2e/server/ping",
		"/directus/.%2e/admin",
		"/directus/server%2fping",
		"/directus/server%2Fping",
		"/directus/server%5cping",
		"/directus/server%5Cping",
		`/directus/server\ping`,
		`/directus/..\admin`,
		`\directus\server\ping`,
		"/directus/%2573erver/ping",
		"/directus/%73erver/ping",
		"/directus/server/%70ing",
		"/directus/%252e%252e/admin",
		"/directus/server%252fping",
		"/directus/%c0%ae%c0%ae/admin",
		"/directus/server/ping%00",
		"/directus/server/ping%00.js",
		"/directus/server/ping%0d%0aX-Evil:%201",
		"/directus/server/ping%20",
		"/directus/server/ping%09",
		"/directus/server/ping%3flimit=1",
		"/directus/server/ping%23",
		"/directus/server/ping#fragment",
		"/directus/server/ping;a=b",
		"/directus/;/server/ping",
		"/directus//server/ping",
		"/directus/server//ping",
		"//directus/server/ping",
		"///directus/server/ping",
		"//evil.example.com/directus/server/ping",
		"/directus//evil.example.com/server/ping",
		"/directus/@evil.example.com/server/ping",
		"/directus@evil.example.com/server/ping",
		"/directus:80/server/ping",
		"/%64irectus/server/ping",
		"/directus%2fserver%2fping",
		"/directus/ｓerver/ping",
		"/directus/server/ping\xff",
		"http://evil.example.com/directus/server/ping",
		"http://" + host + "/directus/server/ping",
		"https://evil.example.com/directus/server/ping",
		"http://user:password@" + host + "/directus/server/ping",
		"evil.example.com:80",
		"directus/server/ping",
		"*",
	}
	for _, target := range targets {
		status := raw(t, server.Listener.Addr(), "GET "+target+" HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n")
		assert.GreaterOrEqual(t, status, 400, target)
		assert.Less(t, status, 500, target)
	}

	requests := map[string]string{
		"an authority as target":       "CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"CONNECT with a path":          "CONNECT /directus/server/ping HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"a method in lower case":       "get /directus/server/ping HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n",
		"an unknown method":            "BREW /directus/server/ping HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n",
		"a method with a tab":          "GET\t/directus/server/ping HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"no host":                      "GET /directus/server/ping HTTP/1.1\r\n\r\n",
		"two hosts":                    "GET /directus/server/ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"a space in the target":        "GET /directus/server/ping HTTP/1.1 HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"a NUL in the target":          "GET /directus/server/ping\x00 HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"two lengths":                  "POST /directus/auth/login HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"a length that is not one":     "POST /directus/auth/login HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: +1\r\n\r\na",
		"an unknown transfer encoding": "POST /directus/auth/login HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"a folded header":              "GET /directus/server/ping HTTP/1.1\r\nHost: " + host + "\r\nX-A\r\n : b\r\n\r\n",
		"a space before the colon":     "POST /directus/auth/login HTTP/1.1\r\nHost: " + host + "\r\nContent-Length : 1\r\n\r\na",
	}
	for name, request := range requests {
		assert.GreaterOrEqual(t, raw(t, server.Listener.Addr(), request), 400, name)
	}
	assert.Empty(t, directus.requests(), "a trick reached Directus")
}

// raw sends bytes as they are and returns the status of the answer.
func raw(t *testing.T, address net.Addr, request string) int {
	t.Helper()
	conn, err := net.Dial(address.Network(), address.String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err, fmt.Sprintf("%q", request))
	defer answer.Body.Close()
	return answer.StatusCode
}
