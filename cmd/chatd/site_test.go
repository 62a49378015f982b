package main

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/web"
)

func TestPaths(t *testing.T) {
	server := startSite(t, io.Discard)
	below := startSite(t, io.Discard, "-base", "/sub/")
	tests := []struct {
		path        string
		status      int
		contentType string
		cache       string
	}{
		{"/", 200, "text/html; charset=utf-8", "no-cache"},
		{"/?source=pwa", 200, "text/html; charset=utf-8", "no-cache"},
		{"/m/0190c7a0-0000-7000-8000-000000000000", 200, "text/html; charset=utf-8", "no-cache"},
		{"/worker.js", 200, "text/javascript; charset=utf-8", "no-cache"},
		{"/manifest.webmanifest", 200, "application/manifest+json", "no-cache"},
		{"/assets/app.1234.css", 200, "text/css; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/assets/app.5678.wasm", 200, "application/wasm", "public, max-age=31536000, immutable"},

		{"/m/", 404, "text/plain; charset=utf-8", ""},
		{"/m/1/2", 404, "text/plain; charset=utf-8", ""},
		{"/nothing", 404, "text/plain; charset=utf-8", ""},
		{"/assets", 404, "text/plain; charset=utf-8", ""},
		{"/assets/", 404, "text/plain; charset=utf-8", ""},
		{"/assets/app.css", 404, "text/plain; charset=utf-8", ""},
		{"/assets/app.1234.css.br", 404, "text/plain; charset=utf-8", ""},
		{"/assets.json", 404, "text/plain; charset=utf-8", ""},
		{"/page.html", 404, "text/plain; charset=utf-8", ""},
		{"/placeholder", 404, "text/plain; charset=utf-8", ""},
		{"/m/%2e%2e", 404, "text/plain; charset=utf-8", ""},
		{"//", 404, "text/plain; charset=utf-8", ""},
		{"/directus", 404, "application/json; charset=utf-8", "no-store"},
		{"/directus/", 404, "application/json; charset=utf-8", "no-store"},
	}
	for _, test := range tests {
		t.Run(test.path, func(t *testing.T) {
			answer, body := get(t, server, test.path)
			assert.Equal(t, test.status, answer.StatusCode)
			assert.Equal(t, test.contentType, answer.Header.Get("Content-Type"))
			assert.Equal(t, test.cache, answer.Header.Get("Cache-Control"))
			assert.NotEmpty(t, body)

			head, body := send(t, server, http.MethodHead, test.path, nil, nil)
			assert.Equal(t, test.status, head.StatusCode, "HEAD")
			assert.Equal(t, answer.Header.Get("Content-Type"), head.Header.Get("Content-Type"), "HEAD")
			assert.Empty(t, body, "HEAD")

			moved, _ := get(t, below, "/sub"+test.path)
			assert.Equal(t, test.status, moved.StatusCode, "below /sub/")
		})
	}
}

func TestBase(t *testing.T) {
	server := startSite(t, io.Discard, "-base", "/sub/")
	_, body := get(t, server, "/sub/")
	assert.Contains(t, body, `data-base="/sub/"`)
	answer, _ := get(t, server, "/sub")
	assert.Equal(t, "/sub/", answer.Header.Get("Location"))

	for path, want := range map[string]int{"/": 404, "/worker.js": 404, "/directus/server/ping": 404, "/healthz": 200} {
		answer, _ := get(t, server, path)
		assert.Equal(t, want, answer.StatusCode, path)
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	server := startSite(t, io.Discard)
	for _, path := range []string{"/", "/worker.js", "/assets/app.1234.css", "/healthz"} {
		for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"} {
			answer, _ := send(t, server, method, path, nil, nil)
			assert.Equal(t, http.StatusMethodNotAllowed, answer.StatusCode, "%s %s", method, path)
		}
	}
}

func TestHealth(t *testing.T) {
	answer, body := get(t, startSite(t, io.Discard), "/healthz")
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, "ok\n", body)
	assert.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
}

func TestCodings(t *testing.T) {
	server := startSite(t, io.Discard)
	tests := []struct{ accept, want string }{
		{"gzip, deflate, br, zstd", "br"},
		{"gzip", "gzip"},
		{"br;q=0, gzip;q=0.1", "gzip"},
		{"identity", ""},
		{"br;q=0, gzip;q=0", ""},
	}
	for _, path := range []string{"/assets/app.5678.wasm", "/", "/worker.js"} {
		_, plain := get(t, server, path)
		tags := map[string]bool{}
		for _, test := range tests {
			answer, body := send(t, server, http.MethodGet, path, map[string]string{"Accept-Encoding": test.accept}, nil)
			require.Equal(t, http.StatusOK, answer.StatusCode)
			assert.Equal(t, test.want, answer.Header.Get("Content-Encoding"), test.accept)
			assert.Contains(t, answer.Header.Get("Vary"), "Accept-Encoding")
			assert.Equal(t, int64(len(body)), answer.ContentLength)
			assert.Equal(t, plain, unpack(t, test.want, body), "%s as %s", path, test.accept)
			tags[answer.Header.Get("ETag")] = true

			head, _ := send(t, server, http.MethodHead, path, map[string]string{"Accept-Encoding": test.accept}, nil)
			assert.Equal(t, answer.ContentLength, head.ContentLength)
		}
		assert.Len(t, tags, 3, "each coding is a representation of its own")
	}
	_, wasm := get(t, server, "/assets/app.5678.wasm")
	assert.Equal(t, appWASM, wasm)
}

func unpack(t *testing.T, coding, body string) string {
	t.Helper()
	var r io.Reader = strings.NewReader(body)
	switch coding {
	case "br":
		r = brotli.NewReader(r)
	case "gzip":
		var err error
		r, err = gzip.NewReader(r)
		require.NoError(t, err)
	}
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(text)
}

func TestRevalidation(t *testing.T) {
	server := startSite(t, io.Discard)
	for _, path := range []string{"/", "/worker.js", "/manifest.webmanifest", "/assets/app.1234.css"} {
		first, _ := send(t, server, http.MethodGet, path, map[string]string{"Accept-Encoding": "br"}, nil)
		tag := first.Header.Get("ETag")
		require.NotEmpty(t, tag, path)
		again, body := send(t, server, http.MethodGet, path, map[string]string{"Accept-Encoding": "br", "If-None-Match": tag}, nil)
		assert.Equal(t, http.StatusNotModified, again.StatusCode, path)
		assert.Empty(t, body, path)

		other, _ := send(t, server, http.MethodGet, path, map[string]string{"Accept-Encoding": "gzip", "If-None-Match": tag}, nil)
		assert.Equal(t, http.StatusOK, other.StatusCode, path)
	}
	page, _ := get(t, server, "/")
	renamed, _ := get(t, startSite(t, io.Discard, "-title", "Talk"), "/")
	assert.NotEqual(t, page.Header.Get("ETag"), renamed.Header.Get("ETag"))
}

const wantPagePolicy = "base-uri 'none'; connect-src 'self' ws://chat.example.com wss://chat.example.com; default-src 'none'; " +
	"font-src 'self'; form-action 'none'; frame-ancestors 'none'; img-src 'self' blob:; manifest-src 'self'; " +
	"require-trusted-types-for 'script'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; trusted-types chat compiler; worker-src 'self'"

// The worker that compiles the program lives by its own policy, and no other file may do as much.
func TestCompilerPolicy(t *testing.T) {
	server := startSite(t, io.Discard)
	compiler, _ := get(t, server, "/assets/compiler.9abc.js")
	assert.Equal(t, "base-uri 'none'; connect-src 'self'; default-src 'none'; form-action 'none'; frame-ancestors 'none'; script-src 'wasm-unsafe-eval'",
		compiler.Header.Get("Content-Security-Policy"))
	style, _ := get(t, server, "/assets/app.1234.css")
	assert.Equal(t, "base-uri 'none'; default-src 'none'; form-action 'none'; frame-ancestors 'none'", style.Header.Get("Content-Security-Policy"))
}

func TestPagePolicy(t *testing.T) {
	tests := []struct {
		name  string
		host  string
		flags []string
		want  string
	}{
		{"the request's host", "chat.example.com", nil, " ws://chat.example.com wss://chat.example.com"},
		{"with a port", "LOCALHOST:8080", nil, " ws://localhost:8080 wss://localhost:8080"},
		{"an address", "[::1]:8080", nil, " ws://[::1]:8080 wss://[::1]:8080"},
		{"a host that would add to the policy", "a;script-src", nil, ""},
		{"a host that would allow more", "*", nil, ""},
		{"a public URL", "10.0.0.1", []string{"-public-url", "https://Chat.example.com:443/"}, " wss://chat.example.com"},
		{"two", "10.0.0.1", []string{"-public-url", "https://a.example.com,http://b.example.com:81"}, " wss://a.example.com ws://b.example.com:81"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := startSite(t, io.Discard, test.flags...)
			for _, path := range []string{"/", "/m/1"} {
				answer, _ := send(t, server, http.MethodGet, path, map[string]string{"Host": test.host}, nil)
				want := strings.Replace(wantPagePolicy, " ws://chat.example.com wss://chat.example.com", test.want, 1)
				assert.Equal(t, want, answer.Header.Get("Content-Security-Policy"), path)
			}
		})
	}
}

func TestHeadersOnEveryResponse(t *testing.T) {
	server := startSite(t, io.Discard)
	for _, path := range []string{"/", "/worker.js", "/manifest.webmanifest", "/assets/app.5678.wasm", "/nothing", "/%2e", "/healthz", "/directus/server/ping", "/directus/no"} {
		answer, _ := get(t, server, path)
		h := answer.Header
		assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		assert.Equal(t, "no-referrer", h.Get("Referrer-Policy"), path)
		assert.Equal(t, "same-origin", h.Get("Cross-Origin-Opener-Policy"), path)
		assert.Equal(t, "same-origin", h.Get("Cross-Origin-Resource-Policy"), path)
		assert.Contains(t, h.Get("Permissions-Policy"), "camera=(), ", path)
		assert.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'", path)
		assert.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'", path)
		assert.Empty(t, h.Get("Strict-Transport-Security"), path)
		for name, values := range h {
			assert.Len(t, values, 1, "%s: %s is there more than once", path, name)
		}
		if path != "/" {
			assert.NotContains(t, h.Get("Content-Security-Policy"), "script-src", path)
		}
	}
}

func TestStrictTransportSecurity(t *testing.T) {
	tests := []struct {
		public string
		want   string
	}{
		{"https://chat.example.com", "max-age=31536000"},
		{"http://chat.example.com", ""},
		{"https://chat.example.com,http://chat.example.com", ""},
	}
	for _, test := range tests {
		answer, _ := get(t, startSite(t, io.Discard, "-public-url", test.public), "/")
		assert.Equal(t, test.want, answer.Header.Get("Strict-Transport-Security"), test.public)
	}
}

func TestDamagedBundleIsNoticedAtStart(t *testing.T) {
	cfg, err := parseConfig([]string{"-directus-url", "http://127.0.0.1:1"}, io.Discard)
	require.NoError(t, err)

	files := fakeDist(t)
	delete(files, "app.1234.css.gz")
	_, err = newSite(cfg, files, slog.New(slog.DiscardHandler))
	assert.ErrorContains(t, err, "run make build")

	delete(files, web.IndexFile)
	_, err = newSite(cfg, files, slog.New(slog.DiscardHandler))
	assert.ErrorIs(t, err, web.ErrNotBuilt)
}
