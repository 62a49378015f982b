package ui

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// A panel is the connection panel while it is open: what it shows was looked up when it was opened, and is looked up
// again each second. It is drawn by Status, so nothing of the room is drawn with it.
//
// Tests find it as #connection, and in it:
//
//	[data-part=state]   data-connection, data-since (RFC 3339)
//	[data-part=news]    when the room was last known to be up to date
//	[data-part=retry]   the next attempt; only while one is waited for
//	[data-part=audit]   data-running, data-held, data-stored, data-missing, data-doubled
//	[data-part=notify]  data-on
//	[data-part=outbox]  one li for each message: data-id, data-stage, data-tries
//	[data-part=gaps]    one li for each gap, newest first: data-reason, data-rows, data-open
//	[data-part=states]  one line of text for each state of the connection, newest first
//	[data-part=frames]  the same for frames and requests
//	[data-action=audit], [data-action=notify], [data-action=copy], [data-action=close]
//	#diagnostics        what Copy could not put on the clipboard
type panel struct {
	snapshot    chat.Snapshot // of which nothing of the room is used
	diagnostics chat.Diagnostics

	forbidden bool // the browser has refused notifications

	copied  bool   // the newest Copy has succeeded
	refused string // what it could not copy, "" if nothing

	stop func() // ends the looking
}

// look brings what is shown up to date.
func (p *panel) look(client Client) {
	p.snapshot, p.diagnostics = client.Snapshot(), client.Diagnostics()
}

func (s *Status) open(ctx app.Context, _ app.Event) {
	if s.panel != nil {
		return
	}
	s.panel = &panel{stop: eachSecond(ctx, func(app.Context) {
		if s.panel != nil {
			s.panel.look(s.Client)
		}
	})}
	s.panel.look(s.Client)
	ctx.Defer(func(app.Context) { s.dialog().Call("showModal") }) // when it is drawn
}

// close forgets the panel; with the next drawing it is gone.
func (s *Status) close() {
	if s.panel != nil {
		s.panel.stop()
		s.panel = nil
	}
}

// closed hears of the dialog being closed, by the button or the Escape key. The browser has given the focus back.
func (s *Status) closed(app.Context, app.Event) { s.close() }

func (s *Status) dialog() app.Value { return s.JSValue().Call("querySelector", "dialog") }

// eachSecond calls f on the UI goroutine until the returned function is called.
func eachSecond(ctx app.Context, f func(app.Context)) (stop func()) {
	ticker := time.NewTicker(time.Second)
	done := make(chan struct{})
	go func() {
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				ctx.Dispatch(f)
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}

func (s *Status) canAudit(a chat.AuditView) bool {
	return !a.Running && s.Connection == chat.ConnectionLive
}

func (s *Status) audit(app.Context, app.Event) {
	if s.canAudit(s.panel.snapshot.Audit) {
		s.Client.Do(chat.Audit{})
	}
}

func (s *Status) closePanel(app.Context, app.Event) { s.dialog().Call("close") }

// copy puts the diagnostics on the clipboard. Where the browser refuses (plain http, a forbidden permission) they are
// shown, selected, for the user to copy.
func (s *Status) copy(ctx app.Context, _ app.Event) {
	text := s.Client.Diagnostics().String()
	s.panel.copied, s.panel.refused = false, ""
	done := func(copied bool) {
		ctx.Dispatch(func(ctx app.Context) {
			if s.panel == nil {
				return
			}
			s.panel.copied = copied
			if !copied {
				s.panel.refused = text
				ctx.Defer(func(app.Context) { s.selectDiagnostics() })
			}
		})
	}
	clipboard := app.Window().Get("navigator").Get("clipboard")
	if !clipboard.Truthy() {
		done(false)
		return
	}
	settled(clipboard.Call("writeText", text), done)
}

func (s *Status) selectDiagnostics() {
	box := node{s.JSValue().Call("querySelector", "textarea")}
	if !box.Truthy() {
		return
	}
	box.Set("value", s.panel.refused)
	box.focus()
	box.Call("select")
}

// settled says, once, whether a promise was kept.
func settled(promise app.Value, then func(kept bool)) {
	var kept, broken app.Func
	finish := func(ok bool) app.Func {
		return app.FuncOf(func(app.Value, []app.Value) any {
			kept.Release()
			broken.Release()
			then(ok)
			return nil
		})
	}
	kept, broken = finish(true), finish(false)
	promise.Call("then", kept, broken)
}
