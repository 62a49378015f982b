//go:build !js

package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// window is a part of some messages, as it is drawn.
func window(all []chat.Row, from, to int) chat.Snapshot {
	s := room(all[from:to:to]...)
	s.Room.Count = len(all)
	s.Room.Earlier, s.Room.Later = from > 0, len(all)-to
	return s
}

// reading goes up to a message, puts it at the top of the list, and tells where one is.
func (v *visitor) reading(id chat.MessageID) {
	v.tb.Helper()
	v.scroll(id, -1)
	eval[any](v, fmt.Sprintf(`(%s.scrollIntoView({ block: "start" }), 1)`, drawn(id)))
	v.frames(3)
}

// scroll goes up, or down, by half a screen at a time until a message is drawn.
func (v *visitor) scroll(id chat.MessageID, direction int) {
	v.tb.Helper()
	for range 100 {
		if eval[bool](v, drawn(id)+` !== null`) {
			return
		}
		eval[any](v, fmt.Sprintf(`(%[1]s.scrollTop += %[2]d * %[1]s.clientHeight / 2, 1)`, list, direction))
		v.frames(6)
	}
	require.FailNow(v.tb, "never drawn", id)
}

// frames waits until the browser has drawn some.
func (v *visitor) frames(n int) {
	v.tb.Helper()
	eval[any](v, fmt.Sprintf(`(async () => { for (let i = 0; i < %d; i++) await new Promise(requestAnimationFrame) })()`, n))
}

// drawn is a JavaScript expression for a message, null if it is not drawn.
func drawn(id chat.MessageID) string {
	return fmt.Sprintf(`document.querySelector('[data-message-id=%q]')`, id)
}

func (v *visitor) place(id chat.MessageID) float64 {
	v.tb.Helper()
	return eval[float64](v, drawn(id)+`.getBoundingClientRect().top`)
}

// TestEarlier: the row that is read stays where it is when earlier ones are put above it, and later ones taken away.
func TestEarlier(t *testing.T) {
	const earlier = `document.querySelector("[data-action=earlier]")`
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	all := many(400)
	for i := range all { // of many heights
		all[i].Text += fmt.Sprintf("%*s", i%5*60, ".")
	}
	v.show(window(all, 200, 400))
	assert.Zero(t, eval[int](v, below))
	read := all[203].ID
	v.reading(read)
	v.await(`intents.length === 1`)
	assert.Equal(t, []string{`ShowOlder {"Room":""}`}, v.intents(), "before the reader gets to the end")
	v.click("[data-action=earlier]")
	assert.Len(t, v.intents(), 1, "it is asked for already")
	s := window(all, 200, 400)
	s.Room.Reading = true
	v.show(s)
	assert.Equal(t, "true Loading earlier messages…", eval[string](v, earlier+`.ariaBusy + " " + `+earlier+`.textContent`))
	v.click("[data-action=earlier]")
	assert.Len(t, v.intents(), 1, "it is under way")
	at := v.place(read)
	eval[any](v, `(window.reading = `+drawn(read)+`, 1)`)

	for i, s := range []chat.Snapshot{
		window(all, 100, 300), // as many go as come: the list may be as high as before
		window(all, 120, 300),
		window(all, 0, 200+len(all[:60])), // the first ones: no more above
	} {
		v.show(s)
		assert.InDelta(t, at, v.place(read), 1, "step %d", i)
		assert.True(t, eval[bool](v, drawn(read)+` === window.reading`), "another node in step %d", i)
	}
	assert.True(t, eval[bool](v, earlier+` === null`))
	assert.Equal(t, "messages", eval[string](v, focused), "the button had the focus, and is gone")
	v.requireNoTroubles()
}

func TestNewer(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	all := many(400)
	v.show(window(all, 100, 300))
	eval[any](v, list+`.scrollTop = 1e6`)
	v.await(`!` + pill + `.hidden`)
	assert.Equal(t, "Newest messages", eval[string](v, pill+`.textContent`), "the bottom is not the end")
	assert.Equal(t, "100 newer messages", eval[string](v, `document.querySelector("[data-action=newer]").textContent`))
	last := all[299].ID
	v.scroll(last, 1)
	at := v.place(last)
	s := window(append(all[:400:400], row(400, bob, time.Now(), "one more")), 100, 300)
	s.Room.Unread.Count = 1
	v.show(s)
	assert.Equal(t, "1 new message", eval[string](v, pill+`.textContent`))
	assert.InDelta(t, at, v.place(last), 1)

	v.await(`intents.length === 1`)
	assert.Equal(t, []string{`ShowNewer {"Room":""}`}, v.intents(), "before the reader gets to the end")
	v.click("[data-action=newer]")
	v.await(`intents.length === 2`)
	assert.Equal(t, `ShowNewer {"Room":""}`, v.intents()[1], "for something has been drawn since")
	at = v.place(last)
	v.show(window(all, 200, 400))
	assert.InDelta(t, at, v.place(last), 1, "nobody is pulled down")
	assert.NotZero(t, eval[int](v, below))
	eval[any](v, list+`.scrollTop = 1e6`)
	v.await(pill + `.hidden`)
	v.show(window(append(all[1:400:400], row(400, bob, time.Now(), "one more")), 200, 400))
	assert.Zero(t, eval[int](v, below), "at the bottom again, new messages are followed")
	v.requireNoTroubles()
}

func TestNewest(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	all := many(400)
	v.show(window(all, 100, 300))
	v.click(".pill")
	v.await(`intents.length === 1`)
	assert.Equal(t, []string{`ShowNewest {"Room":""}`}, v.intents())
	v.show(window(all, 200, 400))
	assert.Zero(t, eval[int](v, below))
	assert.True(t, eval[bool](v, pill+`.hidden`))

	v.show(window(all, 100, 300))
	v.write("message", "mine")
	v.press("\r")
	v.await(`intents.length === 3`)
	assert.Equal(t, `ShowNewest {"Room":""}`, v.intents()[2], "who writes wants to see it")
	v.show(window(append(all[:400:400], delivered(row(500, alice, time.Now(), "mine"), chat.Queued)), 201, 401))
	assert.Zero(t, eval[int](v, below))
	v.requireNoTroubles()
}

// tornAt is all of some messages but those between two indexes, where there is a gap.
func tornAt(all []chat.Row, from, to int) chat.Snapshot {
	rows := append(all[:from:from], all[to:]...)
	if from < to {
		rows[from].Gap = chat.GapKnown
	}
	return room(rows...)
}

// TestGap: it fills as the reader comes to it from below. What fills it comes between, and what stands behind it stays
// where it is.
func TestGap(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	all := many(300)
	behind := all[250].ID
	asked := fmt.Sprintf(`FillGap {"Room":"","Before":%q}`, behind)
	v.show(tornAt(all, 100, 250))
	v.scroll(all[255].ID, -1)
	for !eval[bool](v, `intents.length > 0`) {
		eval[any](v, `(`+list+`.scrollTop -= 20, 1)`)
		v.frames(2)
	}
	assert.Equal(t, []string{asked}, v.intents())
	assert.Negative(t, v.place(behind), "before it is seen")
	v.reading(all[95].ID)
	assert.Len(t, v.intents(), 1, "once")
	assert.Equal(t, 1, eval[int](v, `document.querySelectorAll(".gap").length`))
	at := v.place(behind)
	require.Less(t, at, 600.0, "the gap is seen")

	v.click("[data-action=fill]")
	v.await(`intents.length === 2`)
	assert.Equal(t, asked, v.intents()[1], "for when nothing comes")
	reading := tornAt(all, 100, 250)
	reading.Room.Rows[100].Gap = chat.GapReading
	v.show(reading)
	assert.Contains(t, eval[string](v, `document.querySelector(".gap").innerText`), "Loading…")
	assert.InDelta(t, at, v.place(behind), 1)
	v.click("[data-action=fill]")
	assert.Len(t, v.intents(), 2, "it is under way")
	v.show(tornAt(all, 100, 200))
	assert.InDelta(t, at, v.place(behind), 1, "half filled")
	v.reading(all[200].ID)
	require.Len(t, v.intents(), 3)
	assert.Equal(t, fmt.Sprintf(`FillGap {"Room":"","Before":%q}`, all[200].ID), v.intents()[2], "the other half")
	at = v.place(all[200].ID)
	v.show(room(all...))
	assert.InDelta(t, at, v.place(all[200].ID), 1)
	assert.True(t, eval[bool](v, `document.querySelector(".gap") === null`))
	v.requireNoTroubles()
}

// TestGapBelow: on the way down the rows before a gap are read, which must stay: there it waits for its button.
func TestGapBelow(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	all := many(300)
	v.show(opened(tornAt(all, 100, 250), all[60].ID, 1))
	v.await(drawn(all[60].ID))
	v.scroll(all[255].ID, 1)
	assert.Equal(t, 1, eval[int](v, `document.querySelectorAll(".gap").length`))
	assert.Empty(t, v.intents())
}

// TestRowBeingReadStays also when the frame changes, and when something above becomes longer.
func TestRowBeingReadStays(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	rows := many(100)
	v.show(room(rows...))
	read := rows[50].ID
	v.reading(read)
	at := v.place(read)
	longer := append([]chat.Row(nil), rows...)
	longer[10].Text, longer[45].Text = fmt.Sprintf("%3000s", "not drawn"), fmt.Sprintf("%3000s", "long")
	v.show(room(longer...))
	assert.InDelta(t, at, v.place(read), 1)
	v.view(400, 600, nil)
	v.frames(3)
	assert.InDelta(t, at, v.place(read), 12, "the bar is lower on a phone")
	v.requireNoTroubles()
}
