package ui

import (
	"runtime"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// A collector has garbage collected while the browser waits for the next frame. Go does it by itself when as much has been
// made as is held, which is in the middle of a drawing, and with many thousand messages it takes as long as one: the frames
// that scrolling dropped were those with both.
type collector struct {
	idle    app.Func
	waiting app.Value     // what the browser calls the wait for such a moment; nil while nothing is waited for
	took    time.Duration // the last time, less and less
	memory  runtime.MemStats
}

// begin is ready until the returned function is called.
func (c *collector) begin() (end func()) {
	c.idle = app.FuncOf(func(_ app.Value, args []app.Value) any {
		c.waiting = nil
		c.collect(time.Duration(args[0].Call("timeRemaining").Float() * float64(time.Millisecond)))
		return nil
	})
	return func() {
		if c.waiting != nil {
			app.Window().Call("cancelIdleCallback", c.waiting)
		}
		c.idle.Release()
	}
}

// soon looks whether there is enough to collect, as soon as there is time. Not all browsers know when that is.
func (c *collector) soon() {
	if c.waiting == nil && app.Window().Get("requestIdleCallback").Truthy() {
		c.waiting = app.Window().Call("requestIdleCallback", c.idle)
	}
}

// collect does it if Go soon would, and if it seems to take no longer than there is time.
func (c *collector) collect(remaining time.Duration) {
	runtime.ReadMemStats(&c.memory)
	if c.memory.HeapAlloc < c.memory.NextGC/4*3 {
		return
	}
	if remaining < c.took {
		c.took -= c.took / 8 // it may have been a busy moment
		return
	}
	began := time.Now()
	runtime.GC()
	c.took = time.Since(began)
}
