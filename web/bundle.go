// Package web is the site as files: the sources of page, worker, manifest, style, scripts and icons, and dist, the
// folder that web/bundle builds from them and from the browser program.
//
// It knows what a built bundle looks like (Index) and turns its three templates into the files of one site (Render).
// It must not know HTTP: which header a file is served with is decided in cmd/chatd.
package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

// IndexFile is the name of the index inside dist.
const IndexFile = "assets.json"

// The templates, which lie in dist as they are.
const (
	PageTemplate     = "page.html"
	WorkerTemplate   = "worker.js"
	ManifestTemplate = "manifest.webmanifest"
)

// ErrNotBuilt says that dist holds nothing but its placeholder.
var ErrNotBuilt = errors.New("the page is not built into this program: run make build")

// An Index says what web/bundle has built.
type Index struct {
	// Version changes whenever an asset or a template does.
	Version string `json:"version"`
	// Encoder names what compressed the files; other encoders make other bytes of the same content.
	Encoder string `json:"encoder"`
	// Assets by logical name, such as "app.wasm".
	Assets map[string]Asset `json:"assets"`
}

// An Asset is one built file. It is served under a name that holds its hash, so that it never changes there.
type Asset struct {
	File      string `json:"file"`      // hashed name; dist holds File+".br" and File+".gz"
	Type      string `json:"type"`      // the content type
	Size      int64  `json:"size"`      // bytes, uncompressed
	Integrity string `json:"integrity"` // for the integrity attribute
}

// A Bundle is a built dist folder.
type Bundle struct {
	Index
	files fs.FS
}

// Open reads the index of dist. It returns ErrNotBuilt if there is none.
func Open(dist fs.FS) (*Bundle, error) {
	text, err := fs.ReadFile(dist, IndexFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotBuilt
	}
	if err != nil {
		return nil, fmt.Errorf("read the index of the bundle: %w", err)
	}
	b := &Bundle{files: dist}
	if err := json.Unmarshal(text, &b.Index); err != nil {
		return nil, fmt.Errorf("read the index of the bundle: %w", err)
	}
	return b, nil
}

// Brotli returns an asset's brotli bytes.
func (b *Bundle) Brotli(a Asset) ([]byte, error) { return fs.ReadFile(b.files, a.File+".br") }

// Gzip returns an asset's gzip bytes.
func (b *Bundle) Gzip(a Asset) ([]byte, error) { return fs.ReadFile(b.files, a.File+".gz") }
