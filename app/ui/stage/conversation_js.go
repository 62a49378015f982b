package main

import (
	"fmt"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// A conversation is a real chat.State in the place of a test's snapshots, and a server that has answered everything but
// the next older page: for benchmarks.
type conversation struct {
	state       chat.State
	first, next int // numbers of its messages: the first one held, and the one that will come
	asked       *chat.Load
	ends        bool // there is nothing older
}

// page is how many messages an older page brings.
const page = 100

// message is the same as in preact/list.js.
func (c *conversation) message(n int) chat.Message {
	const words = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua."
	k := max(n, -n)
	who := k / 3 % 17
	return chat.Message{
		ID:         chat.MessageID(fmt.Sprintf("0198c0de-0000-7000-8000-%012d", 1_000_000+n)),
		Author:     chat.UserID(fmt.Sprint(who)),
		AuthorName: fmt.Sprint("Person ", who),
		Text:       fmt.Sprint(n, " ", words[:10+k*7%110]),
		Created:    time.Date(2026, 1, 2, 3, n, 0, 0, time.UTC),
	}
}

// backwards are some messages, the newest first.
func (c *conversation) backwards(from, to int) []chat.Message {
	var some []chat.Message
	for n := to - 1; n >= from; n-- {
		some = append(some, c.message(n))
	}
	return some
}

func (c *conversation) apply(in chat.Input) {
	for _, e := range c.state.Apply(time.Now(), in) {
		load, isPage := e.(chat.Load)
		if !isPage || !load.Query.Newest {
			continue
		}
		c.asked = &load
		if c.ends && c.next > 0 {
			c.answer(nil, false)
		}
	}
}

func (c *conversation) answer(messages []chat.Message, more bool) {
	load := c.asked.Load
	c.asked = nil
	c.apply(chat.PageLoaded{Load: load, Messages: messages, More: more})
}

// begin holds a number of messages, at least a page of 100.
func (c *conversation) begin(held int) {
	c.apply(chat.SignedIn{Me: chat.Person{ID: "me", Name: "Me"}, Project: chat.Project{CanWrite: true, OwnKeys: true, Dated: true}})
	c.apply(chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionCatchingUp})
	c.apply(chat.Subscribed{Generation: 1})
	c.answer(c.backwards(0, page), true)
	for c.next = page; c.next < held; c.next++ {
		c.apply(chat.RowsChanged{Generation: 1, Messages: []chat.Message{c.message(c.next)}})
	}
}

// happen reports whether anything has.
func (c *conversation) happen(what string) bool {
	switch what {
	case "append":
		c.apply(chat.RowsChanged{Generation: 1, Messages: []chat.Message{c.message(c.next)}})
		c.next++
	case "update":
		m := c.message(c.next - 3)
		m.Updated = time.Now()
		m.Text += fmt.Sprint(" more ", c.state.Snapshot().Version)
		c.apply(chat.RowsChanged{Generation: 1, Messages: []chat.Message{m}})
	case "prepend":
		c.first -= page
		c.answer(c.backwards(c.first, c.first+page), true)
	default:
		return false
	}
	return true
}

// converse(held, ends) has the page show a conversation.
func (p *prompter) converse(_ app.Value, args []app.Value) any {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.talk = &conversation{ends: args[1].Bool()}
	p.talk.begin(args[0].Int())
	p.changed()
	return nil
}

// happen(what) lets something happen in it.
func (p *prompter) happen(_ app.Value, args []app.Value) any {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.talk.happen(args[0].String()) {
		p.changed()
	}
	return nil
}

// oldest() shows the oldest messages held.
func (p *prompter) oldest(app.Value, []app.Value) any {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.talk.asked == nil {
		p.talk.apply(chat.ShowOlder{})
	}
	p.changed()
	return nil
}
