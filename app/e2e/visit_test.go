package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chromedp/cdproto/page"
)

// TestReturnVisit: the last conversation is painted before the program runs, by whoever is signed in only, and nothing of
// it stays after a log-out.
func TestReturnVisit(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := newPerson(t)
	// As soon as it is there.
	const early = `globalThis.painted = ""
	requestAnimationFrame(() => globalThis.framed = true)
	new MutationObserver((_, observer) => {
		const picture = document.getElementById("picture")
		if (!picture) return
		observer.disconnect()
		globalThis.painted = picture.textContent
		globalThis.running = document.documentElement.dataset.app === "running"
		globalThis.paintedBefore = globalThis.framed ?? false
	}).observe(document, { childList: true, subtree: true })`
	call(a, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: early})
	a.enter(s, alice)
	a.say("see you tomorrow")
	a.awaitMessage("see you tomorrow", "stored")
	assert.Empty(t, eval[string](a, `painted`), "the first visit")

	a.reload() // at once: what is seen is kept by the page that goes
	require.Contains(t, eval[string](a, `painted`), "see you tomorrow")
	assert.Contains(t, eval[string](a, `painted`), "As of")
	assert.False(t, eval[bool](a, `running`))
	assert.False(t, eval[bool](a, `paintedBefore`), "something is painted before it")
	a.awaitMessage("see you tomorrow", "stored")
	a.await(`!document.getElementById("picture")`)

	b := a.newTab()
	b.visit(s.URL)
	b.awaitMessage("see you tomorrow", "stored")
	a.click("button", "Log out")
	a.find("textbox", "E-mail")
	b.find("textbox", "E-mail")
	const kept = `Object.entries(localStorage).flat().filter(text => text.includes("picture/") || text.includes("tomorrow"))`
	a.await(kept + `.length === 0`)
	b.visit(s.URL)
	a.logIn(bob)
	a.awaitConnection("live")
	a.awaitMessage("see you tomorrow", "stored")
	a.reload()
	assert.Contains(t, eval[string](a, `painted`), "see you tomorrow", "as Bob sees it")
	a.requireNoTroubles()
}

// TestUpdateKeepsWhatIsTyped: complaint 20. A new version is deployed while somebody writes.
func TestUpdateKeepsWhatIsTyped(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := newPerson(t)
	a.enter(s, alice)
	a.await(`(async () => { globalThis.ready = (await navigator.serviceWorker.ready).active.state })() && globalThis.ready === "activated"`)
	const version = `document.documentElement.dataset.version`
	first := eval[string](a, version)
	a.think("half a sentence")

	s.link.lead(s.serve(t, []string{"-title", "The new chat"}))
	a.focus()
	a.await(`!document.getElementById("update").hidden`)
	a.awaitConnection("live")
	assert.Equal(t, first, eval[string](a, version), "nothing is reloaded by itself")
	assert.Equal(t, "half a sentence", a.value("Message"))

	b := a.newTab()
	b.visit(s.URL)
	b.awaitConnection("live")
	assert.NotEqual(t, first, eval[string](b, version))
	b.say("from the new version")
	a.awaitMessage("from the new version", "stored")

	a.click("button", "Reload")
	a.await(version + ` !== ` + quote(first) + ` && document.title.includes("The new chat")`)
	a.awaitConnection("live")
	a.await(`document.querySelector("#message").value === "half a sentence"`)
	a.press("\r")
	b.awaitMessage("half a sentence", "stored")
}
