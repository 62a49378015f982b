package ui

import (
	"sort"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// An anchor is the row that stays where it is while rows come and go around it. The browser's own scroll anchoring
// cannot do that here: it holds on to nodes, and go-app puts another message into each of them when one comes above.
type anchor struct {
	id  chat.MessageID
	top float64 // of its message, from the scroller's
}

// A viewport is the part of the list that is seen, and the entries, one for each row, as they are at the moment.
type viewport struct {
	scroller node
	entries  app.Value
	edge     float64 // the scroller's, from the window's
}

func look(scroller node) viewport {
	return viewport{scroller, scroller.Call("querySelectorAll", ".entry"), edgeOf(scroller)}
}

func edgeOf(e app.Value) float64 { return e.Call("getBoundingClientRect").Get("top").Float() }

// top of the message of an entry, from the scroller's. Above it there may be a line, which comes and goes.
func (v viewport) top(i int) float64 {
	return edgeOf(v.entries.Index(i).Get("lastElementChild")) - v.edge
}

// anchor is the first message whose beginning is seen; or, where a gap is seen, the one behind it: what fills the gap
// comes between.
func (v viewport) anchor() anchor {
	n, height := v.entries.Get("length").Int(), v.scroller.Get("clientHeight").Float()
	held := sort.Search(n, func(i int) bool { return v.top(i) >= 0 })
	for i := held; i < n && v.top(i) < height; i++ {
		if v.entries.Index(i).Call("querySelector", ".gap").Truthy() {
			held = i
			break
		}
	}
	if held == n {
		held-- // one message fills the view
	}
	if held < 0 {
		return anchor{}
	}
	id := v.entries.Index(held).Get("lastElementChild").Get("dataset").Get("messageId")
	return anchor{chat.MessageID(id.String()), v.top(held)}
}

// hold scrolls so that the anchor's message, which is in the entry with this index now, is where it was.
func (v viewport) hold(a anchor, i int) {
	if moved := v.top(i) - a.top; moved != 0 {
		v.scroller.Set("scrollTop", v.scroller.Get("scrollTop").Float()+moved)
	}
}
