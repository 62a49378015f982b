package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"directuschat/web"
)

// distVariable makes the test's program a chatd with the bundle in that folder.
const distVariable = "CHATD_TEST_DIST"

// Nothing may be left running when a server has been closed.
func TestMain(m *testing.M) {
	if folder := os.Getenv(distVariable); folder != "" {
		p := program{stdout: os.Stdout, stderr: os.Stderr, dist: os.DirFS(folder)}
		os.Exit(p.run(untilSignal(), os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

const appWASM = "\x00asm, or something that compresses well: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// fakeDist is a small built bundle.
func fakeDist(t testing.TB) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{
		"page.html":            {Data: []byte(`<!doctype html><html lang="{{.Lang}}" data-base="{{.Base}}"{{with .AccentLight}} data-accent-light="{{.}}"{{end}}{{with .AccentDark}} data-accent-dark="{{.}}"{{end}}><title>{{.Title}}</title>{{if .Logo}}<img src="{{mark}}">{{end}}`)},
		"worker.js":            {Data: []byte(`const version = {{json .Version}}, files = {{.Precache}};`)},
		"manifest.webmanifest": {Data: []byte(`{"name": {{json .Title}}}`)},
	}
	index := web.Index{Version: "v1", Assets: map[string]web.Asset{}}
	for name, asset := range map[string]struct{ file, contentType, content string }{
		"app.wasm": {"app.5678.wasm", "application/wasm", appWASM},
		"app.css":  {"app.1234.css", "text/css; charset=utf-8", "body { margin: 0 }"},

		"compiler.js": {"compiler.9abc.js", "text/javascript; charset=utf-8", "'compiler'"},
	} {
		var br, gz bytes.Buffer
		for _, w := range []io.WriteCloser{brotli.NewWriter(&br), gzip.NewWriter(&gz)} {
			_, err := io.WriteString(w, asset.content)
			require.NoError(t, err)
			require.NoError(t, w.Close())
		}
		files[asset.file+".br"] = &fstest.MapFile{Data: br.Bytes()}
		files[asset.file+".gz"] = &fstest.MapFile{Data: gz.Bytes()}
		index.Assets[name] = web.Asset{File: asset.file, Type: asset.contentType, Size: int64(len(asset.content))}
	}
	text, err := json.Marshal(index)
	require.NoError(t, err)
	files[web.IndexFile] = &fstest.MapFile{Data: text}
	return files
}

// startSite serves a site under httptest. Flags are those of `chatd serve`; -directus-url has a default.
func startSite(t testing.TB, log io.Writer, flags ...string) *httptest.Server {
	t.Helper()
	server, _ := startSiteWith(t, log, flags...)
	return server
}

func startSiteWith(t testing.TB, log io.Writer, flags ...string) (*httptest.Server, *site) {
	t.Helper()
	cfg, err := parseConfig(append([]string{"-directus-url", "http://127.0.0.1:1"}, flags...), io.Discard)
	require.NoError(t, err)
	s, err := newSite(cfg, fakeDist(t), slog.New(slog.NewJSONHandler(log, nil)))
	require.NoError(t, err)
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, s.proxy.close(ctx))
	})
	return server, s
}

// send makes a request as it is told to: no redirects followed, nothing decompressed.
func send(t *testing.T, server *httptest.Server, method, path string, headers map[string]string, body io.Reader) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(method, server.URL+path, body)
	require.NoError(t, err)
	request.Header.Set("Accept-Encoding", "identity")
	for name, value := range headers {
		if name == "Host" {
			request.Host = value
			continue
		}
		request.Header.Set(name, value)
	}
	answer, err := server.Client().Transport.RoundTrip(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer, string(text)
}

func get(t *testing.T, server *httptest.Server, path string) (*http.Response, string) {
	t.Helper()
	return send(t, server, http.MethodGet, path, nil, nil)
}

// A fakeDirectus remembers what reached it. Its answer can be replaced.
type fakeDirectus struct {
	*httptest.Server
	answer http.HandlerFunc

	mu   sync.Mutex
	seen []*http.Request
}

func startDirectus(t testing.TB, answer http.HandlerFunc) *fakeDirectus {
	t.Helper()
	d := &fakeDirectus{answer: answer}
	if answer == nil {
		d.answer = func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, `{"data":"here"}`) }
	}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		d.seen = append(d.seen, r.Clone(context.Background()))
		d.mu.Unlock()
		d.answer(w, r)
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *fakeDirectus) requests() []*http.Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.seen
}

// errorCode is the code of an answer in the shape of Directus's errors.
func errorCode(t *testing.T, body string) string {
	t.Helper()
	var shape struct {
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &shape), body)
	require.Len(t, shape.Errors, 1)
	require.NotEmpty(t, shape.Errors[0].Message)
	return shape.Errors[0].Extensions.Code
}
