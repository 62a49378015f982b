//go:build !js

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"

	"directuschat"
	"directuschat/app/chat"
)

// bar is what stands above the box, "" for nothing.
const bar = `(b => b.hidden ? "" : [...b.querySelector("p").children].map(c => c.textContent).join(" ").trim().replace(/[\u2068\u2069]/g, ""))(document.getElementById("composer-task"))`

func TestReplying(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	rows := allowed(row(1, bob, time.Now(), "a question\nof two lines"), row(2, carol, time.Now(), "and another"))
	s := room(rows...)
	v.show(s)
	v.write("message", "half")
	v.drafted("half")
	v.menu(rows[0].ID)
	v.click("#actions [data-action=reply]")
	v.await(bar + ` === "Replying to Bob Example: a question of two lines"`)
	v.await(focused + ` === "message"`)
	assert.Equal(t, "half", eval[string](v, box), "what was typed stays")
	v.await(`answered.at(-1) === ` + quote(string(rows[0].ID)))
	assert.Equal(t, "half", eval[string](v, `drafts.at(-1)`))

	v.press(kb.Escape)
	v.await(bar + ` === ""`)
	v.await(`answered.at(-1) === ""`)

	v.point(rows[1].ID)
	v.await(`!` + toolbar + `.hidden`)
	v.click(".toolbar [data-action=reply]")
	v.await(bar + `.startsWith("Replying to Carol")`)
	v.press(" an answer\r")
	send := intent[chat.Send](v)
	assert.Equal(t, chat.Send{ID: send.ID, Text: "half an answer", ReplyTo: rows[1].ID}, send)
	assert.Empty(t, eval[string](v, bar), "the next one answers nothing")
	s.Room.Kept = send.ID
	v.show(s)
	v.press("next\r")
	assert.Empty(t, intent[chat.Send](v).ReplyTo)
	v.requireNoTroubles()
}

func TestReplyIsRestored(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	s := withDraft(room(), "half an answer")
	s.Room.DraftReplyTo = chat.Quote{ID: "1"}
	v.show(s)
	assert.Equal(t, "Replying to an earlier message", eval[string](v, bar))
	s.Room.DraftReplyTo = chat.Quote{ID: "1", Name: "Bob Example", Text: "a question", Known: true}
	v.show(s)
	assert.Equal(t, "Replying to Bob Example: a question", eval[string](v, bar))
	v.write("message", "!")
	v.press("\r")
	assert.Equal(t, chat.MessageID("1"), intent[chat.Send](v).ReplyTo)
}

func TestEditing(t *testing.T) {
	rows := allowed(row(1, alice, time.Now(), "older"), row(2, alice, time.Now(), "with a *mistaek*"), row(3, bob, time.Now(), "his"))
	start := func(t *testing.T) *visitor {
		v := newVisitor(t)
		v.open("/")
		v.show(room(rows...))
		v.write("message", "unfinished")
		v.drafted("unfinished")
		v.menu(rows[1].ID)
		v.click("#actions [data-action=edit]")
		v.await(bar + ` === "Editing your message"`)
		v.await(focused + ` === "message"`)
		assert.Equal(t, rows[1].Text, eval[string](v, box))
		return v
	}
	t.Run("saved", func(t *testing.T) {
		t.Parallel()
		v := start(t)
		v.press("!")
		v.press("z", chromedp.KeyModifiers(chromedp.ModifierCtrl))
		assert.Equal(t, rows[1].Text, eval[string](v, box), "undo takes back what was typed")
		v.press("!\r")
		edit := intent[chat.Edit](v)
		assert.Equal(t, chat.Edit{ID: edit.ID, Message: rows[1].ID, Text: rows[1].Text + "!"}, edit)
		assert.Equal(t, "unfinished", eval[string](v, box), "the draft comes back")
		assert.Empty(t, eval[string](v, bar))
		assert.Equal(t, []string{"unfinished"}, eval[[]string](v, `[...new Set(drafts)]`), "an edit is no draft")
		v.press("\r")
		assert.Equal(t, "unfinished", intent[chat.Send](v).Text)
		v.requireNoTroubles()
	})
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		v := start(t)
		v.press("!" + kb.Escape)
		assert.Equal(t, "unfinished", eval[string](v, box))
		assert.Equal(t, "message", eval[string](v, focused))
		assert.Empty(t, v.intents())
	})
	t.Run("left as it was", func(t *testing.T) {
		t.Parallel()
		v := start(t)
		v.press("\r")
		v.await(bar + ` === ""`)
		assert.Empty(t, v.intents())
	})
	t.Run("emptied", func(t *testing.T) {
		t.Parallel()
		v := start(t)
		eval[any](v, message+`.select()`)
		v.press("\b\r")
		assert.Equal(t, "Nothing is left of the message. Delete it?", eval[string](v, bar))
		assert.Empty(t, v.intents())
		v.click("#composer-delete")
		assert.Equal(t, rows[1].ID, intent[chat.Delete](v).Message)
		assert.Equal(t, "unfinished", eval[string](v, box))
	})
	t.Run("too long", func(t *testing.T) {
		t.Parallel()
		v := start(t)
		v.write("message", strings.Repeat("x", directuschat.MaxLength))
		v.press("\r")
		v.await(`document.getElementById("composer-alert").textContent.includes("over")`)
		assert.Empty(t, v.intents())
		assert.Equal(t, "Editing your message", eval[string](v, bar))
	})
	t.Run("by the keyboard, from the list", func(t *testing.T) {
		t.Parallel()
		v := newVisitor(t)
		v.open("/")
		v.show(room(rows...))
		eval[any](v, list+`.focus()`)
		v.press(kb.ArrowUp + kb.ArrowUp)
		v.enter()
		v.await(dialog + `?.open && document.activeElement.dataset.action === "reply"`)
		v.press(kb.ArrowDown)
		v.press("\r")
		v.await(focused + ` === "message" && ` + bar + ` !== ""`)
		v.press("!\r")
		assert.Equal(t, rows[1].ID, intent[chat.Edit](v).Message)
		v.await(stopped + ` === ` + quote(string(rows[1].ID)))
		v.requireNoTroubles()
	})
	t.Run("by the arrow up", func(t *testing.T) {
		t.Parallel()
		v := newVisitor(t)
		v.open("/")
		s := room(rows...)
		v.show(s)
		v.write("message", "x")
		v.press(kb.ArrowUp)
		assert.Empty(t, eval[string](v, bar), "not when something stands in the box")
		eval[any](v, message+`.select()`)
		v.press("\b" + kb.ArrowUp)
		assert.Equal(t, rows[1].Text, eval[string](v, box), "the last of one's own")
		v.press(kb.Escape)
		assert.Equal(t, "|message", eval[string](v, box+` + "|" + `+focused))
		rows := append(rows[:3:3], row(4, alice, time.Now(), "not to be edited"))
		rows[1].Can.Edit, rows[0].Can.Edit = false, false
		v.show(room(rows...))
		v.press(kb.ArrowUp)
		assert.Empty(t, eval[string](v, bar))
	})
	t.Run("by somebody who is logged out", func(t *testing.T) {
		t.Parallel()
		v := start(t)
		v.show(signedOut())
		assert.Equal(t, "|", eval[string](v, box+` + "|" + `+bar), "the next one here must not see it")
	})
}
