package chat

import "time"

// A room is one conversation: what is held of it, what waits to be sent, and how far its history is known to be
// complete.
type room struct {
	id       RoomID
	timeline timeline
	arrivals arrivals
	outbox   outbox
	composer composer
	reader   reader
	audit    auditor
	answered originals
	given    reactions
	astray   map[MessageID]*astray // edits that may still come, by message
	reports  []GapReport           // of the newest gaps, oldest first

	// cursor is the date up to which everything is known, by the server's clock; a catch-up begins there. It follows
	// seen only while nothing is being missed: moved by what arrives during a gap, or by the answer to a send on a
	// connection that has silently died, it would step over what was lost before.
	cursor time.Time
	seen   time.Time // the latest date of any row that was told or read

	// wasLive is the moment at which the room was last up to date: what was known then is complete, also what is dated a
	// little behind the cursor because the server's clock is known to the second only.
	wasLive uint64

	// since is the moment at which the last gap has ended: what was shown by nothing since may have been deleted in it.
	since uint64

	wanted []wish // parts of gaps that somebody wants to see, to be read one after the other
	bottom place  // where the drawn window ends; the zero place if it follows the newest
	then   move   // what the window is to do when what is wanted has been read
	target Target // of the last Open
	alone  bool   // an Open may have made a range of its own

	reading reading
	search  search
	drawing drawing // the last
}

func (s *State) rowsChanged(e RowsChanged) {
	r := s.rooms[e.Room]
	if r == nil || !s.current(e.Generation) {
		return
	}
	for _, m := range e.Messages {
		isNew := r.timeline.byID[m.ID] == nil
		s.see(r, m)
		s.tell(r, m)
		if isNew {
			r.arrive(m, s.me.ID)
		}
	}
	s.heard(r)
	s.askNames()
	s.askOriginals(r)
}

func (s *State) rowsRemoved(e RowsRemoved) {
	r := s.rooms[e.Room]
	if r == nil || !s.current(e.Generation) {
		return
	}
	s.changed()
	for _, id := range e.IDs {
		r.timeline.lose(id, s.moment)
		// What was deleted had been stored: an answer that got lost must not send it again.
		if p := r.outbox.find(id); p != nil && p.stage != failed {
			s.settle(r, p)
		}
	}
	s.heard(r)
	if r.newSuspects(len(e.IDs)) {
		s.readOn(r)
	}
}

// tell merges a row that was told, or answered to a send.
func (s *State) tell(r *room, m Message) {
	isNew := r.timeline.byID[m.ID] == nil
	if r.timeline.tell(m, s.moment) {
		s.changed()
	}
	if e := r.timeline.byID[m.ID]; isNew && e != nil && m.Updated.IsZero() {
		e.given = s.moment // everything that is given to a new message will be told
	}
	s.notice(r, m, isNew)
}

// read merges a row of a page.
func (s *State) read(r *room, m Message) {
	isNew := r.timeline.byID[m.ID] == nil
	if r.timeline.read(m, r.reader.asked) && !r.live() {
		r.report().Rows++
	}
	s.notice(r, m, isNew)
}

// notice draws conclusions from a row that is known to be stored.
func (s *State) notice(r *room, m Message, isNew bool) {
	s.acknowledge(r, m, isNew)
	s.noticeAuthor(m)
	s.noticeOriginal(r, m)
	s.setRight(r, m.ID)
}
