package chat

import (
	"slices"
	"strings"
	"time"
)

// What people do to a message that is there: edit it, delete it, react to it. These items name a state that is to be, so
// doing one twice does no harm and it needs no key to be recognised by. Several edits of a message leave in their order,
// like everything else.

// UndoTime is how long a deletion waits before it leaves.
const UndoTime = 6 * time.Second

func (o Op) known() bool { return o == OpSend || o == OpEdit || o == OpDelete || o == OpReact }

// label is what diagnostics say before an item's key.
func (o Op) label() string {
	if o == OpSend {
		return ""
	}
	return string(o) + " "
}

// target is the key of the message that an item is about.
func (i Item) target() MessageID {
	if i.Op == OpSend {
		return i.ID
	}
	return i.Message
}

// once reports whether an item must not reach the server twice: nothing tells a repeated send from a new one where keys
// are the server's.
func (i Item) once(p Project) bool { return i.Op == OpSend && !p.OwnKeys }

// held reports whether an item waits for its user to take it back. A clock that was set back does not make it longer.
func (p *pending) held(now time.Time) bool {
	waited := now.Sub(p.Pressed)
	return p.Op == OpDelete && (p.stage == saving || p.stage == queued) && waited >= -time.Second && waited < UndoTime
}

// hold sees to it that what is held back leaves in time.
func (s *State) hold(r *room) {
	o := &r.outbox
	if i := slices.IndexFunc(o.items, func(p *pending) bool { return p.held(s.now) }); i >= 0 && o.holding == 0 {
		o.holding = s.number()
		s.do(After{Delay: UndoTime - s.now.Sub(o.items[i].Pressed), Due: Due{Room: r.id, Turn: o.holding}})
	}
}

// holdOn lets go of what was held back until now. A timer may be early by the clock.
func (s *State) holdOn(r *room, turn uint64) {
	if o := &r.outbox; turn != 0 && turn == o.holding {
		s.changed()
		o.holding = 0
		s.hold(r)
		s.drain(r)
	}
}

func (s *State) edit(in Edit) {
	text := sendable(in.Text)
	r, held := s.changeable(in.Room, in.ID, in.Message)
	if held == nil || strings.TrimSpace(text) == "" {
		return
	}
	waits := r.outbox.changes()[in.Message]
	switch {
	case waits != nil && waits.Op == OpDelete && waits.stage != failed:
		return
	case waits == nil && text == held.text():
		return
	}
	s.enqueueChange(r, Item{Op: OpEdit, ID: in.ID, Message: in.Message, Text: text})
}

func (s *State) delete(in Delete) {
	r, held := s.changeable(in.Room, in.ID, in.Message)
	if held == nil || held.deleted {
		return
	}
	if waits := r.outbox.changes()[in.Message]; waits != nil && waits.Op == OpDelete && waits.stage != failed {
		return
	}
	s.enqueueChange(r, Item{Op: OpDelete, ID: in.ID, Message: in.Message})
}

// enqueueChange puts an edit or a deletion into the outbox. It takes the place of those that have failed; others go first.
func (s *State) enqueueChange(r *room, item Item) {
	item.Problem = s.objectionTo(r, item)
	before := r.outbox.changes()[item.Message]
	s.enqueue(r, item)
	s.hold(r)
	if before != nil && before.stage == failed {
		s.forget(r, before)
	}
}

func (s *State) undo(in Undo) {
	r := s.rooms[in.Room]
	if r == nil {
		return
	}
	if p := r.outbox.find(in.ID); p != nil && p.Op == OpDelete && (p.stage == saving || p.stage == queued) {
		s.forget(r, p)
	}
}

// react enters a wish, or takes back the opposite one that has not left yet.
func (s *State) react(in React) {
	r, held := s.changeable(in.Room, in.ID, in.Message)
	if held == nil || in.Emoji == "" {
		return
	}
	will := r.given.has(in.Message, s.me.ID, in.Emoji)
	for _, p := range slices.Clone(r.outbox.items) {
		switch {
		case p.Op != OpReact || p.Message != in.Message || p.Text != in.Emoji:
		case p.underWay() || p.stage == unclear:
			will = !p.Off
		default:
			s.forget(r, p)
		}
	}
	if will != in.On {
		item := Item{Op: OpReact, ID: in.ID, Message: in.Message, Text: in.Emoji, Off: !in.On}
		item.Problem = s.objectionTo(r, item)
		s.enqueue(r, item)
	}
}

// changeable finds a message that something is to be done to, under a new key.
func (s *State) changeable(in RoomID, id, message MessageID) (*room, *entry) {
	r := s.rooms[in]
	if r == nil || id == "" || r.knows(id) {
		return nil, nil
	}
	return r, r.timeline.byID[message]
}

func (i Item) isChange() bool { return i.Op == OpEdit || i.Op == OpDelete }

// objectionTo is why an item cannot be sent at all.
func (s *State) objectionTo(r *room, item Item) Problem {
	if item.Op == OpSend {
		return s.objection(item.Text)
	}
	held := r.timeline.byID[item.Message]
	if held == nil { // the server will tell
		return Problem{}
	}
	can := s.can(held.message())
	switch {
	case item.isChange() && held.deleted:
		return Problem{Code: ProblemGone}
	case item.Op == OpEdit && !can.Edit, item.Op == OpDelete && !can.Delete, item.Op == OpReact && !can.React:
		return Problem{Code: ProblemWriteForbidden}
	case item.Op == OpEdit && tooLong(item.Text):
		return Problem{Code: ProblemTooLong}
	}
	return Problem{}
}

// looked goes on with a change whose message was looked up: either it has come true, or it is tried again.
func (s *State) looked(r *room, p *pending, m Message) {
	switch {
	case p.Op == OpDelete && m.Deleted:
		s.settle(r, p)
	case p.Op == OpEdit && !m.Deleted && m.Text == p.Text:
		s.settleEdit(r, p, true)
	case m.Deleted:
		s.fail(r, p, Problem{Code: ProblemGone})
	default:
		s.again(r, p)
	}
}

// can says what the server would let the user do with a message.
func (s *State) can(m Message) Can {
	if m.Deleted {
		return Can{}
	}
	mine := m.Author != "" && m.Author == s.me.ID
	return Can{
		Reply:  s.project.CanWrite && s.project.CanReply,
		Edit:   s.project.CanEdit && mine && !m.Truncated,
		Delete: s.project.CanDelete && (mine || s.project.Moderates),
		React:  s.project.CanReact,
	}
}

// changes are the edits and deletions in the outbox by message: of each the last that there is hope for, else the last.
func (o *outbox) changes() map[MessageID]*pending {
	var found map[MessageID]*pending
	for _, p := range o.items {
		if !p.isChange() {
			continue
		}
		if found == nil {
			found = map[MessageID]*pending{}
		}
		if before := found[p.Message]; before == nil || p.stage != failed || before.stage == failed {
			found[p.Message] = p
		}
	}
	return found
}

// drawChange draws a row as if what waits had come true.
func (s *State) drawChange(row *Row, p *pending) {
	row.Change = Change{Op: p.Op, ID: p.ID, Delivery: p.delivery(), Problem: p.Problem}
	switch {
	case p.stage == failed:
	case p.Op == OpDelete:
		row.Deleted, row.Edited, row.Text, row.Can, row.Reactions = true, false, "", Can{}, nil
		row.Change.Undo = p.stage == saving || p.stage == queued
	case !row.Deleted:
		row.Text, row.Edited = p.Text, true
	}
}
