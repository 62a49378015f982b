//go:build !js

package main

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// covered: what is drawn reaches half a screen beyond what is seen, or to the first and last of the rows.
const covered = `(list => {
	const { top, bottom, height } = list.getBoundingClientRect();
	const entries = [...document.querySelectorAll(".entry")];
	const is = (entry, n) => entry.querySelector("article").dataset.messageId.endsWith(String(n).padStart(12, "0"));
	return (is(entries[0], 0) || entries[0].getBoundingClientRect().top <= top - height / 2)
		&& (is(entries.at(-1), 199) || entries.at(-1).getBoundingClientRect().bottom >= bottom + height / 2);
})(document.getElementById("messages"))`

func (v *visitor) drawn() []chat.MessageID {
	v.tb.Helper()
	return eval[[]chat.MessageID](v, `[...document.querySelectorAll("article")].map(a => a.dataset.messageId)`)
}

// uneven are many messages, four of five of them longer, by so many words more each.
func uneven(n, words int) []chat.Row {
	rows := many(n)
	for i := range rows {
		rows[i].Text += strings.Repeat(" and more", i%5*words)
	}
	return rows
}

// TestDrawsWhatIsSeen, and a screen each way, wherever the reader goes and however high the rows are.
func TestDrawsWhatIsSeen(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	rows := many(200)
	for i := range rows {
		rows[i].Text += strings.Repeat(" and more", i%7*i%11*3)
	}
	v.show(room(rows...))
	for step, to := range []string{`m.scrollTop`, `m.scrollTop - 400`, `0`, `m.scrollHeight / 2`, `m.scrollHeight / 2 + 500`, `m.scrollHeight / 2`, `m.scrollHeight`, `m.scrollHeight / 3`, `0`} {
		eval[any](v, `(m => { m.scrollTop = `+to+` })(`+list+`)`)
		v.frames(2)
		v.await(covered)
		drawn := v.drawn()
		from := 0
		for rows[from].ID != drawn[0] {
			from++
		}
		for i, id := range drawn {
			require.Equal(t, rows[from+i].ID, id, "step %d: DOM order is reading order", step)
		}
		assert.Less(t, eval[int](v, `document.querySelectorAll("*").length`), 700, "step %d", step)
	}
	assert.Equal(t, rows[0].ID, v.drawn()[0])
	assert.Zero(t, eval[int](v, `Math.round(`+drawn(rows[0].ID)+`.getBoundingClientRect().top - `+list+`.getBoundingClientRect().top) >> 7`), "the first is at the top")
	v.requireNoTroubles()
}

// TestStaysWhileScrolling: rows that come and go beyond what is seen move nothing in it.
func TestStaysWhileScrolling(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	rows := uneven(200, 20)
	v.show(room(rows...))
	jumps := eval[[]float64](v, `(async list => {
		const jumps = [];
		const frame = () => new Promise(requestAnimationFrame);
		for (let step = 0; step < 300 && list.scrollTop > 0; step++) {
			const middle = document.elementFromPoint(400, 300).closest(".entry");
			const before = middle.getBoundingClientRect().top, top = list.scrollTop;
			list.scrollTop -= 150;
			const by = top - list.scrollTop;
			await frame(), await frame();
			jumps.push(Math.abs(middle.getBoundingClientRect().top - before - by));
		}
		return jumps.filter(jump => jump >= 2);
	})(`+list+`)`)
	assert.Empty(t, jumps)
	assert.Equal(t, rows[0].ID, v.drawn()[0], "the whole way was gone")
}

// TestFocusStays in a row that stays, and goes to the list with a row that goes.
func TestFocusStays(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	all := many(300)
	all[150].Gap = chat.GapKnown
	v.show(window(all, 100, 300))
	v.reading(all[149].ID)
	eval[any](v, `(window.fill = document.querySelector("[data-action=fill]"), fill.focus({ preventScroll: true }))`)
	for i, s := range []chat.Snapshot{window(all, 50, 250), window(all, 0, 200), window(append(all[:148:148], all[150:]...), 0, 200)} {
		v.show(s)
		require.True(t, eval[bool](v, `document.activeElement === fill && fill.isConnected`), "step %d", i)
		assert.Equal(t, string(all[150].ID), eval[string](v, `fill.closest(".entry").querySelector("article").dataset.messageId`))
	}
	eval[any](v, `void (`+list+`.scrollTop = 0)`)
	v.await(`document.activeElement === ` + list)
	assert.False(t, eval[bool](v, `fill.isConnected && fill.closest(".entry").querySelector("article").dataset.messageId !== `+quote(string(all[150].ID))))
}

// TestSelectionStays, also when the reader goes on from it: it could not be copied.
func TestSelectionStays(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	rows := many(200)
	v.show(room(rows...))
	few := len(v.drawn())
	eval[any](v, `void getSelection().selectAllChildren(`+drawn(rows[198].ID)+`.querySelector("[data-part=text]"))`)
	v.scroll(rows[80].ID, -1)
	assert.Equal(t, rows[198].Text, eval[string](v, `getSelection().toString().trim()`))
	assert.Greater(t, len(v.drawn()), 2*few)
	eval[any](v, `void getSelection().removeAllRanges()`)
	v.scroll(rows[20].ID, -1)
	v.await(fmt.Sprintf(`document.querySelectorAll("article").length < %d`, 2*few))
}

// TestNothingMoves: who is at the newest message sees the list scrolled when one comes, and no row is anywhere else in it;
// but for when the space above has to be corrected, which was a guess, or stands for what has left the window.
func TestNothingMoves(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	all := uneven(180, 7)
	place := func(id chat.MessageID) float64 { return v.place(id) + eval[float64](v, list+`.scrollTop`) }
	v.show(window(all[:100], 0, 100))
	moves := 0
	for n := 101; n <= 180; n++ {
		read := all[n-2].ID
		was := place(read)
		v.show(window(all[:n], n-100, n)) // it never holds more
		if math.Abs(place(read)-was) > 0.1 {
			moves++
		}
		require.Zero(t, eval[int](v, below))
		require.True(t, eval[bool](v, `(e => e.top <= -300)(document.querySelector(".entry").getBoundingClientRect())`), "there is more above")
	}
	assert.LessOrEqual(t, moves, 80/25)
	assert.Less(t, len(v.drawn()), 50)
	shown := window(all[:180], 80, 180)
	shown.Room.Earlier = false
	v.show(shown)
	for to := all[179].ID; to != all[80].ID; to = v.drawn()[0] { // all the way up, without an empty place
		eval[any](v, list+`.scrollTop -= 250`)
		v.frames(2)
		v.await(`(r => !!document.elementFromPoint((r.left + r.right) / 2, r.top + 4).closest(".entry"))(` + list + `.getBoundingClientRect())`)
	}
	eval[any](v, `void (`+list+`.scrollTop = 0)`)
	v.frames(2)
	assert.InDelta(t, eval[float64](v, list+`.getBoundingClientRect().top`), v.place(all[80].ID), 100, "the first is at the top")
	v.requireNoTroubles()
}

// TestWhatIsSeenIsPaintedFirst: who waits for the room waits for what is seen, drawn once, however low the rows are; and what
// stands above it comes after that.
func TestWhatIsSeenIsPaintedFirst(t *testing.T) {
	for name, rows := range map[string][]chat.Row{"in turns": many(200), "of one author": ofOne(many(200))} {
		t.Run(name, func(t *testing.T) {
			v := newVisitor(t)
			v.view(800, 1600, nil)
			v.open("/")
			eval[any](v, `{
				const count = () => document.querySelectorAll("article").length;
				window.drawn = [];
				new MutationObserver(() => count() && drawn.push(count())).observe(document.querySelector("main"), { childList: true, subtree: true });
				window.painted = [];
				const look = () => {
					if (count() && !painted.length) window.filled = `+filled+`;
					if (count()) painted.push(count());
					requestAnimationFrame(after);
				};
				const after = () => scheduler.postTask(look, { priority: "user-blocking" });
				requestAnimationFrame(after);
			}`)
			v.show(room(rows...))
			v.await(covered)
			v.await(`painted.at(-1) === document.querySelectorAll("article").length`)
			drawn, painted := eval[[]int](v, `drawn`), eval[[]int](v, `painted`)
			assert.Equal(t, drawn[0], painted[0], "drawn twice before it is painted: %v, %v", drawn, painted)
			assert.True(t, eval[bool](v, `filled`), "there is more to see")
			assert.Greater(t, painted[len(painted)-1], painted[0], "all at once")
			v.requireNoTroubles()
		})
	}
}

// filled is whether rows are drawn up to the upper edge of the list.
const filled = `document.querySelector(".entry").getBoundingClientRect().top <= document.getElementById("messages").getBoundingClientRect().top`

// TestScreenAboveIsDrawn, also where there was an empty list before: of its first rows no more was drawn than is seen.
func TestScreenAboveIsDrawn(t *testing.T) {
	waiting := room()
	waiting.Room.Loaded = false
	for name, before := range map[string]chat.Snapshot{"a room that is read": waiting, "an empty room": room()} {
		t.Run(name, func(t *testing.T) {
			v := newVisitor(t)
			v.view(800, 1600, nil)
			v.open("/")
			v.show(before)
			v.show(room(ofOne(many(200))...))
			v.await(covered)
			v.requireNoTroubles()
		})
	}
}

// TestDrawnWhereNobodyLooks: a tab that was opened behind another one may not know yet how high it is.
func TestDrawnWhereNobodyLooks(t *testing.T) {
	v := newVisitor(t)
	v.first(`Object.defineProperty(window, "innerHeight", { value: 0, writable: true })`)
	v.open("/")
	eval[any](v, `void (document.documentElement.hidden = true)`)
	v.show(room(many(200)...))
	assert.Greater(t, eval[int](v, `document.querySelectorAll("article").length`), 10)
	v.requireNoTroubles()
}

// TestNoRowIsLower than what is drawn first reckons with.
func TestNoRowIsLower(t *testing.T) {
	source, err := os.ReadFile("../frame.go")
	require.NoError(t, err)
	constant := func(name string) float64 {
		found := regexp.MustCompile(name + ` += (\d+)`).FindSubmatch(source)
		require.NotNil(t, found, name)
		value, err := strconv.ParseFloat(string(found[1]), 64)
		require.NoError(t, err)
		return value
	}
	lowest, byline := constant("lowest"), constant("byline")
	v := newVisitor(t)
	v.open("/")
	for _, s := range []chat.Snapshot{room(many(10)...), busy(), formatted()} {
		v.show(s)
		rows := eval[[]struct {
			Height float64
			Named  bool
		}](v, `[...document.querySelectorAll(".entry")].map(e => ({ Height: e.getBoundingClientRect().height, Named: e.querySelector("article").classList.contains("first") }))`)
		require.NotEmpty(t, rows)
		for _, row := range rows {
			least := lowest
			if row.Named {
				least += byline
			}
			assert.GreaterOrEqual(t, row.Height, least, row)
		}
	}
}

// TestSentIsDrawnWithTheFrame, and what comes at once: until then the processors are the message's.
func TestSentIsDrawnWithTheFrame(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	eval[any](v, `void converse(200, true)`)
	v.await(`document.querySelector("article")`)
	eval[any](v, `{
		let inFrame = false;
		const request = requestAnimationFrame;
		window.requestAnimationFrame = call => request(time => {
			inFrame = true;
			try { call(time) } finally { queueMicrotask(() => { inFrame = false }) } // behind the observer's
		});
		window.drawn = [];
		new MutationObserver(() => drawn.push(inFrame)).observe(document.querySelector(".rows"), { childList: true });
	}`)
	eval[any](v, `void happen("append")`)
	v.await(`drawn.length === 1`)
	v.write("message", "mine")
	v.press("\r")
	v.await(`drawn.length === 2`)
	assert.Equal(t, []bool{false, true}, eval[[]bool](v, `drawn`))
	assert.Equal(t, "mine", eval[string](v, `[...document.querySelectorAll("[data-part=text]")].at(-1).textContent`))
	v.requireNoTroubles()
}

// TestCollectsBetweenFrames: what scrolling leaves behind is collected when there is time, before Go has to.
func TestCollectsBetweenFrames(t *testing.T) {
	v := newVisitor(t)
	v.view(1180, 820, nil)
	v.open("/")
	eval[any](v, `void converse(1000, true)`)
	v.await(`document.querySelector("article")`)
	before := eval[int](v, `collected()`)
	v.scrollToOldest(false)
	v.await(fmt.Sprintf(`collected() > %d`, before))
	v.requireNoTroubles()
}
