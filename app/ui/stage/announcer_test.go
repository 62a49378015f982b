//go:build !js

package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

// listening notes in window.heard what is added to the live region, and counts in window.stirs its changes.
const listening = `(new MutationObserver(records => {
	for (const r of records) for (const n of r.addedNodes) heard.push(n.textContent);
	stirs += records.length;
}).observe(document.getElementById("announcer"), { childList: true, characterData: true, attributes: true, subtree: true }), window.heard = [], window.stirs = 0, 1)`

const heard = `heard.map(s => s.replace(/[\u2068\u2069]/g, ""))`

// arrived is a room in which the last n rows have come as news.
func arrived(s chat.Snapshot, count int) chat.Snapshot {
	s.Room.Arrived = chat.Arrivals{Count: count, Last: s.Room.Rows[len(s.Room.Rows)-1]}
	return s
}

// TestAnnouncesWhatArrives: one node for each message, never more than one a second, and nothing for anything else.
func TestAnnouncesWhatArrives(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	now := time.Now()
	rows := func(n int) (rows []chat.Row) {
		for i := range n {
			rows = append(rows, row(i, bob, now, fmt.Sprint("Message ", i)))
		}
		return rows
	}
	v.show(arrived(room(rows(3)...), 2))
	eval[any](v, listening)

	v.show(arrived(room(rows(4)...), 3))
	assert.Equal(t, []string{"Bob Example: Message 3"}, eval[[]string](v, heard))
	assert.Equal(t, 1, eval[int](v, `document.getElementById("announcer").childNodes.length`))

	for n := 5; n <= 9; n++ { // a breath has not passed
		v.push(arrived(room(rows(n)...), n-1))
	}
	v.await(`heard.length === 2`)
	assert.Equal(t, "5 new messages", eval[string](v, heard+`[1]`))
	v.await(`stirs === 2`)

	edited := room(rows(9)...)
	edited.Room.Rows[4].Text, edited.Room.Rows[4].Edited = "no", true
	offline := arrived(edited, 8)
	offline.Connection = chat.ConnectionWaiting
	history := arrived(edited, 8)
	history.Room.Rows = append(many(50), history.Room.Rows...)
	mine := arrived(history, 8)
	mine.Room.Rows = append(mine.Room.Rows, delivered(row(99, alice, now, "mine"), chat.Sending))
	for _, s := range []chat.Snapshot{arrived(edited, 8), offline, history, mine} {
		v.show(s)
	}
	// Whatever these have caused comes before what this one does.
	v.show(arrived(room(rows(10)...), 9))
	v.await(`heard.length === 3`)
	assert.Equal(t, "Bob Example: Message 9", eval[string](v, heard+`[2]`))
	assert.Equal(t, 3, eval[int](v, `stirs`), "history, edits, connections and one's own messages are silent")

	v.show(signedOut())
	assert.Empty(t, eval[string](v, `document.getElementById("announcer").textContent`), "the next one at this screen does not hear it")
	v.requireNoTroubles()
}
