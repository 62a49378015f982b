package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"regexp"
	"slices"
	"strings"
	texttemplate "text/template"

	"directuschat"
)

// Settings are what the operator decides about the page.
type Settings struct {
	Title   string
	Base    string // path of the site: begins and ends with a slash
	Mapping directuschat.Mapping
}

// A Page is what the templates see. They also have three functions: `asset "app.css"` is an asset's path,
// `integrity "app.css"` its hash for the integrity attribute, and `json .Title` a value as JSON, for the worker and
// the manifest, which nothing else would escape.
type Page struct {
	Settings
	Lang      string // language of the texts in the page
	Dir       string // its direction, "ltr" or "rtl"
	Directus  string // path of the proxy
	MaxLength int    // of a message's text, in UTF-16 code units
	Version   string // changes with every asset, template and setting
	Routes    string // regular expression of the paths that answer with the page
	Precache  string // JSON list of the paths that make the site work offline
}

// A Site is the files that depend on the settings.
type Site struct {
	Page     []byte
	Worker   []byte
	Manifest []byte
}

// Render fills in the templates.
func (b *Bundle) Render(s Settings) (*Site, error) {
	page := Page{
		Settings:  s,
		Lang:      "en",
		Dir:       "ltr",
		Directus:  s.Base + directuschat.ProxyPath,
		MaxLength: directuschat.MaxLength,
		Routes:    routes(s.Base),
	}
	// Settings count: else a worker would go on serving its old copy of a page whose title has changed.
	known, err := json.Marshal(page)
	if err != nil {
		return nil, fmt.Errorf("render the page: %w", err)
	}
	sum := sha256.Sum256(append([]byte(b.Version), known...))
	page.Version = hex.EncodeToString(sum[:8])
	page.Precache, err = toJSON(b.precache(s.Base))
	if err != nil {
		return nil, fmt.Errorf("render the page: %w", err)
	}

	funcs := map[string]any{
		"asset":     func(name string) (string, error) { return b.assetPath(s.Base, name) },
		"integrity": b.integrity,
		"json":      toJSON,
	}
	html, err := htmltemplate.New(PageTemplate).Funcs(funcs).ParseFS(b.files, PageTemplate)
	if err != nil {
		return nil, fmt.Errorf("render the page: %w", err)
	}
	text, err := texttemplate.New("text").Funcs(funcs).ParseFS(b.files, WorkerTemplate, ManifestTemplate)
	if err != nil {
		return nil, fmt.Errorf("render the page: %w", err)
	}
	site := &Site{}
	for _, file := range []struct {
		template interface {
			ExecuteTemplate(w io.Writer, name string, data any) error
		}
		name string
		to   *[]byte
	}{
		{html, PageTemplate, &site.Page},
		{text, WorkerTemplate, &site.Worker},
		{text, ManifestTemplate, &site.Manifest},
	} {
		var out bytes.Buffer
		if err := file.template.ExecuteTemplate(&out, file.name, page); err != nil {
			return nil, fmt.Errorf("render the page: %w", err)
		}
		*file.to = out.Bytes()
	}
	if !json.Valid(site.Manifest) {
		return nil, errors.New("render the page: the manifest is not JSON; write its values with the template function json")
	}
	return site, nil
}

var wildcard = regexp.MustCompile(`\\\{[a-z]+\\\}`) // as QuoteMeta leaves it

// routes is directuschat.Routes below a base, in the syntax that Go and JavaScript share.
func routes(base string) string {
	var below []string
	for _, route := range directuschat.Routes {
		route = regexp.QuoteMeta(strings.TrimSuffix(route, "{$}"))
		below = append(below, wildcard.ReplaceAllString(route, "[^/]+"))
	}
	return "^" + regexp.QuoteMeta(base) + "(" + strings.Join(below, "|") + ")$"
}

// precache lists the paths that together are the site.
func (b *Bundle) precache(base string) []string {
	paths := []string{base, base + directuschat.ManifestPath}
	for _, asset := range b.Assets {
		paths = append(paths, base+directuschat.AssetsPath+"/"+asset.File)
	}
	slices.Sort(paths)
	return paths
}

func (b *Bundle) asset(name string) (Asset, error) {
	asset, ok := b.Assets[name]
	if !ok {
		return Asset{}, fmt.Errorf("there is no asset %q", name)
	}
	return asset, nil
}

func (b *Bundle) assetPath(base, name string) (string, error) {
	asset, err := b.asset(name)
	return base + directuschat.AssetsPath + "/" + asset.File, err
}

func (b *Bundle) integrity(name string) (string, error) {
	asset, err := b.asset(name)
	return asset.Integrity, err
}

// toJSON encodes without escaping for HTML: what it makes goes into scripts and manifests, not into elements.
func toJSON(value any) (string, error) {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}
