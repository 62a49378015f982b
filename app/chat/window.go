package chat

// The window is the part of a room's held rows that is drawn. It follows the newest unless somebody has moved it.

const (
	drawnRows  = 200 // in the window
	windowStep = 100 // by which it moves: what is read stays in it
)

// drawn is the window, as indexes into the rows.
func (r *room) drawn() (low, high int) {
	held := r.timeline.count()
	high = held
	if r.bottom != (place{}) {
		high = max(r.timeline.rows.upTo(r.bottom), min(held, drawnRows))
	}
	return max(0, high-drawnRows), high
}

// moveTo lets the window end at an index.
func (s *State) moveTo(r *room, high int) {
	s.changed()
	r.bottom = place{}
	if high < r.timeline.count() {
		r.bottom = r.timeline.rows.slice(high-1, high)[0].place()
	}
	s.readOn(r)
	s.askAround(r)
}

// moveUp moves the window towards the past as far as something is held.
func (s *State) moveUp(r *room) {
	r.upward = false
	if low, high := r.drawn(); low > 0 {
		s.moveTo(r, high-min(low, windowStep))
	}
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
		r.upward = low == 0 // once there is something to move to
		s.want(r, g)
	}
}

func (s *State) showNewer(in ShowNewer) {
	r := s.rooms[in.Room]
	if r == nil || r.bottom == (place{}) {
		return
	}
	r.upward = false
	_, high := r.drawn()
	s.moveTo(r, min(high+windowStep, r.timeline.count()))
}

func (s *State) showNewest(in ShowNewest) {
	if r := s.rooms[in.Room]; r != nil && r.bottom != (place{}) {
		r.upward = false
		s.moveTo(r, r.timeline.count())
	}
}

func (s *State) fillGap(in FillGap) {
	r := s.rooms[in.Room]
	if r == nil || r.timeline.byID[in.Before] == nil {
		return
	}
	if g, open := r.timeline.gaps.between(place{}, r.timeline.byID[in.Before].place()); open {
		s.want(r, g)
	}
}
