package ui

import (
	"slices"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// inToolbar is how many of the emoji that are one press away the toolbar has room for.
const inToolbar = 3

// Actions is what can be done to a message: a toolbar beside the one that is pointed at or has the focus, and the
// dialogs that open from it (menu.go, picker.go). There is one for all messages, beside the list, and it finds them by
// their nodes: that costs a row nothing, and a row may become another message's at any time.
//
// Tests find the toolbar as .toolbar and the dialogs as #actions; what is pressed by data-action or data-emoji.
type Actions struct {
	app.Compo

	Client   Client
	Attended *bool  // told to the page: somebody attends to a message
	Version  uint64 // of the snapshot, as long as somebody does: what is shown of a message follows it

	ctx       app.Context // the component's: that of an entry ends with the dialog it was in
	listeners listeners
	following listeners // of the list's scrolling, while there is a toolbar
	bar       node
	roving    roving

	hovered, focused chat.MessageID // "" for none; what is pointed at goes first
	row              chat.Row       // that the toolbar is for; the zero Row if none
	open             *opened        // the dialog; nil when it is closed
	told             []node         // the clocks that say more: see tellMoments
	emoji            emojiSet
	notice           string // what was done, or could not be
	notices          int
}

func (a *Actions) OnMount(ctx app.Context) {
	list := nodeByID("messages")
	a.ctx = ctx
	a.roving.list, a.bar = list, node{a.JSValue().Get("firstElementChild")}
	a.listenPointer(list)
	a.listenLongPress(list)
	a.listenFocus(list)
	a.listeners.add(app.Window(), "resize", func(app.Event) {
		a.place()
		a.placeDialog()
	})
}

func (a *Actions) OnDismount() {
	a.listeners.release()
	a.following.release()
	if a.roving.waiting != nil {
		a.roving.waiting()
	}
}

// OnUpdate may come before OnMount.
func (a *Actions) OnUpdate(app.Context) {
	if a.bar.Value != nil {
		a.refresh()
	}
}

// find looks a drawn message up in what is true now.
func (a *Actions) find(id chat.MessageID) (row chat.Row, ok bool) {
	if id == "" {
		return chat.Row{}, false
	}
	rows := a.Client.Snapshot().Room.Rows
	if i := slices.IndexFunc(rows, func(r chat.Row) bool { return r.ID == id }); i >= 0 {
		return rows[i], true
	}
	return chat.Row{}, false
}

// refresh looks up again what is shown of messages, and puts the toolbar where its message is once that is drawn.
func (a *Actions) refresh() {
	id := a.hovered
	if id == "" {
		id = a.focused
	}
	if row, ok := a.find(id); ok && len(actionsOf(row)) > 0 {
		a.row = row
	} else {
		a.row = chat.Row{}
	}
	if a.open != nil {
		if row, ok := a.find(a.open.row.ID); ok && len(actionsOf(row)) > 0 {
			a.open.row = row
		} else {
			a.close() // nothing can be done to it any more
		}
	}
	a.ctx.Defer(func(app.Context) {
		a.place()
		a.tellMoments()
	})
}

func (a *Actions) Render() app.UI {
	*a.Attended = a.hovered != "" || a.focused != "" || a.open != nil
	return app.Div().Class("actions").Body(
		a.toolbar(),
		app.P().Class("done").Role("status").Text(a.notice),
		app.If(a.open != nil, a.dialog),
	)
}

// toolbar is reached by the Tab key from a message that has the focus; beside one that is only pointed at it is not in
// the key's way.
func (a *Actions) toolbar() app.UI {
	bar := app.Div().Class("toolbar").Role("toolbar").Hidden(a.row.ID == "")
	if a.row.ID == "" {
		return bar
	}
	name := authorName(a.row)
	stop := inRow
	if a.hovered == "" {
		stop = 0
	}
	var buttons []app.UI
	button := func(action, emoji, label string, press app.EventHandler) {
		b := app.Button().Type("button").TabIndex(stop).Title(label).Aria("label", label).OnClick(press)
		if emoji != "" {
			b = b.DataSet("emoji", emoji).Text(emoji)
		} else {
			b = b.DataSet("action", action)
		}
		buttons, stop = append(buttons, b), inRow
	}
	if a.row.Can.React {
		for _, emoji := range quickOf(a.Client.Snapshot().Preferences)[:inToolbar] {
			button("", emoji, say(textReactWith, emoji, isolate(name)), a.reactQuick)
		}
	}
	if a.row.Can.Reply {
		button("reply", "", say(textReplyTo, isolate(name)), a.reply)
	}
	button("more", "", say(textMoreActions, isolate(name)), a.more)
	return bar.Aria("label", say(textActionsFor, isolate(name))).Body(buttons...)
}

func (a *Actions) reactQuick(ctx app.Context, _ app.Event) {
	emoji := ctx.JSSrc().Get("dataset").Get("emoji").String()
	a.Client.Do(react(a.room(), a.row, emoji))
}

func (a *Actions) reply(app.Context, app.Event) {
	a.ctx.NewActionWithValue(actionReply, subject{a.row, a.hovered == ""})
}

func (a *Actions) more(app.Context, app.Event) { a.openFor(a.row.ID, a.hovered == "") }

func (a *Actions) room() chat.RoomID { return a.Client.Snapshot().Room.ID }

// tell says for a moment what was done. It is announced, too.
func (a *Actions) tell(words string) {
	const read = 6 * time.Second
	a.notices++
	a.notice = words
	told := a.notices
	a.ctx.After(read, func(app.Context) {
		if a.notices == told {
			a.notice = ""
		}
	})
}
