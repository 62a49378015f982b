package chat

import (
	"slices"
	"time"
)

// An edit leaves after the one before it has been answered for. But an attempt that got no answer, and was made again, may
// still hang somewhere in the network and reach the server after later edits, whose text it would undo. No server can
// tell; so whoever has made such an attempt knows its text when it comes, and makes the last edit once more.

// astrayFor is how long an attempt may hang. Who edits a message back to an earlier text after that means it.
const astrayFor = 10 * time.Minute

// astray is what may still become of one message.
type astray struct {
	texts []string // one for each attempt that got no answer, and has not been seen to come
	last  string   // what the message says, but for these; "" if that is not known
	id    MessageID
	since time.Time // of the last attempt
}

// wentAstray notes that an attempt to edit a message got no answer.
func (s *State) wentAstray(r *room, p *pending) {
	for id, a := range r.astray {
		if s.now.Sub(a.since).Abs() > astrayFor {
			delete(r.astray, id)
		}
	}
	a := r.astray[p.Message]
	if a == nil {
		a = &astray{}
		if r.astray == nil {
			r.astray = map[MessageID]*astray{}
		}
		r.astray[p.Message] = a
	}
	a.texts, a.id, a.since = append(a.texts, p.Text), p.ID, s.now
}

// came takes out one attempt.
func (a *astray) came(text string) {
	if i := slices.Index(a.texts, text); i >= 0 {
		a.texts = slices.Delete(a.texts, i, i+1)
	}
}

// settleEdit ends an edit that has come true. If that was found out later, an attempt without an answer has done it.
func (s *State) settleEdit(r *room, p *pending, found bool) {
	if a := r.astray[p.Message]; a != nil {
		if found {
			a.came(p.Text)
		}
		a.last = p.Text
	}
	s.settle(r, p)
	s.setRight(r, p.Message)
}

// setRight makes the last edit of a message again if an earlier one has come after it.
func (s *State) setRight(r *room, id MessageID) {
	a, held := r.astray[id], r.timeline.byID[id]
	switch {
	case a == nil, held == nil, held.deleted, r.outbox.changes()[id] != nil: // what waits comes last anyway
	case !slices.Contains(a.texts, held.text()):
		a.last = held.text()
	case a.last != "" && a.last != held.text() && s.now.Sub(a.since).Abs() <= astrayFor:
		a.came(held.text())
		for r.knows(a.id) {
			a.id += "+"
		}
		s.enqueueChange(r, Item{Op: OpEdit, ID: a.id, Message: id, Text: a.last})
	}
}
