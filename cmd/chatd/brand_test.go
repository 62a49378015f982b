package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const svg = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`

// A fakeProject answers as Directus does what everybody may ask.
func fakeProject(t *testing.T, info string, logo http.HandlerFunc) *url.URL {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /server/info", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, info) })
	if logo != nil {
		mux.HandleFunc("GET /assets/{id}", logo)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	upstream, err := url.Parse(server.URL)
	require.NoError(t, err)
	return upstream
}

func sendLogo(contentType, content string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, content)
	}
}

func TestReadBrand(t *testing.T) {
	project := func(name, color, logo string) string {
		return fmt.Sprintf(`{"data":{"project":{"project_name":%q,"project_color":%q,"project_logo":%s,"custom_css":"body{display:none}"}}}`, name, color, logo)
	}
	tests := map[string]struct {
		info string
		logo http.HandlerFunc
		want brand
	}{
		"everything":            {project(" Staff ", "#12AB9f", `"x"`), sendLogo("image/png; charset=x", "png"), brand{"Staff", "#12ab9f", image{"png", "image/png"}}},
		"nothing":               {project("", "", "null"), nil, brand{}},
		"as it comes":           {project("Directus", "#6644FF", "null"), nil, brand{}},
		"no project at all":     {`{"data":{}}`, nil, brand{}},
		"no colour":             {project("A", "red;--x:url(//evil.example)", "null"), nil, brand{name: "A"}},
		"a logo that is a page": {project("A", "#000000", `"x"`), sendLogo("text/html", "<script>"), brand{"A", "#000000", image{}}},
		"a logo too large":      {project("A", "", `"x"`), sendLogo("image/png", strings.Repeat("x", maxLogo+1)), brand{name: "A"}},
		"a logo that is closed": {project("A", "", `"x"`), http.NotFound, brand{name: "A"}},
		"a logo elsewhere":      {project("A", "", `"../server/ping"`), sendLogo("image/png", "png"), brand{name: "A"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := readBrand(t.Context(), fakeProject(t, test.info, test.logo))
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
	_, err := readBrand(t.Context(), fakeProject(t, `<html>`, nil))
	assert.Error(t, err)
	_, err = readBrand(t.Context(), &url.URL{Scheme: "http", Host: "127.0.0.1:1"})
	assert.Error(t, err)
}

// Ensure that the page shows the project's name, colour and logo, the operator's name before the project's, and that a
// logo does nothing but be looked at.
func TestBrandIsShown(t *testing.T) {
	upstream := fakeProject(t, `{"data":{"project":{"project_name":"<Staff>","project_color":"#ffff00","project_logo":"x"}}}`, sendLogo("image/svg+xml", svg))
	server, s := startSiteWith(t, io.Discard)
	page, before := get(t, server, "/")
	assert.Contains(t, before, "<title>Chat</title>")
	assert.NotContains(t, before, "data-accent")
	worker, _ := get(t, server, "/worker.js")

	ctx, stop := context.WithCancel(t.Context())
	var known atomic.Int32
	s.followBrand(ctx, upstream, slog.New(slog.DiscardHandler), func() { known.Add(1); stop() })
	assert.EqualValues(t, 1, known.Load())
	after, text := get(t, server, "/")
	assert.Contains(t, text, "<title>&lt;Staff&gt;</title>")
	assert.Regexp(t, `data-accent-light="#[0-9a-f]{6}"`, text)
	assert.Contains(t, text, `data-accent-dark="#ffff00"`, "bright enough as it is")
	assert.NotEqual(t, page.Header.Get("ETag"), after.Header.Get("ETag"))
	workerAfter, script := get(t, server, "/worker.js")
	assert.NotEqual(t, worker.Header.Get("ETag"), workerAfter.Header.Get("ETag"), "a new version, so that nobody keeps the old page")

	path := text[strings.Index(text, "/assets/logo-"):]
	path = path[:strings.Index(path, `"`)]
	assert.Contains(t, script, path, "it is there without a network")
	logo, body := get(t, server, path)
	assert.Equal(t, svg, body)
	assert.Equal(t, "image/svg+xml", logo.Header.Get("Content-Type"))
	assert.Contains(t, logo.Header.Get("Content-Security-Policy"), "default-src 'none'")
	assert.Contains(t, logo.Header.Get("Content-Security-Policy"), "sandbox")
	assert.Contains(t, logo.Header.Get("Cache-Control"), "immutable")
	other, _ := get(t, server, "/assets/logo-0000.svg")
	assert.Equal(t, http.StatusNotFound, other.StatusCode)

	named, s := startSiteWith(t, io.Discard, "-title", "Ours")
	require.NoError(t, s.show(brand{name: "Theirs"}))
	_, text = get(t, named, "/")
	assert.Contains(t, text, "<title>Ours</title>")
}

// Ensure that whatever colour a project has, it can be read, and stays as it is where it can be read already.
func TestAccent(t *testing.T) {
	for r := 0; r < 256; r += 51 {
		for g := 0; g < 256; g += 51 {
			for b := 0; b < 256; b += 51 {
				color := fmt.Sprintf("#%02x%02x%02x", r, g, b)
				a := accentOf(color)
				light, _ := parseColor(a.light)
				dark, _ := parseColor(a.dark)
				assert.GreaterOrEqual(t, light.contrast(lightGround), 5.4, color)
				assert.GreaterOrEqual(t, dark.contrast(darkGround), 5.4, color)
			}
		}
	}
	assert.Equal(t, accent{"#5535e6", "#ffffff"}.light, accentOf("#5535e6").light)
	assert.Equal(t, accent{}, accentOf("red"))
}
