package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Troubles of pages, browsers and machines.

// reloads: each while messages are on their way. What was in the box is there again or has been sent, never both.
func reloads(t *testing.T, s *site) {
	a, b := s.join(t, alice), s.join(t, bob)
	var texts []string
	for round := range 3 {
		burst := numbered(fmt.Sprintf("round %d, message %%d", round), 5)
		texts = append(texts, burst...)
		a.sayAll(burst...)
		a.awaitCount(1, fmt.Sprintf("round %d", round)) // the first is safe
		a.reload()
		a.awaitConnection("live")
		a.sendLeftovers() // these were not safe yet, and come back to their writer
	}
	a.awaitSettled()
	a.think("half a thought")
	a.reload()
	a.awaitConnection("live")
	s.requireSame(t, soon, a, b)
	stored := strings.Join(s.contents(t), "\n") // what came back into the box was sent as one message
	for _, text := range texts {
		assert.Equal(t, 1, strings.Count(stored, text), "how often %q is stored", text)
	}
	requireThought(t, "half a thought", a)
}

// tabDies: another tab of the same browser sends what the dead one could not.
func tabDies(t *testing.T, s *site) {
	a, b := s.join(t, alice), s.join(t, bob)
	other := a.openTab()
	other.awaitConnection("live")
	other.think("half a thought")
	a.link.Freeze()
	texts := numbered("last words %d", 3)
	a.sayAll(texts...)
	a.awaitMessage(texts[0], "sending")
	a.awaitMessage(texts[2], "queued")
	a.await(`document.querySelector("#message").value === ""`) // all of them are safe
	a.crash()
	a.link.Mend()
	for _, text := range texts {
		b.awaitMessage(text, "stored")
	}
	s.requireSame(t, soon, other, b)
	s.requireOnce(t, texts...)
	requireThought(t, "half a thought", other)
}

// lastTabDies: the next start sends it, and finds what was typed.
func lastTabDies(t *testing.T, s *site) {
	a := s.join(t, alice)
	a.link.Cut()
	a.awaitNotLive(patience)
	texts := numbered("last words %d", 3)
	a.sayAll(texts...)
	a.awaitMessage(texts[2], "queued")
	a.think("half a thought")
	a.awaitStored("half a thought")
	again := a.newTab()
	a.crash()
	a.link.Mend()
	again.visit(a.link.URL())
	again.awaitConnection("live")
	again.awaitMessage(texts[2], "stored")
	s.requireSame(t, soon, again)
	s.requireOnce(t, texts...)
	requireThought(t, "half a thought", again)
}

// tabFrozen: once with a connection that lives on, once with one that died meanwhile.
func tabFrozen(t *testing.T, s *site) {
	a, b := s.join(t, alice), s.join(t, bob)
	a.think("half a thought")
	for round, befalls := range []func(){func() {}, a.link.Strand} {
		a.freeze()
		befalls()
		s.storeMany(t, bob, fmt.Sprintf("round %d, missed %%d", round), 30)
		a.thaw()
		s.requireSame(t, soon, a, b)
	}
	requireThought(t, "half a thought", a)
}

// wrongClocks: an hour ahead, an hour behind; the order is the server's all the same.
func wrongClocks(t *testing.T, s *site) {
	a, b := s.join(t, alice), s.join(t, bob)
	a.setClock(time.Hour)
	b.setClock(-time.Hour)
	var texts []string
	for i := range 5 {
		for _, who := range []*person{a, b} {
			who.awaitConnection("live")
			text := fmt.Sprintf("%d by %p", i, who)
			texts = append(texts, text)
			who.say(text)
			who.awaitMessage(text, "stored")
		}
	}
	a.link.Reset() // and what was missed is found
	s.store(t, bob, "missed")
	a.think("half a thought")
	a.focus()
	s.requireSame(t, soon, a, b)
	s.requireOnce(t, texts...)
	requireThought(t, "half a thought", a)
}

// machineSleeps: an hour is gone between two ticks of the clock, and so are the connections.
func machineSleeps(t *testing.T, s *site) {
	a, b := s.join(t, alice), s.join(t, bob)
	a.setClock(0)
	a.awaitConnection("live")
	a.think("half a thought")
	a.freeze()
	a.link.Strand()
	s.storeMany(t, bob, "missed %d", 30)
	a.setClock(time.Hour)
	a.thaw()
	s.requireSame(t, soon, a, b)
	requireThought(t, "half a thought", a)
}

// twoTabs of one user write at a time; each keeps its own order, and all windows have the table's.
func twoTabs(t *testing.T, s *site) {
	a, b := s.join(t, alice), s.join(t, bob)
	second := a.openTab()
	second.awaitConnection("live")
	var texts []string
	for i := range 5 {
		for _, tab := range []*person{a, second} {
			name := "first"
			if tab == second {
				name = "second"
			}
			text := fmt.Sprintf("%s tab %d", name, i)
			texts = append(texts, text)
			tab.sayAll(text)
		}
	}
	for _, text := range texts {
		b.awaitMessage(text, "stored")
	}
	a.think("half a thought")
	s.requireSame(t, soon, a, second, b)
	requireEachOnce(t, s, texts)
	requireThought(t, "half a thought", a)
	requireThought(t, "", second)
}

// storageFull: the writer is told at the start, before any text is at risk; what can be sent is sent all the same.
func storageFull(t *testing.T, s *site) {
	a := s.newVisitor(t)
	a.setQuota(1) // before the first look: Chromium remembers for a while how much room there is
	a.visit(a.link.URL())
	a.logIn(alice)
	a.awaitAlert("storage is full")
	a.awaitConnection("live")
	a.say("kept nowhere but here")
	a.awaitMessage("kept nowhere but here", "stored")
	a.think("half a thought")
	a.setQuota(-1)
	s.requireSame(t, soon, a)
	requireThought(t, "half a thought", a)
}

// requireEachOnce is requireOnce without the order: these came from several tabs.
func requireEachOnce(t *testing.T, s *site, texts []string) {
	t.Helper()
	stored := s.contents(t)
	slices.Sort(stored)
	slices.Sort(texts)
	assert.Equal(t, texts, stored)
}
