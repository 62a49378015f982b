package e2e

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// watchRehearsal notes what must not be seen of a rehearsal, and marks when it can begin.
const watchRehearsal = `
	globalThis.seen = []
	globalThis.WebSocket = class extends WebSocket {
		constructor(...all) { super(...all); seen.push("a socket to " + all[0]) }
	}
	new MutationObserver(records => {
		for (const { addedNodes } of records) for (const node of addedNodes)
			if (node.matches?.("[data-message-id]") || node.querySelector?.("[data-message-id]")) seen.push(node.outerHTML)
	}).observe(document, { subtree: true, childList: true })
	new MutationObserver((_, observer) => {
		if (document.documentElement?.dataset.app !== "running") return
		observer.disconnect()
		performance.mark("running")
	}).observe(document, { subtree: true, attributeFilter: ["data-app"] })`

// TestRehearsal: while the log-in form stands there a log-in is rehearsed. Nobody is asked for anything, nothing of it is
// seen or kept, and no key has to wait.
func TestRehearsal(t *testing.T) {
	arena := newArena(t)
	last := arena.fill(3)
	a := newPerson(t)
	call(a, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchRehearsal})
	start, longest := a.longestTasks("running", "rehearsed", func() {
		a.visit(arena.URL)
		a.await(`performance.getEntriesByName("rehearsed").length === 1`)
	})
	t.Logf("the longest task is one of %.1f ms, that of the start %.1f ms; all of it takes %.0f ms", longest, start,
		eval[float64](a, `performance.measure("all", "running", "rehearsed").duration`))
	// A machine on which the start takes more than 67 ms is a slow one.
	assert.Less(t, longest, max(50, 0.75*start), "a key may have to wait for it")
	assert.Empty(t, eval[[]string](a, `seen`))
	assert.Empty(t, eval[[]string](a, `performance.getEntriesByType("resource").map(e => e.name).filter(name => /directus|rehearsal|audit/.test(name))`))
	assert.Regexp(t, `^\[\{\},\{"[^"]*#tab":"[^"]*"\}\]$`, eval[string](a, `JSON.stringify([localStorage, sessionStorage])`))
	assert.Equal(t, "login", eval[string](a, `document.documentElement.dataset.screen`))

	a.logIn(alice)
	a.awaitMessage(last, "stored")
	assert.Equal(t, 3, eval[int](a, `document.querySelectorAll("[data-message-id]").length`))
	a.requireNoTroubles()
}

// TestLogInEndsRehearsal: whoever presses the button in the middle of one does not wait for the rest of it.
func TestLogInEndsRehearsal(t *testing.T) {
	arena := newArena(t)
	last := arena.fill(3)
	a := newPerson(t)
	// The browser has nothing else to do when the test says so.
	call(a, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
		const waiting = []
		scheduler.postTask = f => new Promise(resolve => void waiting.push(() => resolve(f())))
		globalThis.rest = () => {
			for (const f of waiting.splice(0)) f()
			return waiting.length
		}`})
	a.visit(arena.URL)
	for range 15 {
		require.Positive(t, eval[int](a, `rest()`), "it is not over yet")
	}
	a.logIn(alice)
	a.awaitMessage(last, "stored")
	a.await(`rest() === 0`)
	assert.Zero(t, eval[int](a, `performance.getEntriesByName("rehearsed").length`))
	assert.Equal(t, 3, eval[int](a, `document.querySelectorAll("[data-message-id]").length`))
	a.requireNoTroubles()
}

// longestTasks are how long the page's thread computes at most without listening to anybody, in milliseconds: before a mark of
// its own, and from there to another one. It is CPU time, which other work on the machine hardly changes.
func (p *person) longestTasks(from, to string, do func()) (before, longest float64) {
	p.tb.Helper()
	var events []traced
	var mu sync.Mutex
	done := make(chan struct{})
	require.NoError(p.tb, chromedp.Listen(p.ctx, func(event any) {
		switch e := event.(type) {
		case *tracing.EventDataCollected:
			mu.Lock()
			defer mu.Unlock()
			for _, value := range e.Value {
				var t traced
				if json.Unmarshal(value, &t) == nil {
					events = append(events, t)
				}
			}
		case *tracing.EventTracingComplete:
			close(done)
		}
	}))
	categories := &tracing.TraceConfig{IncludedCategories: []string{"toplevel", "blink.user_timing"}}
	call(p, tracing.Start, tracing.StartParams{TraceConfig: categories})
	do()
	call(p, tracing.End, cdp.Empty{})
	<-done
	mu.Lock()
	defer mu.Unlock()
	var begin, end traced
	for _, t := range events {
		switch t.Name {
		case from:
			begin = t
		case to:
			end = t
		}
	}
	require.NotZero(p.tb, begin.Thread)
	for _, t := range events {
		switch {
		case t.Process != begin.Process || t.Thread != begin.Thread || t.At > end.At:
		case t.At < begin.At:
			before = max(before, t.CPU/1000)
		default:
			longest = max(longest, t.CPU/1000)
		}
	}
	require.Positive(p.tb, longest)
	return before, longest
}

// A traced is an event of a trace. Times are in microseconds.
type traced struct {
	Name    string  `json:"name"`
	Process int     `json:"pid"`
	Thread  int     `json:"tid"`
	At      float64 `json:"ts"`
	CPU     float64 `json:"tdur"`
}
