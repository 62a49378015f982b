package ui

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// Page is the root: the first element of the body, and the components that adopt the forms beside it. Every route is
// drawn by a Page, so going from one to another keeps this one.
type Page struct {
	app.Compo

	Client    Client
	Title     string // the project's
	Icon      string // URL of the mark
	Base      string // path of the site: begins and ends with a slash
	MaxLength int    // of a message's text, in UTF-16 code units
	Play      Play   // to rehearse with, nil for none

	snapshot  chat.Snapshot
	room      *chat.RoomView // the snapshot's; the same as long as that is
	screen    string         // as last shown, "" for the one that boot.js has picked
	bare      app.UI         // all that is drawn at first, for who has yet to log in; then nil
	looking   bool           // somebody looks at the page
	missed    int            // as the title last said
	attended  bool           // somebody attends to a message
	acted     uint64         // the last version that Actions had to know of
	listeners listeners
	link      chat.MessageID // that the path leads to, until it is opened
	stop      func()
}

// OnInit makes the first drawing the right one. Who has yet to log in sees nothing of the room: it is drawn when the
// program is in charge of the form.
func (p *Page) OnInit() {
	p.look()
	if documentElement().Get("dataset").Get("screen").String() == "login" {
		p.bare = app.Main().ID("room").Body(p.login())
	}
}

func (p *Page) OnMount(ctx app.Context) {
	p.stop = watch(ctx, p.Client, p.draw)
	p.watchAttention(ctx)
	p.hearWorker(ctx)
	p.listeners.add(p.JSValue(), "click", func(e app.Event) { p.clicked(ctx, e) })
	// The forms are adopted by dispatches that were queued before this one.
	ctx.Dispatch(func(ctx app.Context) {
		documentElement().setAttr("data-app", "running")
		inNextTask(func() { ctx.Dispatch(p.settle) })
	})
}

// settle does what nobody waits for who wants to log in.
func (p *Page) settle(ctx app.Context) {
	p.draw(ctx)
	p.drawAtMidnight(ctx)
	reader().prepare()
}

func (p *Page) OnDismount() {
	p.stop()
	p.listeners.release()
}

func (p *Page) draw(app.Context) {
	p.bare = nil
	p.look()
	p.followLink()
}

func (p *Page) look() {
	p.snapshot = p.Client.Snapshot()
	room := p.snapshot.Room // what was passed on before must not change
	p.room = &room
}

// drawAtMidnight draws anew whenever a day begins: what was "Today" is not any more.
func (p *Page) drawAtMidnight(ctx app.Context) {
	now := time.Now()
	ctx.After(reader().tomorrow(now).Sub(now), func(ctx app.Context) {
		p.draw(ctx)
		p.drawAtMidnight(ctx)
	})
}

// showScreen is part of Render, though it draws what go-app does not reach: at a dispatch the form would be seen, and
// typed into, before its component has cleared it; later, what a component focuses would not be visible yet.
func (p *Page) showScreen() {
	if screen := screenOf(p.snapshot.Phase); screen != "" && screen != p.screen {
		p.screen = screen
		documentElement().setAttr("data-screen", screen)
	}
}

// screenOf says which screen a phase shows, "" for the one that boot.js has picked.
func screenOf(phase chat.Phase) string {
	switch phase {
	case chat.PhaseSignedOut, chat.PhaseSigningIn:
		return "login"
	case chat.PhaseEntering, chat.PhaseSignedIn:
		return "room"
	default:
		return ""
	}
}

func (p *Page) Render() app.UI {
	p.showScreen()
	p.showMissed()
	if p.bare != nil {
		return p.bare
	}
	s := p.snapshot
	signedIn := s.Phase == chat.PhaseSignedIn
	closed := signedIn && !s.CanWrite
	why, problem := split(s, closed)
	connection, lastNews := s.Connection, time.Time{}
	if lost(connection) { // else it is not told, and the header would be drawn with every message
		lastNews = s.LastNews
	}
	if s.Phase == chat.PhaseStarting {
		connection = chat.ConnectionConnecting
	}
	if p.attended { // else it is not told either
		p.acted = s.Version
	}
	return app.Main().ID("room").Body(
		p.login(), // where bare has it
		&Header{
			Client:     p.Client,
			Title:      p.Title,
			Icon:       p.Icon,
			Me:         s.Me.Name,
			SignedIn:   signedIn,
			Connection: connection,
			LastNews:   lastNews,
			Leaving:    s.Leaving,
		},
		&Banner{Problem: problem},
		&MessageList{
			Client:  p.Client,
			Icon:    p.Icon,
			Phase:   s.Phase,
			Reader:  s.Me.ID,
			Room:    p.room,
			Waiting: !s.Room.Loaded && problem == (chat.Problem{}),
			Looking: p.looking,
			Today:   today(),
		},
		&Actions{Client: p.Client, Attended: &p.attended, Version: p.acted},
		&MessageForm{
			Client:    p.Client,
			Room:      s.Room.ID,
			Phase:     s.Phase,
			Me:        s.Me.ID,
			Ended:     s.Login.Problem.Code == chat.ProblemSessionEnded,
			Closed:    closed,
			Why:       why,
			MaxLength: p.MaxLength,
			Kept:      s.Room.Kept,
			Draft:     s.Room.Draft,
			DraftTo:   s.Room.DraftReplyTo,
			Moved:     s.Room.Later > 0,
		},
		&Announcer{Client: p.Client, SignedIn: signedIn, Arrived: s.Room.Arrived.Count},
		&Rehearsal{Play: p.Play, Phase: s.Phase},
	)
}

func (p *Page) login() *Login {
	return &Login{Client: p.Client, Phase: p.snapshot.Phase, View: p.snapshot.Login}
}

// split tells the problem that is shown in the composer, because it closes it or puts at risk what is written in it,
// from that of the banner.
func split(s chat.Snapshot, closed bool) (composer, banner chat.Problem) {
	banner = s.Problem
	if banner.Code == chat.ProblemStorageFailing || closed && banner.Code == chat.ProblemWriteForbidden {
		banner = chat.Problem{}
	}
	switch {
	case !closed:
		return s.Storage, banner
	case s.Problem.Code == chat.ProblemWriteForbidden:
		return s.Problem, banner
	case banner == (chat.Problem{}):
		return chat.Problem{Code: chat.ProblemWriteForbidden}, banner
	default:
		return chat.Problem{}, banner
	}
}
