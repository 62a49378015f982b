package chat

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A sender is what this tab is to the other tabs of its user. They share one outbox: each shows all of it, and changes
// what the user decides about in it, but only one at a time sends. A tab may lose that turn and not know it yet. That
// does no harm: a key of ours is stored once however often it is sent, and an item without one leaves only when this tab
// has marked it in storage as attempted, which of several only one can (Save.Was).
//
//	         TakeOutbox          OutboxTaken            OutboxLoaded
//	idle ───────────────▶ asked ─────────────▶ reading ───────────────▶ ready
//	 ▲                                                                    │
//	 └──────────────── ReleaseOutbox, OutboxLost, from any ───────────────┘
type sender struct {
	take  uint64    // names the TakeOutbox that was asked for, or granted; 0 while idle
	load  uint64    // names the LoadOutbox after it was granted; 0 before
	ready bool      // what the last sender has left is known, or cannot be known
	blind bool      // it cannot be known
	since time.Time // when it was granted
}

// turnLength is how long a tab sends while others may be waiting. It ends between two items, long before the others lose
// patience and end it in the midst of one.
const turnLength = 10 * time.Second

func (t sender) over(now time.Time) bool { return t.load != 0 && now.Sub(t.since) > turnLength }

// mayStart reports whether an item may take its next step.
func (t sender) mayStart(now time.Time) bool { return t.ready && !t.over(now) }

// attendOutbox takes the outbox when something could leave, and lets go of it when nothing can and nothing is under way.
func (s *State) attendOutbox() {
	waiting, busy := false, false
	for _, r := range s.rooms {
		waiting = waiting || r.outbox.head(s.now) != nil
		busy = busy || slices.ContainsFunc(r.outbox.items, (*pending).busy)
	}
	wanted := waiting && s.link.open()
	if !busy && (!wanted || s.sender.over(s.now)) {
		s.releaseOutbox()
	}
	if wanted && s.sender.take == 0 {
		s.sender.take = s.moment
		s.do(TakeOutbox{User: s.me.ID, Take: s.moment})
	}
}

func (s *State) releaseOutbox() {
	if s.sender.take != 0 {
		s.sender = sender{}
		s.do(ReleaseOutbox{User: s.me.ID})
	}
}

func (s *State) outboxTaken(e OutboxTaken) {
	if e.Take == s.sender.take && s.sender.load == 0 {
		s.sender.since = s.now
		s.readOutbox()
	}
}

func (s *State) outboxLost(e OutboxLost) {
	if e.Take == s.sender.take {
		s.sender = sender{}
	}
}

// readOutbox finds out what there is to send. Until then nothing leaves.
func (s *State) readOutbox() {
	s.sender.load, s.sender.ready = s.moment, false
	s.loadOutbox()
}

func (s *State) loadOutbox() { s.do(LoadOutbox{User: s.me.ID, Load: s.moment}) }

func (s *State) outboxChanged(e OutboxChanged) {
	if e.User == s.me.ID {
		s.loadOutbox()
	}
}

// shelf is the outbox in storage, as far as it concerns reading it.
type shelf struct {
	known    bool   // it has been read, or could not be
	asOf     uint64 // the moment it was read as of; 0 if it could not be
	foreign  int    // items in it that only a newer program understands
	failures int    // to read it, in a row
	turn     uint64 // of the next try after a failure; 0 for none
}

func (s *State) outboxLoaded(e OutboxLoaded) {
	if e.User != s.me.ID {
		return
	}
	s.changed()
	failed := e.Problem != (Problem{})
	if failed {
		s.readShelfLater()
	} else {
		s.shelf = shelf{asOf: e.Load, turn: s.shelf.turn} // it may be an older question's than the one that failed
		s.takeOver(e)
	}
	s.storage, s.shelf.known = cmp.Or(e.Problem, s.unsafe), true
	if t := &s.sender; t.load != 0 && t.load <= e.Load {
		t.ready, t.blind = true, failed
	}
	for r := range s.allRooms() {
		s.handIn(r)
		s.drain(r)
	}
}

// storageAnswered notes whether something could be stored. What can be read although nothing can be stored says nothing.
func (s *State) storageAnswered(p Problem) {
	if s.storage != p || s.unsafe != p {
		s.storage, s.unsafe = p, p
		s.changed()
	}
}

func (s *State) readShelfLater() {
	if s.shelf.turn == 0 {
		s.shelf.failures++
		s.shelf.turn = s.number()
		s.do(After{Delay: delay(s.shelf.failures), Due: Due{Turn: s.shelf.turn}})
	}
}

func (s *State) readShelfAgain(turn uint64) {
	if turn != 0 && turn == s.shelf.turn {
		s.shelf.turn = 0
		s.loadOutbox()
	}
}

// takeOver makes the outbox what is stored, as far as what is known here is not newer.
func (s *State) takeOver(e OutboxLoaded) {
	stored := make(map[MessageID]bool, len(e.Items))
	for _, item := range e.Items {
		stored[item.ID] = true
		if r := s.rooms[item.Room]; r != nil && item.Op.known() {
			s.takeOverItem(r, item, e.Load)
		} else {
			s.shelf.foreign++
		}
	}
	for r := range s.allRooms() {
		for _, p := range slices.Clone(r.outbox.items) {
			if p.durable() && !stored[p.ID] && p.olderThan(e.Load) {
				s.drop(r, p, e.Load) // a tab that has found it with its draft may hand it in again
			}
		}
		r.outbox.sort()
		s.hold(r)
		for _, p := range slices.Clone(r.outbox.items) {
			if row := r.timeline.byID[p.ID]; row != nil {
				s.acknowledge(r, row.message(), false) // its row was here first
			} else if r.outbox.sent.has(p.ID) {
				s.settle(r, p) // likewise
			}
		}
	}
}

func (s *State) takeOverItem(r *room, item Item, load uint64) {
	p := r.outbox.find(item.ID)
	switch {
	case p != nil && !p.olderThan(load), p == nil && r.outbox.gone.after(item.ID, load):
		return
	case p == nil:
		p = &pending{stage: queued, kept: true}
		r.outbox.items = append(r.outbox.items, p)
	case p.stage == failed:
		p.stage, p.tries = queued, 0
	}
	p.Item, p.stored, p.asOf = item, item, load
	if p.Problem != (Problem{}) {
		p.stage = failed
	}
}

// settled drops an item that another tab has settled. It has removed it from storage, too.
func (s *State) settled(e Settled) {
	r := s.rooms[e.Room]
	if r == nil {
		return
	}
	if p := r.outbox.find(e.ID); p != nil {
		s.drop(r, p, forGood)
	}
	if e.Message.ID != "" {
		s.changed()
		r.timeline.tell(e.Message, s.moment) // it is nobody else's row, so nothing else is concluded from it
		r.outbox.see(e.Message, s.moment)
		s.noticeAuthor(e.Message)
	}
	for _, g := range e.Reactions {
		s.tellReaction(r, g)
	}
	s.drain(r)
}

// An OutboxLine is an item as those see it who want to know why a message has not left: never its text.
type OutboxLine struct {
	Room    RoomID
	ID      MessageID
	Op      Op
	Stage   string // saving, queued, marking, sending, unclear, looking or failed
	Pressed time.Time
	Tries   int // answers that settled nothing
	Problem Problem
}

// String is the line as diagnostics show it.
func (l OutboxLine) String() string {
	return fmt.Sprintf("%s %s%s %s, tried %d times%s", stamp(l.Pressed), l.Op.label(), l.ID, l.Stage, l.Tries, l.Problem.reason())
}

// Outbox is everything that waits to be sent, in its order. It is for diagnostics: too rarely looked at to be in a
// Snapshot.
func (s *State) Outbox() []OutboxLine {
	var all []OutboxLine
	for r := range s.allRooms() {
		for _, p := range r.outbox.items {
			all = append(all, OutboxLine{
				Room: r.id, ID: p.ID, Op: p.Op, Stage: p.stage.String(), Pressed: p.Pressed, Tries: p.tries, Problem: p.Problem,
			})
		}
	}
	return all
}
