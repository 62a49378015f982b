package e2e

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// A profile is a fresh profile of the browser, for measuring: nobody looks for elements by role in it, because a page
// that keeps an accessibility tree up to date does more than one that does not.
type profile struct {
	tb    testing.TB
	ctx   context.Context // of a tab that stays empty, and keeps the profile
	close context.CancelFunc
}

func newProfile(tb testing.TB) *profile {
	tb.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	require.NoError(tb, chromedp.Do(ctx))
	return &profile{tb, ctx, cancel}
}

// newTab opens a tab with the probe in it, and a process of its own.
func (p *profile) newTab() (tab *person, closeTab context.CancelFunc) {
	p.tb.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	tab = &person{tb: p.tb, ctx: ctx}
	// What chromedp has the browser tell, and keep, of every page costs it time: of a program of 8 MB a copy, which it
	// then makes into base64 before the page hears that the program is there. Nobody who visits waits for that.
	for _, watching := range []cdp.Command[cdp.Empty, cdp.Empty]{network.Disable, css.Disable, dom.Disable} {
		call(tab, watching, cdp.Empty{})
	}
	probe, err := os.ReadFile(filepath.Join("rivals", "probe.js"))
	require.NoError(p.tb, err)
	call(tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: string(probe)})
	call(tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return tab, cancel
}

// slow gives a tab a slow line, of 10 Mbit/s and 40 ms, and a slow processor.
func slow(tab *person) {
	tab.tb.Helper()
	const rate = 10e6 / 8
	nothing := int64(1) // is kept of what is loaded; 0 would be as much as usual
	call(tab, network.Enable, network.EnableParams{MaxTotalBufferSize: &nothing, MaxResourceBufferSize: &nothing})
	call(tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Latency: 40, DownloadThroughput: rate, UploadThroughput: rate}},
	})
	call(tab, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: 4})
}

// open opens an address without waiting for anything.
func (p *person) open(url string) {
	p.tb.Helper()
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.Navigate, page.NavigateParams{URL: url})
		return err
	}))
}
