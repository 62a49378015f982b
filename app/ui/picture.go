package ui

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// TakePicture is what the reader sees of the room, the newest messages, for the first paint of the next visit; "" if they
// see others, or if it is another reader who sees them. It is web/js/loader/picture.js that takes it, and boot/past.js that
// paints it. It may be called on any goroutine.
func TakePicture(reader chat.UserID, at time.Time) string {
	return app.Window().Call("takePicture", string(reader), at.UnixMilli()).String()
}

// A picture is the conversation as it was left, painted by the page. It lies over the list until the same rows are drawn.
type picture struct {
	node
	scrolled float64 // from the newest message: what is taken out of the page forgets it
}

// find looks for it in the page, which is about to be replaced by what the program draws.
func (p *picture) find() {
	p.node = nodeByID("picture")
	if p.shown() {
		p.scrolled = p.scroller().Get("scrollTop").Float()
	}
}

func (p *picture) shown() bool { return p.Value != nil && p.Truthy() }

func (p *picture) scroller() node { return node{p.Get("firstElementChild")} }

// keepIn hangs it up again.
func (p *picture) keepIn(stage app.Value) {
	if p.shown() {
		stage.Call("append", p.Value)
		p.scroller().Set("scrollTop", p.scrolled)
	}
}

// anchor is the message that is read in it, if the reader has left the newest one.
func (p *picture) anchor() (a anchor, left bool) {
	if !p.shown() || p.scroller().Get("scrollTop").Float() > -1 {
		return anchor{}, false
	}
	edge := edgeOf(p.scroller())
	messages := p.Call("querySelectorAll", "[data-message-id]")
	for i := range messages.Length() {
		message := messages.Index(i)
		if top := edgeOf(message) - edge; top >= 0 {
			return anchor{chat.MessageID(message.Get("dataset").Get("messageId").String()), top}, true
		}
	}
	return anchor{}, false
}

// outdated reports whether it is to go: its conversation is drawn, or is not the reader's.
func (p *picture) outdated(l *MessageList) bool {
	switch l.Phase {
	case chat.PhaseStarting:
		return false
	case chat.PhaseEntering, chat.PhaseSignedIn:
		another := p.Get("dataset").Get("reader").String() != string(l.Reader)
		return another || !l.Waiting && (len(l.Room.Rows) == 0 || l.frame.ring.shown())
	default:
		return true
	}
}

// leave takes it away, unless it is still needed. What had the focus in it gives that to the list.
func (p *picture) leave(l *MessageList) {
	if !p.shown() || !p.outdated(l) {
		return
	}
	focused := p.Call("contains", activeElement()).Bool()
	p.Call("remove")
	p.node = node{}
	if focused {
		l.scroller.Call("focus", map[string]any{"preventScroll": true})
	}
}
