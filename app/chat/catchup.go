package chat

import "time"

// A catch-up makes a room complete again after changes may have been missed, while new ones are being told and merged.
// It begins when a subscription is in force, never before: what is read earlier may lack what is told later.
//
//	first time:  newest ─────────────────────────────────▶ done
//	afterwards:  changes ───────────────────────▶ check ─▶ done
//	               └─ more than a page ──▶ newest ─▶ edits ─▶ join ─▶ check ─▶ done
//
//   - changes reads a page of what was created or updated since the cursor: mostly that is all;
//   - newest reads the newest page, so that it is there to be read. Between it and what the changes have come to lies a
//     gap now;
//   - edits reads the changes of what is older than the cursor to their end;
//   - join closes the gap from its newer side, unless there is too much in it: then it stays, to be filled when somebody
//     wants to read it (history.go);
//   - check reads the keys of what is drawn, because deletions leave no row to be found; in a project that does not
//     record updates it reads the rows, to find edits too.
//
// Whatever interrupts it, it begins anew from the cursor, and finds ranges and gaps that are true.

// longGap is as many rows as are read to close a gap that nobody has asked to be filled.
const longGap = 1000

// NewestPage is what a room of which nothing is known begins with.
func NewestPage() Query { return Query{Limit: pageSize, Newest: true} }

// stopReading ends everything that is being read: changes are being missed from now on.
func (s *State) stopReading(r *room, why GapReason) {
	s.changed()
	if r.live() {
		s.link.lastNews, r.wasLive = s.now, s.moment
	}
	s.openReport(r, why)
	s.abortAudit(r)
	r.reader = reader{}
	r.timeline.arrived()
}

func (s *State) catchUp(r *room, why GapReason) {
	s.stopReading(r, why)
	r.since = s.moment
	if !r.timeline.loaded || r.cursor.IsZero() {
		s.begin(r, stepNewest, paging{query: NewestPage()})
		return
	}
	since := r.cursor.Add(-overlap)
	r.reader.known = place{date: since}
	s.begin(r, stepChanges, paging{query: Query{Limit: pageSize, ChangedSince: since}})
}

func (s *State) changesLoaded(r *room, page []Message, more bool) {
	c := &r.reader
	end := theEnd
	if more {
		end = highest(page)
	}
	if end.compare(c.known) > 0 {
		r.timeline.gaps.cover(c.known, end)
		c.known = end
	}
	s.merge(r, page)
	switch {
	case !more:
		s.check(r)
	case c.rows < pageSize: // large rows have made the page small
		s.loadNext(r, page)
	default:
		if end.date.Before(c.query.ChangedSince) {
			edits := c.paging
			edits.next(page)
			edits.query.To = edits.query.ChangedSince
			c.edits = &edits
		}
		s.begin(r, stepNewest, paging{query: NewestPage()})
	}
}

// newestLoaded takes the newest page, and those before it.
func (s *State) newestLoaded(r *room, page []Message, more bool) {
	c := &r.reader
	high := c.low
	if c.query.To.IsZero() {
		r.timeline.loaded, high = true, theEnd
	}
	low, dated := lowest(page)
	switch {
	case !more:
		low = place{}
	case !dated:
		s.merge(r, page)
		s.loadNext(r, page)
		return
	}
	if high == theEnd {
		r.timeline.forget(c.known, low)
	}
	r.timeline.gaps.cover(low, high)
	s.merge(r, page)
	c.low = low

	enough := pageSize
	if c.step == stepJoin {
		enough = longGap
	}
	if _, open := r.timeline.gaps.endingAt(low); open && c.rows < enough {
		s.loadNext(r, page)
		return
	}
	if c.edits != nil {
		s.begin(r, stepEdits, *c.edits)
		return
	}
	s.join(r)
}

func (s *State) editsLoaded(r *room, page []Message, more bool) {
	s.merge(r, page)
	if more {
		s.loadNext(r, page)
		return
	}
	r.reader.edits = nil
	s.join(r)
}

// join closes the gap below the newest page, unless it is the one where the room's past begins.
func (s *State) join(r *room) {
	c := &r.reader
	r.cursor = s.notAfterNow(r.seen) // what is missing now lies in gaps
	if g, open := r.timeline.gaps.endingAt(c.low); open && c.step != stepJoin && c.known != (place{}) {
		s.begin(r, stepJoin, r.timeline.before(g))
		return
	} else if open && c.known != (place{}) {
		r.report().Partly = true
	}
	s.check(r)
}

// check looks for deletions in what is drawn, and finishes when nothing drawn is in doubt.
func (s *State) check(r *room) {
	if !s.verify(r, stepCheck) {
		s.finish(r)
	}
}

// finish ends a catch-up: nothing is being missed any more.
func (s *State) finish(r *room) {
	r.reader = reader{step: stepDone}
	r.report().Until = s.now
	s.changed()
	s.heard(r)
	s.scheduleAudit(r, auditFirst)
	s.readOn(r)
	s.askAround(r)
}

// heard notes that the connection has brought news. Whether these have changed anything others know: one's own message
// comes twice, as an answer and as everybody else's do.
func (s *State) heard(r *room) {
	if r.live() {
		r.cursor = s.notAfterNow(r.seen)
		s.link.lastNews = s.now
	}
}

// see notes a row's dates.
func (s *State) see(r *room, m Message) {
	date := m.Created
	if m.Updated.After(date) {
		date = m.Updated
	}
	if date = s.notAfterNow(date); date.After(r.seen) {
		r.seen = date
	}
}

// notAfterNow holds a date back to the server's present: a forged one would push the cursor over everything that is
// still to come.
func (s *State) notAfterNow(date time.Time) time.Time {
	if present := s.now.Add(s.skew); date.After(present) {
		return present
	}
	return date
}
