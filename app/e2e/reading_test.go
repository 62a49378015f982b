package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
)

// inView is true while exactly one message with this text is seen in the list.
func inView(text string) string {
	return fmt.Sprintf(`((list, m) => m.length === 1 && m[0].getBoundingClientRect().top >= list.top && m[0].getBoundingClientRect().bottom <= list.bottom)
		(document.getElementById("messages").getBoundingClientRect(), %s)`, articles(text))
}

// TestLongAgo: a message of long ago is found by its link, from a cold start, and by a search of all the history.
func TestLongAgo(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.store(t, bob, "the very first")
	linked := s.store(t, bob, "the second one")
	s.storeAtOnce(t, bob, numbered("message %d", 320))

	p := newPerson(t)
	p.visit(s.URL + "/m/" + linked)
	p.logIn(alice)
	p.await(inView("the second one"))
	assert.Equal(t, []string{"the very first", "the second one"}, p.messages()[:2])
	p.await(`document.querySelector(".pill").checkVisibility()`)
	eval[any](p, `document.querySelector(".pill").click()`)
	p.await(inView("message 319"))

	p.do(chromedp.KeyEvent("f", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	p.await(`document.activeElement.id === "find-text"`)
	p.insert("VERY fir")
	p.await(`document.querySelectorAll("#find li").length === 1`)
	assert.Equal(t, "very fir", eval[string](p, `document.querySelector("#find mark").textContent`))
	p.press("\r")
	p.await(inView("the very first"))
	p.press(kb.Escape)
	p.await(`document.getElementById("find") === null`)

	p.visit(s.URL + "/m/0198c0de-0000-7000-8000-00000000dead")
	p.await(`document.querySelector(".opening").textContent.includes("is not there")`)
	p.requireNoTroubles()
}

// TestUnreadAfterAReload: what came while nobody was there is counted and stands below a line; one's own never does.
func TestUnreadAfterAReload(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.store(t, bob, "before")
	p := newPerson(t)
	p.watchFocus()
	p.enter(s, alice)
	p.awaitMessage("before", "stored")
	p.look(true)
	p.say("mine")
	p.awaitMessage("mine", "stored")
	p.awaitStored(eval[string](p, articles("mine")+`[0].dataset.messageId`))
	p.look(false)
	for n := range 3 {
		s.store(t, bob, fmt.Sprint("news ", n))
	}
	p.await(`document.title.startsWith("(3) ")`)
	p.reload()
	p.await(`document.title.startsWith("(3) ")`)
	const lines = `[...document.querySelectorAll(".unread + article [data-part=text]")].map(t => t.innerText)`
	p.await(lines + `.join() === "news 0"`)
	p.look(true)
	p.await(`!document.title.startsWith("(")`)
	p.say("seen")
	p.awaitMessage("seen", "stored")
	assert.Equal(t, []string{"news 0"}, eval[[]string](p, lines), "it stays while one reads")
	other := p.newTab()
	other.watchFocus()
	other.visit(s.URL)
	other.awaitMessage("seen", "stored")
	other.awaitConnection("live")
	assert.Empty(t, eval[[]string](other, lines), "all is read")
	p.requireNoTroubles()
}

// TestOneNotification: four tabs and one message make one notification, none if a tab is looked at, none of one's own.
func TestOneNotification(t *testing.T) {
	s := newSite(t, siteOptions{})
	first := newPerson(t)
	tabs := []*person{first, first.newTab(), first.newTab(), first.newTab()}
	for i, p := range tabs {
		p.watchFocus()
		if i == 0 {
			p.enter(s, alice)
		} else {
			p.visit(s.URL)
		}
		p.awaitConnection("live")
	}
	first.click("button", "Up to date")
	first.await(`document.querySelector("[data-action=notify]")`)
	eval[any](first, `document.querySelector("[data-action=notify]").click()`)
	first.await(`document.querySelector("[data-part=notify]").dataset.on === "true"`)
	eval[any](first, `document.querySelector("#connection [data-action=close]").click()`)
	notified := func() (all []string) {
		for _, p := range tabs {
			all = append(all, eval[[]string](p, `notifications`)...)
		}
		return all
	}
	everybodyHas := func(text string) {
		for _, p := range tabs {
			p.awaitMessage(text, "stored")
		}
	}
	s.store(t, bob, "one")
	everybodyHas("one")
	for len(notified()) == 0 {
		first.pause()
	}
	tabs[1].look(true)
	s.store(t, bob, "two")
	everybodyHas("two")
	tabs[1].say("mine")
	everybodyHas("mine")
	tabs[1].look(false)
	s.store(t, bob, "three")
	everybodyHas("three")
	for len(notified()) < 2 {
		first.pause()
	}
	all := notified()
	assert.Len(t, all, 2)
	assert.Contains(t, all, "Bob Example: one")
	assert.Contains(t, strings.Join(all, " "), "three")
}

// watchFocus lets look say whether the window is in front, and notes notifications.
func (p *person) watchFocus() {
	p.tb.Helper()
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
		document.hasFocus = () => Boolean(window.inFront)
		window.notifications = []
		window.Notification = class { static requestPermission = async () => "granted" }
		ServiceWorkerRegistration.prototype.showNotification = async (title, { body }) => { notifications.push(title + ": " + body) }`})
	call(p, page.BringToFront, cdp.Empty{})
}

// look brings the window to the front, or puts another one there.
func (p *person) look(looks bool) {
	p.tb.Helper()
	eval[any](p, fmt.Sprintf(`void (window.inFront = %t, dispatchEvent(new Event(%t ? "focus" : "blur")))`, looks, looks))
}
