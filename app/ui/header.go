package ui

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// Header is the bar above the messages: whose room it is, how the connection stands, and the way out.
type Header struct {
	app.Compo

	Client   Client
	Title    string
	Icon     string // URL of the mark
	Me       string // the user's name; "" if unknown
	SignedIn bool

	Connection chat.Connection
	LastNews   time.Time // while the connection is lost
	Leaving    chat.LeavingView
}

func (h *Header) Render() app.UI {
	return app.Header().Class("bar").Body(
		mark(h.Icon),
		app.Div().Class("heading").Body(
			app.H1().Text(h.Title),
			&Status{Client: h.Client, SignedIn: h.SignedIn, Connection: h.Connection, LastNews: h.LastNews},
		),
		app.Bdi().Class("me").Dir("auto").Text(h.Me), // there from the start: coming later it would take the place, and the focus, of what follows
		app.Div().Class("tools").Body(
			app.Button().Class("seek").Type("button").Title(say(textFind)).Aria("label", say(textFind)).Disabled(!h.SignedIn).OnClick(h.find),
		),
		app.Button().Class("quiet").Type("button").Disabled(!h.SignedIn).OnClick(h.logOut).Text(say(textLogOut)),
		&Leaving{Client: h.Client, View: h.Leaving},
	)
}

func (h *Header) find(ctx app.Context, _ app.Event) { ctx.NewAction(findAction) }

func (h *Header) logOut(app.Context, app.Event) { h.Client.Do(chat.LogOut{}) }

// mark is the product's, next to words that say the same. go-app drops empty attributes: alt="" would not be there.
func mark(url string) app.UI { return app.Img().Class("mark").Src(url).Aria("hidden", true) }
