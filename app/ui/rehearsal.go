package ui

import (
	"context"
	"runtime"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// A Play is a conversation that nobody has: see package rehearsal.
type Play interface {
	// Begin returns a Client of it, which runs until ctx ends, and waits by moment before it hears anything.
	Begin(ctx context.Context, moment func(context.Context)) Client
}

// Rehearsal goes through a log-in and the first messages while the log-in form stands there: it plays the user, and draws
// the rows as MessageList does. It works in moments in which the browser has nothing else to do, in pieces so small that
// no key has to wait, and ends when somebody logs in. Not all browsers know such moments; where they do not, nothing is
// rehearsed.
//
// What it draws is in an element that is not in the page: nobody sees, hears or finds it.
type Rehearsal struct {
	app.Compo

	Play  Play // nil for none
	Phase chat.Phase

	stop context.CancelFunc // nil until it is known whether anybody is to log in
	list *MessageList       // nil while nothing is drawn
}

// rehearsedRounds say how many messages are sent each time, all of which are answered, and how many come at once at the end.
// What is called often the engine compiles once more, the sooner the better: a log-in is gone through again before there
// are many, since somebody may log in any moment and nobody writes so soon; and so many at once come seldom.
var rehearsedRounds = [...]struct{ sends, burst int }{{5, 0}, {70, 2000}}

const (
	rehearsalTime = 20 * time.Second
	rehearsedRows = 48 // that are drawn
	seenRows      = 24 // of them at a time, as at a log-in
	rowsAtOnce    = 8  // that are drawn in one piece

	limberings   = 10 // each round
	limberAtOnce = 20
	stackDepth   = 8 // calls, of half a kB each
)

func (r *Rehearsal) OnMount(ctx app.Context) {
	r.JSValue().Call("remove") // go-app goes on drawing it
	r.follow(ctx)
}

func (r *Rehearsal) OnUpdate(ctx app.Context) { r.follow(ctx) }

func (r *Rehearsal) OnDismount() {
	if r.stop != nil {
		r.stop()
	}
}

func (r *Rehearsal) Render() app.UI {
	return app.Div().Body(app.If(r.list != nil, func() app.UI { return r.list.frame.ring.draw() }))
}

// follow begins if somebody is to log in, once, and ends when they do.
func (r *Rehearsal) follow(ctx app.Context) {
	switch {
	case r.stop != nil && r.Phase != chat.PhaseSignedOut:
		r.stop()
	case r.stop != nil || r.Phase == chat.PhaseStarting:
	case r.Phase == chat.PhaseSignedOut && r.Play != nil && hasMoments():
		var until context.Context
		until, r.stop = context.WithTimeout(context.Background(), rehearsalTime) // what takes so long helps nobody
		go r.perform(ctx, until)
	default:
		r.stop = func() {} // whoever is signed in has no use for it
	}
}

// perform runs in a goroutine of its own.
func (r *Rehearsal) perform(ctx app.Context, until context.Context) {
	// The first collection of garbage takes its time to compile, and would come in the middle of something.
	inMoments(until, 1, runtime.GC)
	for _, round := range rehearsedRounds {
		r.rehearse(ctx, until, round.sends, round.burst)
		limber(until)
	}
	if until.Err() == nil {
		app.Window().Get("performance").Call("mark", "rehearsed")
	}
	r.stop()
}

// rehearse goes through it once, and leaves nothing.
func (r *Rehearsal) rehearse(ctx app.Context, until context.Context, sends, burst int) {
	until, end := context.WithCancel(until)
	defer func() {
		end()
		r.clear(ctx)
	}()
	moment(until)
	c := r.Play.Begin(until, moment)
	tick, _, stop := c.Changed()
	defer stop()
	c.Do(chat.LogIn{Email: "alice@example.com", Password: "rehearsal"})
	for drawn, rows, sent := 0, 0, 0; ; {
		select {
		case <-tick:
		case <-until.Done():
			return
		}
		s := c.Snapshot()
		if s.Connection != chat.ConnectionLive {
			continue
		}
		for ; drawn < rehearsedRows; drawn += rowsAtOnce {
			if rows == seenRows {
				r.clear(ctx)
				rows = 0
			}
			rows += rowsAtOnce
			r.draw(ctx, until, c, s.Room, rows)
		}
		r.draw(ctx, until, c, s.Room, rows)
		switch arrived := s.Room.Arrived.Count; {
		case arrived >= sends+burst:
			return
		case arrived == sent && sent < sends:
			text := "Hello"
			if sent++; sent == sends && burst > 0 {
				text = strconv.Itoa(burst) // so many come at once then
			}
			c.Do(chat.Send{ID: newKey(), Text: text})
		}
	}
}

// draw draws the newest rows of a room in the next moment, and waits until they are drawn.
func (r *Rehearsal) draw(ctx app.Context, until context.Context, c Client, room chat.RoomView, rows int) {
	moment(until)
	drawn := make(chan struct{})
	ctx.Dispatch(func(ctx app.Context) {
		if r.list == nil {
			r.list = &MessageList{Client: c, selection: app.Null()}
		}
		room.Rows = room.Rows[max(0, len(room.Rows)-rows):]
		r.list.Room, r.list.Today = &room, today()
		r.list.choose()
		ctx.Defer(func(app.Context) {
			r.list.arrange()
			close(drawn)
		})
	})
	select {
	case <-drawn:
	case <-until.Done():
	}
}

// clear takes away what is drawn.
func (r *Rehearsal) clear(ctx app.Context) {
	moment(context.Background())
	ctx.Dispatch(func(app.Context) { r.list = nil })
}

// limber has goroutines begin, wait for each other and outgrow their stacks, and texts drawn, as many as some more log-ins
// would: what that takes of Go's runtime, and of this program, is so large that the engine compiles it anew after some
// hundred times, which otherwise is when somebody logs in or writes for the first time.
func limber(until context.Context) {
	inMoments(until, limberings, func() {
		for range limberAtOnce {
			done := make(chan int)
			go func() { done <- reach(stackDepth) }()
			<-done
			drawMarkup("What *somebody* says, `or` so.")
		}
	})
}

// inMoments does something so many times, each in a moment of its own, and nothing more once ctx has ended.
func inMoments(ctx context.Context, times int, do func()) {
	for range times {
		if moment(ctx); ctx.Err() != nil {
			return
		}
		do()
	}
}

// reach takes some stack.
func reach(depth int) int {
	var some [64]int
	some[depth%len(some)] = depth
	if depth > 0 {
		some[0] += reach(depth - 1)
	}
	return some[0] + some[depth%len(some)]
}

// hasMoments reports whether the browser tells when it has nothing else to do.
func hasMoments() bool {
	return hasScheduler() || app.Window().Get("requestIdleCallback").Truthy()
}

func hasScheduler() bool {
	scheduler := app.Window().Get("scheduler")
	return scheduler.Truthy() && scheduler.Get("postTask").Truthy() // of what is not there nothing can be got
}

// moment waits until the browser has nothing else to do.
func moment(ctx context.Context) {
	come := make(chan struct{})
	callback := app.FuncOf(func(app.Value, []app.Value) any {
		close(come)
		return nil
	})
	defer callback.Release()
	if hasScheduler() { // of idle callbacks comes one in 50 ms at times
		app.Window().Get("scheduler").Call("postTask", callback, map[string]any{"priority": "background"})
		<-come // soon, and to take it back would be more work
		return
	}
	waiting := app.Window().Call("requestIdleCallback", callback)
	select {
	case <-come:
	case <-ctx.Done():
		app.Window().Call("cancelIdleCallback", waiting)
	}
}
