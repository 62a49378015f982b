package ui

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// A ring gives every drawn row a slot. go-app matches components by their position among the others; so slots stay where
// they are in its tree, and are put into the order of reading in the page. A row keeps its slot as long as it is drawn,
// and slots of rows that are not drawn any more take others. So whatever comes or goes above a row, only what is new is
// drawn.
type ring struct {
	slots   []*slot // as go-app has them; they are never fewer than before
	order   []*slot // those that show something, in the order of reading
	placed  []*slot // those in the page, as they stand there
	of      map[chat.MessageID]*slot
	drawing int   // counts
	today   int64 // numbers the reader's day, at the last drawing
	view    *rows // the one that go-app has mounted
}

type slot struct {
	view    *slotView   // the one that go-app has mounted
	shown   *MessageRow // what it shows
	above   *chat.Row   // the one before, when that was drawn
	version int         // counts what it has shown
	drawing int         // in which it was last used
	moved   bool        // it is new, or has taken another row, and does not stand where that belongs
}

// show lets the ring show these of the rows and nothing else, as soon as it is rendered and placed. The function says how
// the row with an index is to be drawn, which depends on it, on the one before, and on the day.
func (r *ring) show(all []chat.Row, shown span, today int64, draw func(i int) *MessageRow) {
	r.drawing++
	rows := shown.of(all)
	order := make([]*slot, len(rows))
	for i := range rows {
		if s := r.of[rows[i].ID]; s != nil && s.drawing != r.drawing {
			s.drawing, order[i] = r.drawing, s
		}
	}
	free := slices.DeleteFunc(slices.Clone(r.slots), func(s *slot) bool { return s.drawing == r.drawing })
	if r.of == nil {
		r.of = make(map[chat.MessageID]*slot, len(rows))
	}
	clear(r.of)
	sameDay := r.today == today
	r.today = today
	for i := range rows {
		s := order[i]
		switch {
		case s != nil:
		case len(free) > 0:
			s, free = free[0], free[1:]
			s.moved = true
		default:
			s = &slot{moved: len(r.order) > 0} // go-app puts it at the end
			r.slots = append(r.slots, s)
			r.placed = append(r.placed, s)
		}
		s.drawing = r.drawing
		var above *chat.Row
		if n := shown.from + i; n > 0 {
			above = &all[n-1]
		}
		if s.shown == nil || s.shown.Row != &rows[i] || s.above != above || !sameDay { // rows never change
			if m := draw(shown.from + i); s.shown == nil || !s.shown.equal(m) {
				s.version++
				s.shown = m
			} else {
				s.shown.Row = m.Row
			}
			s.above = above
		}
		order[i], r.of[rows[i].ID] = s, s
	}
	r.order = order
}

// place brings the page into the order of reading. It moves what has to be moved and nothing else: a node that is moved
// loses the focus. A slot that shows nothing leaves the page.
func (r *ring) place(insert func(s, before *slot), remove func(*slot)) {
	var stay []*slot
	for _, s := range r.placed {
		switch {
		case s.drawing != r.drawing:
			remove(s)
		case !s.moved:
			stay = append(stay, s)
		}
	}
	var next *slot
	for _, s := range slices.Backward(r.order) {
		for len(stay) > 0 && stay[len(stay)-1].moved {
			stay = stay[:len(stay)-1]
		}
		if len(stay) > 0 && stay[len(stay)-1] == s {
			stay = stay[:len(stay)-1]
		} else {
			insert(s, next)
			s.moved = true
		}
		next = s
	}
	for _, s := range r.slots {
		s.moved = false
	}
	r.placed = slices.Clone(r.order)
}

// rows draws a ring. It is a component so that nothing else ever takes the place of the slots: go-app would look for
// those that have left the page.
type rows struct {
	app.Compo

	Ring    *ring
	Drawing int // of the ring
}

// draw is what go-app is given for the ring.
func (r *ring) draw() app.UI {
	view := &rows{Ring: r, Drawing: r.drawing}
	if r.view == nil {
		r.view = view
	}
	return view
}

// shown reports whether the ring is on the page.
func (r *ring) shown() bool { return r.view != nil && r.view.Mounted() }

func (v *rows) Render() app.UI {
	return app.Div().Class("rows").Body(each(v.Ring.slots, (*slot).draw)...)
}

// draw is what go-app is given for the slot: what it has mounted already, unless the slot shows something else now.
func (s *slot) draw() app.UI {
	if s.view != nil && s.view.Version == s.version {
		return s.view
	}
	view := &slotView{slot: s, Version: s.version}
	if s.view == nil {
		s.view = view
	}
	return view
}

// A slotView draws what its slot shows. It is always the same slot: go-app compares a number instead of all that is in a
// row.
type slotView struct {
	app.Compo

	slot    *slot
	Version int // of the slot
}

func (v *slotView) Render() app.UI { return v.slot.shown }
