package ui

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// After a drawing the page rests for some times as long as that took, at least until the next frame: many changes in a row
// must leave time for what is typed meanwhile, and for taking in what comes next, which is shown together. It rests no
// longer when nothing has changed for a while: that was the last of them. What is urgent does not wait: what the user has
// done, and what comes alone, though the drawing before it took long, as that of a whole room does.
//
// Only what the user has sent waits for the next frame to begin, and is painted with it. To draw it at once took a
// processor while the message was on its way: through the browser, the servers and whoever gets it.
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
		next := newFrameStart()
		defer next.release()
		var rested time.Time // the rest after the last drawing ends
		for {
			select {
			case <-tick:
			case <-done:
				return
			}
			sent, rests := restUntil(rested, tick, urgent, done) // only now: a timer after each drawing would wake the program for nothing
			if !rests {
				return
			}
			if sent && !next.wait(done) {
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
// was held up is told of the time first, and then of what has come meanwhile. It reports whether something was sent, and
// false when all is done.
func restUntil(end time.Time, tick <-chan struct{}, urgent <-chan bool, done <-chan struct{}) (sent, ok bool) {
	quiet := 0
	for rest := time.Until(end); rest > 0 && quiet < 2; rest = time.Until(end) {
		over := time.NewTimer(min(rest, calm/2))
		select {
		case <-tick:
			over.Stop()
			quiet = 0
		case <-over.C:
			quiet++
		case sent = <-urgent:
			over.Stop()
			return sent, true
		case <-done:
			return false, false
		}
	}
	select {
	case sent = <-urgent:
	default:
	}
	return sent, true
}

// A frameStart waits for frames to begin.
type frameStart struct {
	began chan struct{}
	call  app.Func
}

func newFrameStart() *frameStart {
	f := &frameStart{began: make(chan struct{}, 1)}
	f.call = app.FuncOf(func(app.Value, []app.Value) any {
		select {
		case f.began <- struct{}{}:
		default:
		}
		return nil
	})
	return f
}

// wait does not wait longer than for a few frames: a page that nobody sees has none. It reports false when all is done.
func (f *frameStart) wait(done <-chan struct{}) bool {
	select {
	case <-f.began: // of a wait that was given up
	default:
	}
	asked := app.Window().Call("requestAnimationFrame", f.call)
	late := time.NewTimer(calm)
	defer late.Stop()
	goesOn := true
	select {
	case <-f.began:
		return true
	case <-late.C:
	case <-done:
		goesOn = false
	}
	app.Window().Call("cancelAnimationFrame", asked)
	return goesOn
}

func (f *frameStart) release() { f.call.Release() }
