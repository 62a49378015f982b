package ui

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// Status is the truth about the connection in a few words, announced when they change; whoever wants to know more
// presses them and gets the connection panel, see panel.go.
type Status struct {
	app.Compo

	Client     Client
	SignedIn   bool
	Connection chat.Connection
	LastNews   time.Time // while the connection is lost

	shown chat.Connection // when last drawn
	since time.Time       // it has been so

	panel *panel // nil when it is closed
}

func (s *Status) OnInit() { s.shown, s.since = s.Connection, time.Now() }

func (s *Status) OnUpdate(ctx app.Context) {
	if s.shown != s.Connection {
		s.shown, s.since = s.Connection, time.Now()
	}
	switch {
	case s.panel == nil:
	case s.SignedIn:
		s.panel.look(s.Client)
	default:
		s.close()
	}
}

func (s *Status) OnDismount() { s.close() }

func (s *Status) Render() app.UI {
	return app.Div().Class("status").Body(
		app.P().Role("status").DataSet("connection", s.Connection.String()).Body(
			app.Button().
				Type("button").
				Title(say(textDetails)).
				Aria("haspopup", "dialog").
				Disabled(!s.SignedIn).
				OnClick(s.open).
				Text(status(s.Connection, s.LastNews, time.Now())),
		),
		app.If(s.panel != nil, s.drawPanel),
	)
}

// lost reports whether the line says since when nothing has been heard.
func lost(c chat.Connection) bool { return c == chat.ConnectionWaiting || c == chat.ConnectionOffline }

// status is what the line says.
func status(connection chat.Connection, lastNews, now time.Time) string {
	if !lastNews.IsZero() {
		switch connection {
		case chat.ConnectionWaiting:
			return say(textWaitingSince, reader().since(lastNews, now))
		case chat.ConnectionOffline:
			return say(textOfflineSince, reader().since(lastNews, now))
		}
	}
	return say(statusText(connection))
}
