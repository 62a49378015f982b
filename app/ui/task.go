package ui

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// The actions by which the list has the composer do something to a message; their value is a subject.
const (
	actionReply = "reply"
	actionEdit  = "edit"
)

// A subject is a message that something is to be written about.
type subject struct {
	row      chat.Row
	fromList bool // by the keyboard in the list: there the focus goes back to
}

// A task is what the box is used for beside writing a new message that answers nothing. The bar above it says so.
type task struct {
	bar, words, quote, remove, cancel node

	reply chat.Quote // what the next message answers; the zero Quote if nothing
	edit  *editing   // nil while a new message is written
	from  chat.MessageID
}

// An editing is a stored message whose text is in the box, while what stood there waits.
type editing struct {
	row   chat.Row
	stash string
	empty bool // nothing is left of it: to delete it is offered
}

func (f *MessageForm) initTask() {
	text := nodeByID("composer-task-text")
	f.task.bar, f.task.words, f.task.quote = nodeByID("composer-task"), node{text.Get("firstElementChild")}, node{text.Get("lastElementChild")}
	f.task.remove, f.task.cancel = nodeByID("composer-delete"), nodeByID("composer-cancel")
}

func (f *MessageForm) listenTask(ctx app.Context) {
	ctx.Handle(actionReply, func(_ app.Context, a app.Action) { f.answer(a.Value.(subject)) })
	ctx.Handle(actionEdit, func(_ app.Context, a app.Action) { f.edit(a.Value.(subject)) })
	f.listeners.add(f.task.cancel, "click", func(app.Event) { f.cancelTask() })
	f.listeners.add(f.task.remove, "click", func(app.Event) { f.removeEdited() })
	f.listeners.add(f.form, "keydown", func(e app.Event) {
		if e.Get("isComposing").Bool() || e.Get("keyCode").Int() == 229 { // an input method's, as in boot.js
			return
		}
		switch key := e.Get("key").String(); {
		case key == "Escape" && (f.task.edit != nil || f.task.reply.ID != ""):
			e.PreventDefault()
			f.cancelTask()
		case key == "ArrowUp" && f.editsLast(e):
			if last := lastEditable(f.Client.Snapshot().Room); last.ID != "" {
				e.PreventDefault()
				f.edit(subject{row: last})
			}
		}
	})
}

// editsLast reports whether the key is pressed in an empty box, which is for editing one's last message.
func (f *MessageForm) editsLast(e app.Event) bool {
	modified := e.Get("shiftKey").Bool() || e.Get("ctrlKey").Bool() || e.Get("altKey").Bool() || e.Get("metaKey").Bool()
	return !modified && f.task.edit == nil && e.Get("target").Equal(f.box.Value) && f.box.value() == ""
}

// answer makes the next message one that answers another.
func (f *MessageForm) answer(s subject) {
	f.endEdit()
	f.task.reply, f.task.from = quoteOf(s.row), ""
	if s.fromList {
		f.task.from = s.row.ID
	}
	f.showTask()
	f.keepSoon()
	f.box.focus()
}

// edit puts the text of a message into the box.
func (f *MessageForm) edit(s subject) {
	f.endEdit()
	f.keep()
	typed, _ := f.unsent()
	f.sent = nil // what was on its way is in the outbox, and goes on without the box
	f.task.edit, f.task.from = &editing{row: s.row, stash: typed}, ""
	if s.fromList {
		f.task.from = s.row.ID
	}
	f.put(s.row.Text)
	f.showTask()
	f.box.focus()
}

// submitEdit hands over the new text. One that is empty would be no message: deleting it is another thing to want.
func (f *MessageForm) submitEdit() {
	e := f.task.edit
	text := strings.TrimSpace(f.box.value())
	switch {
	case text == "":
		e.empty = true
		f.showTask()
	case f.tooLong(text):
	default:
		if text != e.row.Text {
			f.Client.Do(chat.Edit{Room: f.Room, ID: newKey(), Message: e.row.ID, Text: text})
		}
		f.cancelTask()
	}
}

func (f *MessageForm) removeEdited() {
	if e := f.task.edit; e != nil {
		f.Client.Do(chat.Delete{Room: f.Room, ID: newKey(), Message: e.row.ID})
		f.cancelTask()
	}
}

// cancelTask ends what the bar says, the edit before the answer, and gives the focus back.
func (f *MessageForm) cancelTask() {
	if f.task.edit != nil {
		f.endEdit()
	} else {
		f.task.reply = chat.Quote{}
		f.keepSoon()
	}
	from := f.task.from
	f.task.from = ""
	f.showTask()
	if drawn := messageNode(from); from != "" && drawn.Truthy() {
		drawn.focus()
		return
	}
	f.box.focus()
}

// endEdit brings back what stood in the box before.
func (f *MessageForm) endEdit() {
	if e := f.task.edit; e != nil {
		f.task.edit = nil
		f.put(e.stash)
	}
}

// forgetTask is for a change of users.
func (f *MessageForm) forgetTask() {
	f.task.edit, f.task.reply, f.task.from = nil, chat.Quote{}, ""
	f.showTask()
}

// put makes a text all that stands in the box, in the way that leaves undo to what is typed after it.
func (f *MessageForm) put(text string) {
	f.box.Call("setRangeText", text, 0, length(f.box.value()), "end")
	f.box.Call("dispatchEvent", newInputEvent())
}

// followDraft tells more of what the restored draft answers once more is known.
func (f *MessageForm) followDraft() {
	if q := f.task.reply; q.ID != "" && q.ID == f.DraftTo.ID && q != f.DraftTo {
		f.task.reply = f.DraftTo
		f.showTask()
	}
}

func (f *MessageForm) showTask() {
	words, quote, remove := "", "", false
	switch e, q := f.task.edit, f.task.reply; {
	case e != nil && e.empty:
		words, remove = say(textEditEmpty), e.row.Can.Delete
	case e != nil:
		words = say(textEditing)
	case q.ID != "" && q.Known:
		words, quote = say(textReplying, isolate(quoteName(q))), quoted(q)
	case q.ID != "":
		words = say(textReplyingUnknown)
	}
	f.task.bar.mark("hidden", words == "")
	f.task.words.setText(words)
	f.task.quote.setText(quote)
	f.task.remove.mark("hidden", !remove)
}

// lastEditable is the reader's newest message among rows, if they may edit it; else the zero Row.
func lastEditable(room chat.RoomView) chat.Row {
	if room.Later > 0 {
		return chat.Row{}
	}
	for i := len(room.Rows) - 1; i >= 0; i-- {
		if r := &room.Rows[i]; r.Mine && r.Can.Edit {
			return *r
		}
	}
	return chat.Row{}
}
