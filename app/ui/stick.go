package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// A stick keeps the list at its end while it grows and shrinks. A ResizeObserver is told after the layout and before the
// paint: nothing is ever seen to jump. While the reader is at the newest message, what it calls is the browser's own
// scrollTo: so a message that comes does not wake the program once more only to scroll. Else, and when the list's frame
// changes, it calls the program. Nor does the event of that scrolling wake it: see web/js/loader/scrolling.js.
type stick struct {
	content        node
	native, wakens app.Value
	seen           app.Value // what the page knows of the list while it sticks
	on             bool
}

// begin observes until the returned function is called.
func (s *stick) begin(scroller node, resized, scrolled func()) (end func()) {
	const farthest = 1e7 // CSS pixels
	observer := app.Window().Get("ResizeObserver")
	wake := app.FuncOf(func(app.Value, []app.Value) any {
		resized()
		return nil
	})
	tell := app.FuncOf(func(app.Value, []app.Value) any {
		scrolled()
		return nil
	})
	s.seen = app.Window().Call("watchScrolling", scroller, tell)
	s.content = node{scroller.Get("firstElementChild")}
	s.native = observer.New(scroller.Get("scrollTo").Call("bind", scroller, 0, farthest))
	s.wakens = observer.New(wake)
	s.wakens.Call("observe", scroller)
	s.wakens.Call("observe", s.content)
	return func() {
		s.native.Call("disconnect")
		s.wakens.Call("disconnect")
		wake.Release()
		tell.Release()
	}
}

// to has the list stick to its end, or not.
func (s *stick) to(end bool, top float64) {
	if end == s.on {
		return
	}
	s.on = end
	s.seen.Set("top", top)
	s.seen.Set("stays", end)
	observe, not := s.wakens, s.native
	if end {
		observe, not = not, observe
	}
	not.Call("unobserve", s.content)
	observe.Call("observe", s.content)
}
