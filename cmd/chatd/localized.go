package main

import (
	"net/http"

	"directuschat/web"
)

// localized serves a file of the site in the language its reader likes best.
type localized struct {
	match func(acceptLanguage string) string
	files map[string]*file
}

func newLocalized(site *web.Site, contentType string, part func(web.Localized) []byte) (*localized, error) {
	l := &localized{match: site.Match, files: map[string]*file{}}
	for tag, texts := range site.Localized {
		f, err := renderedFile(contentType, part(texts))
		if err != nil {
			return nil, err
		}
		if len(site.Localized) > 1 {
			f.vary += ", Accept-Language"
		}
		l.files[tag] = f
	}
	return l, nil
}

func (l *localized) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tag := l.match(r.Header.Get("Accept-Language"))
	w.Header().Set("Content-Language", tag)
	l.files[tag].ServeHTTP(w, r)
}
