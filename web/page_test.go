package web_test

import (
	"encoding/json"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat"
	"directuschat/web"
)

func builtFiles() fstest.MapFS {
	return fstest.MapFS{
		"assets.json": {Data: []byte(`{"version": "v1", "encoder": "e", "assets": {
			"app.css":  {"file": "app.1234.css", "type": "text/css; charset=utf-8", "size": 4, "integrity": "sha256-c+s/s="},
			"app.wasm": {"file": "app.5678.wasm", "type": "application/wasm", "size": 8, "integrity": "sha256-wasm"}}}`)},
		"page.html":            {Data: []byte(`<html data-version="{{.Version}}" data-max-length="{{.MaxLength}}" data-collection="{{.Mapping.Collection}}"><title>{{.Title}}</title><link href="{{asset "app.css"}}" integrity="{{integrity "app.css"}}">`)},
		"worker.js":            {Data: []byte(`const version = "{{.Version}}", files = {{.Precache}}, page = {{json .Base}};`)},
		"manifest.webmanifest": {Data: []byte(`{"name": {{json .Title}}, "icon": {{json (asset "app.wasm")}}}`)},
		"app.1234.css.br":      {Data: []byte("br")},
		"app.1234.css.gz":      {Data: []byte("gz")},
	}
}

func render(t *testing.T, files fstest.MapFS, settings web.Settings) *web.Site {
	t.Helper()
	bundle, err := web.Open(files)
	require.NoError(t, err)
	site, err := bundle.Render(settings)
	require.NoError(t, err)
	return site
}

var settings = web.Settings{Title: "Chat", Base: "/", Mapping: directuschat.DefaultMapping}

func TestOpenWithoutBundle(t *testing.T) {
	_, err := web.Open(fstest.MapFS{"placeholder": {}})
	assert.ErrorIs(t, err, web.ErrNotBuilt)
}

func TestOpenWithDamagedIndex(t *testing.T) {
	_, err := web.Open(fstest.MapFS{"assets.json": {Data: []byte("{")}})
	assert.ErrorContains(t, err, "index of the bundle")
}

func TestRender(t *testing.T) {
	site := render(t, builtFiles(), web.Settings{Title: `"A" <b> & 'C'`, Base: "/sub/", Mapping: directuschat.Mapping{Collection: "notes"}})

	assert.Contains(t, string(site.Localized["en"].Page), `<title>&#34;A&#34; &lt;b&gt; &amp; &#39;C&#39;</title>`)
	assert.Contains(t, string(site.Localized["en"].Page), `<link href="/sub/assets/app.1234.css" integrity="sha256-c&#43;s/s=">`)
	assert.Contains(t, string(site.Localized["en"].Page), `data-max-length="4000" data-collection="notes"`)
	assert.Contains(t, string(site.Worker), `files = ["/sub/","/sub/assets/app.1234.css","/sub/assets/app.5678.wasm","/sub/manifest.webmanifest"], page = "/sub/";`)

	var manifest map[string]string
	require.NoError(t, json.Unmarshal(site.Localized["en"].Manifest, &manifest))
	assert.Equal(t, map[string]string{"name": `"A" <b> & 'C'`, "icon": "/sub/assets/app.5678.wasm"}, manifest)
}

func TestVersionCoversSettingsAndBundle(t *testing.T) {
	first := render(t, builtFiles(), settings)
	again := render(t, builtFiles(), settings)
	assert.Equal(t, first.Worker, again.Worker)
	assert.Equal(t, first.Localized, again.Localized)

	other := settings
	other.Title = "Talk"
	assert.NotEqual(t, first.Worker, render(t, builtFiles(), other).Worker, "a worker would keep the old title")

	other = settings
	other.Lang = "de"
	assert.NotEqual(t, first.Worker, render(t, builtFiles(), other).Worker, "a worker would keep the old language")

	rebuilt := builtFiles()
	rebuilt["assets.json"].Data = []byte(`{"version": "v2", "assets": {"app.css": {"file": "app.1234.css"}, "app.wasm": {"file": "app.5678.wasm"}}}`)
	assert.NotEqual(t, first.Worker, render(t, rebuilt, settings).Worker, "a worker would keep the old bundle")
}

func TestRenderRefuses(t *testing.T) {
	tests := map[string]struct{ file, text, want string }{
		"an unknown asset":         {"page.html", `{{asset "nothing.js"}}`, `there is no asset "nothing.js"`},
		"an unknown text":          {"page.html", `{{text "nothing"}}`, `there is no text "nothing"`},
		"an unknown value":         {"worker.js", `{{.Nothing}}`, "Nothing"},
		"a manifest not escaped":   {"manifest.webmanifest", `{"name": {{.Title}}}`, "the manifest is not JSON"},
		"a template that is wrong": {"page.html", `{{`, "page.html"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := builtFiles()
			files[test.file].Data = []byte(test.text)
			bundle, err := web.Open(files)
			require.NoError(t, err)
			_, err = bundle.Render(settings)
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestMatch(t *testing.T) {
	site := render(t, builtFiles(), settings)
	for header, want := range map[string]string{
		"":                           "en",
		"*":                          "en",
		"en-GB,en;q=0.9,de;q=0.8":    "en",
		"de":                         "de",
		"de-AT,de;q=0.9,en;q=0.8":    "de",
		"fr-FR,fr;q=0.9,de;q=0.8":    "de",
		"fr":                         "en",
		"he-IL,he;q=0.9,en-US;q=0.8": "he",
		"iw":                         "he",
		"en;q=0.1,he;q=0.2":          "he",
		"\"><script>;q=x":            "en",
	} {
		assert.Equal(t, want, site.Match(header), header)
	}
	german := settings
	german.Lang = "de"
	site = render(t, builtFiles(), german)
	assert.Equal(t, "de", site.Match("he,en"))
	assert.Len(t, site.Localized, 1)
}
