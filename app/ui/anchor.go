package ui

import (
	"slices"
	"sort"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// An anchor is the row that stays where it is while rows come and go around it. The browser's own scroll anchoring
// is not everywhere, and does not know that what fills a gap comes before what is behind it.
type anchor struct {
	id  chat.MessageID
	top float64 // of its message, from the scroller's
}

// A viewport is the part of the list that is seen, and the slots that are drawn, as they are at the moment.
type viewport struct {
	scroller node
	slots    []*slot
	edge     float64 // the scroller's, from the window's
}

func (l *MessageList) look() viewport {
	return viewport{l.scroller, l.frame.ring.order, edgeOf(l.scroller)}
}

func edgeOf(e app.Value) float64 { return e.Call("getBoundingClientRect").Get("top").Float() }

// top of the message of a slot, from the scroller's. Above it there may be a line, which comes and goes.
func (v viewport) top(i int) float64 {
	return edgeOf(v.slots[i].view.JSValue().Get("lastElementChild")) - v.edge
}

// anchor is the first message whose beginning is seen; or, where a gap is seen, the one behind it: what fills the gap
// comes between.
func (v viewport) anchor() anchor {
	n := len(v.slots)
	if n == 0 {
		return anchor{}
	}
	held := min(sort.Search(n, func(i int) bool { return v.top(i) >= 0 }), n-1) // one message may fill the view
	top := v.top(held)
	height := v.scroller.Get("clientHeight").Float()
	for i := held; i < n; i++ {
		if v.slots[i].shown.Row.Gap == chat.GapNone {
			continue
		}
		if gap := v.top(i); gap < height {
			held, top = i, gap
		}
		break
	}
	return anchor{v.slots[held].shown.Row.ID, top}
}

// hold scrolls so that the anchor's message is where it was, if it is still drawn.
func (v viewport) hold(a anchor) {
	i := slices.IndexFunc(v.slots, func(s *slot) bool { return s.shown.Row.ID == a.id })
	if i < 0 {
		return
	}
	if moved := v.top(i) - a.top; moved != 0 {
		v.scroller.Set("scrollTop", v.scroller.Get("scrollTop").Float()+moved)
	}
}
