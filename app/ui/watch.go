package ui

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// After a drawing the page rests for some times as long as that took, at least until the next frame: many changes in a row
// must leave time for what is typed meanwhile, and for taking in what comes next, which is shown together. It rests no
// longer when nothing has changed for a while: that was the last of them. What is urgent does not wait: what the user has
// done, and what comes alone, though the drawing before it took long, as that of a whole room does.
const (
	restTimes = 10
	leastRest = time.Second / 60
	mostRest  = 250 * time.Millisecond
	calm      = 50 * time.Millisecond
)

// watch calls draw on the UI goroutine when the client has changed, until the returned function is called. However fast
// changes come, at most one dispatch is pending, and what it draws is the newest: go-app's queue blocks when it is full.
func watch(ctx app.Context, client Client, draw func(app.Context)) (stop func()) {
	tick, urgent, stopTicks := client.Changed()
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
			if !restUntil(rested, tick, urgent, done) { // only now: a timer after each drawing would wake the program for nothing
				return
			}
			began := time.Now()
			drawn := make(chan struct{})
			ctx.Dispatch(func(ctx app.Context) {
				select {
				case <-urgent: // this draws it
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

// restUntil waits for the end of a rest, or of the changes: that is when none has come twice in a row, because a page that
// was held up is told of the time first, and then of what has come meanwhile. It reports false when all is done.
func restUntil(end time.Time, tick, urgent, done <-chan struct{}) bool {
	quiet := 0
	for rest := time.Until(end); rest > 0 && quiet < 2; rest = time.Until(end) {
		over := time.NewTimer(min(rest, calm/2))
		select {
		case <-tick:
			over.Stop()
			quiet = 0
		case <-over.C:
			quiet++
		case <-urgent:
			over.Stop()
			return true
		case <-done:
			return false
		}
	}
	return true
}
