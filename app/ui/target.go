package ui

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// What follows takes the reader to the message that chat.Open was asked for: it stands in the upper half of what is seen
// then, and lights up once.

// follow makes the newest target the place to be, once for each Open.
func (l *MessageList) follow() {
	t := l.Room.Target
	if t.Opened == l.opened {
		return
	}
	l.opened = t.Opened
	if slices.ContainsFunc(l.Room.Rows, func(r chat.Row) bool { return r.ID == t.ID }) {
		l.away, l.returned = true, false
		l.anchor = anchor{t.ID, l.frame.screen / 3}
		l.lit = t.ID
	}
}

// light shows which of the rows the reader was taken to. It runs when that is drawn.
func (l *MessageList) light(ctx app.Context) {
	i := slices.IndexFunc(l.frame.ring.order, func(s *slot) bool { return s.shown.Row.ID == l.lit })
	l.lit = ""
	if i < 0 {
		return
	}
	if l.locate(); !l.away { // it is so near the end that the list cannot be scrolled any further
		ctx.Update()
	}
	lightUp(l.frame.ring.order[i].view.JSValue().Get("lastElementChild"))
}

// lightUp shows which message is meant. It is an animation of its own and no class: the node may be another message's
// before it is over.
func lightUp(message app.Value) {
	message.Call("animate",
		[]any{map[string]any{"backgroundColor": "var(--accent-soft)"}, map[string]any{"backgroundColor": "var(--accent-soft)", "offset": 0.6}, map[string]any{}},
		map[string]any{"duration": 2000})
}

// toast says why a message cannot be shown, or that it is looked for.
func (l *MessageList) toast() app.UI {
	t := l.Room.Target
	return app.Div().Class("opening").Aria("live", "polite").Body(
		app.If(t.Opening, func() app.UI { return app.P().Class("waiting").Text(say(textOpening)) }),
		app.If(t.Problem != (chat.Problem{}) && l.dismissed != t.Opened, func() app.UI {
			return app.P().Body(
				app.Span().Text(sentence(t.Problem)),
				app.Button().Class("link").Type("button").DataSet("action", "dismiss").OnClick(l.dismiss).Text(say(textClose)),
			)
		}),
	)
}

func (l *MessageList) dismiss(app.Context, app.Event) {
	l.dismissed = l.Room.Target.Opened
	l.scroller.focus()
}
