//go:build !js

package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// bare is an element as go-app would make it: without the white space that lays out page.html.
const bare = `(room => {
	const walker = document.createTreeWalker(room, NodeFilter.SHOW_TEXT);
	const spaces = [];
	while (walker.nextNode()) if (!walker.currentNode.data.trim()) spaces.push(walker.currentNode);
	spaces.forEach(node => node.remove());
	return room;
})`

// TestProgramDrawsThePage: what the program draws first is what page.html has painted, in markup and place, so that
// nothing is seen of the exchange, in no frame.
func TestProgramDrawsThePage(t *testing.T) {
	const places = `JSON.stringify([...document.querySelectorAll("body *")].filter(e => e.checkVisibility()).map(e => [e.tagName, e.getBoundingClientRect()]))`
	for name, test := range map[string]struct {
		signedIn bool
		seen     string       // of it
		known    []chat.Phase // what the program comes to know, which changes nothing in what is seen
	}{
		"log-in": {seen: "login-form", known: []chat.Phase{chat.PhaseStarting, chat.PhaseSignedOut}},
		"room":   {seen: "composer", signedIn: true},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVisitor(t)
			if test.signedIn {
				v.signIn()
			}
			release := v.openHeld()
			require.True(t, eval[bool](v, `document.getElementById(`+quote(test.seen)+`).checkVisibility()`))
			eval[any](v, `(window.painted = document.getElementById("room"), 1)`)
			before := eval[string](v, places)
			eval[any](v, `(window.frames = new Set(), requestAnimationFrame(function look() { frames.add(`+places+`); requestAnimationFrame(look) }), 1)`)
			release()
			v.await(`document.documentElement.dataset.app === "running"`)
			assert.False(t, eval[bool](v, `painted === document.getElementById("room")`), "the program has drawn its own")
			assert.True(t, eval[bool](v, bare+`(painted).isEqualNode(`+bare+`(document.getElementById("room").cloneNode(true)))`),
				"painted: %s\ndrawn: %s", eval[string](v, `painted.outerHTML`), eval[string](v, `document.getElementById("room").outerHTML`))
			for _, phase := range test.known {
				v.show(chat.Snapshot{Phase: phase})
			}
			assert.Equal(t, []string{before}, eval[[]string](v, `[...frames]`), "nothing has moved")
			assert.Equal(t, "Staff room", eval[string](v, `document.title`))
			v.requireNoTroubles()
		})
	}
}

// TestScreen: boot.js picks it before the first paint, the program by what it knows.
func TestScreen(t *testing.T) {
	const screen = `["room", "composer", "login"].filter(id => document.getElementById(id).checkVisibility()).join(" ")`
	v := newVisitor(t)
	v.openHeld()()
	assert.Equal(t, "login", eval[string](v, screen))
	v.await(`document.documentElement.dataset.app === "running"`)
	assert.Equal(t, "login", eval[string](v, screen), "the program does not know yet")
	v.show(room())
	assert.Equal(t, "room composer", eval[string](v, screen))
	v.show(chat.Snapshot{Phase: chat.PhaseSigningIn})
	assert.Equal(t, "login", eval[string](v, screen))

	shared := newVisitor(t)
	shared.open("/")
	eval[any](shared, `sessionStorage.setItem(`+quote(tokenKey)+`, "a refresh token")`)
	shared.openHeld()()
	assert.Equal(t, "room composer", eval[string](shared, screen), "on a shared computer")

	signed := newVisitor(t)
	signed.signIn()
	release := signed.openHeld()
	assert.Equal(t, "room composer", eval[string](signed, screen))
	release()
	signed.await(`document.documentElement.dataset.app === "running"`)
	assert.Equal(t, "room composer", eval[string](signed, screen))
	assert.Equal(t, "connecting", eval[string](signed, `document.querySelector("[role=status]").dataset.connection`))
	signed.click(".bar > button")
	assert.Empty(t, signed.intents(), "logging out has to wait until it is known who")
	signed.show(room())
	signed.click(".bar > button")
	signed.await(`intents.length === 1`)
	assert.Equal(t, []string{`LogOut {"Unsent":0}`}, signed.intents())
}

// TestFailures: where the program cannot run or has stopped, the page says so in a sentence.
func TestFailures(t *testing.T) {
	const failed = `document.documentElement.dataset.app === "failed"`
	const said = `document.getElementById("failure").innerText`
	for name, test := range map[string]struct{ before, words string }{
		"no WebAssembly": {`delete window.WebAssembly`, "WebAssembly is switched off"},
		"no storage":     {`Object.defineProperty(window, "localStorage", { get() { throw new DOMException("", "SecurityError") } })`, "Allow cookies and site data"},
		"no program":     {`WebAssembly.instantiateStreaming = () => Promise.reject(new TypeError("not today"))`, "could not be loaded"},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVisitor(t)
			v.first(test.before)
			v.do(chromedp.Navigate(stage.http.URL))
			v.await(failed)
			assert.Contains(t, eval[string](v, said), test.words)
		})
	}
	t.Run("the program panics", func(t *testing.T) {
		v := newVisitor(t)
		v.open("/")
		v.show(room())
		v.write("message", "precious")
		v.do(chromedp.Evaluate[chromedp.Void](`setTimeout(() => show("not JSON"))`))
		v.await(failed)
		assert.Contains(t, eval[string](v, said), "has stopped")
		assert.Equal(t, "precious", eval[string](v, message+`.value`))
		v.click("#failure a")
		v.await(`document.documentElement.dataset.app === "running"`)
	})
}

// TestCompiles: where the line is slow a worker compiles the program, and where none can, or there is nothing to wait for,
// the page does, which asks for the program at once but where it comes in no time: there after the first painting.
func TestCompiles(t *testing.T) {
	const none = `window.Worker = class { postMessage() {} }` // for who asks it would wait for ever
	for name, test := range map[string]struct {
		page, script int // milliseconds that they took; a script that took none was there
		before       string
		here         int    // how often the page compiles
		asks         string // when the page asks for it; "" where that is the worker's to do, or comes after the worker has failed
	}{
		"no line":                      {page: 4, script: 4, before: none, here: 1, asks: "after painting"},
		"no line, a slow server":       {page: 50, script: 4, before: none, here: 1, asks: "after painting"},
		"no line, a return visit":      {page: 4, before: none, here: 1, asks: "after painting"},
		"nothing comes over the line":  {before: none, here: 1, asks: "at once"},
		"an update":                    {script: 50, before: none, here: 1, asks: "at once"},
		"a fast line":                  {page: 5, script: 5, before: none, here: 1, asks: "at once"},
		"a slow server":                {page: 50, script: 5, before: none, here: 1, asks: "at once"},
		"a return visit":               {page: 50, before: none, here: 1, asks: "at once"},
		"a slow line":                  {page: 50, script: 50, here: 0},
		"there are no workers":         {page: 50, script: 50, before: `delete window.Worker`, here: 1, asks: "at once"},
		"the worker cannot start":      {page: 50, script: 50, before: `window.Worker = class { constructor() { setTimeout(() => this.onerror(new Event("error"))) } postMessage() {} }`, here: 1},
		"the worker cannot compile it": {page: 50, script: 50, before: `window.Worker = class { postMessage() { this.onmessage({ data: null }) } terminate() {} }`, here: 1},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVisitor(t)
			v.first(fmt.Sprintf(`%s;
				const file = took => [{ transferSize: 100 * took, requestStart: 10, responseEnd: 10 + took }];
				performance.getEntriesByType = () => file(%d);
				performance.getEntriesByName = () => file(%d);
				window.compiled = 0;
				let now = "at once";
				requestAnimationFrame(() => requestAnimationFrame(() => { now = "after painting" }));
				const later = setTimeout;
				window.setTimeout = (f, ms, ...all) => ms === 500 || later(f, ms, ...all); // however long a frame takes here
				window.asked = [];
				const ask = fetch;
				window.fetch = (url, ...all) => (/wasm$/.test(url) && asked.push(now), ask(url, ...all));
				const compile = WebAssembly.instantiateStreaming;
				WebAssembly.instantiateStreaming = (...all) => (compiled++, compile(...all));`, test.before, test.page, test.script))
			v.open("/")
			assert.Equal(t, test.here, eval[int](v, `compiled`))
			if test.asks != "" {
				assert.Equal(t, []string{test.asks}, eval[[]string](v, `asked`))
			}
			v.requireNoTroubles()
		})
	}
}

// TestInstalls: the worker opens the chat without a network, deep links too, and steps back when there is one.
func TestInstalls(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	v.await(`(navigator.serviceWorker.ready.then(r => { window.worker = r.active.state }), window.worker === "activated")`)
	eval[any](v, `fetch("manifest.webmanifest").then(r => r.json()).then(m => { window.manifest = m; return 1 })`)
	assert.Equal(t, "/ / Staff room standalone", eval[string](v, `[manifest.id, manifest.start_url, manifest.name, manifest.display].join(" ")`))
	assert.True(t, eval[bool](v, `Promise.all(manifest.icons.map(i => fetch(i.src).then(r => r.ok))).then(all => all.every(Boolean))`))
	v.requireNoTroubles()

	stage.down.Store(true)
	t.Cleanup(func() { stage.down.Store(false) })
	for _, path := range []string{"/", "/m/0198c0de-0000-7000-8000-000000000003", "/?source=pwa"} {
		v.open(path)
		assert.Equal(t, path, eval[string](v, `location.pathname + location.search`))
	}
	assert.Equal(t, "TypeError", eval[string](v, `fetch("directus/users/me").catch(e => e.name)`), "Directus is never answered for")
	assert.Equal(t, "TypeError", eval[string](v, `fetch("metrics").catch(e => e.name)`), "nor anything else that is not the site")

	stage.down.Store(false)
	assert.Equal(t, 1, stage.count("/", func() { v.open("/") }), "online, the page is fresh")
	assert.Zero(t, stage.count("/assets/app.wasm", func() { v.open("/") }), "and its files are there already")
}
