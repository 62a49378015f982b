package e2e

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
)

func TestInstallable(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := newPerson(t)
	a.visit(s.URL)
	a.await(`(async () => { globalThis.ready = (await navigator.serviceWorker.ready).active.state })() && globalThis.ready`)
	found, err := chromedp.Run(a.ctx, func(ctx context.Context, target *chromedp.Target) (page.GetInstallabilityErrorsResult, error) {
		return cdp.Call(ctx, target, page.GetInstallabilityErrors, cdp.Empty{})
	})
	assert.NoError(t, err)
	for _, e := range found.InstallabilityErrors {
		// Chromium installs nothing from an incognito profile, which a test's profile is; it says so for every page.
		assert.Equal(t, "in-incognito", e.ErrorID)
	}
	a.requireNoTroubles()
}

// TestOpensOffline: the shell comes from the worker, at the root and at a deep link.
func TestOpensOffline(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := newPerson(t)
	a.visit(s.URL)
	a.await(`(async () => { globalThis.ready = (await navigator.serviceWorker.ready).active.state })() && globalThis.ready === "activated"`)
	s.link.Cut()
	for _, path := range []string{"/", "/m/0198c0de-0000-7000-8000-000000000000", "/?source=pwa"} {
		a.visit(s.URL + path)
		a.find("textbox", "E-mail")
	}
}

// TestTypedBeforeTheProgramRuns: the form takes text at once, and the program takes it over as it is.
func TestTypedBeforeTheProgramRuns(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := newPerson(t)
	release := a.hold("*.wasm")
	a.do(chromedp.Evaluate[chromedp.Void]("location.href = " + quote(s.URL)))
	a.fill("E-mail", alice.Email)
	a.fill("Password", alice.Password)
	a.press("\r")
	assert.Equal(t, "loading", eval[string](a, `document.documentElement.dataset.app`))
	assert.NotContains(t, eval[string](a, `location.href`), "?")
	release()
	a.awaitConnection("live")
	assert.NotContains(t, eval[string](a, `location.href`), "?")
	a.requireNoTroubles()
}
