package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// The disciplines of the contest. Each measures one page once, and notes what it finds.

// A contender is a page that takes part.
type contender struct {
	tb    testing.TB
	arena *arena
	path  string
	note  func(what string, value float64)
}

func (c *contender) url() string { return c.arena.URL + c.path }

// measure waits for what the probe promises.
func measure(p *person, expression string) map[string]float64 {
	p.tb.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 90*time.Second)
	defer cancel()
	found, err := chromedp.Run(ctx, chromedp.Evaluate[map[string]float64](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.report()
	}
	require.NoError(p.tb, err, expression)
	return found
}

// visit opens the page in a new tab and waits for the probe in it.
func (c *contender) visit(p *profile, prepare ...func(*person)) (tab *person, closeTab context.CancelFunc) {
	c.tb.Helper()
	tab, closeTab = p.newTab()
	for _, f := range prepare {
		f(tab)
	}
	tab.open(c.url())
	tab.await(`globalThis.probe`)
	return tab, closeTab
}

// typing is how long somebody needs at least for an e-mail and a password, since the program is in charge.
const typing = 3 * time.Second

// logIn logs in, up to a room that shows its last message, and returns how long that has taken since the button was
// pressed: so long after the program is in charge, or at once if that is past.
func logIn(tab *person, who account, after time.Duration, last string, held int) (shown float64) {
	tab.tb.Helper()
	shown = measure(tab, fmt.Sprintf(`probe.logIn(%s, %s, %s, %d, %d)`,
		quote(who.Email), quote(who.Password), quote(last), held, after.Milliseconds()))["shown"]
	tab.awaitConnection("live")
	return shown
}

// start visits for the first time, and for the second.
func (c *contender) start() {
	p := newProfile(c.tb)
	defer p.close()
	tab, closeTab := c.startCold(p)
	stay(tab)
	closeTab()

	tab, closeTab = c.visit(p)
	defer closeTab()
	c.note("charge, warm", measure(tab, `probe.visit()`)["charge"])
}

// startCold visits for the first time.
func (c *contender) startCold(p *profile) (tab *person, closeTab context.CancelFunc) {
	tab, closeTab = c.visit(p)
	cold := measure(tab, `probe.visit()`)
	c.note("paint", cold["paint"])
	c.note("key", cold["key"])
	c.note("charge, cold", cold["charge"])
	return tab, closeTab
}

// startOnce visits for the first time, and does not stay.
func (c *contender) startOnce() {
	p := newProfile(c.tb)
	defer p.close()
	_, closeTab := c.startCold(p)
	closeTab()
}

// stay is somebody who stays on a page for a while. A browser keeps what it has compiled only after a time of rest, and
// does not tell when; and a worker is installed meanwhile.
func stay(tab *person) {
	const while = 5 * time.Second
	select {
	case <-time.After(while):
	case <-tab.ctx.Done():
	}
}

func (c *contender) startSlowly() {
	p := newProfile(c.tb)
	defer p.close()
	tab, closeTab := c.visit(p, slow)
	defer closeTab()
	cold := measure(tab, `probe.visit()`)
	c.note("paint, slow", cold["paint"])
	c.note("charge, slow", cold["charge"])
}

// comeBack logs in, and comes back to the conversation that was left.
func (c *contender) comeBack(last string, held int) {
	p := newProfile(c.tb)
	defer p.close()
	tab, closeTab := c.visit(p)
	c.note("log-in, at once", logIn(tab, alice, 0, last, held))
	stay(tab)
	tab.open("about:blank") // as somebody does who leaves; a tab that is closed by force tells its page nothing
	tab.await(`location.href === "about:blank"`)
	closeTab()

	tab, closeTab = c.visit(p)
	defer closeTab()
	back := measure(tab, `probe.comeBack(`+quote(last)+`)`)
	c.note("return, paint", back["paint"])
	c.note("return, seen", back["seen"])
	c.note("return, charge", back["charge"])
}

// talk sends messages from one window to another.
func (c *contender) talk(last string, held, messages int) string {
	here, there := newProfile(c.tb), newProfile(c.tb)
	defer here.close()
	defer there.close()
	b, _ := c.visit(there)
	c.note("log-in", logIn(b, bob, typing, last, held)) // each has the machine alone up to there
	a, _ := c.visit(here)
	c.note("log-in", logIn(a, alice, typing, last, held))
	for i := range messages {
		last = fmt.Sprintf("%s says %d at %d", c.path, i, time.Now().UnixNano())
		eval[any](b, `void (globalThis.arrival = probe.arrival(`+quote(last)+`))`)
		sent := measure(a, `probe.send(`+quote(last)+`)`)
		c.note("send, own", sent["own"])
		c.note("send, frames", sent["frames"])
		c.note("send, other", eval[float64](b, `arrival`)-sent["sent"])
		a.awaitMessage(last, "stored")
	}
	return last
}

// keepMemory lets the page tell how much memory its program has.
const keepMemory = `(instantiate => { WebAssembly.instantiateStreaming = async (...all) => {
	const program = await instantiate.apply(WebAssembly, all)
	globalThis.programMemory = program.instance.exports.mem
	return program
} })(WebAssembly.instantiateStreaming)`

// burst lets a room have many messages at once, while its reader types, who has pressed Log in so long after the program was in
// charge. What is found is noted by a name.
func (c *contender) burst(name string, press time.Duration, last string, held, events int) {
	p := newProfile(c.tb)
	defer p.close()
	tab, _ := p.newTab()
	call(tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: keepMemory})
	tab.open(c.url())
	tab.await(`globalThis.probe`)
	logIn(tab, alice, press, last, held)
	call(tab, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	memory := func() (heap, program float64) {
		call(tab, heapprofiler.CollectGarbage, cdp.Empty{})
		return metrics(tab)["JSHeapUsedSize"], eval[float64](tab, `globalThis.programMemory?.buffer.byteLength ?? 0`)
	}
	heap, program := memory()
	c.note(name+", memory before, JavaScript", heap/1e6)
	c.note(name+", memory before, program", program/1e6)

	frames, keys, text := c.arena.prepare(events)
	defer c.arena.directus.Delete("messages", keys...)
	before := metrics(tab)
	eval[any](tab, fmt.Sprintf(`void (message.focus(), globalThis.done = probe.burst(%s))`, quote(text)))
	stop := keepTyping(tab)
	began := time.Now()
	for _, frame := range frames {
		c.arena.directus.Push(frame)
	}
	end := measure(tab, `done`)
	stop()
	after := metrics(tab)
	require.Positive(c.tb, end["keys"])
	c.note(name+", lost", float64(held+events)-end["count"])
	c.note(name, end["shown"]-float64(began.UnixMicro())/1e3)
	c.note(name+", starved", end["starved"])
	c.note(name+", CPU", 1e6*(after["TaskDuration"]-before["TaskDuration"])/float64(events))
	heap, program = memory()
	c.note(name+", memory after, JavaScript", heap/1e6)
	c.note(name+", memory after, program", program/1e6)
}

// prepare stores messages without telling anybody, and returns the frames that tell of them, their keys, and the text of
// the last.
func (a *arena) prepare(events int) (frames, keys []string, text string) {
	a.directus.OnEvent(func(frame []byte) [][]byte {
		frames = append(frames, string(frame))
		return nil
	})
	defer a.directus.OnEvent(nil)
	began := time.Now()
	for i := range events {
		text = fmt.Sprintf("%d of many, which come as fast as the line carries them", i)
		keys = append(keys, a.said(text, i, began.Add(time.Duration(i-events)*time.Millisecond))) // all dates differ: so all know which is the last
	}
	return frames, keys, text
}

// keepTyping presses keys until stop is called, as fast as people can.
func keepTyping(tab *person) (stop func()) {
	ctx, cancel := context.WithCancel(tab.ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		repeat := time.NewTicker(time.Second / 10)
		defer repeat.Stop()
		for ctx.Err() == nil {
			_ = chromedp.Do(tab.ctx, chromedp.KeyEvent("x"))
			select {
			case <-repeat.C:
			case <-ctx.Done():
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

func metrics(tab *person) map[string]float64 {
	tab.tb.Helper()
	all := map[string]float64{}
	for _, m := range call(tab, performance.GetMetrics, cdp.Empty{}).Metrics {
		all[m.Name] = m.Value
	}
	return all
}
