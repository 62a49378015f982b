package e2e

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/stretchr/testify/assert"
)

// TestTransfers: what chatd serves is kept by a browser as it is meant to be. A first visit fetches every file once, the
// program too, which the loader streams and the worker installs; the next one fetches the page, which has not changed.
func TestTransfers(t *testing.T) {
	s := newSite(t, siteOptions{})
	c := newCounter(t, s.chatd)
	a := newPerson(t)
	first := c.during(func() {
		a.visit(c.URL)
		a.await(`(async () => { globalThis.ready = (await navigator.serviceWorker.ready).active.state })() && globalThis.ready === "activated"`)
	})
	assert.Equal(t, 1, first["200 "+eval[string](a, `document.querySelector("[data-program]").dataset.program`)])
	for request, n := range first {
		if strings.Contains(request, " /assets/") {
			assert.Equal(t, 1, n, request)
		}
	}

	a.logIn(alice)
	a.awaitConnection("live")
	next := c.during(func() {
		a.visit(c.URL)
		a.awaitConnection("live")
	})
	maps.DeleteFunc(next, func(request string, _ int) bool {
		// The browser looks whether there is a newer worker, in its own time.
		return strings.Contains(request, " /directus/") || strings.HasSuffix(request, " /worker.js")
	})
	assert.Equal(t, map[string]int{"304 /": 1}, next)
	a.requireNoTroubles()
}

// TestSlowLine: over a slow line a worker compiles the program, as far as chatd's policy for it goes, and the page only
// where that fails.
func TestSlowLine(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := newPerson(t)
	slow(a)
	call(a, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
		globalThis.here = 0
		const compile = WebAssembly.instantiateStreaming
		WebAssembly.instantiateStreaming = (...all) => (here++, compile(...all))`})
	a.visit("http://" + s.chatd)
	a.await(`document.documentElement.dataset.app === "running"`)
	assert.Zero(t, eval[int](a, `here`))
	a.requireNoTroubles()
}

// A counter stands in front of chatd and counts what is asked of it.
type counter struct {
	URL string

	mu    sync.Mutex
	asked map[string]int // by status and path
}

func newCounter(t *testing.T, chatd string) *counter {
	t.Helper()
	c := &counter{asked: map[string]int{}}
	to := &url.URL{Scheme: "http", Host: chatd}
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // by which chatd knows what is its own
		},
		ModifyResponse: func(answer *http.Response) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.asked[answer.Status[:3]+" "+answer.Request.URL.Path]++
			return nil
		},
	})
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

// during counts what is asked while something is done.
func (c *counter) during(something func()) map[string]int {
	now := func() map[string]int {
		c.mu.Lock()
		defer c.mu.Unlock()
		return maps.Clone(c.asked)
	}
	before := now()
	something()
	made := now()
	maps.DeleteFunc(made, func(request string, n int) bool {
		made[request] = n - before[request]
		return made[request] == 0
	})
	return made
}
