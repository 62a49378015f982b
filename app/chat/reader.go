package chat

import (
	"slices"
	"time"
)

// A reader reads what is missing of a room, one page at a time: first the catch-up, and then, while the room is up to
// date, what somebody wants to see, what is drawn but may be gone, and the audit. There is never more than one page
// under way, so that of two pages the one that comes later is always the truer.
type reader struct {
	step step
	paging
	load  uint64 // the read under way; 0 for none
	asked uint64 // the moment it was asked for
	rows  int    // read in this step

	// The catch-up.
	known place   // everything from the cursor to here has been read again; when a gap is filled upwards: from its beginning
	low   place   // where the newest range begins
	edits *paging // how to go on with changes of what is older than the cursor; nil if all have been read

	// Of what may be gone: what must be there, and what is.
	suspects []*entry
	there    map[MessageID]bool

	failures int    // in a row
	turn     uint64 // of the next try after a failure; 0 for none
	problem  Problem
}

// A step is what the reader is at. Those from stepDone on are of a room that is up to date.
type step uint8

const (
	stepNone step = iota // no connection, or refused
	stepChanges
	stepNewest
	stepEdits
	stepJoin
	stepCheck
	stepDone
	stepLookUp
	stepFill
	stepFillNewer
	stepVerify
	stepAudit
	stepRepair
)

// live reports whether the room is up to date: nothing is being missed.
func (r *room) live() bool { return r.reader.step >= stepDone }

func (s *State) begin(r *room, step step, p paging) {
	c := &r.reader
	c.step, c.paging, c.rows = step, p, 0
	s.load(r)
}

func (s *State) load(r *room) {
	c := &r.reader
	c.load, c.asked = s.number(), s.moment
	r.timeline.expect()
	s.do(Load{Room: r.id, Load: c.load, Query: c.query})
}

func (s *State) loadNext(r *room, page []Message) {
	r.reader.next(page)
	s.load(r)
}

func (s *State) pageLoaded(e PageLoaded) {
	if s.searchLoaded(e) {
		return
	}
	r := s.rooms[e.Room]
	if r == nil || e.Load == 0 || e.Load != r.reader.load {
		return
	}
	c := &r.reader
	c.load, c.failures, c.problem = 0, 0, Problem{}
	if !e.ServerTime.IsZero() {
		s.skew = e.ServerTime.Sub(s.now)
	}
	s.changed()
	if c.tooFar(e.Messages) {
		s.load(r)
		return
	}
	c.rows += len(e.Messages)
	r.report().Problem = Problem{}
	more := e.More && len(e.Messages) > 0
	switch c.step {
	case stepChanges:
		s.changesLoaded(r, e.Messages, more)
	case stepEdits:
		s.editsLoaded(r, e.Messages, more)
	case stepNewest, stepJoin:
		s.newestLoaded(r, e.Messages, more)
	case stepCheck, stepVerify:
		s.suspectsLoaded(r, e.Messages, more)
	case stepLookUp:
		s.targetLoaded(r, e.Messages)
	case stepFill:
		s.olderLoaded(r, e.Messages, more)
	case stepFillNewer:
		s.newerLoaded(r, e.Messages, more)
	case stepAudit:
		s.keysLoaded(r, e.Messages, more)
	case stepRepair:
		s.missingLoaded(r, e.Messages, more)
	}
	s.askNames()
	s.askAround(r)
}

// merge merges the rows of a page, after what the page says as a whole.
func (s *State) merge(r *room, page []Message) {
	for _, m := range page {
		s.see(r, m)
		s.read(r, m)
	}
	r.timeline.arrived()
}

func (s *State) loadFailed(e LoadFailed) {
	if s.searchFailed(e) {
		return
	}
	r := s.rooms[e.Room]
	if r == nil || e.Load == 0 || e.Load != r.reader.load {
		return
	}
	s.changed()
	c := &r.reader
	c.load, c.problem = 0, e.Problem
	switch {
	case e.TooLarge && c.smaller():
		s.load(r)
	case e.Problem != (Problem{}) && c.step == stepLookUp: // a key that the database does not even understand
		s.targetMissing(r)
	case e.Problem != (Problem{}): // a new connection, or a new answer to what the user may do, tries again
		s.stopReading(r, GapConnection)
		c.problem, r.report().Problem = e.Problem, e.Problem
		s.askAgain(r)
	case c.step == stepLookUp && c.failures == lookUps:
		s.targetMissing(r)
	default:
		c.failures++
		c.turn = s.number()
		s.do(After{Delay: delay(c.failures), Due: Due{Room: r.id, Turn: c.turn}})
	}
}

// askAgain asks what the user may do, as long as reading is refused: the server tells nobody when that changes.
func (s *State) askAgain(r *room) {
	s.rediscover()
	r.reader.turn = s.number()
	s.do(After{Delay: rediscoverEvery, Due: Due{Room: r.id, Turn: r.reader.turn}})
}

func (s *State) readAgain(r *room, turn uint64) {
	switch c := &r.reader; {
	case turn == 0:
	case turn == c.turn && c.step == stepNone:
		s.askAgain(r)
	case turn == c.turn:
		c.turn = 0
		s.load(r)
	case turn == r.audit.turn:
		s.auditDue(r)
	}
}

// paging is a query, and how it goes on behind a page. Dates repeat (MySQL's are whole seconds), and uuids cannot be
// compared by a query, so the next page begins at the date where the last one has ended, without the rows of that date
// that are known.
type paging struct {
	query Query
	tied  []MessageID // the rows known at the edge of the query, in its order
}

const (
	pageSize  = 100
	maxExcept = 100 // as many keys as fit well into a URL
)

// next goes on behind a page.
func (p *paging) next(page []Message) {
	q := &p.query
	edge := &q.From
	if q.Newest {
		edge = &q.To
	}
	last := page[len(page)-1].Created
	if !last.Equal(*edge) {
		*edge, p.tied = last, nil
	}
	for _, m := range page {
		if m.Created.Equal(last) && !slices.Contains(p.tied, m.ID) {
			p.tied = append(p.tied, m.ID)
		}
	}
	if q.Detail == DetailWithout { // the row that was too large lies behind
		q.Detail = DetailWhole
	}
	if q.Limit < pageSize {
		q.Limit = min(2*q.Limit, pageSize)
	}
	p.leaveOut()
}

// leaveOut keeps out what is known. Too many rows to name are skipped, but for one, which shows that the page begins
// where it should: a row that has been deleted meanwhile would make it begin too late.
func (p *paging) leaveOut() {
	q := &p.query
	q.Except, q.Skip = slices.Clone(p.tied), 0
	if len(p.tied) > maxExcept {
		q.Except, q.Skip = nil, len(p.tied)
		if q.Limit > 1 {
			q.Skip--
		}
	}
}

// tooFar reports whether a page begins too late, and goes back to the first row of the date.
func (p *paging) tooFar(page []Message) bool {
	if p.query.Skip == 0 || p.query.Limit == 1 || len(page) > 0 && slices.Contains(p.tied, page[0].ID) {
		return false
	}
	p.tied = nil
	p.leaveOut()
	return true
}

// smaller asks for less at a time, down to one row without its text. It reports whether there is less.
func (p *paging) smaller() bool {
	switch q := &p.query; {
	case q.Limit > 1:
		q.Limit = max(q.Limit/4, 1)
	case q.Detail == DetailWhole:
		q.Detail = DetailWithout
	default:
		return false
	}
	p.leaveOut()
	return true
}

// highest is the last place of a page that comes in order; lowest is the first one with a date of a page that comes
// from the end. Some databases sort rows without a date to the newest: these stand outside of every range.
func highest(page []Message) place { return page[len(page)-1].place() }

func lowest(page []Message) (low place, dated bool) {
	low = theEnd
	for _, m := range page {
		if p := m.place(); !p.date.IsZero() && p.compare(low) < 0 {
			low = p
		}
	}
	return low, low != theEnd
}

// overlap is re-read on purpose: rows become visible, and events arrive, some time after they were dated, the later ones
// first perhaps, and clocks of several servers differ.
const overlap = 30 * time.Second
