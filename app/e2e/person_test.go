package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is how long a person waits for something to appear. It is generous: the machine may be busy, and a test that
// passes does not wait for it.
const patience = 30 * time.Second

// A person is one browser profile with one tab open.
type person struct {
	tb    testing.TB
	ctx   context.Context
	link  *link // the network of this browser alone; nil for one who shares the site's
	clock bool  // setClock has been called
	gone  bool  // the tab was killed

	mu       sync.Mutex
	troubles []string // uncaught exceptions, console errors, policy violations
}

// newPerson opens a fresh profile: nothing stored, nothing cached.
func newPerson(tb testing.TB) *person {
	return open(tb, browser, chromedp.WithNewBrowserContext())
}

// newTab opens another tab of the same profile.
func (p *person) newTab() *person {
	id := chromedp.FromContext(p.ctx).BrowserContextID
	tab := open(p.tb, browser, chromedp.WithExistingBrowserContext(id))
	tab.link = p.link
	return tab
}

func open(tb testing.TB, parent context.Context, options ...chromedp.ContextOption) *person {
	ctx, cancel := chromedp.NewContext(parent, options...)
	p := &person{tb: tb, ctx: ctx}
	tb.Cleanup(func() {
		if tb.Failed() && !p.gone {
			p.report()
		}
		cancel()
	})
	p.do(p.watch())
	return p
}

// watch notes whatever the browser complains about. The script runs before the page's own, so that no violation of the
// content security policy is missed.
func (p *person) watch() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		err := chromedp.Listen(ctx, func(event any) {
			switch event := event.(type) {
			case *runtime.EventExceptionThrown:
				p.trouble("exception: " + event.ExceptionDetails.Text + " " + describe(event.ExceptionDetails.Exception))
			case *runtime.EventConsoleAPICalled:
				if event.Type == "error" || event.Type == "assert" {
					p.trouble("console: " + describe(event.Args...))
				}
			case *log.EventEntryAdded:
				if event.Entry.Source == "security" {
					p.trouble("security: " + event.Entry.Text)
				}
			}
		})
		if err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, t, accessibility.Enable, cdp.Empty{}); err != nil {
			return err
		}
		_, err = cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: `addEventListener("securitypolicyviolation", e =>
				console.error("policy violation:", e.effectiveDirective, e.blockedURI, e.sample))`,
		})
		return err
	})
}

func describe(values ...*runtime.RemoteObject) string {
	var words []string
	for _, v := range values {
		if v == nil {
			continue
		}
		if v.Description != "" {
			words = append(words, v.Description)
		} else {
			words = append(words, string(v.Value))
		}
	}
	return strings.Join(words, " ")
}

func (p *person) trouble(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.troubles = append(p.troubles, what)
}

// requireNoTroubles fails if anything was reported that a healthy page never causes. Refused connections are no trouble:
// a browser logs each of them by itself.
func (p *person) requireNoTroubles() {
	p.tb.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	require.Empty(p.tb, p.troubles)
}

// report shows what the person saw last, for a failed test.
func (p *person) report() {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`[
		document.documentElement.dataset.app, location.href,
		"focus:", document.activeElement?.id || document.activeElement?.tagName,
		"filled in:", [...document.querySelectorAll("input, textarea")].filter(i => i.value && i.type !== "checkbox").map(i => i.id),
	].join(" ") + "\n" + document.body.innerText.slice(0, 3000)`))
	p.tb.Logf("last seen by the person (%v): %s\ntroubles: %q", err, text, p.troubles)
}

func (p *person) do(actions ...chromedp.Action[chromedp.Void]) {
	p.tb.Helper()
	require.NoError(p.tb, chromedp.Do(p.ctx, actions...))
}

// eval runs a JavaScript expression in the page.
func eval[T any](p *person, expression string) T {
	p.tb.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(p.tb, err, expression)
	return v
}

// await waits until a JavaScript expression is truthy.
func (p *person) await(expression string) {
	p.tb.Helper()
	p.awaitWithin(patience, expression)
}

// awaitWithin is await with a limit of its own, for what the product promises to do in a certain time.
func (p *person) awaitWithin(limit time.Duration, expression string) {
	p.tb.Helper()
	deadline := time.Now().Add(limit)
	for {
		ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if err == nil && ok {
			return
		}
		if time.Now().After(deadline) {
			require.FailNow(p.tb, "never happened", "%s (%v)", expression, err)
		}
		select { // between two looks
		case <-p.ctx.Done():
		case <-time.After(30 * time.Millisecond):
		}
	}
}

// visit opens an address and waits until the program is in charge.
func (p *person) visit(url string) {
	p.tb.Helper()
	p.do(chromedp.Navigate(url))
	p.awaitRunning()
}

func (p *person) reload() {
	p.tb.Helper()
	p.do(chromedp.Reload())
	p.awaitRunning()
}

func (p *person) awaitRunning() {
	p.tb.Helper()
	p.await(`document.documentElement.dataset.app === "running"`)
}

// find waits for the one visible element of a role and an accessible name.
func (p *person) find(role, name string) cdp.BackendNodeID {
	p.tb.Helper()
	deadline := time.Now().Add(patience)
	for {
		id, err := chromedp.Run(p.ctx, lookUp(role, name))
		if err == nil {
			return id
		}
		if time.Now().After(deadline) {
			require.FailNow(p.tb, "not to be found", "%s %q: %v", role, name, err)
		}
		select {
		case <-p.ctx.Done():
		case <-time.After(30 * time.Millisecond):
		}
	}
}

func lookUp(role, name string) chromedp.Action[cdp.BackendNodeID] {
	return func(ctx context.Context, t *chromedp.Target) (cdp.BackendNodeID, error) {
		document, err := cdp.Call(ctx, t, dom.GetDocument, dom.GetDocumentParams{})
		if err != nil {
			return 0, err
		}
		found, err := cdp.Call(ctx, t, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{
			BackendNodeID: document.Root.BackendNodeID, Role: role, AccessibleName: name,
		})
		if err != nil {
			return 0, err
		}
		var ids []cdp.BackendNodeID
		for _, node := range found.Nodes {
			if !node.Ignored {
				ids = append(ids, node.BackendDOMNodeID)
			}
		}
		if len(ids) != 1 {
			return 0, fmt.Errorf("%d elements with role %s and name %q", len(ids), role, name)
		}
		return ids[0], nil
	}
}

// click presses an element with the mouse where a hand would: at its centre.
func (p *person) click(role, name string) {
	p.tb.Helper()
	p.clickNode(p.find(role, name))
}

func (p *person) clickNode(id cdp.BackendNodeID) {
	p.tb.Helper()
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: id}); err != nil {
			return err
		}
		box, err := cdp.Call(ctx, t, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: id})
		if err != nil {
			return err
		}
		if len(box.Quads) == 0 {
			return fmt.Errorf("the element has no box to click at")
		}
		q := box.Quads[0]
		_, err = chromedp.MouseClickXY((q[0]+q[4])/2, (q[1]+q[5])/2)(ctx, t)
		return err
	}))
}

// fill replaces what stands in a text box, by selecting and typing over it.
func (p *person) fill(name, text string) {
	p.tb.Helper()
	p.clickNode(p.find("textbox", name))
	p.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.select()`))
	if text == "" {
		p.press("\b")
		return
	}
	p.insert(text)
}

// insert types a text at the caret, in one go.
func (p *person) insert(text string) {
	p.tb.Helper()
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return err
	}))
}

// press sends keys one by one to whatever has the focus; "\r" is Enter.
func (p *person) press(keys string) {
	p.tb.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// pressShiftEnter sends Enter with Shift held.
func (p *person) pressShiftEnter() {
	p.tb.Helper()
	p.do(chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierShift)))
}

// value is what stands in a text box.
func (p *person) value(name string) string {
	p.tb.Helper()
	id := p.find("textbox", name)
	v, err := chromedp.Run(p.ctx, func(ctx context.Context, t *chromedp.Target) (string, error) {
		object, err := cdp.Call(ctx, t, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: id})
		if err != nil {
			return "", err
		}
		got, err := cdp.Call(ctx, t, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
			ObjectID: object.Object.ObjectID, FunctionDeclaration: "function() { return this.value }",
		})
		if err != nil {
			return "", err
		}
		var value string
		return value, json.Unmarshal(got.Result.Value, &value)
	})
	require.NoError(p.tb, err)
	return v
}
