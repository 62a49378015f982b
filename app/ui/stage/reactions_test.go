//go:build !js

package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

func TestReactions(t *testing.T) {
	const chips = `[...document.querySelectorAll(".chip")]`
	v := newVisitor(t)
	v.open("/")
	r := allowed(row(1, bob, time.Now(), "done"))[0]
	r.Reactions = []chat.Reaction{
		{Emoji: "🎉", People: []chat.Person{carol, bob, alice}, Mine: true},
		{Emoji: "👍", People: []chat.Person{{ID: "9b", Name: "نور"}}},
	}
	v.show(room(r))
	assert.Equal(t, []string{"🎉3 true", "👍1 false"}, eval[[]string](v, chips+`.map(c => c.textContent + " " + c.ariaPressed)`))
	assert.Equal(t, "🎉 3 from Carol Example, Bob Example, and you", eval[string](v, chips+`[0].title.replace(/[\u2068\u2069]/g, "")`))
	assert.Equal(t, eval[string](v, chips+`[0].title`), eval[string](v, chips+`[0].ariaLabel`))
	v.click(".chip:first-child")
	off := intent[chat.React](v)
	assert.Equal(t, chat.React{ID: off.ID, Message: r.ID, Emoji: "🎉"}, off)
	v.click(".chip:last-child")
	on := intent[chat.React](v)
	assert.Equal(t, chat.React{ID: on.ID, Message: r.ID, Emoji: "👍", On: true}, on)

	r.Reactions[1].ID, r.Reactions[1].Failed = "op", chat.Problem{Code: chat.ProblemRefused}
	v.show(room(r))
	assert.Contains(t, eval[string](v, article(r.ID)+`.innerText`), "👍 was not stored. The server refused it.")
	v.click("article [data-action=retry]")
	assert.Equal(t, chat.MessageID("op"), intent[chat.Retry](v).ID)
	assert.Equal(t, string(r.ID), eval[string](v, stopped), "the button goes, the focus does not")
	v.click("article [data-action=discard]")
	assert.Equal(t, chat.MessageID("op"), intent[chat.Discard](v).ID)

	r.Can.React = false
	v.show(room(r))
	n := len(v.intents())
	v.click(".chip:first-child")
	v.show(room(r))
	assert.Len(t, v.intents(), n)
	assert.Equal(t, "true", eval[string](v, chips+`[0].ariaDisabled`))
	v.requireNoTroubles()
}

// TestRecycledReactions: a button of a row that has become another message's is about that one.
func TestRecycledReactions(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	a, b := allowed(row(1, bob, time.Now(), "one"))[0], allowed(row(2, carol, time.Now(), "two"))[0]
	a.Reactions = []chat.Reaction{{Emoji: "🎉", People: []chat.Person{bob}}}
	b.Reactions = []chat.Reaction{{Emoji: "👍", People: []chat.Person{bob, alice}, Mine: true}}
	v.show(room(a))
	v.show(room(b))
	v.click(".chip")
	given := intent[chat.React](v)
	assert.Equal(t, chat.React{ID: given.ID, Message: b.ID, Emoji: "👍"}, given)
}

func TestPicker(t *testing.T) {
	const names = `[...document.querySelectorAll(".grid > button")].map(b => b.title)`
	v := newReturner(t) // the worker fetches everything, too
	v.open("/")
	rows := allowed(row(1, bob, time.Now(), "done"))
	v.show(room(rows...))
	open := func() {
		v.menu(rows[0].ID)
		v.click("#actions [data-action=pick]")
		v.await(`document.querySelector(".grid > button")`)
	}
	assert.Equal(t, 1, stage.count("/assets/emoji.en.txt", open), "fetched when it is opened")
	v.await(focused + ` === "emoji-search"`)
	assert.Equal(t, "grinning face", eval[[]string](v, names)[0])
	assert.Equal(t, 9, eval[int](v, `document.querySelectorAll(".groups > button").length`))
	v.click(".groups > button:nth-child(9)")
	v.await(names + `.includes("flag: Iceland")`)
	assert.NotContains(t, eval[[]string](v, names), "grinning face", "one group at a time")

	v.write("emoji-search", "party pop")
	v.await(names + `[0] === "party popper"`)
	v.press("\r")
	assert.Equal(t, "🎉", intent[chat.React](v).Emoji)
	v.await(`!` + dialog)

	assert.Zero(t, stage.count("/assets/emoji.en.txt", open), "and only once")
	v.await(focused + ` === "emoji-search"`)
	v.press(kb.ArrowDown + kb.ArrowRight + kb.ArrowDown + kb.ArrowLeft)
	all := eval[[]string](v, names)
	assert.Equal(t, all[8], eval[string](v, `document.activeElement.title`))
	v.press(kb.ArrowUp + kb.ArrowUp)
	assert.Equal(t, "emoji-search", eval[string](v, focused))
	v.write("emoji-search", "no such thing")
	v.await(dialog + `.textContent.includes("No emoji is called that.")`)
	v.press(kb.Escape) // of a search field: it is cleared
	v.press(kb.Escape)
	v.await(`!` + dialog)
	v.requireNoTroubles()
}

// TestRecentEmoji: what was picked last is at hand, and the toolbar does not turn under the pointer.
func TestRecentEmoji(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	rows := allowed(row(1, bob, time.Now(), "done"))
	s := room(rows...)
	atHand := func(where string) []string {
		return eval[[]string](v, `[...document.querySelectorAll("`+where+` > [data-emoji]")].map(b => b.dataset.emoji)`)
	}
	preferred := func() chat.Preferences {
		wish := intent[chat.React](v)
		assert.True(t, wish.On)
		var in chat.Prefer
		require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(eval[string](v, `intents.at(-2)`), "Prefer ")), &in))
		return in.Preferences
	}
	v.show(s)
	v.menu(rows[0].ID)
	assert.Equal(t, []string{"👍", "❤️", "😂", "🎉", "😮", "🙏"}, atHand(".quick"))
	v.click("#actions [data-action=pick]")
	v.await(`document.querySelector(".grid > button")`)
	v.write("emoji-search", "iceland")
	v.await(`document.querySelector(".grid > button").dataset.emoji === "🇮🇸"`)
	v.press("\r")
	s.Preferences = preferred()
	assert.Equal(t, chat.Preferences{Emoji: [6]string{"🇮🇸", "👍", "❤️", "😂", "🎉", "😮"}}, s.Preferences)

	v.show(s)
	v.point(rows[0].ID)
	v.await(`document.querySelectorAll(".toolbar > [data-emoji]").length === 3`)
	assert.Equal(t, s.Preferences.Emoji[:3], atHand(".toolbar"))
	v.menu(rows[0].ID)
	assert.Equal(t, s.Preferences.Emoji[:], atHand(".quick"))
	v.click(".quick [data-emoji=🎉]")
	s.Preferences = preferred()
	assert.Equal(t, [6]string{"🎉", "🇮🇸", "👍", "❤️", "😂", "😮"}, s.Preferences.Emoji)

	rows[0].Reactions = []chat.Reaction{{Emoji: "😂", People: []chat.Person{alice}, Mine: true}}
	v.show(s)
	v.menu(rows[0].ID)
	v.click(".quick [data-emoji=😂]")
	assert.False(t, intent[chat.React](v).On, "what is taken back is not picked")
	v.await(`!` + dialog)
	eval[any](v, list+`.dispatchEvent(new MouseEvent("mouseleave"))`)
	v.point(rows[0].ID)
	v.await(`document.querySelector(".toolbar > [data-emoji=👍]")`)
	v.click(".toolbar [data-emoji=👍]")
	assert.Equal(t, "👍", intent[chat.React](v).Emoji)
	v.requireNoTroubles()
}

func TestPickerWithoutNetwork(t *testing.T) {
	v := newVisitor(t)
	v.first(`{ const real = fetch; window.fetch = (url, ...rest) => String(url).includes("emoji") && !window.online ? Promise.reject(new TypeError("no network")) : real(url, ...rest) }`)
	v.open("/")
	rows := allowed(row(1, bob, time.Now(), "done"))
	v.show(room(rows...))
	v.menu(rows[0].ID)
	v.click("#actions [data-action=pick]")
	v.await(dialog + `.textContent.includes("could not be loaded")`)
	v.press(kb.Escape)
	v.await(`!` + dialog)
	eval[any](v, `window.online = true`)
	v.menu(rows[0].ID)
	v.click("#actions [data-action=pick]")
	v.await(`document.querySelector(".grid > button")`)
}
