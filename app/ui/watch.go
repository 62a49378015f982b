package ui

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// After a drawing the page rests for some times as long as that took, at least until the next frame: many changes in a row
// must leave time for what is typed meanwhile, and for taking in what comes next, which is shown together. A change that
// comes alone does not wait, and neither does what the user has done.
const (
	restTimes = 4
	leastRest = time.Second / 60
	mostRest  = 200 * time.Millisecond
)

// watch calls draw on the UI goroutine when the client has changed, until the returned function is called. However fast
// changes come, at most one dispatch is pending, and what it draws is the newest: go-app's queue blocks when it is full.
func watch(ctx app.Context, client Client, draw func(app.Context)) (stop func()) {
	tick, acted, stopTicks := client.Changed()
	done := make(chan struct{})
	go func() {
		defer stopTicks()
		var rested time.Time // the rest after the last drawing ends
		for {
			select {
			case <-tick:
			case <-done:
				return
			}
			if rest := time.Until(rested); rest > 0 { // asked only now: a timer after each drawing would wake the program for nothing
				timer := time.NewTimer(rest)
				select {
				case <-timer.C:
				case <-acted:
					timer.Stop()
				case <-done:
					return
				}
			}
			began := time.Now()
			drawn := make(chan struct{})
			ctx.Dispatch(func(ctx app.Context) {
				select {
				case <-acted: // this draws it
				default:
				}
				draw(ctx)
				ctx.Defer(func(app.Context) { close(drawn) })
			})
			select {
			case <-drawn:
			case <-done: // a dispatch to a component that is gone never runs
				return
			}
			rested = time.Now().Add(min(max(restTimes*time.Since(began), leastRest), mostRest))
		}
	}()
	return func() { close(done) }
}
