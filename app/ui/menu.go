package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// An opened is the dialog with what can be done to one message. It is modal: what is behind it waits.
type opened struct {
	row      chat.Row
	keyboard bool // it was opened by a key on the message, which gets the focus back
	kind     opening
	search   string // in the picker
	group    int
}

// An opening is what a dialog shows.
type opening string

const (
	openingMenu   opening = "menu"
	openingPicker opening = "picker"
	openingGivers opening = "givers"
)

// An action is an entry of the menu. The name says whose message it is about.
type action struct {
	key   string
	label text
	name  text
}

// actionsOf are those that the server would let the reader do, and copying.
func actionsOf(r chat.Row) []action {
	var found []action
	add := func(can bool, key string, label, name text) {
		if can {
			found = append(found, action{key, label, name})
		}
	}
	stored := r.Delivery == chat.Stored
	add(r.Can.Reply, "reply", textReply, textReplyTo)
	add(r.Can.Edit, "edit", textEdit, textEditOf)
	add(!r.Deleted, "copy-text", textCopyText, textCopyTextOf)
	add(stored && !r.Deleted, "copy-link", textCopyLink, textCopyLinkOf)
	add(len(r.Reactions) > 0, "givers", textGivers, textGiversOf)
	add(r.Can.Delete, "delete", textDelete, textDeleteOf)
	return found
}

func (a *Actions) openFor(id chat.MessageID, keyboard bool) {
	a.ctx.Dispatch(func(app.Context) {
		row, ok := a.find(id)
		if !ok || len(actionsOf(row)) == 0 || a.open != nil {
			return
		}
		a.open = &opened{row: row, keyboard: keyboard}
		a.turn(openingMenu)
	})
}

// turn shows something else in the dialog.
func (a *Actions) turn(to opening) {
	a.open.kind = to
	a.ctx.Defer(func(app.Context) { // when it is drawn
		d := a.dialogNode()
		if !d.Truthy() {
			return
		}
		if !d.Get("open").Bool() {
			d.Call("showModal")
		}
		a.placeDialog()
		d.Call("querySelector", a.firstIn(to)).Call("focus")
	})
}

// firstIn selects what gets the focus: for the pointer nothing in particular, and for touch above all no field, which
// would bring up the keyboard.
func (a *Actions) firstIn(to opening) string {
	if a.open.keyboard || to == openingPicker && !prefers("pointer: coarse") {
		return "[data-first]"
	}
	return ".sheet"
}

func (a *Actions) dialogNode() node { return node{a.JSValue().Call("querySelector", "#actions")} }

// close shuts the dialog; the browser gives the focus back. A message may stand in another node by now.
func (a *Actions) close() {
	o := a.open
	if o == nil {
		return
	}
	a.open = nil
	if d := a.dialogNode(); d.Truthy() && d.Get("open").Bool() {
		d.Call("close")
	}
	if o.keyboard {
		if message := messageNode(o.row.ID); message.Truthy() {
			message.focus()
			return
		}
		a.roving.list.focus()
	}
}

// closed hears of the Escape key and its like.
func (a *Actions) closed(app.Context, app.Event) { a.close() }

// pressed is for what is beside the dialog: pressing there closes it.
func (a *Actions) pressed(_ app.Context, e app.Event) {
	if d := a.dialogNode(); d.Truthy() && d.Equal(e.Get("target")) {
		a.close()
	}
}

func (a *Actions) dialog() app.UI {
	name := isolate(authorName(a.open.row))
	d := app.Dialog().ID("actions").Class(string(a.open.kind)).On("close", a.closed).OnClick(a.pressed)
	switch a.open.kind {
	case openingPicker:
		return d.Aria("label", say(textPickFor, name)).Body(a.picker())
	case openingGivers:
		return d.Aria("label", say(textGiversOf, name)).Body(a.givers())
	default:
		return d.Aria("label", say(textActionsFor, name)).Body(a.menu())
	}
}

func (a *Actions) menu() app.UI {
	name := isolate(authorName(a.open.row))
	var entries []app.UI
	if a.open.row.Can.React {
		entries = append(entries, app.Div().Class("quick").Role("group").Aria("label", say(textReact)).Body(a.quick(name)...))
	}
	for i, act := range actionsOf(a.open.row) {
		entry := app.Button().Type("button").Role("menuitem").DataSet("action", act.key).
			Aria("label", say(act.name, name)).OnClick(a.choose).Text(say(act.label))
		if i == 0 {
			entry = entry.DataSet("first", true)
		}
		entries = append(entries, entry)
	}
	return app.Div().Class("sheet").TabIndex(-1).Role("menu").Aria("label", say(textActionsFor, name)).Body(entries...)
}

func (a *Actions) quick(name string) []app.UI {
	given := map[string]bool{}
	for _, r := range a.open.row.Reactions {
		given[r.Emoji] = r.Mine
	}
	var buttons []app.UI
	for _, emoji := range quickOf(a.Client.Snapshot().Preferences) {
		label := say(textReactWith, emoji, name)
		buttons = append(buttons, app.Button().Type("button").Role("menuitemcheckbox").Aria("checked", given[emoji]).
			DataSet("emoji", emoji).Title(label).Aria("label", label).OnClick(a.give).Text(emoji))
	}
	label := say(textPickFor, name)
	return append(buttons, app.Button().Type("button").Role("menuitem").DataSet("action", "pick").
		Title(label).Aria("label", label).OnClick(a.choose))
}

// menuKey moves through the menu: up and down from entry to entry, the row of emoji being one; left and right in it.
func (a *Actions) menuKey(e app.Event) {
	menu := node{a.dialogNode().Call("querySelector", "[role=menu]")}
	row := e.Get("target").Call("closest", ".quick")
	switch key := e.Get("key").String(); {
	case key == "ArrowDown" && row.Truthy():
		focusOn(e, menu.Call("querySelector", "[role=menu] > button"))
	case key == "ArrowUp" && e.Get("target").Call("matches", ".quick + button").Bool():
		focusOn(e, menu.Call("querySelector", "button"))
	default:
		stepThrough(e, menu, "button", 1)
	}
}

// choose does what an entry says. The dialog is gone before, so that the focus can go where it is needed.
func (a *Actions) choose(ctx app.Context, _ app.Event) {
	row, keyboard := a.open.row, a.open.keyboard
	switch key := ctx.JSSrc().Get("dataset").Get("action").String(); key {
	case "pick":
		a.emoji.load(a.ctx)
		a.turn(openingPicker)
		return
	case "givers":
		a.turn(openingGivers)
		return
	default:
		a.close()
		a.act(key, row, keyboard)
	}
}

func (a *Actions) act(key string, row chat.Row, keyboard bool) {
	switch key {
	case "reply":
		a.ctx.NewActionWithValue(actionReply, subject{row, keyboard})
	case "edit":
		a.ctx.NewActionWithValue(actionEdit, subject{row, keyboard})
	case "delete":
		a.Client.Do(chat.Delete{Room: a.room(), ID: newKey(), Message: row.ID})
		a.tell(say(textDeletedUndo))
	case "copy-text":
		a.copy(row.Text, textTextCopied)
	case "copy-link":
		a.copy(permalink(string(row.ID)), textLinkCopied)
	}
}

// give gives or takes back an emoji that was pressed, in the menu or in the picker.
func (a *Actions) give(ctx app.Context, e app.Event) {
	pressed := e.Get("target").Call("closest", "[data-emoji]")
	if !pressed.Truthy() {
		return
	}
	row := a.open.row
	a.close()
	if !row.Can.React {
		return
	}
	wish := react(a.room(), row, pressed.Get("dataset").Get("emoji").String())
	if wish.On {
		a.remember(wish.Emoji)
	}
	a.Client.Do(wish)
}

func (a *Actions) copy(text string, done text) {
	copyText(text, func(copied bool) {
		a.ctx.Dispatch(func(app.Context) {
			if copied {
				a.tell(say(done))
			} else {
				a.tell(say(textCopyFailed))
			}
		})
	})
}

// givers lists who has given what: for touch, which has no way to point at an emoji, and for long lists.
func (a *Actions) givers() app.UI {
	return app.Div().Class("sheet").TabIndex(-1).Body(
		app.H2().Text(say(textGivers)),
		app.Ul().Body(each(a.open.row.Reactions, func(r chat.Reaction) app.UI {
			return app.Li().Body(app.Span().Text(r.Emoji), app.Span().Text(givers(r, say(textYou))))
		})...),
		app.Button().Class("outlined").Type("button").DataSet("first", true).DataSet("action", "close").OnClick(a.closed).Text(say(textClose)),
	)
}
