package ui

import (
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
	"directuschat/app/uuid"
)

// MessageForm adopts the composer of the page. It draws nothing itself, and a keystroke in it redraws nothing.
type MessageForm struct {
	app.Compo

	Client    Client
	Room      chat.RoomID
	Phase     chat.Phase
	Me        chat.UserID    // who writes
	Ended     bool           // the session was not left on purpose: what is typed stays
	Closed    bool           // nothing can be written
	Why       chat.Problem   // the reason, or what puts at risk what is written
	MaxLength int            // of a text, in UTF-16 code units
	Kept      chat.MessageID // the message that is safe in the outbox, or beyond
	Draft     string         // what stood in the box when the program ended
	DraftTo   chat.Quote     // what it answers
	Moved     bool           // the newest messages are not drawn; a new one will be among them

	listeners                       listeners
	form, box, button, alert, count node

	phase  chat.Phase // as last shown
	why    chat.Problem
	writer chat.UserID // whose text is in the box
	sent   []outgoing  // handed over, not yet known to be kept, oldest first: the box begins with them
	draft  draft
	task   task
}

// An outgoing is the text of a message on its way from the box into the outbox.
type outgoing struct {
	id    chat.MessageID
	typed string // as it stood in the box
	text  string // as it is sent
}

func newOutgoing(typed string) outgoing {
	return outgoing{id: newKey(), typed: typed, text: strings.TrimSpace(typed)}
}

// newKey makes the key of a message or of another operation.
func newKey() chat.MessageID {
	// v7: in the order of sending; a database's index likes that. It fails only where there is no randomness at all.
	return chat.MessageID(uuid.NewV7().String())
}

// length is counted as Directus and JavaScript do, in UTF-16 code units.
func length(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// OnInit finds the nodes: an update may come before OnMount.
func (f *MessageForm) OnInit() {
	f.form, f.box = nodeByID("composer"), nodeByID("message")
	f.button = node{f.form.Call("querySelector", "button")}
	f.alert, f.count = nodeByID("composer-alert"), nodeByID("composer-count")
	f.initTask()
}

func (f *MessageForm) OnMount(ctx app.Context) {
	// At once and not in a dispatch: what is typed after Enter belongs to the next message.
	f.listeners.add(f.form, "submit", func(app.Event) { f.submit() })
	f.listeners.add(f.box, "beforeinput", f.makeWay)
	f.listeners.add(f.box, "input", func(e app.Event) {
		f.measure()
		f.keepSoon()
		switch typed := e.Get("isTrusted").Bool(); { // and not cut or restored by us
		case typed && f.Phase == chat.PhaseEntering:
			f.draft.early = true
		case typed:
			f.draft.restored = true
		}
	})
	f.listeners.add(f.box, "compositionend", func(app.Event) { ctx.Dispatch(f.show) })
	f.listenTask(ctx)
	f.keepInTime()
	f.measure()
	f.show(ctx)
}

func (f *MessageForm) OnUpdate(ctx app.Context) { f.show(ctx) }

func (f *MessageForm) OnDismount() {
	f.keep()
	f.listeners.release()
}

func (f *MessageForm) Render() app.UI { return app.Text("") }

func (f *MessageForm) submit() {
	// Who it is has to be known first. The mark tells that it was pressed, until somebody types on: see boot.js.
	f.form.mark(pressed, f.Phase == chat.PhaseStarting || f.Phase == chat.PhaseEntering)
	if f.Phase < chat.PhaseEntering {
		return
	}
	if f.task.edit != nil {
		f.submitEdit()
		return
	}
	typed, ok := f.unsent()
	if !ok {
		f.sent = nil // what somebody has made of it is another text
	}
	text := strings.TrimSpace(typed)
	switch {
	case f.Closed || text == "" || f.tooLong(text):
	default:
		o := newOutgoing(typed)
		f.sent = append(f.sent, o)
		f.Client.Do(chat.Send{Room: f.Room, ID: o.id, Text: o.text, ReplyTo: f.task.reply.ID})
		f.task.reply = chat.Quote{}
		f.showTask()
		f.keep() // it is no draft any more: after a reload it would be sent once more
		if f.Moved {
			f.Client.Do(chat.ShowNewest{Room: f.Room})
		}
	}
}

// tooLong complains about a text that is.
func (f *MessageForm) tooLong(text string) bool {
	over := length(text) - f.MaxLength
	if over > 0 {
		f.alert.setText(say(textTooLong, reader().number(f.MaxLength), reader().number(over)))
		f.box.setAttr("aria-invalid", "true")
		f.box.focus()
	}
	return over > 0
}

// onTheWay is what the box begins with.
func onTheWay(sent []outgoing) string {
	var typed strings.Builder
	for _, o := range sent {
		typed.WriteString(o.typed)
	}
	return typed.String()
}

// unsent is what the box holds behind the texts that are on their way; all of it, and not ok, if these were edited
// meanwhile.
func (f *MessageForm) unsent() (typed string, ok bool) {
	return strings.CutPrefix(f.box.value(), onTheWay(f.sent))
}

// makeWay takes the texts that are on their way out of the box before somebody edits them: they were sent, and what is
// typed among them is the next message. An input method at work is not disturbed.
func (f *MessageForm) makeWay(e app.Event) {
	if len(f.sent) == 0 || f.box.marked(composing) {
		return
	}
	sent := onTheWay(f.sent)
	typesOn := strings.HasPrefix(e.Get("inputType").String(), "insert") && f.box.Get("selectionStart").Int() >= length(sent)
	if !typesOn && strings.HasPrefix(f.box.value(), sent) {
		f.sent = nil // it goes on without the box
		f.cut(sent)
	}
}

// show lets go of a text once it is safe, and closes the form where nothing can be written.
func (f *MessageForm) show(ctx app.Context) {
	signedIn, inRoom := f.Phase == chat.PhaseSignedIn, f.Phase >= chat.PhaseEntering
	left := f.Phase == chat.PhaseSignedOut && f.phase == chat.PhaseSignedIn && !f.Ended
	if left || inRoom && f.writer != "" && f.writer != f.Me {
		f.forgetTask()
		f.cut(f.box.value()) // the next one at this screen must neither read it nor send it
		f.draft.forget()
	}
	switch {
	case !inRoom:
		f.sent = nil // who could not enter after all has it in the box
	case !f.box.marked(composing):
		f.letGo()
		f.restore()
		f.followDraft()
	}
	if inRoom {
		f.writer = f.Me
	}
	f.box.Set("disabled", f.Closed)
	f.button.Set("disabled", f.Closed)
	if f.Why != f.why {
		f.why = f.Why
		f.alert.setText(sentence(f.Why))
	}
	if signedIn && f.phase != chat.PhaseSignedIn {
		f.keepSoon() // what was typed before
	}
	if inRoom && f.phase < chat.PhaseEntering && f.phase != chat.PhaseStarting {
		ctx.Defer(func(app.Context) { f.box.focus() }) // when there is nothing any more that would have to be laid out anew
	}
	f.phase = f.Phase
	if f.form.marked(pressed) {
		f.submit()
	}
}

// letGo takes the texts that are kept out of the box, and leaves what was typed behind them. Storage takes them in
// order, and a snapshot may tell of the last only.
func (f *MessageForm) letGo() {
	n := 1 + slices.IndexFunc(f.sent, func(o outgoing) bool { return o.id == f.Kept })
	if n == 0 {
		return
	}
	safe := onTheWay(f.sent[:n])
	f.sent = f.sent[n:]
	if strings.HasPrefix(f.box.value(), safe) { // else it was edited meanwhile: not ours to throw away
		f.cut(safe)
	}
}

// cut takes what the box begins with out of it.
func (f *MessageForm) cut(typed string) {
	f.box.Call("setRangeText", "", 0, length(typed), "preserve")
	f.box.Call("dispatchEvent", newInputEvent())
}

// newInputEvent is for whatever follows the text of the box and is to follow a change of ours, too: its height, the counter.
func newInputEvent() app.Value {
	return app.Window().Get("Event").New("input", map[string]any{"bubbles": true})
}

// measure runs at every keystroke: it counts when the limit is near, and takes back a complaint about the last text.
func (f *MessageForm) measure() {
	n := length(f.box.value())
	near := f.MaxLength - f.MaxLength/10
	count := ""
	if n >= near {
		count = say(textCount, reader().number(n), reader().number(f.MaxLength))
	}
	f.count.setText(count)
	f.count.mark("data-over", n > f.MaxLength)
	if f.box.marked("aria-invalid") {
		f.box.setAttr("aria-invalid", "")
		f.alert.setText(sentence(f.why))
	}
}
