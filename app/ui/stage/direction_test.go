//go:build !js

package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// mixed is a conversation that runs both ways.
func mixed() chat.Snapshot {
	now := time.Now()
	nour, dana := chat.Person{ID: "9b", Name: "نور الهاشمي"}, chat.Person{ID: "9c", Name: "דנה (צוות) 3!"}
	return room(
		row(1, nour, now, "مرحبا!"),
		row(2, dana, now, "שלום, מה נשמע?"),
		row(3, nour, now, "شغّل `make test` الآن."),
		row(4, dana, now, "הריצו את `go test ./...` (פעמיים)!"),
		row(5, bob, now, "Hello (world)!"),
		row(6, bob, now, "OK — שלום (again)!"),
		row(7, dana, now, "- ראשון!\n- שני (2)."),
		row(8, nour, now, "> صفر."),
	)
}

// A line is where a message's parts are.
type line struct {
	Direction         string  // computed, of its text
	Picture, Name, At float64 // middles
	First, Last       float64 // of its text: the middles of its first and last character
	Start, End        float64 // of the text's box, from the left
}

// lines looks at each message.
const lines = `JSON.stringify([...document.querySelectorAll("article")].map(a => {
	const middle = box => box.left + box.width / 2;
	const text = a.querySelector("[data-part=text]");
	const block = text.querySelector("li") ?? text.firstElementChild;
	const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
	const nodes = [];
	while (walker.nextNode()) nodes.push(walker.currentNode);
	const character = (node, i) => {
		const range = document.createRange();
		range.setStart(node, i);
		range.setEnd(node, i + 1);
		return middle(range.getBoundingClientRect());
	};
	const picture = getComputedStyle(a, "::before");
	return {
		Direction: getComputedStyle(block).direction,
		Picture: a.getBoundingClientRect().left + parseFloat(picture.left) + parseFloat(picture.width) / 2,
		Name: middle(a.querySelector("[data-part=author]").getBoundingClientRect()),
		At: middle(a.querySelector("time").getBoundingClientRect()),
		First: character(nodes[0], 0),
		Last: character(nodes.at(-1), nodes.at(-1).length - 1),
		Start: text.firstElementChild.getBoundingClientRect().left,
		End: text.firstElementChild.getBoundingClientRect().right,
	};
}))`

// TestEachMessageRunsItsOwnWay: the text by its first strong character, punctuation with it; name and time stay where the
// page's language has them, whatever the name is written in.
func TestEachMessageRunsItsOwnWay(t *testing.T) {
	for locale, rtl := range map[string]bool{"en-GB": false, "he-IL": true} {
		t.Run(locale, func(t *testing.T) {
			v := newVisitor(t)
			v.speaks(locale)
			v.open("/")
			v.view(1180, 820, light)
			s := mixed()
			for i := range s.Room.Rows { // each with name and picture
				s.Room.Rows[i].Time = s.Room.Rows[i].Time.Add(time.Duration(i) * time.Hour)
			}
			v.show(s)
			var all []line
			require.NoError(t, json.Unmarshal([]byte(eval[string](v, lines)), &all))
			require.Len(t, all, len(s.Room.Rows))
			want := []string{"rtl", "rtl", "rtl", "rtl", "ltr", "ltr", "rtl", "rtl"}
			for i, l := range all {
				text := s.Room.Rows[i].Text
				assert.Equal(t, want[i], l.Direction, text)
				assert.Equal(t, want[i] == "rtl", l.Last < l.First, "%s ends at %v, begins at %v", text, l.Last, l.First)
				if rtl {
					assert.True(t, l.Picture > l.Name && l.Name > l.At, "%s: picture %v, name %v, time %v", text, l.Picture, l.Name, l.At)
					assert.InDelta(t, all[0].End, l.End, 1, "%s is not beside the others", text)
				} else {
					assert.True(t, l.Picture < l.Name && l.Name < l.At, "%s: picture %v, name %v, time %v", text, l.Picture, l.Name, l.At)
					assert.InDelta(t, all[0].Start, l.Start, 1, "%s is not beside the others", text)
				}
			}
			v.requireNoTroubles()
		})
	}
}

// boxes are where everything is, from the side where reading begins, and in the list from its top, however it is scrolled. Of what is in a line of text, the text decides; what
// runs from the left in every language is not turned.
const boxes = `(direction => {
	document.documentElement.dir = direction;
	return [...document.querySelectorAll("body *")]
		.filter(e => e.checkVisibility() && !getComputedStyle(e).display.startsWith("inline") && !e.parentElement.closest("body [dir=ltr], body [dir=auto]"))
		.map(e => {
			const box = e.getBoundingClientRect();
			const top = e.closest(".timeline")?.getBoundingClientRect().top ?? 0;
			const name = e.tagName + (e.id && "#" + e.id) + (e.className && "." + e.className);
			return [name, Math.round(direction === "rtl" ? innerWidth - box.right : box.left), Math.round(box.top - top), Math.round(box.width), Math.round(box.height)].join(" ");
		});
})`

// mirrors fails if the page, turned around, is not its own mirror image, box by box.
func (v *visitor) mirrors() {
	v.tb.Helper()
	eval[any](v, `(async () => { // until the list and what follows it have come to rest in the new window
		const now = () => JSON.stringify(`+boxes+`("ltr"));
		for (let before; before !== (before = now());) for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame);
		return 1;
	})()`)
	ltr := eval[[]string](v, boxes+`("ltr")`)
	require.Greater(v.tb, len(ltr), 10)
	assert.Equal(v.tb, ltr, eval[[]string](v, boxes+`("rtl")`))
	eval[any](v, `(document.documentElement.dir = "ltr", 1)`)
}
