package chat

import "slices"

// What a room that is up to date reads of its past: pages that somebody wants to see, and whether what is drawn is
// still there.

// readOn reads what is wanted, if nothing is being read.
func (s *State) readOn(r *room) {
	if r.reader.step != stepDone {
		return
	}
	if s.lookUpTarget(r) || s.fill(r) || s.verify(r, stepVerify) {
		return
	}
	s.audit(r)
}

// rest ends a step of a room that is up to date.
func (s *State) rest(r *room) {
	r.reader = reader{step: stepDone}
	s.readOn(r)
}

// A wish is a part of a gap that somebody wants to see: the page that belongs to one of its ends.
type wish struct {
	at    place // where the gap ends or, for newer, begins
	newer bool
}

// want has a page read. That happens when the room is up to date.
func (s *State) want(r *room, w wish) {
	if slices.ContainsFunc(r.wanted, w.is) {
		return
	}
	r.wanted = append(r.wanted, w)
	s.changed()
	s.readOn(r)
}

func (w wish) is(other wish) bool { return w.newer == other.newer && w.at.compare(other.at) == 0 }

// wants reports whether a part of a gap is wanted.
func (r *room) wants(g gap) bool {
	return slices.ContainsFunc(r.wanted, wish{at: g.before}.is) || slices.ContainsFunc(r.wanted, wish{g.after, true}.is)
}

// fill reads the page at the end of a gap. It reports whether there is one to read.
func (s *State) fill(r *room) bool {
	for len(r.wanted) > 0 {
		w := r.wanted[0]
		if g, open := r.timeline.gaps.startingAt(w.at); open && w.newer {
			r.reader.known, r.reader.low = g.after, g.before
			s.begin(r, stepFillNewer, r.timeline.behind(g))
			return true
		}
		if g, open := r.timeline.gaps.endingAt(w.at); open && !w.newer {
			r.reader.low = g.before
			s.begin(r, stepFill, r.timeline.before(g))
			return true
		}
		s.filled(r) // by other ways
	}
	return false
}

// filled ends the first wish.
func (s *State) filled(r *room) {
	r.wanted = r.wanted[1:]
	if len(r.wanted) == 0 {
		s.moveOn(r)
	}
}

// before is the query for what lies at the end of a gap. Of the rows of its date those are left out that are known,
// unless another gap lies among them: then they are not the first ones of the query.
func (t *timeline) before(g gap) paging {
	p := paging{query: Query{Limit: pageSize, Newest: true, To: g.before.date}}
	if next, torn := t.gaps.behind(g.before); !torn || !next.after.date.Equal(g.before.date) {
		p.tied = t.heldAt(g.before)
	}
	p.leaveOut()
	return p
}

// behind is the query for what lies at the beginning of a gap.
func (t *timeline) behind(g gap) paging {
	p := paging{query: Query{Limit: pageSize, From: g.after.date, To: g.before.date}}
	if last, torn := t.gaps.between(place{}, g.after); !torn || !last.before.date.Equal(g.after.date) {
		p.tied = t.heldUpTo(g.after)
	}
	p.leaveOut()
	return p
}

func (s *State) olderLoaded(r *room, page []Message, more bool) {
	c := &r.reader
	low, dated := lowest(page)
	switch {
	case !more:
		low = place{}
	case !dated:
		low = c.low
	}
	progress := low.compare(c.low) < 0
	if progress {
		r.timeline.gaps.cover(low, c.low)
		c.low = low
	}
	s.merge(r, page)
	_, open := r.timeline.gaps.endingAt(c.low)
	s.fillOn(r, page, open, progress)
}

// fillOn reads more of a gap that is still open, until a page has been read of it.
func (s *State) fillOn(r *room, page []Message, open, progress bool) {
	if open && (r.reader.rows < pageSize || !progress) {
		s.loadNext(r, page)
		return
	}
	s.filled(r)
	s.rest(r)
}

func (s *State) newerLoaded(r *room, page []Message, more bool) {
	c := &r.reader
	high := c.low
	if more {
		high = highest(page)
	}
	progress := high.compare(c.known) > 0
	if progress {
		r.timeline.gaps.cover(c.known, high)
		c.known = high
	}
	s.merge(r, page)
	_, open := r.timeline.gaps.startingAt(c.known)
	s.fillOn(r, page, open && more, progress) // a gap behind the one that was wanted is another one
}

// drawnMargin is looked at beyond what is drawn, to be drawn when others turn out to be gone.
const drawnMargin = 50

// verify asks what is left of drawn rows that may have been deleted in the last gap. It reports whether there are any.
func (s *State) verify(r *room, step step) bool {
	suspects := r.suspects()
	if len(suspects) == 0 {
		return false
	}
	r.reader.suspects, r.reader.there = suspects, make(map[MessageID]bool, len(suspects))
	q := Query{
		Limit:  drawnRows + 2*drawnMargin, // some more, which are not held yet
		From:   suspects[0].created.time(),
		To:     suspects[len(suspects)-1].created.time(),
		Detail: DetailKeyAndDate,
	}
	if !s.project.Dated {
		q.Limit, q.Detail = pageSize, DetailWhole
	}
	s.begin(r, step, paging{query: q})
	return true
}

// suspects finds rows that nothing has shown since the last gap: drawn ones, or else such as are counted as unread.
func (r *room) suspects() []*entry {
	if found := r.suspectsIn(r.drawn()); found != nil {
		return found
	}
	if low, high := r.unread(); low < high {
		return r.suspectsIn(low, high)
	}
	return nil
}

// suspectsIn are those of the first range of which one is among the rows from low to high.
func (r *room) suspectsIn(low, high int) []*entry {
	var found []*entry
	isIn := false
	window := r.timeline.rows.slice(max(0, low-drawnMargin), high)
	for i, e := range window {
		if i > 0 {
			if _, gap := r.timeline.gaps.between(window[i-1].place(), e.place()); gap && isIn {
				break
			} else if gap {
				found = nil
			}
		}
		if !r.isThere(e) {
			found = append(found, e)
			isIn = isIn || i >= len(window)-(high-low)
		}
	}
	if !isIn {
		return nil
	}
	return found
}

// newSuspects reports whether the removal of some rows has brought a suspect into what is drawn: from its ends.
func (r *room) newSuspects(removed int) bool {
	low, high := r.drawn()
	n := min(removed, high-low)
	ends := append(r.timeline.rows.slice(low, low+n), r.timeline.rows.slice(high-n, high)...)
	return slices.ContainsFunc(ends, func(e *entry) bool { return !r.isThere(e) })
}

// isThere reports whether a row is known to be there: something has shown it since the last gap. No query finds rows
// without a date.
func (r *room) isThere(e *entry) bool {
	return e.told >= r.since || e.seen >= r.since || e.created.time().IsZero()
}

func (s *State) suspectsLoaded(r *room, page []Message, more bool) {
	c := &r.reader
	for _, m := range page {
		c.there[m.ID] = true
	}
	if c.query.Detail == DetailKeyAndDate {
		r.timeline.arrived()
	} else {
		s.merge(r, page)
	}
	if more {
		s.loadNext(r, page)
		return
	}
	for _, e := range c.suspects {
		switch {
		case r.timeline.byID[e.id()] != e: // gone, or moved
		case c.there[e.id()]:
			e.seen = c.asked
		default:
			r.timeline.lose(e.id(), s.moment)
		}
	}
	if c.step == stepCheck {
		s.check(r)
	} else {
		s.rest(r)
	}
}
