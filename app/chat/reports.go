package chat

import (
	"slices"
	"time"
)

// A GapReport tells of a time in which changes may have been missed, and of what was done about it, for those who want
// to know why a message came late.
type GapReport struct {
	Reason  GapReason
	From    time.Time // the last moment before it at which nothing was being missed, by our clock; zero if there was none
	Until   time.Time // when everything had been read, by our clock; zero as long as it has not
	Rows    int       // read to fill it that were not known, or not so
	Partly  bool      // it was too long: the rest is read when somebody goes there
	Problem Problem   // what keeps it from being filled
}

// keptReports is as many reports as a person reads.
const keptReports = 20

// Gaps is the newest gaps of all rooms, oldest first. The time before the program started is no gap once it is filled.
// It is for diagnostics: too rarely looked at to be in a Snapshot.
func (s *State) Gaps() []GapReport {
	var all []GapReport
	for r := range s.allRooms() {
		all = append(all, r.reports...)
	}
	all = slices.DeleteFunc(all, func(g GapReport) bool { return g.From.IsZero() && !g.Until.IsZero() })
	slices.SortStableFunc(all, func(a, b GapReport) int { return a.From.Compare(b.From) })
	return all[max(0, len(all)-keptReports):]
}

// openReport begins to report a gap, unless one is being reported: then it is the same one that goes on.
func (s *State) openReport(r *room, why GapReason) {
	if n := len(r.reports); n > 0 && r.reports[n-1].Until.IsZero() {
		return
	}
	r.reports = append(r.reports, GapReport{Reason: why, From: s.link.lastNews})
	if len(r.reports) > keptReports {
		r.reports = slices.Delete(r.reports, 0, 1)
	}
}

// report is the gap that is being filled, or was last.
func (r *room) report() *GapReport {
	if len(r.reports) == 0 {
		return &GapReport{}
	}
	return &r.reports[len(r.reports)-1]
}
