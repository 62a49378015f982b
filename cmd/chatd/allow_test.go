package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAllowList(t *testing.T) {
	directus := startDirectus(t, nil)
	server := startSite(t, io.Discard, "-directus-url", directus.URL, "-collection", "notes", "-profiles", "people", "-reactions", "smiles")
	open := []string{
		"POST auth/login", "POST auth/refresh", "POST auth/logout",
		"GET users/me", "GET users", "GET permissions/me", "GET server/ping", "GET server/info",
		"GET items/notes", "POST items/notes", "GET items/people", "PATCH items/notes/1",
		"PATCH items/notes/0197d9f0-0000-7000-8000-000000000000",
		"GET items/smiles", "POST items/smiles", "PATCH items/smiles/0197d9f0-0000-7000-8000-000000000000",
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
		"PATCH items/smiles", "PATCH items/smiles/", "DELETE items/smiles/1", "GET items/notes_reactions", "POST items/message_reactions",
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

func TestAllowListWithoutProfilesAndReactions(t *testing.T) {
	directus := startDirectus(t, nil)
	server := startSite(t, io.Discard, "-directus-url", directus.URL, "-profiles", "none", "-reactions", "none")
	for _, path := range []string{"/directus/items/", "/directus/items/chat_profiles", "/directus/items/message_reactions", "/directus/items/none"} {
		answer, _ := get(t, server, path)
		assert.Equal(t, http.StatusNotFound, answer.StatusCode, path)
	}
	assert.Empty(t, directus.requests())
}

// trickTargets are ways to write a path that one reader takes for an open endpoint and another for something else.
var trickTargets = []string{
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
	"http://chat.example.com/directus/server/ping",
	"https://evil.example.com/directus/server/ping",
	"http://user:password@chat.example.com/directus/server/ping",
	"evil.example.com:80",
	"directus/server/ping",
	"*",
}

// Every trick with a path, a request line or a length.
func TestEscapeTricksAreRefused(t *testing.T) {
	directus := startDirectus(t, nil)
	server := startSite(t, io.Discard, "-directus-url", directus.URL)
	host := server.Listener.Addr().String()

	for _, target := range trickTargets {
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
		"a length and chunks":          "POST /directus/items/messages HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"chunks and a length":          "POST /directus/items/messages HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
		"chunks alone":                 "POST /directus/items/messages HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"chunks that end wrong":        "POST /directus/items/messages HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"chunks twice":                 "POST /directus/items/messages HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
		"chunks of a list":             "POST /directus/items/messages HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"a negative length":            "POST /directus/items/messages HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: -1\r\n\r\n",
		"a list of lengths":            "POST /directus/items/messages HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 1, 1\r\n\r\na",
		"a header's name with a NUL":   "GET /directus/server/ping HTTP/1.1\r\nHost: " + host + "\r\nX\x00A: b\r\n\r\n",
		"a host with a path":           "GET /directus/server/ping HTTP/1.1\r\nHost: a/b\r\n\r\n",
		"HTTP/2 unasked":               "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
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

// What follows a request whose end is in doubt is not taken for the next one.
func TestNothingIsSmuggledBehindChunks(t *testing.T) {
	directus := startDirectus(t, nil)
	server := startSite(t, io.Discard, "-directus-url", directus.URL)
	for _, path := range []string{"/directus/items/messages", "/", "/nothing"} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		defer conn.Close()
		_, err = io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: a\r\nContent-Length: 48\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"+
			"GET /directus/server/ping HTTP/1.1\r\nHost: a\r\n\r\n")
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
		text, err := io.ReadAll(conn)
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the connection stays open")
		if err == nil { // else the rest was thrown away with a reset
			assert.Equal(t, 1, strings.Count(string(text), "HTTP/1.1 "), path)
		}
	}
	assert.Empty(t, directus.requests())
}

// FuzzPaths: whatever the target, what reaches Directus is on the allow-list, byte for byte.
func FuzzPaths(f *testing.F) {
	for _, target := range trickTargets {
		f.Add("GET", target)
	}
	for _, target := range []string{"/directus/server/ping", "/directus/items/messages/1?a=b", "/directus/items/messages", "/m/1", "/"} {
		f.Add("GET", target)
		f.Add("PATCH", target)
	}
	directus := startDirectus(f, nil)
	_, s := startSiteWith(f, io.Discard, "-directus-url", directus.URL, "-request-rate", "0")
	list := s.proxy.allow
	f.Fuzz(func(t *testing.T, method, target string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(method + " " + target + " HTTP/1.1\r\nHost: a\r\n\r\n")))
		if err != nil {
			return
		}
		r.RemoteAddr = "192.0.2.1:1"
		before := len(directus.requests())
		s.ServeHTTP(httptest.NewRecorder(), r)
		for _, seen := range directus.requests()[before:] {
			path, _, _ := strings.Cut(seen.RequestURI, "?")
			e := endpoint{seen.Method, strings.TrimPrefix(path, "/")}
			slash := strings.LastIndexByte(e.path, '/') + 1
			if !list[e] && !(list[endpoint{e.method, e.path[:slash] + anyKey}] && plainName.MatchString(e.path[slash:])) {
				t.Errorf("%q became %s %s", method+" "+target, seen.Method, seen.RequestURI)
			}
			if want := "/directus" + seen.RequestURI; r.RequestURI != want {
				t.Errorf("%q was changed into %q", r.RequestURI, want)
			}
		}
	})
}

func TestAllowFlag(t *testing.T) {
	directus := startDirectus(t, nil)
	var log bytes.Buffer
	server := startSite(t, &log, "-directus-url", directus.URL, "-allow", "GET items/{id}/1,DELETE items/notes", "-allow", "GET utils/hash")
	tests := []struct {
		method, path string
		status       int
	}{
		{"GET", "items/anything/1", 200},
		{"DELETE", "items/notes", 200},
		{"GET", "utils/hash", 200},
		{"GET", "items/anything/2", 404},
		{"GET", "items/anything.else/1", 404},
		{"GET", "items//1", 404},
		{"GET", "items/{id}/1", 404},
		{"DELETE", "items/notes/1", 404},
		{"POST", "utils/hash", 404},
	}
	for _, test := range tests {
		answer, _ := send(t, server, test.method, "/directus/"+test.path, nil, nil)
		assert.Equal(t, test.status, answer.StatusCode, test)
	}
	assert.Len(t, directus.requests(), 3)
	server.Close()
	assert.Contains(t, log.String(), `"endpoint":"DELETE items/notes","means":"this collection, as far as Directus's permissions go"`)
	assert.Contains(t, log.String(), `"endpoint":"GET utils/hash","means":"administration; think twice"`)
}

func TestAllowFlagRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"assets":        "must be a method",
		"BREW assets":   "must be a method",
		"get assets":    "must be a method",
		"GET ":          "must be a method",
		"GET /assets":   "a path below Directus's",
		"GET assets/":   "a path below Directus's",
		"GET a/../b":    "a path below Directus's",
		"GET assets/*":  "a path below Directus's",
		"GET {id}/{id}": "a path below Directus's",
	} {
		_, err := parseConfig([]string{"-directus-url", directusURL, "-allow", text}, io.Discard)
		assert.ErrorContains(t, err, want, text)
	}
}

func TestAssets(t *testing.T) {
	directus := startDirectus(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.URL.Query().Get("type"))
		w.Header().Set("Content-Disposition", r.URL.Query().Get("disposition"))
		w.Header().Set("Content-Security-Policy", "default-src *")
	})
	shut := startSite(t, io.Discard, "-directus-url", directus.URL)
	answer, _ := get(t, shut, "/directus/assets/1")
	assert.Equal(t, http.StatusNotFound, answer.StatusCode)

	server := startSite(t, io.Discard, "-directus-url", directus.URL, "-allow", "GET assets/{id}")
	tests := []struct{ contentType, disposition, want string }{
		{"image/png", `inline; filename="a.png"`, ""},
		{"image/jpeg", "", ""},
		{"IMAGE/GIF", "", ""},
		{"image/webp", "", ""},
		{"image/avif; charset=binary", "", ""},
		{"image/svg+xml", `inline; filename="a.svg"`, `attachment; filename=a.svg`},
		{"text/html", `inline; filename="a b.html"`, `attachment; filename="a b.html"`},
		{"application/pdf", "", "attachment"},
		{"text/plain", "inline; filename*=UTF-8''%c3%a4.txt", `attachment; filename*=utf-8''%C3%A4.txt`},
		{"image/png, text/html", "inline", "attachment"},
		{"no type at all", "inline", "attachment"},
		{"", "nonsense; ;", "attachment"},
	}
	for _, test := range tests {
		answer, _ := get(t, server, "/directus/assets/0197d9f0-0000-7000-8000-000000000000?"+
			url.Values{"type": {test.contentType}, "disposition": {test.disposition}}.Encode())
		assert.Equal(t, http.StatusOK, answer.StatusCode)
		assert.Equal(t, test.want, answer.Header.Get("Content-Disposition"), test)
		assert.Equal(t, "nosniff", answer.Header.Get("X-Content-Type-Options"))
		assert.Contains(t, answer.Header.Get("Content-Security-Policy"), "default-src 'none'")
	}
}
