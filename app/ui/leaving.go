package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// Leaving is what stands between pressing Log out and being logged out while messages wait to be sent: a question first,
// and, for those who wait, a line that says so and the way back.
//
// Tests find the question by #leaving and its answers by data-action: wait, discard, stay. The last is also on the line.
type Leaving struct {
	app.Compo

	Client Client
	View   chat.LeavingView
}

func (l *Leaving) OnMount(app.Context) { l.ask() }

// OnUpdate runs before the drawing: the dialog that was there is closed, so that the browser gives the focus back; the
// one that will be there is opened once it is.
func (l *Leaving) OnUpdate(ctx app.Context) {
	if dialog := l.dialog(); dialog.Truthy() && !l.View.Asking {
		dialog.Call("close")
	}
	ctx.Defer(func(app.Context) { l.ask() })
}

func (l *Leaving) ask() {
	if dialog := l.dialog(); dialog.Truthy() && !dialog.Get("open").Bool() {
		dialog.Call("showModal")
	}
}

func (l *Leaving) dialog() app.Value { return l.JSValue().Call("querySelector", "dialog") }

func (l *Leaving) Render() app.UI {
	return app.Div().Class("leaving").Body(
		app.P().Aria("live", "polite").Body(
			app.If(l.View.Waiting, func() app.UI { return app.Span().Text(sayCount(textWaiting, l.View.Unsent)) }),
			app.If(l.View.Waiting, func() app.UI {
				return app.Button().Class("link").Type("button").DataSet("action", "stay").OnClick(l.stay).Text(say(textStay))
			}),
		),
		app.If(l.View.Asking, l.question),
	)
}

func (l *Leaving) question() app.UI {
	answer := func(action string, class string, press app.EventHandler, label text) app.UI {
		return app.Button().Class(class).Type("button").DataSet("action", action).OnClick(press).Text(say(label))
	}
	return app.Dialog().ID("leaving").Class("question").Aria("labelledby", "leaving-title").Aria("describedby", "leaving-hint").
		On("close", l.closed).
		Body(
			app.H2().ID("leaving-title").Text(sayCount(textLeaving, l.View.Unsent)),
			app.P().ID("leaving-hint").Text(say(textLeavingHint)),
			answer("wait", "primary", l.wait, textLeavingWait),
			answer("discard", "outlined danger", l.discard, textLeavingDiscard),
			answer("stay", "outlined", l.stay, textStay),
		)
}

func (l *Leaving) wait(app.Context, app.Event) { l.Client.Do(chat.LogOut{Unsent: chat.UnsentWait}) }

func (l *Leaving) discard(app.Context, app.Event) {
	l.Client.Do(chat.LogOut{Unsent: chat.UnsentDiscard})
}

func (l *Leaving) stay(app.Context, app.Event) { l.Client.Do(chat.CancelLogOut{}) }

// closed hears of the Escape key and its like: after an answer the question is gone before the event comes.
func (l *Leaving) closed(ctx app.Context, e app.Event) { l.stay(ctx, e) }
