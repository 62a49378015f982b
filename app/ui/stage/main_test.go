//go:build !js

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/chromedp/chromedp"

	"directuschat"
	_ "directuschat/app/ui" // in the program: a change of it makes old results of these tests void
	"directuschat/web"
	"directuschat/web/wasm"
)

// screens is where pictures of the scenes go, "" for none.
var screens = flag.String("screens", "", "write a picture of every scene into this folder")

// Of all tests: one browser, and one server of the page with the stage's program in it. They start with the first
// visitor, not in TestMain: what is read there does not count when go test decides whether a result is still good.
var (
	browser context.Context
	stage   *server
	stop    = func() {}
	start   = sync.OnceValue(func() (err error) {
		if stop, err = startBrowser(); err != nil {
			return err
		}
		stage, err = newServer()
		return err
	})
)

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("stage: needs Chromium; run without -short (make test)")
		return
	}
	code := m.Run()
	stop()
	os.Exit(code)
}

func startBrowser() (stop func(), err error) {
	file, err := exec.LookPath("chromium")
	if err != nil {
		return func() {}, fmt.Errorf("no Chromium on the PATH: install the package chromium (%w)", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(file),
		chromedp.Flag("headless", "new"),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-quic", true),
		// Every window would start two pages for what the address bar suggests: two seconds of CPU time.
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,WebUIOmniboxPopup,WebUIOmniboxAimPopup"),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to sandbox root
	}
	allocator, stopAll := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stopOne := chromedp.NewContext(allocator)
	stop = func() { stopOne(); stopAll() }
	if err := chromedp.Do(ctx); err != nil {
		stop()
		return func() {}, fmt.Errorf("Chromium does not start: %w", err)
	}
	browser = ctx
	return stop, nil
}

// A server serves the page as chatd does, as far as the interface can tell.
type server struct {
	http    *httptest.Server
	sources map[string][]byte // by name
	cached  bool              // as by chatd: assets are immutable, and the program is compressed

	gate sync.RWMutex // while a test holds it, the program does not arrive
	rest sync.RWMutex // while a test holds it, the page does not arrive from its stage on
	down atomic.Bool  // no answer at all

	mu    sync.Mutex
	site  *web.Site
	files map[string][]byte // by path
	asked map[string]int    // requests by path
}

// policy is chatd's for the page. No socket is opened here.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; " +
	"font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; " +
	"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types chat compiler"

func newServer() (*server, error) {
	names := "-s -w" // without them
	if *profiles != "" {
		names = ""
	}
	program, err := wasm.Build(".", names)
	if err != nil {
		return nil, err
	}
	sources, err := assets()
	if err != nil {
		return nil, err
	}
	sources["app.wasm"] = program

	s := &server{sources: sources, asked: map[string]int{}}
	if err := s.deploy(""); err != nil {
		return nil, err
	}
	s.http = httptest.NewServer(s)
	return s, nil
}

// deploy puts another version in the place of the one that is served. Its name is before those of the assets, as their
// hashes would be; where they are cached, it must not be "".
func (s *server) deploy(version string) error {
	files := map[string][]byte{}
	index := web.Index{Version: version, Assets: map[string]web.Asset{}}
	for name, content := range s.sources {
		file := version + name
		index.Assets[name] = web.Asset{File: file}
		files["/"+directuschat.AssetsPath+"/"+file] = content
	}
	text, err := json.Marshal(index)
	if err != nil {
		return err
	}
	dist := fstest.MapFS{web.IndexFile: {Data: text}}
	for _, name := range []string{web.PageTemplate, web.WorkerTemplate, web.ManifestTemplate} {
		content, err := os.ReadFile(filepath.Join(webFolder, name))
		if err != nil {
			return err
		}
		dist[name] = &fstest.MapFile{Data: content}
	}
	bundle, err := web.Open(dist)
	if err != nil {
		return err
	}
	site, err := bundle.Render(web.Settings{Title: "Staff room", Base: "/", Mapping: directuschat.DefaultMapping})
	if err != nil {
		return err
	}
	files["/"+directuschat.WorkerPath] = site.Worker
	files["/"+directuschat.ManifestPath] = site.Localized["en"].Manifest
	s.mu.Lock()
	defer s.mu.Unlock()
	s.site, s.files = site, files
	return nil
}

const webFolder = "../../../web"

func assets() (map[string][]byte, error) {
	glue, err := wasm.Exec()
	if err != nil {
		return nil, err
	}
	found, err := web.Scripts(os.DirFS(webFolder), glue)
	if err != nil {
		return nil, err
	}
	for _, pattern := range []string{"css/*.css", "icons/*.svg", "icons/*.png", "emoji/*.txt"} {
		names, err := filepath.Glob(filepath.Join(webFolder, pattern))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if found[filepath.Base(name)], err = os.ReadFile(name); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// count says how many requests for a path are made during f.
func (s *server) count(path string, f func()) int {
	now := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.asked[path]
	}
	before := now()
	f()
	return now() - before
}

func (s *server) writePage(w http.ResponseWriter, page []byte) {
	if !s.rest.TryRLock() {
		at := bytes.Index(page, []byte(`<div class="stage">`))
		w.Write(page[:at])
		w.(http.Flusher).Flush()
		page = page[at:]
		s.rest.RLock()
	}
	defer s.rest.RUnlock()
	w.Write(page)
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.down.Load() {
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	s.asked[r.URL.Path]++
	content, ok := s.files[r.URL.Path]
	site := s.site
	s.mu.Unlock()
	asset := strings.HasPrefix(r.URL.Path, "/"+directuschat.AssetsPath+"/")
	switch {
	case asset && !ok: // of another version
		http.NotFound(w, r)
		return
	case asset && s.cached:
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if !ok { // every other path is the page: which ones are routes is chatd's matter
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		s.writePage(w, site.Localized[site.Match(r.Header.Get("Accept-Language"))].Page)
		return
	}
	if path.Ext(r.URL.Path) == ".wasm" {
		s.gate.RLock()
		defer s.gate.RUnlock()
		w.Header().Set("Content-Type", "application/wasm") // not in every system's table
		if s.cached {
			w.Header().Set("Content-Encoding", "gzip")
		}
	} else {
		w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(r.URL.Path)))
	}
	w.Write(content)
}
