package chat_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"directuschat/app/chat"
)

// pick chooses one of some things that are under way, and skips the action when there is none.
func pick[T any](t *rapid.T, of []T) int {
	if len(of) == 0 {
		t.Skip("nothing there")
	}
	return rapid.IntRange(0, len(of)-1).Draw(t, "which")
}

// one chooses a tab.
func (w *world) one(t *rapid.T) *client {
	if len(w.tabs) == 1 {
		return w.tabs[0]
	}
	return w.tabs[rapid.IntRange(0, len(w.tabs)-1).Draw(t, "tab")]
}

// recent chooses a row of somebody else's that has been written lately, so that many things happen to the same. Own
// texts are looked for at the end.
func (w *world) recent(t *rapid.T) chat.Message {
	rows := w.sorted()
	rows = rows[max(0, len(rows)-rapid.SampledFrom([]int{4, 4, 400}).Draw(t, "how recent")):]
	m := rows[pick(t, rows)]
	if m.Author == me {
		t.Skip("an own one")
	}
	return m
}

// own chooses a row that its user may change.
func (c *client) own(t *rapid.T) chat.Row {
	rows := slices.DeleteFunc(slices.Clone(c.state.Snapshot().Room.Rows), func(r chat.Row) bool { return !r.Can.Edit })
	return rows[pick(t, rows)]
}

// actions is all that can happen.
func (w *world) actions() map[string]func(*rapid.T) {
	actions := map[string]func(*rapid.T){
		"": func(*rapid.T) { w.checkAlways() },
	}
	for name, action := range w.actionsOfPeople() {
		actions[name] = action
	}
	for name, action := range w.actionsOfChance() {
		actions[name] = action
	}
	return actions
}

func (w *world) actionsOfPeople() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"send": func(t *rapid.T) {
			w.serial++
			w.one(t).apply(chat.Send{ID: chat.MessageID(fmt.Sprintf("own-%04d", w.serial)), Text: w.text()})
		},
		"edit": func(t *rapid.T) {
			c := w.one(t)
			row := c.own(t)
			w.serial++
			c.apply(chat.Edit{ID: chat.MessageID(fmt.Sprintf("edit-%04d", w.serial)), Message: row.ID, Text: w.text()})
		},
		"delete": func(t *rapid.T) {
			c := w.one(t)
			row := c.own(t)
			w.serial++
			w.deleted[row.ID] = true
			c.apply(chat.Delete{ID: chat.MessageID(fmt.Sprintf("delete-%04d", w.serial)), Message: row.ID})
		},
		"undo": func(t *rapid.T) {
			c := w.one(t)
			rows := slices.DeleteFunc(slices.Clone(c.state.Snapshot().Room.Rows), func(r chat.Row) bool { return !r.Change.Undo })
			c.apply(chat.Undo{ID: rows[pick(t, rows)].Change.ID})
		},
		"somebody writes": func(t *rapid.T) {
			for range rapid.SampledFrom([]int{1, 1, 1, 5, 130, 1300}).Draw(t, "messages") {
				w.write(w.key(), other, w.text())
			}
		},
		"somebody edits": func(t *rapid.T) {
			m := w.recent(t)
			for range rapid.IntRange(1, 3).Draw(t, "times") {
				w.now = w.now.Add(w.ticks) // of two edits with one date nobody can tell the later
				m.Text, m.Updated = w.text(), w.now.Truncate(w.ticks)
				w.put(m)
			}
		},
		"somebody deletes": func(t *rapid.T) {
			id := w.recent(t).ID
			delete(w.table, id)
			w.order = nil
			w.emit(change{id: id, removed: true})
		},
		"somebody forges a date": func(t *rapid.T) {
			ahead := rapid.SampledFrom([]time.Duration{time.Hour, 50 * 365 * 24 * time.Hour, -20 * time.Second, -time.Hour}).Draw(t, "ahead")
			w.forged = w.forged || ahead < 0
			w.put(chat.Message{ID: w.key(), Author: other, Text: w.text(), Created: w.now.Add(ahead).Truncate(w.ticks)})
		},
		"a reader moves": func(t *rapid.T) {
			c := w.one(t)
			rows := c.state.Snapshot().Room.Rows
			moves := []chat.Intent{chat.ShowOlder{}, chat.ShowOlder{}, chat.ShowOlder{}, chat.ShowNewer{}, chat.ShowNewest{}}
			if i := slices.IndexFunc(rows, func(row chat.Row) bool { return row.Gap == chat.GapKnown }); i >= 0 {
				moves = append(moves, chat.FillGap{Before: rows[i].ID})
			}
			c.apply(rapid.SampledFrom(moves).Draw(t, "how"))
		},
		"a reader opens a link": func(t *rapid.T) {
			id := chat.MessageID("nowhere")
			if rows := w.sorted(); rapid.IntRange(0, 5).Draw(t, "anywhere") > 0 {
				id = rows[pick(t, rows)].ID
			}
			w.one(t).apply(chat.Open{Message: id})
		},
		"a reader looks, or not": func(t *rapid.T) {
			w.one(t).apply(chat.Attend{Looking: rapid.Bool().Draw(t, "at all"), Newest: rapid.Bool().Draw(t, "at the newest")})
		},
		"a reader has seen": func(t *rapid.T) {
			c := w.one(t)
			rows := c.state.Snapshot().Room.Rows
			c.apply(chat.Seen{Message: rows[pick(t, rows)].ID})
		},
		"an audit": func(t *rapid.T) { w.one(t).apply(chat.Audit{}) },
	}
}

func (w *world) actionsOfChance() map[string]func(*rapid.T) {
	actions := map[string]func(*rapid.T){
		"an event arrives": func(t *rapid.T) {
			c := w.one(t)
			i, readNow := pick(t, c.events), rapid.Bool().Draw(t, "read now")
			if !w.project.Dated { // then nothing but their order tells which of two versions is newer
				i = 0
			}
			c.deliver(i, readNow)
		},
		"an event arrives twice": func(t *rapid.T) {
			c := w.one(t)
			if i := pick(t, c.events); w.project.Dated {
				c.events = append(c.events, c.events[i])
			}
		},
		"many events arrive": func(t *rapid.T) {
			for c := w.one(t); len(c.events) > 0; {
				c.deliver(0, false)
			}
		},
		"a save is done": func(t *rapid.T) {
			c := w.one(t)
			c.apply(c.save(pick(t, c.saves)))
		},
		"a page is read":    func(t *rapid.T) { c := w.one(t); c.serve(pick(t, c.reads)) },
		"an answer arrives": func(t *rapid.T) { c := w.one(t); c.arrive(pick(t, c.answers)) },
		"all answers arrive": func(t *rapid.T) {
			for c := w.one(t); len(c.answers) > 0; {
				c.arrive(0)
			}
		},
		"reading goes well": func(t *rapid.T) {
			for c := w.one(t); len(c.reads) > 0; c.arrive(len(c.answers) - 1) {
				c.serve(0)
			}
		},
		"a late write": func(t *rapid.T) { w.writeLate(pick(t, w.late)) },
		"time passes": func(t *rapid.T) {
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 3e3).Draw(t, "ms")) * time.Millisecond)
		},
		"much time passes": func(*rapid.T) { // more than the overlap of catch-ups, which nothing is later than
			for _, c := range w.tabs {
				for len(c.events) > 0 {
					c.deliver(0, false)
				}
			}
			w.now = w.now.Add(40 * time.Second)
		},
		"a timer rings":      func(t *rapid.T) { c := w.one(t); c.ring(pick(t, c.timers)) },
		"the connection cut": func(t *rapid.T) { w.one(t).cut() },
		"connected":          func(t *rapid.T) { w.one(t).connect() },
		"a tab crashes":      func(t *rapid.T) { w.one(t).start() },
		"a turn is stolen":   func(*rapid.T) { w.steal() },
		"events get lost":    func(t *rapid.T) { w.one(t).lose(chat.GapOverflow) },
		"the clock jumps": func(t *rapid.T) {
			c := w.one(t)
			c.forgetLate()
			c.clock += rapid.SampledFrom([]time.Duration{time.Hour, -time.Hour}).Draw(t, "by")
			c.lose(chat.GapClockJump)
		},
		"all is quiet": func(t *rapid.T) {
			if cache, ok := w.one(t).state.Cache(""); ok {
				w.cache = cache
			}
		},
		"a read fails": func(t *rapid.T) {
			c := w.one(t)
			load := remove(&c.reads, pick(t, c.reads))
			c.apply(chat.LoadFailed{Load: load.Load, TooLarge: rapid.Bool().Draw(t, "too large")})
		},
	}
	for _, fate := range []string{"answered", "answer lost", "late", "lost", "not sent"} {
		actions["an attempt is "+fate] = func(t *rapid.T) { c := w.one(t); c.attempt(pick(t, c.attempts), fate) }
	}
	return actions
}
