package ui

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// What follows finds out whether anybody looks, and says in the window's title and on the program's icon how much they
// have missed.

// watchAttention hears of the window being shown, hidden, entered and left.
func (p *Page) watchAttention(ctx app.Context) {
	heard := func(app.Event) {
		if looking() != p.looking {
			ctx.Dispatch(func(app.Context) { p.looking = looking() })
		}
	}
	window := app.Window()
	p.listeners.add(window, "focus", heard)
	p.listeners.add(window, "blur", heard)
	p.listeners.add(window.Get("document"), "visibilitychange", heard)
	p.looking = looking()
}

// looking reports whether the page is seen, and its window has the focus.
func looking() bool {
	document := app.Window().Get("document")
	return document.Get("visibilityState").String() == "visible" && document.Call("hasFocus").Bool()
}

// showMissed counts what is unread while nobody looks.
func (p *Page) showMissed() {
	missed := 0
	if !p.looking && p.snapshot.Phase == chat.PhaseSignedIn {
		missed = p.snapshot.Room.Unread.Count
	}
	if app.IsServer || missed == p.missed {
		return
	}
	p.missed = missed
	title := p.Title
	if missed > 0 {
		title = "(" + counted(missed) + ") " + title
	}
	app.Window().Get("document").Set("title", title)

	// Not every browser has it, and some refuse: the title has said it anyway.
	navigator := app.Window().Get("navigator")
	switch {
	case !navigator.Get("setAppBadge").Truthy():
	case missed > 0:
		settled(navigator.Call("setAppBadge", missed), func(bool) {})
	default:
		settled(navigator.Call("clearAppBadge"), func(bool) {})
	}
	if missed == 0 {
		closeNotifications()
	}
}

// counted is a number of messages, of which no more than chat.MaxUnread are counted.
func counted(n int) string {
	if n >= chat.MaxUnread {
		return strconv.Itoa(chat.MaxUnread-1) + "+"
	}
	return strconv.Itoa(n)
}

// sayUnread returns a text that counts messages as counted does.
func sayUnread(key plural, n int) string {
	if n >= chat.MaxUnread {
		return say(text(key).Form(n), reader().number(chat.MaxUnread-1)+"+")
	}
	return sayCount(key, n)
}

// attend tells how the list is looked at, if that has changed.
func (l *MessageList) attend() {
	a := chat.Attend{Room: l.Room.ID, Looking: l.Looking, Newest: !l.away && l.Room.Later == 0}
	if a != l.attended {
		l.attended = a
		l.Client.Do(a)
	}
	if !l.Looking || !l.away || l.Room.Unread.Count == 0 {
		return
	}
	if id := l.look().lastSeen(); id != "" && id != l.seen {
		l.seen = id
		l.Client.Do(chat.Seen{Room: l.Room.ID, Message: id})
	}
}

// lastSeen is the last stored message of which the end is seen.
func (v viewport) lastSeen() chat.MessageID {
	end := v.edge + v.scroller.Get("clientHeight").Float() + 1
	for i := len(v.slots) - 1; i >= 0; i-- {
		s := v.slots[i]
		if s.shown.Row.Delivery == chat.Stored && s.view.JSValue().Call("getBoundingClientRect").Get("bottom").Float() <= end {
			return s.shown.Row.ID
		}
	}
	return ""
}

// findLine finds out whether the line above what is unread stands above what is seen. Once the reader has been there,
// they know.
func (l *MessageList) findLine(ctx app.Context) {
	was := l.behind
	l.behind = l.lineIsAbove()
	if l.behind != was {
		ctx.Update()
	}
}

func (l *MessageList) lineIsAbove() bool {
	unread := l.Room.Unread
	if unread.Since == 0 || len(l.Room.Rows) == 0 || l.reached == unread.Last {
		return false
	}
	v := l.look()
	for i, s := range v.slots {
		if s.shown.Row.Unread {
			if v.top(i) < 0 {
				return true
			}
			l.reached = unread.Last
			return false
		}
	}
	for i, row := range l.Room.Rows {
		if row.Unread {
			return i < l.frame.span.from
		}
	}
	return l.Room.Later == 0
}

// toUnread goes to the line. Where what is behind it is not held, what was read last is.
func (l *MessageList) toUnread(ctx app.Context, _ app.Event) {
	unread := l.Room.Unread
	l.reached, l.behind = unread.Last, false
	l.scroller.focus()
	id := unread.First
	if id == "" {
		id = unread.Last
	}
	l.Client.Do(chat.Open{Room: l.Room.ID, Message: id})
}
