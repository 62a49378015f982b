package chat

// The window is the part of a room's held rows that is drawn. It follows the newest unless somebody has moved it.

const (
	drawnRows  = 200 // in the window
	windowStep = 100 // by which it moves: what is read stays in it
)

// A move is what the window is to do later.
type move uint8

const (
	stay move = iota
	moveUp
	moveDown
	moveToTarget
)

// drawn is the window, as indexes into the rows. It is as full as can be without reaching over a gap at its end, nor
// over one behind what has been read for a permalink.
func (r *room) drawn() (low, high int) {
	high = r.timeline.count()
	if r.bottom != (place{}) {
		high = max(r.timeline.rows.upTo(r.bottom), min(r.timeline.rangeEnd(r.bottom), drawnRows))
	} else if g, torn := r.timeline.gaps.between(place{}, theEnd); torn && r.alone {
		low = r.timeline.rows.upTo(g.after)
	}
	return max(low, high-drawnRows), high
}

// moveTo lets the window end at an index.
func (s *State) moveTo(r *room, high int) {
	s.changed()
	r.bottom = place{}
	if high > 0 {
		last := r.timeline.rows.slice(high-1, high)[0].place()
		if _, torn := r.timeline.gaps.behind(last); torn || high < r.timeline.count() {
			r.bottom = last
		}
	}
	s.readOn(r)
	s.askAround(r)
}

// moveOn does what waited for a page.
func (s *State) moveOn(r *room) {
	then := r.then
	r.then = stay
	switch then {
	case moveUp:
		s.moveUp(r)
	case moveDown:
		s.moveDown(r)
	case moveToTarget:
		s.showTarget(r)
	}
}

// moveUp moves the window towards the past as far as something is held.
func (s *State) moveUp(r *room) {
	if low, high := r.drawn(); low > 0 {
		s.moveTo(r, high-min(low, windowStep))
	}
}

// moveDown moves the window towards the newest message, up to the next gap.
func (s *State) moveDown(r *room) {
	_, high := r.drawn()
	s.moveTo(r, min(high+windowStep, r.rangeEnd(high)))
}

// rangeEnd counts the rows up to the next gap behind those before an index.
func (r *room) rangeEnd(high int) int {
	if high == 0 {
		return r.timeline.count()
	}
	return r.timeline.rangeEnd(r.timeline.rows.slice(high-1, high)[0].place())
}

func (s *State) showOlder(in ShowOlder) {
	r := s.rooms[in.Room]
	if r == nil {
		return
	}
	low, _ := r.drawn()
	if low > 0 {
		s.moveUp(r)
	}
	if g, open := r.timeline.gaps.first(); open && low < windowStep {
		if low == 0 { // once there is something to move to
			r.then = moveUp
		}
		s.want(r, wish{at: g.before})
	}
}

func (s *State) showNewer(in ShowNewer) {
	r := s.rooms[in.Room]
	if r == nil || r.bottom == (place{}) {
		return
	}
	r.then = stay
	_, high := r.drawn()
	end := r.rangeEnd(high)
	g, torn := r.timeline.gaps.behind(r.bottom)
	switch {
	case high < end:
		s.moveDown(r)
	case torn && !r.live(): // it cannot be filled now, and what is held behind it may be looked at all the same
		s.moveTo(r, min(high+windowStep, r.timeline.count()))
	}
	if torn && end-high < windowStep {
		if high == end {
			r.then = moveDown
		}
		s.want(r, wish{g.after, true})
	}
}

func (s *State) showNewest(in ShowNewest) {
	r := s.rooms[in.Room]
	if r == nil {
		return
	}
	r.then = stay
	if r.target.Opening {
		s.changed()
		r.target.Opening = false
	}
	if r.bottom != (place{}) {
		s.leaveTarget(r)
		s.moveTo(r, r.timeline.count())
	}
}

func (s *State) fillGap(in FillGap) {
	r := s.rooms[in.Room]
	if r == nil || r.timeline.byID[in.Before] == nil {
		return
	}
	if g, open := r.timeline.gaps.between(place{}, r.timeline.byID[in.Before].place()); open {
		s.want(r, wish{at: g.before})
	}
}
