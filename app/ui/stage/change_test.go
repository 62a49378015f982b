//go:build !js

package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

func TestDeletionIsUndone(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	r := row(1, alice, time.Now(), "")
	r.Deleted, r.Change = true, chat.Change{Op: chat.OpDelete, ID: "op", Undo: true}
	v.show(room(r))
	assert.Contains(t, eval[string](v, article(r.ID)+`.innerText`), "This message was deleted.")
	v.click("article [data-action=undo]")
	assert.Equal(t, chat.Undo{ID: "op"}, intent[chat.Undo](v))
	r.Change.Undo = false
	v.show(room(r))
	assert.True(t, eval[bool](v, `!document.querySelector("[data-action=undo]")`), "it has left")
	assert.Equal(t, string(r.ID), eval[string](v, stopped))
	v.requireNoTroubles()
}

func TestRefusedChange(t *testing.T) {
	for op, words := range map[chat.Op]string{chat.OpEdit: "Not changed. ", chat.OpDelete: "Not deleted. "} {
		t.Run(string(op), func(t *testing.T) {
			v := newVisitor(t)
			v.open("/")
			r := allowed(row(1, alice, time.Now(), "mine"))[0]
			r.Change = chat.Change{Op: op, ID: "op", Delivery: chat.Failed, Problem: chat.Problem{Code: chat.ProblemRefused}}
			v.show(room(r))
			assert.Contains(t, eval[string](v, article(r.ID)+`.innerText`), words+"The server refused it.")
			v.click("article [data-action=retry]")
			assert.Equal(t, chat.Retry{ID: "op"}, intent[chat.Retry](v))
			v.click("article [data-action=discard]")
			assert.Equal(t, chat.Discard{ID: "op"}, intent[chat.Discard](v))
			v.requireNoTroubles()
		})
	}
}

func TestQuote(t *testing.T) {
	v := newVisitor(t)
	v.view(900, 500, nil)
	v.open("/")
	rows := many(60)
	answer := func(q chat.Quote) chat.Snapshot {
		last := row(61, bob, time.Now(), "an answer")
		last.Reply = q
		return room(append(rows[:60:60], last)...)
	}
	const quoted = `(q => q && q.innerText.replace("\n", " "))(document.querySelector("article .quote"))`
	v.show(answer(chat.Quote{}))
	assert.True(t, eval[bool](v, `!document.querySelector(".quote")`))
	original := rows[50] // drawn, and not seen
	v.show(answer(chat.Quote{ID: original.ID, Author: original.Author, Name: original.Name, Text: original.Text, Known: true}))
	assert.Equal(t, original.Name+" "+original.Text, eval[string](v, quoted))
	v.click(".quote")
	v.await(isLit(original.ID))
	assert.True(t, eval[bool](v, `(r => r.top >= 0 && r.bottom <= innerHeight)(`+article(original.ID)+`.getBoundingClientRect())`), "it is seen at once")
	assert.Equal(t, string(original.ID), eval[string](v, stopped))
	assert.Empty(t, v.intents())

	v.show(answer(chat.Quote{ID: "elsewhere", Name: "Bob Example", Text: "long ago", Deleted: true, Known: true}))
	assert.Equal(t, "Bob Example This message was deleted.", eval[string](v, quoted))
	v.show(answer(chat.Quote{ID: "elsewhere"}))
	assert.Equal(t, "An earlier message", eval[string](v, quoted))
	eval[any](v, list+`.scrollTop = 1e6`)
	v.click(".quote")
	assert.Equal(t, chat.Open{Message: "elsewhere"}, intent[chat.Open](v))
	v.requireNoTroubles()
}
