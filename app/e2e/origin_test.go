package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
)

// TestTwoChatsOfOneOrigin: of two chats on one host, at / and at /team/, neither gets hold of the other's pages, session or
// caches, although the worker of the first is asked for everything on the host.
func TestTwoChatsOfOneOrigin(t *testing.T) {
	s := newSite(t, siteOptions{})
	proxyTo := func(host string) *httputil.ReverseProxy {
		return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: host})
			r.Out.Host = r.In.Host
		}}
	}
	top, below := proxyTo(s.chatd), proxyTo(s.serve(t, []string{"-base", "/team/", "-title", "Team"}))
	var maintenance atomic.Bool
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasPrefix(r.URL.Path, "/team/"):
			top.ServeHTTP(w, r)
		case maintenance.Load():
			http.Error(w, "back at noon", http.StatusBadGateway)
		default:
			below.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.CloseClientConnections) // else it waits for sockets
	t.Cleanup(front.Close)

	a := newPerson(t)
	a.visit(front.URL)
	a.logIn(alice)
	a.awaitConnection("live")
	a.awaitWorker("/")

	maintenance.Store(true)
	b := a.newTab()
	b.do(chromedp.Navigate(front.URL + "/team/"))
	b.await(`document.body?.innerText.includes("back at noon")`)
	maintenance.Store(false)

	b.visit(front.URL + "/team/")
	assert.Equal(t, "Team", eval[string](b, `document.title`))
	b.logIn(bob)
	b.awaitConnection("live")
	b.awaitWorker("/team/")
	assert.Equal(t, 2.0, eval[float64](b, `caches.keys().then((keys) => keys.length)`))
	b.say("from the team")
	a.awaitMessage("from the team", "stored")
	assert.Equal(t, "Bob Example", a.author("from the team"))

	a.click("button", "Log out")
	a.find("textbox", "E-mail")
	b.say("goes on")
	b.awaitMessage("goes on", "stored")
	b.reload()
	b.awaitConnection("live")
	a.reload()
	a.find("textbox", "E-mail")
}

// awaitWorker waits until the page's worker is installed and of that scope.
func (p *person) awaitWorker(scope string) {
	p.tb.Helper()
	p.await(`(async () => { globalThis.ready = await navigator.serviceWorker.getRegistration() })() &&
		globalThis.ready?.active?.state === "activated" && new URL(globalThis.ready.scope).pathname === ` + quote(scope))
}
