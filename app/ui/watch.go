package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// watch calls draw on the UI goroutine when the client has changed, until the returned function is called. However fast
// changes come, at most one dispatch is pending, and what it draws is the newest: go-app's queue blocks when it is full.
func watch(ctx app.Context, client Client, draw func(app.Context)) (stop func()) {
	tick, stopTicks := client.Changed()
	done := make(chan struct{})
	go func() {
		defer stopTicks()
		for {
			select {
			case <-tick:
			case <-done:
				return
			}
			drawn := make(chan struct{})
			ctx.Dispatch(func(ctx app.Context) {
				draw(ctx)
				close(drawn)
			})
			select {
			case <-drawn:
			case <-done: // a dispatch to a component that is gone never runs
				return
			}
		}
	}()
	return func() { close(done) }
}
