package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/andybalholm/brotli"

	"directuschat/web"
)

// How long browsers may keep a file without asking.
const (
	cacheForever = "public, max-age=31536000, immutable" // its name changes with its content
	cacheNever   = "no-cache"                            // asks each time; the ETag answers
)

// A file is one embedded file, ready to be served in the coding a client accepts.
type file struct {
	contentType  string
	cacheControl string
	vary         string // the headers of a request that decide what is sent
	tag          string // changes with the content
	brotli       []byte
	gzip         []byte
	identity     func() ([]byte, error) // unpacked when first asked for: every browser takes brotli or gzip
}

// builtFile serves an asset as the bundle holds it.
func builtFile(bundle *web.Bundle, asset web.Asset) (*file, error) {
	br, err := bundle.Brotli(asset)
	if err != nil {
		return nil, fmt.Errorf("the bundle is damaged, run make build: %w", err)
	}
	gz, err := bundle.Gzip(asset)
	if err != nil {
		return nil, fmt.Errorf("the bundle is damaged, run make build: %w", err)
	}
	return &file{
		contentType:  asset.Type,
		cacheControl: cacheForever,
		vary:         "Accept-Encoding",
		tag:          asset.File,
		brotli:       br,
		gzip:         gz,
		identity: sync.OnceValues(func() ([]byte, error) {
			return io.ReadAll(brotli.NewReader(bytes.NewReader(br)))
		}),
	}, nil
}

// renderedFile serves a text that was made when chatd started.
func renderedFile(contentType string, text []byte) (*file, error) {
	var br, gz bytes.Buffer
	for _, w := range []io.WriteCloser{brotli.NewWriterLevel(&br, brotli.BestCompression), gzip.NewWriter(&gz)} {
		if _, err := w.Write(text); err != nil {
			return nil, err
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
	}
	return &file{
		contentType:  contentType,
		cacheControl: cacheNever,
		vary:         "Accept-Encoding",
		tag:          fmt.Sprintf("%x", sha256.Sum256(text))[:16],
		brotli:       br.Bytes(),
		gzip:         gz.Bytes(),
		identity:     func() ([]byte, error) { return text, nil },
	}, nil
}

// ServeHTTP answers GET and HEAD, with 304 to those who have the file.
func (f *file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	coding := chooseCoding(r.Header.Get("Accept-Encoding"))
	var body []byte
	switch coding {
	case codingBrotli:
		body = f.brotli
	case codingGzip:
		body = f.gzip
	default:
		var err error
		if body, err = f.identity(); err != nil {
			http.Error(w, "the file is damaged", http.StatusInternalServerError)
			return
		}
	}
	h := w.Header()
	h.Set("Cache-Control", f.cacheControl)
	h.Set("Content-Type", f.contentType)
	h.Set("ETag", `"`+f.tag+"-"+coding+`"`)
	h.Set("Vary", f.vary)
	if coding != codingIdentity {
		h.Set("Content-Encoding", coding)
		h.Set("Content-Length", strconv.Itoa(len(body))) // ServeContent leaves it out beside a coding
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
