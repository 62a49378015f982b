package ui

import (
	"math"
	"slices"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// A frame is what is drawn of the window's rows: what is seen and a screen above and below it, however many there are.
// The others are empty space, as high as they are, or as rows usually are.
//
// While the reader is at the newest message, the row that goes for each that comes leaves a space that is as high as it was.
// So no other row moves on the page, which is scrolled instead: a row that moves is painted once more, and its part of the
// screen, too.
type frame struct {
	ring    *ring
	span    span // of the window's rows, in the ring
	heights heights

	screen       float64 // height of what is seen
	start        float64 // where the rows begin, from the beginning of what is scrolled
	above, below float64 // height of the space
	still        float64 // height of the space above with which no row moves
	due          bool    // it is going to be drawn anew
	fresh        bool    // it is drawn for the first time
	focused      bool    // something in the list had the focus before the drawing
}

// someScreen is assumed where there is none.
const someScreen = 800

// Rows are at least so high, in CSS pixels, where text has its usual size, and those that say whose they are higher by a byline.
const (
	lowest = 26
	byline = 24
)

// choose picks the rows that are to be drawn, for where the reader is to be.
func (l *MessageList) choose() {
	f := &l.frame
	f.due = false
	if f.screen == 0 {
		f.screen = app.Window().Get("innerHeight").Float() // nothing can be higher, until it can be measured
	}
	if f.screen == 0 { // in a tab that has not been seen yet
		f.screen = someScreen
	}
	if f.ring == nil || len(l.Room.Rows) == 0 {
		f.ring, f.above, f.below, f.still = &ring{}, 0, 0, 0
		f.fresh = true
	}
	f.heights.lay(l.Room.Rows)
	var chosen span
	if f.fresh && !l.away {
		chosen = l.lastScreen()
	} else {
		i, top := l.place()
		chosen = f.heights.around(i, top, f.screen)
	}
	before, gone := f.before()
	if before.to > 0 && l.selecting() { // what is selected would go with its slot
		chosen.from, chosen.to = min(chosen.from, before.from), max(chosen.to, before.to)
	}
	// What is chosen is now one more, now one less, as rows are high. A slot that stays is cheaper than one that goes and comes.
	const few = 5
	if spare := len(f.ring.order) - (chosen.to - chosen.from); spare > 0 && spare <= few {
		chosen.from = max(0, chosen.from-spare)
	}
	if before.to > chosen.from { // else it is another screen: nothing is there that could stay
		f.still += gone + f.heights.between(before.from, chosen.from)
	}
	f.span = chosen
	f.ring.show(l.Room.Rows, chosen, l.Today, l.row)
}

// lastScreen are as many of the newest rows as can be seen, however low they are: to draw more would keep waiting who waits
// for the room, and less, to draw twice.
func (l *MessageList) lastScreen() span {
	rows := l.Room.Rows
	from := len(rows)
	for height := 0.; from > 0 && height < l.frame.screen; {
		from--
		height += lowest
		if from == 0 || !follows(&rows[from-1], &rows[from]) {
			height += byline
		}
	}
	return span{from, len(rows)}
}

// before is which of the window's rows are drawn already, from the first to the last of them, and how high those are
// together that stand before them on the page and are not in the window any more.
func (f *frame) before() (drawn span, gone float64) {
	for _, s := range f.ring.order {
		id := s.shown.Row.ID
		if i := slices.Index(f.heights.ids, id); i >= 0 {
			drawn.from = i
			break
		}
		gone += f.heights.known[id]
	}
	for _, s := range slices.Backward(f.ring.order) {
		if i := slices.Index(f.heights.ids, s.shown.Row.ID); i >= 0 {
			drawn.to = i + 1
			break
		}
	}
	return drawn, gone
}

// place is where the reader is to be: a row, and how far below the upper edge it stands.
func (l *MessageList) place() (index int, top float64) {
	if !l.away {
		return len(l.Room.Rows), l.frame.screen
	}
	for i := range l.Room.Rows {
		if l.Room.Rows[i].ID == l.anchor.id {
			return i, l.anchor.top
		}
	}
	return l.frame.heights.at(0, l.top-l.frame.start)
}

// drawn follows a rendering. Whatever was drawn, nothing that had the focus may go without leaving it to something else.
func (l *MessageList) drawn(ctx app.Context) {
	came := l.arrange()
	if l.frame.focused && focusIsLost() { // somebody may have taken it elsewhere meanwhile
		l.scroller.Call("focus", map[string]any{"preventScroll": true})
	}
	first := l.frame.fresh && l.frame.ring.shown()
	if first || l.away || !l.settled || came > 1 || l.picture.shown() || l.Room.Unread.Since > 0 {
		l.measure()
		l.settle()
		l.picture.leave(l)
		if l.lit != "" {
			l.light(ctx)
		}
		l.cover(ctx)
	} // else the newest message is to stay in sight, and stick sees to that
	l.stickToEnd()
	l.attend()
	l.findLine(ctx)
}

// cover has more drawn when the reader nears the end of what is, and there is more. What is to be drawn is chosen by the
// rendering: until then, what is known of the slots must be what is on the page.
func (l *MessageList) cover(ctx app.Context) {
	f := &l.frame
	if f.due || len(l.Room.Rows) == 0 {
		return
	}
	low := f.start + f.above
	high := low + f.heights.all(f.span)
	fresh := f.fresh
	f.fresh = false
	drawn := math.Inf(1) // how much more of it there is, above what is seen or below it
	if f.span.from > 0 {
		drawn = l.top - low
	}
	if f.span.to < len(l.Room.Rows) {
		drawn = min(drawn, high-l.top-f.screen)
	}
	more := fresh && !math.IsInf(drawn, 1) // lastScreen leaves out the screen above
	if drawn >= f.screen/2 && !more {
		return
	}
	f.due = true
	redraw := func() { ctx.Dispatch(func(ctx app.Context) { ctx.Defer(l.drawn) }) }
	if fresh && drawn >= 0 {
		afterFrame(redraw) // who waits for the room waits for what is seen
		return
	}
	l.collector.soon()
	redraw()
}

// afterFrame calls f once the browser has painted what is drawn now.
func afterFrame(f func()) {
	var frame, task app.Func
	task = app.FuncOf(func(app.Value, []app.Value) any {
		frame.Release()
		task.Release()
		f()
		return nil
	})
	frame = app.FuncOf(func(app.Value, []app.Value) any {
		app.Window().Call("setTimeout", task)
		return nil
	})
	app.Window().Call("requestAnimationFrame", frame)
}

// arrange brings the slots into order, and makes room for what is not drawn. It returns how many it had to move.
func (l *MessageList) arrange() (moved int) {
	f := &l.frame
	if !f.ring.shown() {
		return 0
	}
	box := f.ring.view.JSValue()
	f.ring.place(func(s, before *slot) {
		moved++
		next := app.Null()
		if before != nil {
			next = before.view.JSValue()
		}
		box.Call("insertBefore", s.view.JSValue(), next)
	}, func(s *slot) { s.view.JSValue().Call("remove") })
	now, near := f.above, 2.*usual
	if l.stick.on {
		now, near = f.still, 8*f.screen
	}
	above := space(now, f.heights.all(span{0, f.span.from}), near)
	below := space(f.below, f.heights.all(span{f.span.to, len(l.Room.Rows)}), 2*usual)
	if above != f.above || below != f.below {
		f.above, f.below = above, below
		box.Get("style").Set("padding", px(above)+" 0 "+px(below))
	}
	f.still = above
	return moved
}

// space is the height that a space gets. It is a guess, and one that is near what is wanted stays: to correct it moves rows.
func space(now, wanted, near float64) float64 {
	if now > 0 && wanted > 0 && math.Abs(wanted-now) < near {
		return now
	}
	return wanted
}

func px(length float64) string { return strconv.FormatFloat(length, 'f', 2, 64) + "px" }

// measure learns how high the rows are. It asks the browser about each only when their sum is not what is known.
func (l *MessageList) measure() {
	f := &l.frame
	screen := l.scroller.Get("clientHeight").Float()
	if !f.ring.shown() || screen == 0 { // nothing is seen
		return
	}
	rect := f.ring.view.JSValue().Call("getBoundingClientRect")
	f.screen, f.start = screen, rect.Get("top").Float()-edgeOf(l.scroller)+l.scroller.Get("scrollTop").Float()
	height := rect.Get("height").Float() - f.above - f.below
	f.learn(false)
	if math.Abs(height-f.heights.all(f.span)) > 1 {
		f.learn(true)
	}
}

// learn asks for the heights of all rows, or of those only that are not known.
func (f *frame) learn(all bool) {
	for i, s := range f.ring.order {
		if i += f.span.from; all || f.heights.rows[i] == 0 {
			if height := s.view.JSValue().Call("getBoundingClientRect").Get("height").Float(); height > 0 {
				f.heights.learn(i, s.shown.Row.ID, height)
			}
		}
	}
}

// selecting reports whether some of the text in the list is selected.
func (l *MessageList) selecting() bool {
	return l.selection.Truthy() && !l.selection.Get("isCollapsed").Bool() &&
		l.scroller.Call("contains", l.selection.Get("anchorNode")).Bool()
}
