package e2e

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var idleFor = flag.Duration("idle", 0, "how long TestIdle does nothing; 0: not at all")

// The program's memory, in kilobytes, grows by arenas, which are what Go asks a browser for. Somebody who has
// logged in has 3 MB of heap, of which nothing was collected, since Go does not begin below 4 MB. A comparison leaves
// 0.6 MB of garbage, heartbeats 5 kB a minute: the second comparison makes Go collect for the first time, for which it
// takes 0.8 MB, and some heap on top. Then 1.2 MB are left, and there is room for later garbage; a comparison at a bad
// moment may still cost an arena. So it was 1.8 MB in an hour, nothing of it after the 39th minute.
const (
	arenaSize  = 524.288
	mostGrowth = 4 * arenaSize
	settled    = 30 * time.Minute // a run of which the last quarter has nothing but what comes again and again
)

// mostHeap is what JavaScript may hold more in the end, in kilobytes: an hour left 44.
const mostHeap = 100.0

// mostWakes is how often a page is woken each minute, at most, that is left alone: for three probes and what their answers
// bring, for heartbeats and for comparisons. It is five to six times.
const mostWakes = 8.0

// TestIdle leaves a page alone that somebody is signed in to, in sight, and prints what it does meanwhile: nothing but what
// comes by the clock, and what grows comes to an end.
func TestIdle(t *testing.T) {
	if *idleFor == 0 {
		t.Skip("takes long: make idle runs it")
	}
	s := newSite(t, siteOptions{})
	s.storeMany(t, bob, "message %d", 200)
	a := s.newVisitor(t)
	call(a, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: countWakes + "\n" + keepMemory})
	a.visit(a.link.URL())
	a.logIn(alice)
	a.awaitConnection("live")
	call(a, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	m := newMeter(a)
	m.awaitComparison() // the end of what a log-in brings with it

	call(a, heapprofiler.CollectGarbage, cdp.Empty{})
	first, begun := a.sample(), time.Now()
	last, late := first, first // late is when three quarters are over
	for left := *idleFor; left > 0; left = *idleFor - time.Since(begun) {
		m.wait(min(left, time.Minute))
		last = a.sample()
		if time.Since(begun) <= *idleFor*3/4 {
			late = last
		}
		t.Logf("%4.0f min: %s", time.Since(begun).Minutes(), last)
	}
	call(a, heapprofiler.CollectGarbage, cdp.Empty{})
	last.heap = a.sample().heap
	spent := time.Since(begun)
	t.Logf("each minute: %.1f ms of the page's thread, %.1f ms of its process, woken %.1f times",
		(last.thread-first.thread)/spent.Minutes(), (last.process-first.process)/spent.Minutes(), (last.wakes-first.wakes)/spent.Minutes())
	t.Logf("each hour, of memory: %+.0f kB of JavaScript, %+.0f kB of the program", (last.heap-first.heap)/spent.Hours(), (last.memory-first.memory)/spent.Hours())
	t.Logf("each hour: %s", m.perHour(spent))
	if *idleFor >= settled {
		assert.LessOrEqual(t, last.memory-late.memory, arenaSize, "kB of the program's memory in the last quarter")
	}
	assert.LessOrEqual(t, last.memory-first.memory, mostGrowth, "kB of the program's memory in all")
	assert.LessOrEqual(t, last.heap-first.heap, mostHeap, "kB of JavaScript, after a collection")
	assert.LessOrEqual(t, (last.wakes-first.wakes)/spent.Minutes(), mostWakes, "times it was woken each minute")
	assert.LessOrEqual(t, last.nodes, first.nodes, "nodes of the page; some were only waiting to be collected")
	assert.Empty(t, slices.DeleteFunc(caused(m.all()), func(name string) bool {
		return slices.Contains([]string{"POST auth/refresh", "to: auth", "from: auth"}, name)
	}), "what nobody has caused")
	a.requireNoTroubles()
}

// countWakes counts how often the page is woken by a timer, or for a frame.
const countWakes = `{
	globalThis.wakes = 0
	const count = what => (f, ...rest) => what.call(globalThis, (...args) => { globalThis.wakes++; return f(...args) }, ...rest)
	for (const name of ["setTimeout", "setInterval", "requestAnimationFrame"]) globalThis[name] = count(globalThis[name])
}`

// A sample is what a page has used up to now: milliseconds of CPU time, and kilobytes of memory.
type sample struct {
	thread, process float64
	wakes           float64
	heap, memory    float64 // of JavaScript, and of the program
	nodes           float64
}

func (s sample) String() string {
	return fmt.Sprintf("thread %.0f ms, process %.0f ms, woken %.0f times; %.0f kB of JavaScript, %.0f kB of the program, %.0f nodes",
		s.thread, s.process, s.wakes, s.heap, s.memory, s.nodes)
}

func (p *person) sample() sample {
	p.tb.Helper()
	used := metrics(p)
	return sample{
		thread:  1000 * used["ThreadTime"],
		process: 1000 * used["ProcessTime"],
		wakes:   eval[float64](p, `wakes`),
		heap:    used["JSHeapUsedSize"] / 1000,
		memory:  eval[float64](p, `programMemory.buffer.byteLength`) / 1000,
		nodes:   used["Nodes"],
	}
}

// awaitComparison waits until the page has compared itself with the server, and counts from then on.
func (m *meter) awaitComparison() {
	m.p.tb.Helper()
	compared := func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		if !slices.Contains(m.requests, comparison) {
			return false
		}
		m.begin()
		return true
	}
	for deadline := time.Now().Add(2 * time.Minute); !compared(); m.p.pause() {
		require.True(m.p.tb, time.Now().Before(deadline), "the page compares itself with the server")
	}
}

// wait is what the test is about: time in which nothing is done.
func (m *meter) wait(d time.Duration) {
	select {
	case <-time.After(d):
	case <-m.p.ctx.Done():
	}
}

// all are the requests and the frames.
func (m *meter) all() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Concat(m.requests, m.frames)
}

// perHour says how often what has been asked and told.
func (m *meter) perHour(spent time.Duration) string {
	counts := map[string]int{}
	for _, name := range m.all() {
		counts[name]++
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		lines = append(lines, fmt.Sprintf("%.0f %s", float64(counts[name])/spent.Hours(), name))
	}
	up, down := m.p.link.up.Load()-m.up, m.p.link.down.Load()-m.down
	return fmt.Sprintf("%s; %.0f bytes to Directus, %.0f from it",
		strings.Join(lines, ", "), float64(up)/spent.Hours(), float64(down)/spent.Hours())
}
