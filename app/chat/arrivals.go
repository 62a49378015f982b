package chat

// arrivals are the messages of others that were told while the room was up to date, each of them newer than all that
// was there: what somebody who cannot see the list has to be told of. What is read, of the past or of what was missed,
// does not arrive.
type arrivals struct {
	count int
	last  MessageID
}

// arrive notes a row that was told, and had not been held before.
func (r *room) arrive(m Message, me UserID) {
	if newest := r.timeline.rows.last(); r.live() && newest != nil && newest.id() == m.ID && m.Author != me && !m.Deleted {
		r.arrivals.count++
		r.arrivals.last = m.ID
	}
}

func (s *State) drawArrivals(r *room) Arrivals {
	drawn := Arrivals{Count: r.arrivals.count}
	if e := r.timeline.byID[r.arrivals.last]; e != nil {
		s.drawRow(&drawn.Last, e.message())
	}
	return drawn
}
