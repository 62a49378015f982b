package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// answer presses one of the buttons of the question that a log-out asks.
func (p *person) answer(action string) {
	p.tb.Helper()
	p.await(`document.querySelector("#leaving")?.open`)
	eval[any](p, `void document.querySelector("#leaving [data-action=`+action+`]").click()`)
}

// TestLogOutAsksAboutTheUnsent: what waits to be sent is sent first, or thrown away by decision only.
func TestLogOutAsksAboutTheUnsent(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := s.join(t, alice)
	a.link.Cut()
	a.awaitNotLive(patience)
	a.say("to be kept")
	a.awaitMessage("to be kept", "queued")

	a.click("button", "Log out")
	a.answer("stay")
	a.await(`!document.querySelector("#leaving")?.open`)
	a.awaitMessage("to be kept", "queued")

	a.click("button", "Log out")
	a.answer("wait")
	a.link.Mend()
	a.focus()
	a.find("textbox", "E-mail")
	assert.Equal(t, []string{"to be kept"}, s.contents(t))

	a.logIn(alice)
	a.awaitConnection("live")
	a.link.Cut()
	a.awaitNotLive(patience)
	a.say("to be thrown away")
	a.awaitMessage("to be thrown away", "queued")
	a.click("button", "Log out")
	a.answer("discard")
	a.find("textbox", "E-mail")
	a.link.Mend()
	a.logIn(alice)
	a.awaitConnection("live")
	s.requireSame(t, soon, a)
	assert.Equal(t, []string{"to be kept"}, s.contents(t))
	a.requireNoTroubles()
}

// TestNobodysTextIsSentAsAnothers: a session that has ended leaves messages unsent; the next one at this screen neither
// sees nor sends them, and they wait for who wrote them.
func TestNobodysTextIsSentAsAnothers(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := s.join(t, alice)
	a.await(`document.querySelector(".me").textContent === "Alice Example"`) // names may come after the messages
	a.link.Cut()
	a.awaitNotLive(patience)
	a.say("by Alice")
	a.awaitMessage("by Alice", "queued")
	s.endSessions(t, alice)
	a.link.Mend()
	a.reload()
	a.awaitAlert("session has ended")
	a.await(`/1 message of .*Alice Example.* waits to be sent/.test(document.body.innerText)`)

	a.logIn(bob)
	a.awaitConnection("live")
	a.say("by Bob")
	a.awaitMessage("by Bob", "stored")
	assert.Equal(t, []string{"by Bob"}, a.messages())
	assert.Equal(t, []string{"by Bob"}, s.contents(t))
	a.click("button", "Log out")

	a.logIn(alice)
	a.awaitConnection("live")
	a.awaitMessage("by Alice", "stored")
	s.requireSame(t, soon, a)
	a.await(`document.querySelector(".me").textContent === "Alice Example"`)
	assert.Equal(t, "Alice Example", a.author("by Alice"))
	a.requireNoTroubles()
}
