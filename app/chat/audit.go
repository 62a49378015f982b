package chat

import (
	"slices"
	"time"
)

// The audit compares what is held with what the server has, in a room that is up to date: the keys of the newest range,
// but for the last moments of it, page after page. It should never find anything. What it finds is repaired, and told to
// the operator.
//
// One look proves nothing: a deletion may be on its way to us while the page is, and a row may become visible long after
// it was dated. What two looks find, with a pause between them, is an error.

const (
	auditFirst = 30 * time.Second // after a catch-up
	auditEvery = 5 * time.Minute
	auditAgain = 10 * time.Second // before the second look

	auditPage = 500 // keys are short
)

// An auditor is the state of a room's audit.
type auditor struct {
	turn uint64    // of the next look
	view AuditView // of the last audit that has ended
	next AuditView // of the one that is running

	look    uint8 // 0 when none is running
	reading bool  // a look is not at its end
	paging  paging
	keys    []Message // of the last page's last date: the next page may have more of them
	from    time.Time // what is dated later is compared
	until   time.Time // the last date to be compared
	past    time.Time // everything before has been compared in this look

	doubts  map[MessageID]bool // what the first look has found
	missing []Message          // what the second has found too, by date, to be read
}

func (s *State) scheduleAudit(r *room, delay time.Duration) {
	r.audit.turn = s.number()
	s.do(After{Delay: delay, Due: Due{Room: r.id, Turn: r.audit.turn}})
}

func (s *State) abortAudit(r *room) { r.audit = auditor{view: r.audit.view} }

func (s *State) auditNow() {
	for r := range s.allRooms() {
		if r.live() && r.audit.look == 0 {
			s.auditDue(r)
		}
	}
}

// auditDue begins a look.
func (s *State) auditDue(r *room) {
	a := &r.audit
	a.turn, a.keys = 0, nil
	if a.look++; a.look == 1 {
		a.from = time.Time{} // rows without a date are found by no query
		if n := len(r.timeline.gaps); n > 0 {
			a.from = r.timeline.gaps[n-1].before.date // of which the gap may have more
		}
		// Not up to the cursor: in a quiet room the last message would wait for the next one to be compared.
		a.until, a.doubts = s.now.Add(s.skew-overlap), map[MessageID]bool{}
	}
	a.next = AuditView{}                                   // another look counts anew
	a.reading, a.past = true, a.from.Add(time.Millisecond) // the next date that a query can name
	a.paging = paging{query: Query{Limit: auditPage, From: a.past, To: a.until, Detail: DetailKeyAndDate}}
	s.changed()
	s.readOn(r)
}

// audit goes on with a look.
func (s *State) audit(r *room) {
	switch a := &r.audit; {
	case !a.reading:
	case a.past.After(a.until):
		s.endAudit(r)
	default:
		s.begin(r, stepAudit, a.paging)
	}
}

func (s *State) keysLoaded(r *room, page []Message, more bool) {
	a := &r.audit
	a.paging = r.reader.paging
	a.keys = append(a.keys, page...)
	end := a.until.Add(1)
	if more {
		end = page[len(page)-1].Created
		a.paging.next(page)
	}
	cut, _ := slices.BinarySearchFunc(a.keys, end, func(m Message, end time.Time) int { return m.Created.Compare(end) })
	s.compare(r, a.keys[:cut], end)
	a.keys, a.past = slices.Clone(a.keys[cut:]), end
	r.timeline.arrived()
	if !more {
		s.lookedAt(r)
	}
	if r.reader.step == stepAudit {
		s.rest(r)
	}
}

// compare looks at the rows from where the last comparison has ended up to a date. What was told while the page was on its
// way is counted on neither side; nor is what only one look has found.
func (s *State) compare(r *room, keys []Message, end time.Time) {
	a, asked := &r.audit, r.reader.asked
	stored := make(map[MessageID]bool, len(keys))
	for _, m := range keys {
		held := r.timeline.byID[m.ID] != nil
		switch {
		case stored[m.ID]: // pages overlap
		case held, !r.timeline.gone.after(m.ID, asked) && a.found(m.ID):
			stored[m.ID] = true
			if !held {
				a.missing = append(a.missing, m)
			}
		}
	}
	a.next.Stored += len(stored)
	var gone []*entry
	for e := range r.timeline.rows.from(place{date: a.past}) {
		if !e.created.time().Before(end) {
			break
		}
		switch {
		case stored[e.id()]:
			a.next.Held++
		case e.told <= asked && a.found(e.id()):
			gone = append(gone, e)
		}
	}
	for _, e := range gone {
		if r.isThere(e) { // else deleted in the last gap, and not drawn since: no error, nobody has looked
			a.next.Held++
			a.next.Doubled++
		}
		r.timeline.lose(e.id(), asked)
	}
}

// found notes a doubt. It reports whether there was one before.
func (a *auditor) found(id MessageID) bool {
	if a.look > 1 {
		return a.doubts[id]
	}
	a.doubts[id] = true
	return false
}

// lookedAt is the end of a look.
func (s *State) lookedAt(r *room) {
	a := &r.audit
	a.reading = false
	switch {
	case len(a.doubts) == 0 || a.look > 1 && len(a.missing) == 0:
		s.endAudit(r)
	case a.look == 1:
		s.scheduleAudit(r, auditAgain)
	default:
		s.repair(r)
	}
}

// repair reads the first of the rows that are missing, and those behind it.
func (s *State) repair(r *room) {
	q := Query{Limit: pageSize, From: r.audit.missing[0].Created, To: r.audit.until}
	s.begin(r, stepRepair, paging{query: q})
}

func (s *State) missingLoaded(r *room, page []Message, more bool) {
	a := &r.audit
	s.merge(r, page)
	read := func(m Message) bool {
		if r.timeline.byID[m.ID] != nil {
			a.next.Missing++
			return true
		}
		return !more || m.Created.Before(page[len(page)-1].Created)
	}
	a.missing = slices.DeleteFunc(a.missing, read)
	switch {
	case len(a.missing) == 0:
		s.endAudit(r)
		s.rest(r)
	case a.missing[0].Created.Equal(r.reader.query.From):
		s.loadNext(r, page)
	default:
		s.repair(r)
	}
}

func (s *State) endAudit(r *room) {
	view := r.audit.next
	view.At = s.now
	if view.Missing+view.Doubled > 0 {
		s.do(Report{Checked: view.Stored, Missing: view.Missing, Doubled: view.Doubled})
	}
	r.audit = auditor{view: view}
	s.scheduleAudit(r, auditEvery)
	s.changed()
}
