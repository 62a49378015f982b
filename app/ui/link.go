package ui

import (
	"net/url"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat"
	"directuschat/app/chat"
)

// A message's link is a path of the site: m/ and its key. It opens the room at the message, in the page that is there
// or in a new one, after a log-in if need be.

// messagePath is the path of a message's link, on a site with this base path.
func messagePath(base string, id chat.MessageID) string {
	return base + directuschat.MessagePath + url.PathEscape(string(id))
}

// linkedMessage is the message that a path leads to, "" if it is no message's.
func linkedMessage(base, path string) chat.MessageID {
	key, ok := strings.CutPrefix(path, base+directuschat.MessagePath)
	if !ok || strings.Contains(key, "/") {
		return ""
	}
	return chat.MessageID(key)
}

// OnNav hears of every path the page is at: the first one, and those of the browser's history.
func (p *Page) OnNav(ctx app.Context) {
	p.link = linkedMessage(p.Base, ctx.Page().URL().Path)
	p.followLink()
}

// followLink opens what the path leads to, as soon as somebody is signed in.
func (p *Page) followLink() {
	if p.link != "" && p.snapshot.Phase == chat.PhaseSignedIn {
		p.Client.Do(chat.Open{Room: p.snapshot.Room.ID, Message: p.link})
		p.link = ""
	}
}

// visit goes to a message's link in this page.
func (p *Page) visit(id chat.MessageID) {
	path := messagePath(p.Base, id)
	if location := app.Window().URL(); location.EscapedPath() != path {
		app.Window().Get("history").Call("pushState", nil, "", path)
	}
	p.link = id
	p.followLink()
}

// clicked keeps a link to a message of this room in the page, wherever in the room it stands. Who wants another tab
// gets it.
func (p *Page) clicked(ctx app.Context, e app.Event) {
	a := e.Get("target").Call("closest", "a[href]")
	if !a.Truthy() || a.Get("origin").String() != app.Window().Get("location").Get("origin").String() {
		return
	}
	for _, key := range []string{"ctrlKey", "metaKey", "shiftKey", "altKey"} {
		if e.Get(key).Truthy() {
			return
		}
	}
	path, err := url.PathUnescape(a.Get("pathname").String())
	if id := linkedMessage(p.Base, path); err == nil && id != "" {
		e.PreventDefault()
		ctx.Dispatch(func(app.Context) { p.visit(id) })
	}
}
