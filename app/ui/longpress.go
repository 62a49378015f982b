package ui

import (
	"math"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// A finger that rests on a message opens its menu. Some browsers tell of that themselves, by a contextmenu event; for
// the others it is timed here, and whichever is first counts. Nothing here keeps the list from being scrolled: the
// browser takes the finger over for that, and says so.
type longPress struct {
	timer  *time.Timer // nil while no finger rests
	x, y   float64     // where it came down
	opened bool        // by the finger that is still there
}

const (
	longPressAfter = 450 * time.Millisecond
	longPressSlop  = 10 // CSS pixels by which a resting finger moves
)

// listenLongPress follows the finger. A link keeps the browser's own menu.
func (a *Actions) listenLongPress(list node) {
	p := &longPress{}
	end := func(app.Event) { p.end() }
	open := func(message node) {
		p.end()
		p.opened = true
		a.openFor(idOf(message), false)
	}
	pressed := func(e app.Event) (message node, ok bool) {
		target := e.Get("target")
		message = messageOf(target)
		return message, e.Get("pointerType").String() == "touch" && message.Truthy() && !target.Call("closest", "a").Truthy()
	}
	a.listeners.add(list, "pointerdown", func(e app.Event) {
		p.end()
		p.opened = false
		if message, ok := pressed(e); ok && e.Get("isPrimary").Bool() {
			p.x, p.y = e.Get("clientX").Float(), e.Get("clientY").Float()
			p.timer = time.AfterFunc(longPressAfter, func() { open(message) })
		}
	})
	a.listeners.add(list, "pointermove", func(e app.Event) {
		if p.timer != nil && math.Hypot(e.Get("clientX").Float()-p.x, e.Get("clientY").Float()-p.y) > longPressSlop {
			p.end()
		}
	})
	a.listeners.add(list, "pointerup", end)
	a.listeners.add(list, "pointercancel", end)
	a.listeners.add(list, "contextmenu", func(e app.Event) {
		if message, ok := pressed(e); ok {
			e.PreventDefault()
			open(message)
		}
	})
	// What follows when it is lifted would press what has come under it.
	a.listeners.add(list, "touchend", func(e app.Event) {
		if p.opened {
			p.opened = false
			e.PreventDefault()
		}
	})
	a.listeners = append(a.listeners, p.end)
}

func (p *longPress) end() {
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
}
