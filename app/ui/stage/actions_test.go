//go:build !js

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

const (
	toolbar = `document.querySelector(".toolbar")`
	dialog  = `document.getElementById("actions")`
	report  = `document.querySelector(".done").textContent`
	// The message that has the focus, or something in it.
	stopped = `document.activeElement.closest("article")?.dataset.messageId`
)

// allowed lets the reader do what the server would: anything to their own messages, and answer and react to others'.
func allowed(rows ...chat.Row) []chat.Row {
	for i := range rows {
		if rows[i].Delivery == chat.Stored && !rows[i].Deleted {
			rows[i].Can = chat.Can{Reply: true, React: true, Edit: rows[i].Mine, Delete: rows[i].Mine}
		}
	}
	return rows
}

// article is the message with that key.
func article(id chat.MessageID) string {
	return fmt.Sprintf(`document.querySelector('article[data-message-id=%q]')`, string(id))
}

// point moves the mouse over a message.
func (v *visitor) point(id chat.MessageID) {
	v.tb.Helper()
	eval[any](v, `(`+article(id)+`.scrollIntoView({ block: "nearest" }), 1)`)
	at := eval[[]float64](v, `(r => [r.left + r.width / 2, r.top + r.height / 2])(`+article(id)+`.getBoundingClientRect())`)
	v.do(chromedp.MouseEvent("mouseMoved", at[0], at[1]))
}

// menu opens the menu of a message by the pointer.
func (v *visitor) menu(id chat.MessageID) {
	v.tb.Helper()
	v.point(id)
	v.await(toolbar + `.querySelector("[data-action=more]") && !` + toolbar + `.hidden`)
	v.click(".toolbar [data-action=more]")
	v.await(dialog + `?.open`)
}

// enter presses the Enter key as a keyboard does: where the page takes the key for itself, no character follows. What
// press sends would reach what has the focus by then.
func (v *visitor) enter() {
	v.tb.Helper()
	v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, kind := range []input.DispatchKeyEventType{"rawKeyDown", "keyUp"} {
			key := input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13}
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, key); err != nil {
				return err
			}
		}
		return nil
	}))
}

// intent is the newest one, which must be a T.
func intent[T chat.Intent](v *visitor) (in T) {
	v.tb.Helper()
	name := strings.TrimPrefix(fmt.Sprintf("%T ", in), "chat.")
	v.await(`intents.at(-1)?.startsWith(` + quote(name) + `)`)
	require.NoError(v.tb, json.Unmarshal([]byte(strings.TrimPrefix(eval[string](v, `intents.at(-1)`), name)), &in))
	return in
}

// TestMoment: the clock of a message says the whole date and time to whoever points at the message or reaches it by the
// keyboard, and of no other.
func TestMoment(t *testing.T) {
	v := newVisitor(t)
	v.view(900, 700, nil)
	v.open("/")
	rows := many(60)
	v.show(room(rows...))
	const titled = `[...document.querySelectorAll("time[title]")].map(time => time.closest("article").dataset.messageId + " " + time.title)`
	says := func(i int) string {
		return string(rows[i].ID) + " " + eval[string](v, `new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "medium" }).format(`+fmt.Sprint(rows[i].Time.UnixMilli())+`)`)
	}
	is := func(want ...string) {
		t.Helper()
		v.await(titled + `.join() === ` + quote(strings.Join(want, ",")))
	}
	is()
	v.point(rows[57].ID)
	is(says(57))
	v.point(rows[56].ID)
	is(says(56))
	eval[any](v, `document.querySelector("#messages").focus()`)
	v.press(kb.ArrowUp)
	v.press(kb.ArrowUp)
	is(says(56), says(58))
	v.show(room(rows[:58]...)) // nodes show other messages, and others are below the pointer
	v.await(`!document.querySelector('article[data-message-id=` + quote(string(rows[58].ID)) + `]')`)
	assert.Subset(t, []string{says(53), says(54), says(55), says(56), says(57)}, eval[[]string](v, titled), "of its own message")
}

func TestToolbar(t *testing.T) {
	v := newVisitor(t)
	v.view(900, 700, nil)
	v.open("/")
	rows := allowed(many(60)...)
	rows[58].Can = chat.Can{}
	rows[59] = row(59, bob, time.Now(), "")
	rows[59].Deleted = true
	v.show(room(rows...))
	before := eval[int](v, `document.querySelectorAll("*").length`)
	assert.True(t, eval[bool](v, toolbar+`.hidden`))

	of := rows[56]
	v.write("message", "unfinished")
	v.point(of.ID)
	v.await(`!` + toolbar + `.hidden`)
	assert.LessOrEqual(t, eval[int](v, `document.querySelectorAll("*").length`)-before, 8, "one for all messages")
	assert.Equal(t, []string{"👍", "❤️", "😂", "reply", "more"}, eval[[]string](v, `[...`+toolbar+`.children].map(b => b.textContent || b.dataset.action)`))
	labels := eval[[]string](v, `[...`+toolbar+`.children].map(b => b.ariaLabel)`)
	for _, label := range labels {
		assert.Contains(t, label, of.Name)
	}
	const beside = `(a, b) => Math.abs(a.getBoundingClientRect().top - (b.getBoundingClientRect().top + b.getBoundingClientRect().height / 2)) < 2`
	assert.True(t, eval[bool](v, `(`+beside+`)(`+article(of.ID)+`, `+toolbar+`)`), "on its upper edge")
	eval[any](v, list+`.scrollTop -= 6`)
	v.await(`(` + beside + `)(` + article(of.ID) + `, ` + toolbar + `)`)

	v.click(".toolbar [data-emoji]")
	given := intent[chat.React](v)
	assert.Equal(t, chat.React{ID: given.ID, Message: of.ID, Emoji: "👍", On: true}, given)
	assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-7`, given.ID)
	assert.Equal(t, "message", eval[string](v, focused), "the pointer takes the focus from nobody")

	of.Reactions = []chat.Reaction{{Emoji: "👍", People: []chat.Person{bob, alice}, Mine: true}}
	rows[56] = of
	v.show(room(rows...))
	v.click(".toolbar [data-emoji]")
	assert.False(t, intent[chat.React](v).On, "pressed again, it is taken back")

	v.point(rows[58].ID)
	v.await(toolbar + `.children.length === 1`)
	assert.Equal(t, "more", eval[string](v, toolbar+`.firstChild.dataset.action`), "what the server would refuse is not offered")
	v.point(rows[59].ID)
	v.await(toolbar + `.hidden`)
	v.point(of.ID)
	v.await(`!` + toolbar + `.hidden`)
	v.do(chromedp.MouseEvent("mouseMoved", 5, 5))
	v.await(toolbar + `.hidden`)
	v.requireNoTroubles()
}

func TestMenu(t *testing.T) {
	const entries = `[...` + dialog + `.querySelectorAll(".sheet > [role=menuitem]")].map(b => b.textContent)`
	v := newVisitor(t)
	v.open("/")
	rows := allowed(row(1, bob, time.Now(), "his"), row(2, alice, time.Now(), "mine"), delivered(row(3, alice, time.Now(), "waits"), chat.Failed))
	rows[1].Reactions = []chat.Reaction{{Emoji: "🎉", People: []chat.Person{bob, {ID: "9b"}, alice}, Mine: true}}
	v.show(room(rows...))
	v.menu(rows[0].ID)
	assert.Equal(t, []string{"Reply", "Copy text", "Copy link"}, eval[[]string](v, entries))
	assert.Equal(t, 7, eval[int](v, dialog+`.querySelectorAll(".quick > button").length`), "six emoji, and the way to the others")
	assert.Contains(t, eval[string](v, dialog+`.ariaLabel`), "Bob Example")
	v.do(chromedp.MouseClickXY(3, 3))
	v.await(`!` + dialog)

	v.menu(rows[1].ID)
	assert.Equal(t, []string{"Reply", "Edit", "Copy text", "Copy link", "Who reacted", "Delete"}, eval[[]string](v, entries))
	assert.Equal(t, "true", eval[string](v, dialog+`.querySelector("[data-emoji='🎉']").ariaChecked`))
	v.click("#actions [data-action=givers]")
	v.await(dialog + `.querySelector("li")`)
	assert.Equal(t, "🎉Bob Example, Member 9b, and you", eval[string](v, dialog+`.querySelector("li").textContent.replace(/[\u2068\u2069]/g, "")`))
	v.press(kb.Escape)
	v.await(`!` + dialog)

	v.menu(rows[1].ID)
	v.click("#actions [data-action=delete]")
	assert.Equal(t, rows[1].ID, intent[chat.Delete](v).Message)
	v.await(report + `.startsWith("Message deleted")`)
	assert.Equal(t, "status", eval[string](v, `document.querySelector(".done").role`), "it is announced")

	v.menu(rows[2].ID)
	assert.Equal(t, []string{"Copy text"}, eval[[]string](v, entries), "it is not stored: nothing to link to")
	rows[2].Deleted = true
	v.show(room(rows...))
	v.await(`!` + dialog)
	v.requireNoTroubles()
}

func TestCopying(t *testing.T) {
	rows := allowed(row(1, bob, time.Now(), "some *text*\nof his"))
	copied := func(v *visitor, action, says string) {
		v.menu(rows[0].ID)
		v.click("#actions [data-action=" + action + "]")
		v.await(report + ` === ` + quote(says))
	}
	t.Run("to the clipboard", func(t *testing.T) {
		v := newVisitor(t)
		v.first(`navigator.clipboard.writeText = async text => { window.clip = text }`)
		v.open("/")
		v.show(room(rows...))
		copied(v, "copy-text", "Text copied")
		assert.Equal(t, rows[0].Text, eval[string](v, `clip`))
		copied(v, "copy-link", "Link copied")
		assert.Equal(t, stage.http.URL+"/m/"+string(rows[0].ID), eval[string](v, `clip`))
	})
	t.Run("refused, the old way", func(t *testing.T) {
		v := newVisitor(t)
		v.first(`navigator.clipboard.writeText = async () => { throw new DOMException("", "NotAllowedError") };
			document.execCommand = () => { window.clip = getSelection().toString() || document.activeElement.value; return true }`)
		v.open("/")
		v.show(room(rows...))
		v.write("message", "unfinished")
		copied(v, "copy-text", "Text copied")
		assert.Equal(t, rows[0].Text, eval[string](v, `clip`))
		assert.Equal(t, "message", eval[string](v, focused))
		assert.Equal(t, 1, eval[int](v, `document.querySelectorAll("textarea").length`))
		v.requireNoTroubles()
	})
	t.Run("not at all", func(t *testing.T) {
		v := newVisitor(t)
		v.first(`Object.defineProperty(navigator, "clipboard", { value: undefined }); document.execCommand = () => false`)
		v.open("/")
		v.show(room(rows...))
		copied(v, "copy-text", "The browser does not allow copying from here.")
	})
}

// TestKeyboardInTheList: it is one stop of the Tab key, the arrows move in it, and what belongs to a message follows it.
func TestKeyboardInTheList(t *testing.T) {
	v := newVisitor(t)
	v.view(900, 700, nil)
	v.open("/")
	rows := allowed(many(60)...)
	rows[59].Text = "see https://example.com"
	v.show(room(rows...))
	stops := `[...document.querySelectorAll("#messages, #messages *")].filter(e => e.tabIndex >= 0).length`
	assert.Equal(t, 1, eval[int](v, stops))
	eval[any](v, list+`.focus()`)
	v.press(kb.ArrowUp)
	v.await(stopped + ` === ` + quote(string(rows[59].ID)))
	assert.Equal(t, 2, eval[int](v, stops), "the message instead of the list, and the link in it")
	assert.Regexp(t, `^Carol Example at .*: see https`, eval[string](v, `document.activeElement.ariaLabel.replace(/[\u2068\u2069]/g, "")`))
	v.await(`!` + toolbar + `.hidden`)
	v.press(kb.ArrowUp + kb.ArrowUp + kb.ArrowDown)
	v.await(stopped + ` === ` + quote(string(rows[58].ID)))
	assert.Equal(t, 1, eval[int](v, stops))
	v.press(kb.Home)
	v.await(stopped + ` === ` + quote(string(rows[0].ID)))
	assert.GreaterOrEqual(t, v.place(rows[0].ID), 0.0, "it is seen")
	v.press(kb.End)
	v.await(stopped + ` === ` + quote(string(rows[59].ID)))
	v.press("\t")
	assert.Equal(t, "A", eval[string](v, `document.activeElement.tagName`))
	v.press("\t")
	v.await(`document.activeElement.closest(".toolbar")`)
	v.press(kb.ArrowRight)
	assert.Equal(t, "❤️", eval[string](v, `document.activeElement.dataset.emoji`))
	v.press(kb.Escape)
	assert.Equal(t, string(rows[59].ID), eval[string](v, stopped))

	v.enter()
	v.await(dialog + `?.open && document.activeElement.dataset.action === "reply"`)
	v.press(kb.ArrowDown)
	assert.Equal(t, "copy-text", eval[string](v, `document.activeElement.dataset.action`))
	v.press(kb.ArrowUp + kb.ArrowUp + kb.ArrowRight)
	assert.Equal(t, "❤️", eval[string](v, `document.activeElement.dataset.emoji`))
	v.press(kb.Escape)
	v.await(`!` + dialog)
	assert.Equal(t, string(rows[59].ID), eval[string](v, stopped), "the focus comes back")
	assert.Equal(t, "ARTICLE", eval[string](v, `document.activeElement.tagName`))

	eval[any](v, `document.activeElement.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true, button: 0 }))`)
	v.await(dialog + `?.open && document.activeElement.dataset.action === "reply"`)
	v.show(room(append(rows[1:60:60], allowed(row(60, bob, time.Now(), "one more"))...)...)) // every message in another's node
	v.press(kb.Escape)
	v.await(`!` + dialog)
	v.await(stopped + ` === ` + quote(string(rows[59].ID)))

	eval[any](v, message+`.focus()`)
	v.await(toolbar + `.hidden`)
	assert.Equal(t, 1, eval[int](v, stops), "and the list is the stop again")
	assert.Equal(t, 0, eval[int](v, `document.querySelectorAll("article[aria-label]").length`))
	v.requireNoTroubles()
}
