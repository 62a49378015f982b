//go:build !js

package main

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// patience is how long a visitor waits for something to appear. A test that passes does not wait for it.
const patience = 20 * time.Second

// A visitor is one tab in a fresh browser profile.
type visitor struct {
	tb  testing.TB
	ctx context.Context

	mu       sync.Mutex
	troubles []string // uncaught exceptions, console errors, policy violations
}

func newVisitor(tb testing.TB) *visitor {
	require.NoError(tb, start())
	return newTab(tb, browser, chromedp.WithNewBrowserContext())
}

// newTab is another tab of the visitor's.
func (v *visitor) newTab() *visitor { return newTab(v.tb, v.ctx) }

func newTab(tb testing.TB, parent context.Context, options ...chromedp.ContextOption) *visitor {
	ctx, cancel := chromedp.NewContext(parent, options...)
	tb.Cleanup(cancel)
	v := &visitor{tb: tb, ctx: ctx}
	v.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error { return chromedp.Listen(ctx, v.hear) }))
	v.first(`window.intents = [], window.drafts = [], window.answered = [], window.attention = [], window.lookups = 0;
		addEventListener("securitypolicyviolation", e => console.error("policy violation:", e.effectiveDirective, e.blockedURI, e.sample))`)
	return v
}

// first has a script run in every page before the page's own.
func (v *visitor) first(script string) {
	v.tb.Helper()
	v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}

func (v *visitor) hear(event any) {
	trouble := ""
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		trouble = event.ExceptionDetails.Text
		if e := event.ExceptionDetails.Exception; e != nil {
			trouble += " " + e.Description
		}
	case *runtime.EventConsoleAPICalled:
		if event.Type == "error" || event.Type == "warning" {
			trouble = "console:"
			for _, arg := range event.Args {
				trouble += " " + string(arg.Value) + arg.Description
			}
		}
	case *log.EventEntryAdded:
		if event.Entry.Level == "error" || event.Entry.Level == "warning" {
			trouble = event.Entry.Text
		}
	}
	if trouble != "" {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.troubles = append(v.troubles, trouble)
	}
}

// requireNoTroubles fails if the browser has complained about anything.
func (v *visitor) requireNoTroubles() {
	v.tb.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	require.Empty(v.tb, v.troubles)
}

func (v *visitor) do(actions ...chromedp.Action[chromedp.Void]) {
	v.tb.Helper()
	require.NoError(v.tb, chromedp.Do(v.ctx, actions...))
}

// open loads a path of the site and waits until the program is in charge.
func (v *visitor) open(path string) {
	v.tb.Helper()
	v.do(chromedp.Navigate(stage.http.URL + path))
	v.await(`document.documentElement.dataset.app === "running"`)
}

// openHeld loads the site with a program that does not arrive before release is called.
func (v *visitor) openHeld() (release func()) {
	v.tb.Helper()
	stage.gate.Lock()
	release = sync.OnceFunc(stage.gate.Unlock)
	v.tb.Cleanup(release)
	// Navigate would wait for the load event, and that may wait for the program.
	v.do(chromedp.Evaluate[chromedp.Void]("location.href = " + quote(stage.http.URL)))
	v.await(`document.documentElement.dataset.app === "loading" && document.readyState !== "loading"`)
	return release
}

// show puts a snapshot on the page and waits until it is drawn.
func (v *visitor) show(s chat.Snapshot) {
	v.tb.Helper()
	v.push(s)
	// Drawn by the frame that follows the dispatch, which is one of go-app's 120 in a second; then laid out.
	require.NoError(v.tb, chromedp.Do(v.ctx, chromedp.Evaluate[chromedp.Void](
		`(async () => { for (let i = 0; i < 6; i++) await new Promise(requestAnimationFrame) })()`, chromedp.EvalAwaitPromise)))
}

// push puts a snapshot on the page.
func (v *visitor) push(s chat.Snapshot) {
	v.tb.Helper()
	text, err := json.Marshal(s)
	require.NoError(v.tb, err)
	v.do(chromedp.Evaluate[chromedp.Void]("show(" + quote(string(text)) + ")"))
}

// intents are what the user has wanted so far.
func (v *visitor) intents() []string {
	v.tb.Helper()
	return eval[[]string](v, "intents")
}

// eval runs a JavaScript expression in the page.
func eval[T any](v *visitor, expression string) T {
	v.tb.Helper()
	value, err := chromedp.Run(v.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(v.tb, err, expression)
	return value
}

// await waits until a JavaScript expression is truthy.
func (v *visitor) await(expression string) {
	v.tb.Helper()
	deadline := time.Now().Add(patience)
	for {
		ok, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if err == nil && ok {
			return
		}
		if time.Now().After(deadline) {
			require.FailNow(v.tb, "never happened", "%s (%v)\ntroubles: %q", expression, err, v.troubles)
		}
		select { // between two looks
		case <-v.ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// press sends keys one by one to whatever has the focus; "\r" is Enter.
func (v *visitor) press(keys string, options ...chromedp.KeyOption) {
	v.tb.Helper()
	v.do(chromedp.KeyEvent(keys, options...))
}

// write types a text at the caret of an element, in one go.
func (v *visitor) write(id, text string) {
	v.tb.Helper()
	v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := chromedp.Evaluate[chromedp.Void]("document.getElementById("+quote(id)+").focus()")(ctx, t); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

func (v *visitor) click(selector string) {
	v.tb.Helper()
	v.do(chromedp.Click(selector))
}

// view sets the size of the window and what its owner prefers, such as "prefers-color-scheme: dark".
func (v *visitor) view(width, height int64, prefers map[string]string) {
	v.tb.Helper()
	v.do(chromedp.EmulateViewport(width, height), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		var features []*emulation.MediaFeature
		for name, value := range prefers {
			features = append(features, &emulation.MediaFeature{Name: name, Value: value})
		}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
		return err
	}))
}

// speaks sets what the visitor's browser prefers, such as "de-AT", for the pages it opens from now on.
func (v *visitor) speaks(locale string) {
	v.tb.Helper()
	v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		headers := network.Headers{"Accept-Language": locale}
		if _, err := cdp.Call(ctx, t, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: headers}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: locale})
		return err
	}))
}

// lives puts the visitor's clock into a time zone.
func (v *visitor) lives(zone string) {
	v.tb.Helper()
	v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: zone})
		return err
	}))
}

// quote makes a JavaScript string of a Go string.
func quote(s string) string {
	b, _ := json.Marshal(s) // a string always marshals
	return string(b)
}
