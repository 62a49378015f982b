package main

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"net/http"

	"directuschat"
	"directuschat/web"
)

// pages are the files that depend on settings: the operator's, and how the Directus project presents itself. They are
// made anew when that changes; a request sees the old ones or the new ones.
type pages struct {
	page, manifest, worker http.Handler
	logo                   http.Handler // nil if there is none
	logoPath               string
}

// logoPolicy is for a logo that somebody opens by itself: of an SVG only the picture.
var logoPolicy = otherPolicy.with("style-src", "'unsafe-inline'").with("sandbox")

// renderPages makes them.
func renderPages(bundle *web.Bundle, cfg *config, b brand) (*pages, error) {
	settings := web.Settings{Base: cfg.base, Lang: cfg.lang, Mapping: cfg.mapping}
	settings.Title = cmp.Or(cfg.title, b.name, defaultTitle)
	colors := accentOf(b.color)
	settings.AccentLight, settings.AccentDark = colors.light, colors.dark
	p := &pages{}
	if b.logo.content != "" {
		hash := sha256.Sum256([]byte(b.logo.content))
		p.logoPath = fmt.Sprintf("%s%s/logo-%x%s", cfg.base, directuschat.AssetsPath, hash[:8], logoTypes[b.logo.contentType])
		settings.Logo = p.logoPath
		file, err := renderedFile(b.logo.contentType, []byte(b.logo.content))
		if err != nil {
			return nil, err
		}
		file.cacheControl = cacheForever
		p.logo = withPolicy(file, logoPolicy)
	}
	rendered, err := bundle.Render(settings)
	if err != nil {
		return nil, err
	}
	worker, err := renderedFile("text/javascript; charset=utf-8", rendered.Worker)
	if err != nil {
		return nil, err
	}
	p.worker = withPolicy(worker, workerPolicy)
	page, err := newLocalized(rendered, "text/html; charset=utf-8", func(l web.Localized) []byte { return l.Page })
	if err != nil {
		return nil, err
	}
	p.page = withPagePolicy(page, originRule{cfg.public})
	p.manifest, err = newLocalized(rendered, "application/manifest+json", func(l web.Localized) []byte { return l.Manifest })
	return p, err
}

// current serves one of the pages there are now.
func (s *site) current(which func(*pages) http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { which(s.pages.Load()).ServeHTTP(w, r) })
}

// serveLogo serves the logo there is now: an older one has another name.
func (s *site) serveLogo(w http.ResponseWriter, r *http.Request) {
	if p := s.pages.Load(); p.logo != nil && r.URL.Path == p.logoPath {
		p.logo.ServeHTTP(w, r)
		return
	}
	http.NotFound(w, r)
}
