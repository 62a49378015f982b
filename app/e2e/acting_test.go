package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
)

// TestTwoPeopleAct: what one does to a message, the other sees: answers, emoji, edits, deletions and deletions that are
// taken back.
func TestTwoPeopleAct(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			s := newSite(t, siteOptions{Version: version})
			a, b := newPerson(t), newPerson(t)
			a.enter(s, alice)
			b.enter(s, bob)
			b.say("A question")
			a.awaitMessage("A question", "stored")

			a.act("A question", "reply")
			a.await(`document.activeElement.id === "message"`)
			a.insert("An answer")
			a.press("\r")
			b.awaitMessage("An answer", "stored")
			b.await(articles("An answer") + `[0].querySelector(".quote")?.textContent.includes("A question")`)

			a.react("A question", "🎉")
			b.await(articles("A question") + `[0].querySelector(".chip[aria-pressed=false]")?.title.includes("Alice Example")`)
			b.react("A question", "🎉")
			a.await(articles("A question") + `[0].querySelector(".chip")?.textContent === "🎉2"`)
			a.react("A question", "🎉")
			b.await(articles("A question") + `[0].querySelector(".chip")?.textContent === "🎉1"`)

			b.act("A question", "edit")
			b.await(`document.querySelector("#message").value === "A question"`)
			b.insert(" of mine")
			b.press("\r")
			a.awaitMessage("A question of mine", "stored")
			a.await(articles("A question of mine") + `[0].innerText.includes("edited")`)
			a.await(articles("An answer") + `[0].querySelector(".quote")?.textContent.includes("of mine")`)
			assert.False(t, a.may("A question of mine", "edit"), "what the server would refuse is not offered")
			assert.False(t, a.may("A question of mine", "delete"))

			b.act("A question of mine", "delete")
			b.await(`document.querySelector("[data-action=undo]")`)
			b.clickNode(b.find("button", "Undo"))
			b.awaitMessage("A question of mine", "stored")
			b.act("A question of mine", "delete")
			const gone = "This message was deleted."
			a.awaitMessage(gone, "stored")
			a.await(articles("An answer") + `[0].querySelector(".quote.gone")`)
			want := []string{gone, "An answer"}
			assert.Equal(t, want, a.messages())
			a.reload()
			a.awaitConnection("live")
			a.awaitMessage(gone, "stored")
			assert.Equal(t, want, a.messages(), "the same after a reload")
			assert.Equal(t, want, b.messages())

			a.requireNoTroubles()
			b.requireNoTroubles()
		})
	}
}

// openMenu opens the menu of the message with this text, with the mouse.
func (p *person) openMenu(text string) {
	p.tb.Helper()
	p.awaitMessage(text, "stored")
	x, y := p.middle(articles(text) + `[0]`)
	p.do(chromedp.MouseEvent("mouseMoved", 1, 1), chromedp.MouseEvent("mouseMoved", x, y))
	p.await(`document.querySelector(".toolbar:not([hidden]) [data-action=more]")`)
	p.clickOn(".toolbar [data-action=more]")
	p.await(`document.querySelector("#actions")?.open`)
}

// middle is where an element is, given as a JavaScript expression.
func (p *person) middle(element string) (x, y float64) {
	p.tb.Helper()
	at := eval[[]float64](p, `(e => (e.scrollIntoView({ block: "nearest" }), (r => [r.left + r.width / 2, r.top + r.height / 2])(e.getBoundingClientRect())))(`+element+`)`)
	return at[0], at[1]
}

// clickOn presses what a selector finds. Chromedp's own way waits for a frame, and a tab behind another has none.
func (p *person) clickOn(selector string) {
	p.tb.Helper()
	p.do(chromedp.MouseClickXY(p.middle(`document.querySelector(` + quote(selector) + `)`)))
}

// act chooses an entry of the menu of a message.
func (p *person) act(text, action string) {
	p.tb.Helper()
	p.openMenu(text)
	p.clickOn(fmt.Sprintf("#actions [data-action=%q]", action))
	p.await(`!document.querySelector("#actions")`)
}

// react gives a message an emoji, or takes it back.
func (p *person) react(text, emoji string) {
	p.tb.Helper()
	p.openMenu(text)
	p.clickOn(fmt.Sprintf("#actions [data-emoji=%q]", emoji))
	p.await(`!document.querySelector("#actions")`)
}

// may reports whether the menu of a message has an entry.
func (p *person) may(text, action string) bool {
	p.tb.Helper()
	p.openMenu(text)
	defer func() {
		p.press("\u001b")
		p.await(`!document.querySelector("#actions")`)
	}()
	return eval[bool](p, fmt.Sprintf(`document.querySelector('#actions [data-action=%q]') !== null`, action))
}
