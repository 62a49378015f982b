//go:build !js

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

const (
	list  = `document.getElementById("messages")`
	below = `(m => Math.round(m.scrollHeight - m.clientHeight - m.scrollTop))(` + list + `)`
	pill  = `document.querySelector(".pill")`
)

func TestRows(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 1600, nil) // in which all of them are drawn
	v.open("/m/0198c0de-0000-7000-8000-000000000003")
	v.show(busy())
	const article = `[...document.querySelectorAll("article")].find(a => a.innerText.includes(%q))`
	part := func(text, expression string) string {
		return eval[string](v, "(a => String("+expression+"))("+fmt.Sprintf(article, text)+")")
	}
	assert.Equal(t, "13", eval[string](v, list+`.dataset.count`))
	assert.Equal(t, "Messages", eval[string](v, list+`.ariaLabel`))
	assert.Equal(t, "Bob Example", part("The import", `a.querySelector("[data-part=author]").innerText`))
	assert.Equal(t, "stored", part("The import", `a.dataset.state`))
	assert.Equal(t, "0198c0de-0000-7000-8000-000000000001", part("The import", `a.dataset.messageId`))
	assert.Equal(t, "true", part("The import", `Date.parse(a.querySelector("time").dateTime) > 0`))
	assert.Equal(t, "false", part("I put the mapping", `a.classList.contains("first")`), "grouped with the one above")
	assert.Equal(t, "Bob Example", part("I put the mapping", `a.querySelector("[data-part=author]").textContent`), "but still told to assistive technology")
	assert.Equal(t, "Member 3f2a", part("night shift", `a.querySelector("[data-part=author]").innerText`))
	assert.Equal(t, "sending", part("All green", `a.dataset.state`))
	assert.Equal(t, "rtl", part("صباح", `getComputedStyle(a.querySelector("[data-part=text] p")).direction`))
	assert.Equal(t, []string{"Yesterday", "Today"}, eval[[]string](v, `[...document.querySelectorAll(".day")].map(d => d.textContent)`))

	v.click(`article[data-state=failed] button:nth-of-type(1)`)
	v.click(`article[data-state=failed] button:nth-of-type(2)`)
	v.await(`intents.length === 3`)
	assert.Equal(t, []string{
		`Open {"Room":"","Message":"0198c0de-0000-7000-8000-000000000003"}`,
		`Retry {"Room":"","ID":"0198c0de-0000-7000-8000-000000000013"}`,
		`Discard {"Room":"","ID":"0198c0de-0000-7000-8000-000000000013"}`,
	}, v.intents())
	v.requireNoTroubles()
}

func TestOddRows(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	cut := row(2, bob, time.Now(), "the beginning")
	cut.Truncated = true
	v.show(room(chat.Row{ID: "1", Delivery: chat.Stored}, cut))
	assert.Equal(t, "Unknown member", eval[string](v, `document.querySelector("article [data-part=author]").textContent`))
	assert.Contains(t, eval[string](v, `document.querySelectorAll("article")[1].innerText`), "Only the beginning")
	v.requireNoTroubles()
}

// TestStaysAtTheBottom: while the reader is there, whatever happens; and not when they read further up.
func TestStaysAtTheBottom(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	rows := many(60)
	v.show(room(rows[:40]...))
	assert.Zero(t, eval[int](v, below), "on the first load")
	v.show(room(rows[:41]...))
	assert.Zero(t, eval[int](v, below), "when a message comes")
	v.write("message", "one\ntwo\nthree\nfour")
	v.await(below + ` === 0`)
	v.view(800, 400, nil)
	v.await(below + ` === 0`)
	for i := 42; i < 50; i++ {
		v.push(room(rows[:i]...)) // a burst: scroll events come after the list has grown again
	}
	v.show(room(rows[:50]...))
	assert.Zero(t, eval[int](v, below), "after a burst")
	assert.True(t, eval[bool](v, pill+`.hidden`))

	eval[any](v, list+`.scrollTop -= 300`)
	v.await(`!` + pill + `.hidden`)
	read := rows[38].ID
	before := v.place(read)
	assert.Equal(t, "Newest messages", eval[string](v, pill+`.textContent`))
	came := room(append(rows[:50:50], row(99, bob, time.Now(), "news"))...)
	came.Room.Unread.Count = 1
	v.show(came)
	assert.InDelta(t, before, v.place(read), 0.5, "the row being read stays where it is")
	assert.Equal(t, "1 new message", eval[string](v, pill+`.textContent`))
	v.click(".pill")
	v.await(below + ` === 0`)
	v.await(pill + `.hidden`)

	eval[any](v, list+`.scrollTop -= 300`)
	v.await(`!` + pill + `.hidden`)
	v.show(room(append(rows[:50:50], delivered(row(98, alice, time.Now(), "mine"), chat.Queued))...))
	assert.Zero(t, eval[int](v, below), "one's own message is always shown")
}

// TestSticksWithoutTheProgram: that the list scrolls with a message does not wake the program, and who scrolls up is heard
// at once all the same.
func TestSticksWithoutTheProgram(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	rows := many(60)
	v.show(room(rows[:40]...))
	eval[any](v, `(resume => { window.woken = 0; Go.prototype._resume = function () { woken++; resume.call(this) } })(Go.prototype._resume)`)
	eval[any](v, `{
		let before;
		window.scrolls = window.told = 0;
		document.addEventListener("scroll", () => { before = woken }, true);
		`+list+`.addEventListener("scroll", () => { scrolls++; told += woken - before }); // after the program's
	}`)
	for n := 41; n < 45; n++ {
		rows[n-1].Text = strings.Repeat("higher ", 20*n)
		v.show(room(rows[:n]...))
	}
	assert.Equal(t, []int{4, 0}, eval[[]int](v, `[scrolls, told]`))
	assert.Zero(t, eval[int](v, below))
	eval[any](v, list+`.scrollTop -= 60`)
	v.await(`!` + pill + `.hidden`)
	assert.Equal(t, []int{5, 1}, eval[[]int](v, `[scrolls, told]`))
	at := v.place(rows[43].ID)
	v.show(room(rows[:45]...))
	assert.InDelta(t, at, v.place(rows[43].ID), 0.99, "who has left the end is not taken there")
	assert.Positive(t, eval[int](v, below))
}

// TestTheEndIsFull: however high the rows were before, and whatever makes them higher, the newest are seen and fill the view.
func TestTheEndIsFull(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	var rows []chat.Row
	for n := range 120 {
		text := "short"
		if n < 40 {
			text = strings.Repeat("A long message. ", 120)
		}
		rows = append(rows, row(n, bob, time.Now().Add(time.Duration(n-120)*time.Second), text))
	}
	v.show(room(rows[:40]...))
	const full = `(r => !!document.elementFromPoint((r.left + r.right) / 2, r.top + 4).closest(".entry"))(` + list + `.getBoundingClientRect())`
	for n := 41; n < 80; n++ {
		v.show(room(rows[:n]...))
		assert.True(t, eval[bool](v, full), "%d one after the other", n)
		assert.Zero(t, eval[int](v, below))
	}
	v.show(room(rows[:40]...))
	v.show(room(rows[:120]...))
	v.await(full)
	assert.Zero(t, eval[int](v, below), "many at once")
	eval[any](v, `void (document.documentElement.style.fontSize = "30px")`)
	v.frames(3)
	assert.Zero(t, eval[int](v, below), "letters became larger")
	eval[any](v, list+`.scrollTop -= 1500`)
	v.await(`!` + pill + `.hidden`)
	top := eval[float64](v, list+`.scrollTop`)
	eval[any](v, `void (document.documentElement.style.fontSize = "")`)
	v.frames(3)
	assert.Less(t, eval[float64](v, list+`.scrollTop`), top)
	assert.NotZero(t, eval[int](v, below), "who has left the end is not taken there")
}

// TestOneMessageIsOneRow: a new message changes nothing in the rows that were there, and typing nothing at all.
func TestOneMessageIsOneRow(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	rows := append(many(200), row(200, bob, time.Now(), "one more"), row(201, carol, time.Now(), "another"))
	v.show(room(rows[:200]...))
	v.show(room(rows[1:201]...)) // heights are known from here on
	eval[any](v, `(window.mutations = [], new MutationObserver(all => mutations.push(...all)).observe(`+list+`, { subtree: true, childList: true, attributes: true, characterData: true }))`)
	v.show(room(rows[2:202]...))
	const touched = `mutations.flatMap(m => m.target.matches?.(".rows") ? [...m.addedNodes] : [(m.target.closest ? m.target : m.target.parentElement).closest(".entry")]).filter(Boolean)`
	assert.Equal(t, []string{"another"}, eval[[]string](v, `[...new Set(`+touched+`)].map(e => e.querySelector("[data-part=text]").textContent)`))
	eval[any](v, `mutations.length = 0`)
	v.write("message", "typing")
	v.press("abc")
	assert.Empty(t, eval[[]string](v, `mutations.map(m => m.type)`))
}

func TestNothingSentFlickers(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	rows := many(10)
	pending := delivered(row(50, alice, time.Now(), "mine"), chat.Queued)
	v.show(room(append(rows, pending)...))
	place := `JSON.stringify([...document.querySelectorAll("article")].at(-1).getBoundingClientRect())`
	before := eval[string](v, place)
	v.show(room(append(rows, delivered(pending, chat.Sending))...))
	assert.Equal(t, before, eval[string](v, place))
	v.show(room(append(rows, delivered(pending, chat.Stored))...))
	assert.Equal(t, before, eval[string](v, place), "nothing moves when it is stored")
}
