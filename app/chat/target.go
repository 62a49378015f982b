package chat

// A permalink leads to a message that may be far away from all that is held. It is looked up by its key, stands alone
// between two gaps then, and becomes a range of its own by the pages before and behind it:
//
//	(not held)  ██████T██████  (not held)  ██████████████████▶ what is told
//
// The window moves there when they have come, so that there is something to read around the message. From there the
// reader goes on in both directions, as everywhere else. When they go back to the newest message the range is let go:
// it would be torn off above what they read there.

// around is how many rows must be held on both sides of a message that is opened.
const around = windowStep / 2

// lookUps is how often a look-up is tried again. Some databases fail at a key that is none, and Directus does not tell
// that from a fault of its own.
const lookUps = 3

func (s *State) open(in Open) {
	r := s.rooms[in.Room]
	if r == nil || in.Message == "" {
		return
	}
	s.changed()
	r.then = stay
	r.target = Target{ID: in.Message, Opening: true, Opened: r.target.Opened}
	if r.timeline.byID[in.Message] != nil {
		s.approach(r)
		return
	}
	s.readOn(r)
}

// lookUpTarget asks for the row that is to be opened. It reports whether there is one.
func (s *State) lookUpTarget(r *room) bool {
	if !r.target.Opening || r.then == moveToTarget {
		return false
	}
	if r.timeline.byID[r.target.ID] != nil { // it has come by other ways
		s.approach(r)
		return r.reader.step != stepDone
	}
	s.begin(r, stepLookUp, paging{query: Query{Limit: 1, ID: r.target.ID}})
	return true
}

// targetLoaded makes a range of the row. Another may be wanted by now.
func (s *State) targetLoaded(r *room, page []Message) {
	for _, m := range page {
		if p := m.place(); !p.date.IsZero() && r.timeline.gaps.have(p) {
			r.timeline.gaps.cover(p, p)
			r.alone = true
		}
	}
	asked := r.reader.query.ID
	s.merge(r, page)
	if asked == r.target.ID && r.timeline.byID[asked] == nil {
		s.targetMissing(r)
		return
	}
	s.rest(r)
}

func (s *State) targetMissing(r *room) {
	if r.target.Opening && r.target.ID == r.reader.query.ID {
		r.target = Target{ID: r.target.ID, Opened: r.target.Opened + 1, Problem: Problem{Code: ProblemMissing}}
	}
	r.timeline.arrived()
	s.rest(r)
}

// approach shows the held row that is to be opened, as soon as what is around it has been read. Without a connection
// nothing is waited for.
func (s *State) approach(r *room) {
	p := r.timeline.byID[r.target.ID].place()
	i := r.timeline.rows.upTo(p)
	var wishes []wish
	if g, torn := r.timeline.gaps.between(place{}, p); torn && i-r.timeline.rows.upTo(g.after) <= around {
		wishes = append(wishes, wish{at: g.before})
	}
	if g, torn := r.timeline.gaps.behind(p); torn && r.timeline.rows.upTo(g.after)-i < around {
		wishes = append(wishes, wish{g.after, true})
	}
	if len(wishes) == 0 || !r.live() {
		s.showTarget(r)
	} else {
		r.then = moveToTarget
	}
	for _, w := range wishes {
		s.want(r, w)
	}
}

// showTarget moves the window so that the row that is to be opened is in its middle.
func (s *State) showTarget(r *room) {
	if e := r.timeline.byID[r.target.ID]; r.target.Opening && e != nil {
		r.target = Target{ID: e.id(), Opened: r.target.Opened + 1}
		s.moveTo(r, min(r.timeline.rows.upTo(e.place())+windowStep, r.timeline.rangeEnd(e.place())))
	}
}

// leaveTarget lets go of what was read for a permalink, and of all that is older.
func (s *State) leaveTarget(r *room) {
	if !r.alone {
		return
	}
	r.alone = false
	g, torn := r.timeline.gaps.between(place{}, theEnd)
	if !torn {
		return
	}
	if r.wanted = nil; r.reader.step == stepFill || r.reader.step == stepFillNewer {
		r.reader = reader{step: stepDone} // the page belongs to what is let go
		r.timeline.arrived()
	}
	r.timeline.forget(place{}, g.before)
}
