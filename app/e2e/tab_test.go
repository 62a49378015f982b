package e2e

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// What befalls a browser's tab.

// call sends a command of the DevTools protocol.
func call[P, R any](p *person, command cdp.Command[P, R], params P) R {
	p.tb.Helper()
	result, err := chromedp.Run(p.ctx, func(ctx context.Context, t *chromedp.Target) (R, error) {
		return cdp.Call(ctx, t, command, params)
	})
	require.NoError(p.tb, err)
	return result
}

// goOffline takes the network away, and the page is told so as a browser does.
func (p *person) goOffline() {
	p.tb.Helper()
	p.link.Cut()
	call(p, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: true})
}

// goOnline brings it back.
func (p *person) goOnline() {
	p.tb.Helper()
	p.link.Mend()
	call(p, network.OverrideNetworkState, network.OverrideNetworkStateParams{})
}

// focus lets the page believe that its user has come back to it.
func (p *person) focus() {
	p.tb.Helper()
	eval[any](p, `void dispatchEvent(new Event("focus"))`)
}

// freeze stops the tab as a browser does with one that is long out of sight: no timer, no task, no message.
func (p *person) freeze() {
	p.tb.Helper()
	call(p, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: "frozen"})
}

// thaw brings the tab back into sight. Chromium leaves a thawed tab hidden; that somebody looks is emulated anyway, and
// said anew.
func (p *person) thaw() {
	p.tb.Helper()
	call(p, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: "active"})
	call(p, page.BringToFront, cdp.Empty{})
	for _, looks := range []bool{false, true} {
		call(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: looks})
	}
}

// crash ends the tab's process: no event handler runs.
func (p *person) crash() {
	p.tb.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, time.Second)
	defer cancel()
	_, _ = chromedp.Run(ctx, func(ctx context.Context, t *chromedp.Target) (cdp.Empty, error) {
		return cdp.Call(ctx, t, page.Crash, cdp.Empty{}) // nobody is left to answer
	})
	p.gone = true
}

// setClock puts the tab's clock off by so much, now and in every page it will open.
func (p *person) setClock(off time.Duration) {
	p.tb.Helper()
	if !p.clock {
		p.clock = true
		const script = `{
			const Real = Date
			globalThis.clockOff = Number(sessionStorage.clockOff ?? 0)
			globalThis.Date = class extends Real {
				constructor(...parts) { parts.length ? super(...parts) : super(Real.now() + clockOff) }
				static now() { return Real.now() + clockOff }
			}
		}`
		call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		p.reload()
	}
	ms, err := json.Marshal(off.Milliseconds())
	require.NoError(p.tb, err)
	eval[any](p, `void (sessionStorage.clockOff = globalThis.clockOff = `+string(ms)+`)`)
}

// setQuota limits what the page may store; a negative number ends that.
func (p *person) setQuota(bytes float64) {
	p.tb.Helper()
	params := storage.OverrideQuotaForOriginParams{Origin: p.link.URL()}
	if bytes >= 0 {
		params.QuotaSize = &bytes
	}
	call(p, storage.OverrideQuotaForOrigin, params)
}

// hold keeps requests like these from leaving the page until release is called.
func (p *person) hold(pattern string) (release func()) {
	p.tb.Helper()
	held := make(chan struct{})
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		err := chromedp.Listen(p.ctx, func(event any) {
			paused, ok := event.(*fetch.EventRequestPaused)
			if !ok {
				return
			}
			go func() {
				<-held
				cdp.Call(p.ctx, t, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: paused.RequestID})
			}()
		})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, t, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: pattern}}})
		return err
	}))
	return sync.OnceFunc(func() { close(held) })
}

// awaitKept waits until these words are in the browser's database, wherever the program keeps them.
func (p *person) awaitKept(words string) {
	p.tb.Helper()
	const search = `(async words => {
		for (const { name } of await indexedDB.databases()) {
			const db = await new Promise((done, failed) => {
				const request = indexedDB.open(name)
				request.onsuccess = () => done(request.result)
				request.onerror = failed
			})
			try {
				for (const store of db.objectStoreNames) {
					const rows = await new Promise((done, failed) => {
						const request = db.transaction(store).objectStore(store).getAll()
						request.onsuccess = () => done(request.result)
						request.onerror = failed
					})
					if (JSON.stringify(rows).includes(JSON.stringify(words).slice(1, -1))) return true
				}
			} finally { db.close() }
		}
		return false
	})(WORDS)`
	deadline := time.Now().Add(patience)
	for !eval[bool](p, strings.Replace(search, "WORDS", quote(words), 1)) {
		require.True(p.tb, time.Now().Before(deadline), "%q was never kept", words)
		p.pause()
	}
}

// awaitStored waits until these words are in the browser's small storage.
func (p *person) awaitStored(words string) {
	p.tb.Helper()
	p.await(`Object.values(localStorage).some(value => value.includes(` + quote(words) + `))`)
}
