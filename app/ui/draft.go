package ui

import (
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// keepWithin is how long a keystroke may wait to be kept: a crash costs no more than that.
const keepWithin = 300 * time.Millisecond

// A draft is what is known about keeping what stands in the box.
type draft struct {
	kept     string // as the client knows it
	reply    chat.MessageID
	timer    *time.Timer // of the next keeping, nil if everything is kept
	restored bool
	early    bool // something was typed in the room before the user had entered
}

// forget is for a change of users: nothing of one's draft counts for the other's.
func (d *draft) forget() {
	if d.timer != nil {
		d.timer.Stop()
	}
	*d = draft{}
}

// keepInTime keeps what is typed before the page may end without another word: a hidden page can be discarded.
func (f *MessageForm) keepInTime() {
	document := app.Window().Get("document")
	keep := func(app.Event) { f.keep() }
	f.listeners.add(app.Window(), "pagehide", keep)
	f.listeners.add(document, "freeze", keep)
	f.listeners.add(document, "visibilitychange", func(app.Event) {
		if document.Get("visibilityState").String() == "hidden" {
			f.keep()
		}
	})
}

// keepSoon does not begin to wait again at every keystroke: who types without a pause is kept, too.
func (f *MessageForm) keepSoon() {
	if f.draft.timer == nil {
		f.draft.timer = time.AfterFunc(keepWithin, f.keep)
	}
}

// keep hands over what stands in the box, but not what is on its way into the outbox: that was handed over. It runs in
// listeners and timers, without a dispatch: typing draws nothing, and a page that ends dispatches nothing.
func (f *MessageForm) keep() {
	if f.draft.timer != nil {
		f.draft.timer.Stop()
		f.draft.timer = nil
	}
	if f.Phase != chat.PhaseSignedIn || f.writer != f.Me || f.task.edit != nil { // an edit is no draft, and the draft is kept
		return
	}
	text, _ := f.unsent()
	if strings.TrimSpace(text) == "" {
		text = ""
	}
	reply := f.task.reply.ID
	if text == f.draft.kept && reply == f.draft.reply {
		return
	}
	f.draft.kept, f.draft.reply, f.draft.restored = text, reply, true
	f.Client.Do(chat.Draft{Room: f.Room, Text: text, ReplyTo: reply})
}

// restore puts back what stood in the box when the program ended: once, and never over what somebody has typed. What was
// typed before the user had entered, when nobody could know of it yet, comes behind it.
func (f *MessageForm) restore() {
	if f.draft.restored || f.task.edit != nil || f.Draft == "" && f.DraftTo.ID == "" {
		return
	}
	f.draft.restored = true
	typed, text := f.box.value(), f.Draft
	switch {
	case typed == "" && f.task.reply.ID == "":
		f.draft.kept, f.draft.reply = f.Draft, f.DraftTo.ID
	case f.draft.early && len(f.sent) == 0 && f.task.reply.ID == "":
		text += "\n" + typed
	default:
		return
	}
	f.task.reply = f.DraftTo
	f.showTask()
	f.put(text)
}
