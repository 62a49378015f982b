package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestOnlyWhatArrivesIsAnnounced: what a screen reader is told of by itself, in a whole conversation. History, edits, what
// was missed and one's own messages stir nothing in the live region.
func TestOnlyWhatArrivesIsAnnounced(t *testing.T) {
	s := newSite(t, siteOptions{})
	id := s.store(t, bob, "there before")
	a := s.join(t, alice)
	a.awaitMessage("there before", "stored")
	eval[any](a, `(window.heard = [], window.stirs = 0, new MutationObserver(records => {
		stirs += records.length;
		for (const r of records) for (const n of r.addedNodes) heard.push(n.textContent.replace(/[\u2068\u2069]/g, ""));
	}).observe(document.getElementById("announcer"), { childList: true, characterData: true, attributes: true, subtree: true }), 1)`)

	s.store(t, bob, "Hello")
	a.await(`heard.length === 1`)
	a.say("my own")
	a.awaitMessage("my own", "stored")
	s.admin(t, "PATCH", "/items/messages/"+id, map[string]any{"content": "edited"}, nil)
	a.awaitMessage("edited", "stored")
	a.link.Cut()
	a.awaitNotLive(patience)
	s.store(t, bob, "missed")
	a.link.Mend()
	a.focus()
	a.awaitConnection("live")
	a.awaitMessage("missed", "stored")
	s.store(t, bob, "Here again?")
	a.await(`heard.length === 2`)

	assert.Equal(t, []string{a.author("Hello") + ": Hello", a.author("Hello") + ": Here again?"}, eval[[]string](a, `heard`))
	assert.Equal(t, 2, eval[int](a, `stirs`), "one node for each, and nothing else")
	a.requireNoTroubles()
}
