//go:build !js

package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"maps"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// newDeployment serves a first version, whose files browsers cache.
func newDeployment(t *testing.T) *server {
	t.Helper()
	require.NoError(t, start())
	s := &server{sources: maps.Clone(stage.sources), cached: true, asked: map[string]int{}}
	var small bytes.Buffer // what is too large browsers do not cache
	w := gzip.NewWriter(&small)
	_, err := w.Write(s.sources["app.wasm"])
	require.NoError(t, errors.Join(err, w.Close()))
	s.sources["app.wasm"] = small.Bytes()
	require.NoError(t, s.deploy("one."))
	s.http = httptest.NewServer(s)
	t.Cleanup(s.http.Close)
	return s
}

// visit opens a deployment and waits until its program is in charge.
func (v *visitor) visit(s *server) {
	v.tb.Helper()
	v.do(chromedp.Navigate(s.http.URL))
	v.await(`document.documentElement.dataset.app === "running"`)
}

// requests are those that are made during f, by path.
func (s *server) requests(f func()) map[string]int {
	now := func() map[string]int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return maps.Clone(s.asked)
	}
	before := now()
	f()
	made := now()
	maps.DeleteFunc(made, func(path string, n int) bool {
		made[path] = n - before[path]
		return made[path] == 0
	})
	return made
}

const (
	installed = `(navigator.serviceWorker.ready.then(r => { window.worker = r.active.state }), window.worker === "activated")`
	offered   = `!document.getElementById("update").hidden`
	program   = `document.querySelector("[data-program]").dataset.program`
)

// TestTransfers: a first visit fetches every file once, the program too, which the loader streams and the worker installs;
// the next one fetches the page.
func TestTransfers(t *testing.T) {
	s := newDeployment(t)
	v := newVisitor(t)
	first := s.requests(func() {
		v.visit(s)
		v.await(installed)
	})
	assert.Equal(t, 1, first["/assets/one.app.wasm"])
	for path, n := range first {
		if strings.HasPrefix(path, "/assets/") {
			assert.Equal(t, 1, n, path)
		}
	}
	next := s.requests(func() { v.visit(s) })
	delete(next, "/worker.js") // the browser looks whether there is a newer one, in its own time
	assert.Equal(t, map[string]int{"/": 1}, next)
	v.requireNoTroubles()

	without := newReturner(t)
	first = s.requests(func() { without.visit(s) })
	assert.Equal(t, 1, first["/assets/one.app.wasm"])
	next = s.requests(func() { without.visit(s) })
	delete(next, "/worker.js") // the other visitor's browser, which is still there
	assert.Equal(t, map[string]int{"/": 1}, next, "without a worker")
}

// TestUpdateIsOffered: complaint 20. A new version is fetched while the old one is used, and takes its place when the
// reader says so; until then the old one has all its files, though the server does not.
func TestUpdateIsOffered(t *testing.T) {
	s := newDeployment(t)
	v := newVisitor(t)
	v.visit(s)
	v.await(installed)
	v.show(room(many(3)...))
	v.write("message", "half a sen")
	require.False(t, eval[bool](v, offered))

	require.NoError(t, s.deploy("two."))
	fetched := s.requests(func() {
		eval[any](v, `dispatchEvent(new Event("focus"))`)
		v.await(offered)
	})
	assert.Equal(t, 1, fetched["/assets/two.app.wasm"], "in the background")
	assert.Equal(t, "/assets/one.app.wasm", eval[string](v, program), "nothing has been reloaded")
	assert.Equal(t, "half a sen", eval[string](v, message+`.value`))
	assert.Equal(t, "message", eval[string](v, focused))
	assert.Contains(t, eval[string](v, `document.getElementById("update").innerText`), "new version")
	v.press("tence")
	eval[any](v, `(document.getElementById("update-later").click(), navigator.serviceWorker.dispatchEvent(new MessageEvent("message", { data: { open: "/" } })))`)
	assert.False(t, eval[bool](v, offered), "the worker says other things, too")
	assert.Equal(t, "half a sentence", eval[string](v, message+`.value`))

	other := v.newTab()
	other.visit(s)
	other.show(room(many(3)...))
	assert.Equal(t, "/assets/two.app.wasm", eval[string](other, program), "a new page beside the old one")
	assert.False(t, eval[bool](other, offered), "it is the newest")
	const status = `fetch(document.documentElement.dataset.emoji).then(r => r.status)`
	assert.Equal(t, 200, eval[int](other, status))
	assert.Equal(t, 200, eval[int](v, status), "the old page's files are still there")
	v.show(room(many(5)...))
	assert.Len(t, eval[[]string](v, `[...document.querySelectorAll("article")].map(a => a.innerText)`), 5)

	eval[any](v, `dispatchEvent(new Event("focus"))`)
	require.NoError(t, s.deploy("three."))
	eval[any](v, `dispatchEvent(new Event("focus"))`)
	v.await(offered)
	other.await(offered)
	again := s.requests(func() {
		v.click("#update-reload")
		v.await(`document.documentElement.dataset.app === "running" && ` + program + ` === "/assets/three.app.wasm"`)
	})
	delete(again, "/worker.js")
	assert.Equal(t, map[string]int{"/": 1}, again, "its files are there already")
	v.requireNoTroubles()
}
