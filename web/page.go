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

	"golang.org/x/text/language"

	"directuschat"
	"directuschat/app/texts"
)

// Settings are what the operator decides about the page.
type Settings struct {
	Title   string
	Base    string // path of the site: begins and ends with a slash
	Lang    string // tag of the one language of the page; "" for all of them (app/texts), each reader's own
	Mapping directuschat.Mapping

	// The project's colours, "#rrggbb", readable on a light and on a dark ground, and the path of its logo; "" for ours.
	AccentLight, AccentDark string
	Logo                    string
}

// A Page is what the templates see. They also have six functions: `asset "app.css"` is an asset's path, `mark` that of the logo or of our icon,
// `integrity "app.css"` its hash for the integrity attribute, `emoji` the path of the list of emoji, `text "log-in"` a text in the language of the page, and
// `json .Title` a value as JSON, for the worker and the manifest, which nothing else would escape.
type Page struct {
	Settings
	Dir       string // direction of the language, "ltr" or "rtl"
	Directus  string // path of the proxy
	MaxLength int    // of a message's text, in UTF-16 code units
	Version   string // changes with every asset, template and setting
	Routes    string // regular expression of the paths that answer with the page
	Precache  string // JSON list of the paths that make the site work offline
}

// A Site is the files that depend on the settings.
type Site struct {
	Worker    []byte
	Localized map[string]Localized // by the tag of the language

	matcher language.Matcher
	tags    []string
}

// Localized is what of a site is there in each language.
type Localized struct {
	Page     []byte
	Manifest []byte
}

// Match returns the language of the site that suits a reader best, who prefers what an Accept-Language header says.
func (s *Site) Match(acceptLanguage string) string {
	_, i := language.MatchStrings(s.matcher, acceptLanguage)
	return s.tags[i]
}

// Render fills in the templates.
func (b *Bundle) Render(s Settings) (*Site, error) {
	site, err := b.render(s)
	if err != nil {
		return nil, fmt.Errorf("render the page: %w", err)
	}
	return site, nil
}

func (b *Bundle) render(s Settings) (*Site, error) {
	languages := texts.Languages()
	if s.Lang != "" {
		languages = []texts.Language{texts.For(s.Lang)}
	}
	// Settings and texts count: else a worker would go on serving its old copy of a page whose title has changed.
	known, err := json.Marshal([]any{b.Version, s, languages})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(known)
	page := Page{
		Settings:  s,
		Directus:  s.Base + directuschat.ProxyPath,
		MaxLength: directuschat.MaxLength,
		Version:   hex.EncodeToString(sum[:8]),
		Routes:    routes(s.Base),
	}
	files := b.precache(s.Base)
	if s.Logo != "" {
		files = append(files, s.Logo)
	}
	if page.Precache, err = toJSON(files); err != nil {
		return nil, err
	}

	site := &Site{Localized: map[string]Localized{}}
	var tags []language.Tag
	for _, l := range languages {
		page.Lang, page.Dir = l.Tag, l.Dir
		local, worker, err := b.fill(page, l.Texts)
		if err != nil {
			return nil, err
		}
		site.Localized[l.Tag], site.Worker = local, worker // the worker has no words, and so is the same for all
		site.tags, tags = append(site.tags, l.Tag), append(tags, language.Make(l.Tag))
	}
	site.matcher = language.NewMatcher(tags)
	return site, nil
}

// fill makes the files of one language.
func (b *Bundle) fill(page Page, words texts.Catalogue) (local Localized, worker []byte, err error) {
	funcs := map[string]any{
		"asset":     func(name string) (string, error) { return b.assetPath(page.Base, name) },
		"integrity": b.integrity,
		"mark": func() (string, error) {
			if page.Logo != "" {
				return page.Logo, nil
			}
			return b.assetPath(page.Base, "icon.svg")
		},
		"emoji": func() (string, error) { return b.assetPath(page.Base, b.emoji(page.Lang)) },
		"json":  toJSON,
		"text": func(key texts.Key) (string, error) {
			if words[key] == "" {
				return "", fmt.Errorf("there is no text %q", key)
			}
			return words[key], nil
		},
	}
	html, err := htmltemplate.New(PageTemplate).Funcs(funcs).ParseFS(b.files, PageTemplate)
	if err != nil {
		return Localized{}, nil, err
	}
	text, err := texttemplate.New("text").Funcs(funcs).ParseFS(b.files, WorkerTemplate, ManifestTemplate)
	if err != nil {
		return Localized{}, nil, err
	}
	for _, file := range []struct {
		template interface {
			ExecuteTemplate(w io.Writer, name string, data any) error
		}
		name string
		to   *[]byte
	}{
		{html, PageTemplate, &local.Page},
		{text, WorkerTemplate, &worker},
		{text, ManifestTemplate, &local.Manifest},
	} {
		var out bytes.Buffer
		if err := file.template.ExecuteTemplate(&out, file.name, page); err != nil {
			return Localized{}, nil, err
		}
		*file.to = out.Bytes()
	}
	if !json.Valid(local.Manifest) {
		return Localized{}, nil, errors.New("the manifest is not JSON; write its values with the template function json")
	}
	return local, worker, nil
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

// emoji is the list of all emoji (web/emoji), named in a language if there is one, else in English.
func (b *Bundle) emoji(lang string) string {
	if name := "emoji." + lang + ".txt"; b.Assets[name].File != "" {
		return name
	}
	return "emoji.en.txt"
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
