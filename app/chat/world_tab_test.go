package chat_test

import (
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"directuschat/app/chat"
)

// start runs a tab's program from the beginning, with what storage holds.
func (c *client) start() {
	c.state, c.connected, c.events = &chat.State{}, false, nil
	c.reads, c.answers, c.timers, c.saves = nil, nil, nil, nil
	for _, e := range c.attempts { // what had left is still under way
		if send, ok := e.(chat.Transmit); ok {
			c.later(send.Item)
		}
	}
	c.forgetLate()
	c.attempts = nil
	c.release(c)
	c.apply(chat.SignedIn{Me: chat.Person{ID: me}, Project: c.project})
	if rapid.Bool().Draw(c.t, "a log-in, which reads ahead") {
		c.answer(c.readAhead())
	}
}

// readAhead reads the newest page, now, when nothing is subscribed to.
func (c *client) readAhead() chat.Event {
	q := chat.NewestPage()
	page := selectRows(c.sorted(), q)
	return chat.CacheLoaded{User: me, Cache: chat.CacheOf(page, len(page) == q.Limit, c.now, nil)}
}

func (c *client) apply(in chat.Input) {
	for _, e := range c.state.Apply(c.now.Add(c.clock), in) {
		switch e := e.(type) {
		case chat.Load:
			c.reads = append(c.reads, e)
		case chat.Transmit, chat.LookUp:
			c.attempts = append(c.attempts, e)
		case chat.After:
			c.timers = append(c.timers, e)
		case chat.Save:
			c.saves = append(c.saves, e)
		case chat.Forget:
			delete(c.stored, e.ID)
			c.saves = slices.DeleteFunc(c.saves, func(s chat.Save) bool { return s.Item.ID == e.ID })
			c.tellOthers(chat.OutboxChanged{User: me})
		case chat.LoadOutbox:
			c.answer(chat.OutboxLoaded{User: e.User, Load: e.Load, Items: slices.Collect(maps.Values(c.stored))})
		case chat.SaveMark:
			if e.Mark.After(c.mark) {
				c.mark = e.Mark
				c.tellOthers(chat.MarkLoaded{User: me, Mark: e.Mark})
			}
		case chat.LoadMark:
			c.answer(chat.MarkLoaded{User: e.User, Mark: c.mark})
		case chat.LoadCache:
			c.answer(chat.CacheLoaded{User: e.User, Cache: c.cache})
		case chat.TakeOutbox:
			c.waiting = append(c.waiting, turn{tab: c, take: e.Take})
			c.take()
		case chat.ReleaseOutbox:
			for len(c.saves) > 0 { // they come first
				c.answer(c.save(0))
			}
			c.release(c)
		}
	}
}

func (c *client) answer(e chat.Event) { c.answers = append(c.answers, e) }

func (c *client) tellOthers(e chat.Event) {
	for _, sibling := range c.tabs {
		if sibling != c {
			sibling.answer(e)
		}
	}
}

func (c *client) connect() {
	c.generation++
	c.connected, c.events = true, nil
	c.apply(chat.ConnectionChanged{Generation: c.generation, Connection: chat.ConnectionCatchingUp})
	c.apply(chat.Subscribed{Generation: c.generation})
}

func (c *client) cut() {
	c.connected, c.events = false, nil
	c.apply(chat.ConnectionChanged{Generation: c.generation, Connection: chat.ConnectionWaiting})
}

// lose lets events get lost on a connection that stands.
func (c *client) lose(why chat.GapReason) {
	if c.connected {
		c.events = nil
		c.apply(chat.Missed{Generation: c.generation, Reason: why})
	}
}

// deliver brings an event to the tab. What it carries was read after the change, at an unknown time.
func (c *client) deliver(i int, readNow bool) {
	e := remove(&c.events, i)
	row, there := c.table[e.id]
	switch {
	case e.removed:
		c.apply(chat.RowsRemoved{Generation: c.generation, IDs: []chat.MessageID{e.id}})
	case !readNow:
		c.apply(chat.RowsChanged{Generation: c.generation, Messages: []chat.Message{e.row}})
	case there:
		c.apply(chat.RowsChanged{Generation: c.generation, Messages: []chat.Message{row}})
	}
}

// serve reads a page, now.
func (c *client) serve(i int) {
	load := remove(&c.reads, i)
	page := selectRows(c.sorted(), load.Query)
	c.answer(chat.PageLoaded{Load: load.Load, Messages: page, More: len(page) == load.Query.Limit, ServerTime: c.now})
}

// attempt lets a send or a look-up reach the server.
func (c *client) attempt(i int, fate string) {
	switch e := remove(&c.attempts, i).(type) {
	case chat.LookUp:
		answer := chat.Answered{ID: e.ID, Attempt: e.Attempt, Answer: chat.AnswerMissing}
		if m, there := sentAs(c.table, e.Message); there {
			answer.Answer, answer.Message = chat.AnswerStored, m
		}
		if fate != "answered" {
			answer.Answer, answer.Message = chat.AnswerUnsent, chat.Message{}
		}
		c.answer(answer)
	case chat.Transmit:
		answer := chat.Answered{ID: e.Item.ID, Attempt: e.Attempt, Answer: chat.AnswerUnclear}
		switch fate {
		case "answered":
			answer.Answer, answer.Message = c.store(e.Item)
			c.tellOthers(chat.Settled{ID: e.Item.ID, Message: answer.Message})
		case "answer lost":
			c.store(e.Item)
		case "late":
			c.later(e.Item)
		case "not sent":
			answer.Answer = chat.AnswerUnsent
		}
		c.answer(answer)
	}
}

// later lets an item reach the server when its sender has given up. An edit that comes after a later one undoes it, until
// its sender sees it.
func (w *world) later(item chat.Item) { w.late = append(w.late, lateItem{item, w.now}) }

// forgetLate says that nobody knows any more of the edits that are under way.
func (w *world) forgetLate() {
	for _, item := range w.late {
		w.mayUndo(item)
	}
}

func (w *world) mayUndo(item lateItem) {
	if item.Op == chat.OpEdit {
		w.undone[item.Message] = true
	}
}

// save makes an item durable, unless another tab was there first.
func (c *client) save(i int) chat.Event {
	e := remove(&c.saves, i)
	if c.stored[e.Item.ID] != e.Was {
		return chat.ItemSaved{ID: e.Item.ID, Late: true}
	}
	c.stored[e.Item.ID] = e.Item
	switch e.Item.Op {
	case chat.OpSend:
		c.sent[e.Item.Text] = true
		c.texts[e.Item.ID] = append(c.texts[e.Item.ID], e.Item.Text)
	case chat.OpEdit:
		sent := c.table[e.Item.Message].Item()
		c.texts[sent] = append(c.texts[sent], e.Item.Text)
	}
	c.tellOthers(chat.OutboxChanged{User: me})
	return chat.ItemSaved{ID: e.Item.ID}
}

func (c *client) arrive(i int) { c.apply(remove(&c.answers, i)) }

func (c *client) ring(i int) { c.apply(remove(&c.timers, i).Due) }

func (w *world) writeLate(i int) {
	item := remove(&w.late, i)
	if w.now.Sub(item.left) > 9*time.Minute {
		w.mayUndo(item)
	}
	w.store(item.Item)
}

// remove takes one of some things out.
func remove[T any](from *[]T, i int) T {
	one := (*from)[i]
	*from = slices.Delete(*from, i, i+1)
	return one
}
