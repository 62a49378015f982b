//go:build !js

package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

const (
	findBox = `document.getElementById("find-text")`
	results = `[...document.querySelectorAll("#find li")]`
	active  = results + `.findIndex(li => li.ariaSelected === "true")`
)

func found(s chat.Snapshot, text string, rows ...chat.Row) chat.Snapshot {
	s.Room.Search = chat.Search{Text: text, Found: rows}
	return s
}

// TestFind: Ctrl+F opens the search, the keyboard does all of it, and Escape brings the focus back.
func TestFind(t *testing.T) {
	v := newVisitor(t)
	v.inFront()
	v.view(1000, 700, nil)
	v.open("/")
	v.show(signedOut())
	v.press("f", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	v.frames(3)
	assert.True(t, eval[bool](v, findBox+` === null`), "there is nothing to search")
	all := many(60)
	v.show(room(all...))
	eval[any](v, `(document.getElementById("message").focus(), 1)`)
	eval[any](v, `(window.left = 0, addEventListener("keydown", e => { if (e.key === "f" && !e.defaultPrevented) left++ }), 1)`)
	v.press("f", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	v.await(focused + ` === "find-text"`)
	assert.Zero(t, eval[int](v, `left`))
	v.press("f", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	v.await(`left === 1`)
	assert.Equal(t, "find-text", eval[string](v, focused), "the second one is the browser's")

	v.write("find-text", "num")
	v.write("find-text", "ber")
	v.await(`intents.length === 1`)
	assert.Equal(t, []string{`Find {"Room":"","Text":"number"}`}, v.intents(), "once, when nothing more is typed")
	s := room(all...)
	s.Room.Search = chat.Search{Text: "number", Running: true}
	v.show(s)
	assert.Equal(t, "Searching…", eval[string](v, `document.querySelector("#find [role=status]").textContent`))
	hostile := row(70, bob, time.Now(), "a <i>NUMBER</i> of things")
	s = found(room(all...), "number", hostile, all[20], all[10])
	s.Room.Search.More = true
	v.show(s)
	v.await(results + `.length === 3`)
	assert.Equal(t, "a <i>NUMBER</i> of things", eval[string](v, results+`[0].querySelector("p").textContent`))
	assert.Equal(t, "NUMBER", eval[string](v, results+`[0].querySelector("mark").textContent`))
	assert.Equal(t, "Bob Example", eval[string](v, results+`[0].querySelector("[data-part=author]").textContent`))
	assert.Equal(t, "3 found so far", eval[string](v, `document.querySelector("#find [role=status]").textContent`))

	for _, at := range []int{1, 2, 2} {
		v.press(kb.ArrowDown)
		v.await(fmt.Sprintf(active+` === %d`, at))
	}
	v.await(`intents.length === 2`)
	assert.Equal(t, `FindMore {"Room":""}`, v.intents()[1], "beyond the last one")
	assert.Equal(t, "found-2", eval[string](v, findBox+`.getAttribute("aria-activedescendant")`))
	v.press(kb.ArrowUp)
	v.await(active + ` === 1`)
	v.press("\r")
	v.await(`intents.length === 3`)
	open := fmt.Sprintf(`Open {"Room":"","Message":%q}`, all[20].ID)
	assert.Equal(t, open, v.intents()[2])
	assert.Equal(t, "find-text", eval[string](v, focused), "on to the next one")
	v.click("#found-2 p")
	v.await(`intents.length === 4`)
	assert.Equal(t, fmt.Sprintf(`Open {"Room":"","Message":%q}`, all[10].ID), v.intents()[3])
	v.press(kb.Escape)
	v.await(findBox + ` === null`)
	v.await(`intents.length === 5`)
	assert.Equal(t, `Find {"Room":"","Text":""}`, v.intents()[4])
	assert.Equal(t, "message", eval[string](v, focused))
	v.requireNoTroubles()
}

// TestFindOnAPhone: the box covers the list, so it goes when a message is opened.
func TestFindOnAPhone(t *testing.T) {
	v := newVisitor(t)
	v.inFront()
	v.view(390, 844, nil)
	v.open("/")
	all := many(60)
	v.show(room(all...))
	v.click(".seek")
	v.await(focused + ` === "find-text"`)
	v.write("find-text", "number")
	v.press("\r")
	v.await(`intents.length === 1`)
	none := found(room(all...), "number")
	v.show(none)
	assert.Equal(t, "Nothing found", eval[string](v, `document.querySelector("#find [role=status]").textContent`))
	none.Room.Search.Problem.Code = chat.ProblemUnreachable
	v.show(none)
	v.click("#find [data-action=more]")
	v.await(`intents.length === 2`)
	v.show(found(room(all...), "number", all[20]))
	v.click("#found-0")
	v.await(`intents.length === 4`)
	assert.Equal(t, fmt.Sprintf(`Open {"Room":"","Message":%q}`, all[20].ID), v.intents()[2])
	v.await(findBox + ` === null`)
	assert.Equal(t, "messages", eval[string](v, focused))
	v.requireNoTroubles()
}
