//go:build !js

package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

const opening = `document.querySelector(".opening").innerText`

func opened(s chat.Snapshot, id chat.MessageID, times int) chat.Snapshot {
	s.Room.Target = chat.Target{ID: id, Opened: times}
	return s
}

// isLit is true while a message lights up.
func isLit(id chat.MessageID) string {
	return fmt.Sprintf(`document.querySelector('[data-message-id=%q]')?.getAnimations().length === 1`, id)
}

// TestLink: a message's path opens it as soon as somebody is signed in, and shows it in the view, lit up.
func TestLink(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 600, nil)
	all := many(600)
	id := all[150].ID
	v.open("/m/" + string(id))
	v.show(signedOut())
	assert.Empty(t, v.intents())
	v.show(room())
	v.await(`intents.length === 1`)
	open := fmt.Sprintf(`Open {"Room":"","Message":%q}`, id)
	assert.Equal(t, []string{open}, v.intents())
	s := window(all, 400, 600)
	s.Room.Target = chat.Target{ID: id, Opening: true}
	v.show(s)
	assert.Contains(t, eval[string](v, opening), "Looking for the message")
	assert.Zero(t, eval[int](v, below))

	s = opened(window(all, 50, 250), id, 1)
	s.Room.Torn = true
	v.show(s)
	v.await(isLit(id))
	assert.InDelta(t, 200+eval[float64](v, list+`.getBoundingClientRect().top`), v.place(id), 100, "in the upper half")
	assert.Empty(t, eval[string](v, opening))
	assert.Len(t, v.intents(), 1, "once")
	at := v.place(id)
	v.show(opened(window(append(all[:600:600], row(600, bob, time.Now(), "news")), 50, 250), id, 1))
	assert.InDelta(t, at, v.place(id), 1, "and stays there")

	v.reading(all[90].ID)
	eval[any](v, `(document.getAnimations().forEach(a => a.finish()), 1)`)
	v.show(opened(window(all, 50, 250), id, 2))
	v.await(isLit(id))
	v.show(opened(room(all[500:]...), all[599].ID, 3))
	v.await(isLit(all[599].ID))
	v.await(pill + `.hidden`)
	v.requireNoTroubles()
}

// TestDeadLink: a link that leads nowhere says so until the reader has seen it.
func TestDeadLink(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	s := room(many(30)...)
	s.Room.Target = chat.Target{ID: "gone", Opened: 1, Problem: chat.Problem{Code: chat.ProblemMissing}}
	v.show(s)
	assert.Contains(t, eval[string](v, opening), "is not there")
	assert.Zero(t, eval[int](v, below), "nobody is taken anywhere")
	v.click("[data-action=dismiss]")
	v.await(opening + ` === ""`)
	assert.Equal(t, "messages", eval[string](v, focused))
	v.show(s)
	assert.Empty(t, eval[string](v, opening))
	s.Room.Target.Opened = 2
	v.show(s)
	assert.Contains(t, eval[string](v, opening), "is not there")
	v.requireNoTroubles()
}

// TestLinkInAMessage: a link of this room opens in this page, and the way back is the browser's.
func TestLinkInAMessage(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	const id = "0198c0de-0000-7000-8000-000000000003"
	v.show(room(
		row(1, bob, time.Now(), "see "+stage.http.URL+"/m/"+id),
		row(2, bob, time.Now(), "and https://example.com/m/"+id),
	))
	v.click(`[data-message-id$="01"] a`)
	v.await(`intents.length === 1`)
	open := fmt.Sprintf(`Open {"Room":"","Message":%q}`, id)
	assert.Equal(t, []string{open}, v.intents())
	assert.Equal(t, "/m/"+id, eval[string](v, `location.pathname`))
	v.click(`[data-message-id$="01"] a`)
	v.await(`intents.length === 2`)
	assert.Equal(t, 2, eval[int](v, `history.length - 1`), "the same link is one step of the history")
	eval[any](v, `(history.back(), 1)`)
	v.await(`location.pathname === "/"`)
	eval[any](v, `(history.forward(), 1)`)
	v.await(`intents.length === 3`)
	assert.Equal(t, open, v.intents()[2])

	const other = `(a => (a.dispatchEvent(Object.assign(new MouseEvent("click", { bubbles: true, cancelable: true, ...%s }))), 1))`
	eval[any](v, `(addEventListener("click", e => { window.kept = e.defaultPrevented; e.preventDefault() }), 1)`)
	for _, click := range []string{
		fmt.Sprintf(other, `{ ctrlKey: true }`) + `(document.querySelector('[data-message-id$="01"] a'))`,
		fmt.Sprintf(other, `{}`) + `(document.querySelector('[data-message-id$="02"] a'))`,
	} {
		eval[any](v, click)
		assert.False(t, eval[bool](v, `kept`), "that is the browser's matter")
	}
	v.requireNoTroubles()
}
