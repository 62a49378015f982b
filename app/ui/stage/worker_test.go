//go:build !js

package main

import (
	"testing"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNotificationIsPressed: the worker leads to the message, in the window that is open.
func TestNotificationIsPressed(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	v.show(room())
	v.await(`(navigator.serviceWorker.ready.then(r => { window.worker = r.active.state }), window.worker === "activated")`)
	v.inWorker(`
		const pressed = new ExtendableEvent("notificationclick");
		Object.defineProperty(pressed, "notification", { value: { data: "/m/two", close() { self.shut = true } } });
		pressed.waitUntil = (done) => done.catch(() => {}); // nobody has pressed anything, so no window may be focused
		dispatchEvent(pressed);
		self.shut`)
	v.await(`intents.length === 1`)
	assert.Equal(t, []string{`Open {"Room":"","Message":"two"}`}, v.intents())
	assert.Equal(t, "/m/two", eval[string](v, `location.pathname`))
	v.requireNoTroubles()
}

// inWorker runs a script in the page's service worker. It has to come to true.
func (v *visitor) inWorker(script string) {
	v.tb.Helper()
	targets, err := chromedp.Targets(v.ctx)
	require.NoError(v.tb, err)
	own := chromedp.FromContext(v.ctx).BrowserContextID
	for _, found := range targets {
		if found.Type == "service_worker" && found.BrowserContextID == own {
			v.inTarget(found, script)
			return
		}
	}
	require.Fail(v.tb, "no worker")
}

func (v *visitor) inTarget(found *target.Info, script string) {
	v.tb.Helper()
	ctx, cancel := chromedp.NewContext(v.ctx, chromedp.WithTargetID(found.TargetID), chromedp.WithDetachOnCancel())
	defer cancel()
	ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script))
	require.NoError(v.tb, err)
	require.True(v.tb, ok)
}
