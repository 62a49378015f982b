package ui

import (
	"fmt"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// quick are the emoji that are one press away.
var quick = []string{"👍", "❤️", "😂", "🎉", "😮", "🙏"}

// inToolbar is how many of them the toolbar has room for.
const inToolbar = 3

// Actions is what can be done to a message: a toolbar beside the one that is pointed at or has the focus, and the
// dialogs that open from it (menu.go, picker.go). There is one for all messages, beside the list, and it finds them by
// their nodes: that costs a row nothing, and a row may become another message's at any time.
//
// Tests find the toolbar as .toolbar and the dialogs as #actions; what is pressed by data-action or data-emoji.
type Actions struct {
	app.Compo

	Client  Client
	Version uint64 // of the snapshot: what is shown of a message follows it

	ctx       app.Context // the component's: that of an entry ends with the dialog it was in
	listeners listeners
	bar       node
	roving    roving

	hovered, focused chat.MessageID // "" for none; what is pointed at goes first
	row              chat.Row       // that the toolbar is for; the zero Row if none
	open             *opened        // the dialog; nil when it is closed
	emoji            emojiSet
	notice           string // what was done, or could not be
	notices          int
}

func (a *Actions) OnMount(ctx app.Context) {
	list := nodeByID("messages")
	a.ctx = ctx
	a.roving.list, a.bar = list, node{a.JSValue().Get("firstElementChild")}
	a.listenPointer(list)
	a.listenFocus(list)
	a.listeners.add(list, "scroll", func(app.Event) { a.place() })
	a.listeners.add(app.Window(), "resize", func(app.Event) {
		a.place()
		a.placeDialog()
	})
}

func (a *Actions) OnDismount() {
	a.listeners.release()
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

// listenPointer follows the pointer. A tap is told as if a mouse had come, so touch gets the toolbar by it.
func (a *Actions) listenPointer(list node) {
	point := func(id chat.MessageID) {
		if id != a.hovered {
			a.ctx.Dispatch(func(app.Context) {
				a.hovered = id
				a.refresh()
			})
		}
	}
	goesTo := func(e app.Event, to node) bool {
		related := e.Get("relatedTarget")
		return related.Truthy() && to.Call("contains", related).Bool()
	}
	a.listeners.add(list, "mouseover", func(e app.Event) {
		if message := messageOf(e.Get("target")); message.Truthy() {
			point(idOf(message))
		} else {
			point("")
		}
	})
	a.listeners.add(list, "mouseleave", func(e app.Event) {
		if !goesTo(e, a.bar) {
			point("")
		}
	})
	a.listeners.add(a.bar, "mouseleave", func(e app.Event) {
		if !goesTo(e, list) {
			point("")
		}
	})
	// The pointer takes the focus from nobody: who writes goes on writing.
	a.listeners.add(a.bar, "mousedown", func(e app.Event) { e.PreventDefault() })
}

// listenFocus follows the focus through the messages, and leads it by the keys.
func (a *Actions) listenFocus(list node) {
	focus := func(id chat.MessageID) {
		if id != a.focused {
			a.ctx.Dispatch(func(app.Context) {
				a.focused = id
				a.refresh()
			})
		}
	}
	left := func(e app.Event) {
		to := e.Get("relatedTarget")
		if to.Truthy() && (list.Call("contains", to).Bool() || a.JSValue().Call("contains", to).Bool()) {
			return
		}
		a.roving.leave()
		focus("")
	}
	a.listeners.add(list, "focusin", func(e app.Event) {
		message := messageOf(e.Get("target"))
		if !message.Truthy() {
			a.roving.leave()
			focus("")
			return
		}
		id := idOf(message)
		if a.roving.message.Value == nil || !message.Equal(a.roving.message.Value) || id != a.roving.last {
			a.roving.enter(message, a.label(id))
		}
		if e.Get("target").Call("matches", ":focus-visible").Bool() {
			focus(id)
		}
	})
	a.listeners.add(list, "focusout", left)
	a.listeners.add(a.bar, "focusout", left)
	a.listeners.add(list, "keydown", a.key)
	// At once and not in a dispatch, as go-app's own handlers are: what a key does by itself has to be prevented in time.
	a.listeners.add(a.JSValue(), "keydown", a.ownKey)
	a.listeners.add(list, "contextmenu", func(e app.Event) {
		const secondary = 2 // the mouse's is the browser's menu, which has what ours has not
		message := messageOf(e.Get("target"))
		if message.Truthy() && e.Get("button").Int() != secondary && e.Get("pointerType").String() != "touch" {
			e.PreventDefault()
			a.openFor(idOf(message), true)
		}
	})
}

func (a *Actions) key(e app.Event) {
	for _, modifier := range []string{"ctrlKey", "altKey", "metaKey", "shiftKey"} {
		if e.Get(modifier).Bool() {
			return
		}
	}
	target, key := e.Get("target"), e.Get("key").String()
	message := messageOf(target)
	switch {
	case key == "Enter" && message.Truthy() && message.Equal(target):
		e.PreventDefault()
		a.openFor(idOf(message), true)
	case key == "Escape" && message.Truthy() && !message.Equal(target):
		message.focus()
	case key == "Home" || key == "End":
		e.PreventDefault()
		a.toEnd(key == "Home")
	default:
		if next := a.roving.next(key, target); next.Truthy() {
			e.PreventDefault()
			a.focus(next)
		}
	}
}

func (a *Actions) focus(message node) {
	a.roving.enter(message, a.label(idOf(message)))
	message.focus()
}

// toEnd goes to the first or the last message of the window. It may not be drawn until it is scrolled to.
func (a *Actions) toEnd(first bool) {
	rows := a.Client.Snapshot().Room.Rows
	if len(rows) == 0 {
		return
	}
	id, top := rows[len(rows)-1].ID, a.roving.list.Get("scrollHeight")
	if first {
		id, top = rows[0].ID, app.ValueOf(0)
	}
	if message := messageNode(id); message.Truthy() {
		a.focus(message)
		return
	}
	a.roving.whenDrawn(id, a.focus)
	a.roving.list.Set("scrollTop", top)
}

// ownKey leads through the dialog, or through the toolbar and back to its message.
func (a *Actions) ownKey(e app.Event) {
	switch {
	case a.open != nil && a.open.kind == openingMenu:
		a.menuKey(e)
	case a.open != nil && a.open.kind == openingPicker:
		a.pickerKey(e)
	case a.open != nil:
	case e.Get("key").String() == "Escape":
		if message := messageNode(a.row.ID); message.Truthy() {
			message.focus()
		}
	default:
		stepThrough(e, a.bar, "button", 1)
	}
}

// label is what a message is called as a whole.
func (a *Actions) label(id chat.MessageID) string {
	row, ok := a.find(id)
	if !ok {
		return ""
	}
	name, text := isolate(authorName(row)), isolate(quoted(quoteOf(row)))
	if row.Time.IsZero() {
		return say(textMessageUndated, name, text)
	}
	return say(textMessageOf, name, reader().clock(row.Time), text)
}

// find looks a drawn message up in what is true now.
func (a *Actions) find(id chat.MessageID) (row chat.Row, ok bool) {
	if id == "" {
		return chat.Row{}, false
	}
	for _, row := range a.Client.Snapshot().Room.Rows {
		if row.ID == id {
			return row, true
		}
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
	a.ctx.Defer(func(app.Context) { a.place() })
}

// place puts the toolbar on the upper edge of its message, at the end of the line, as far as that is seen.
func (a *Actions) place() {
	message := messageNode(a.row.ID)
	if a.row.ID == "" || !message.Truthy() {
		return
	}
	at, list, bar := boxOf(message), boxOf(a.roving.list), boxOf(a.bar)
	seen := at.bottom > list.top && at.top < list.bottom
	top := max(list.top, min(at.top-bar.height()/2, list.bottom-bar.height()))
	a.bar.mark("data-away", !seen)
	a.bar.setStyle("inset-block-start", top)
	a.bar.setStyle("inset-inline-end", at.end())
}

// A box is where an element is in the window, in CSS pixels.
type box struct{ left, top, right, bottom float64 }

func boxOf(n node) box {
	r := n.Call("getBoundingClientRect")
	return box{r.Get("left").Float(), r.Get("top").Float(), r.Get("right").Float(), r.Get("bottom").Float()}
}

func (b box) height() float64 { return b.bottom - b.top }
func (b box) width() float64  { return b.right - b.left }

// end is how far the end of its lines is from that of the window's.
func (b box) end() float64 {
	if documentElement().Get("dir").String() == "rtl" {
		return b.left
	}
	return documentElement().Get("clientWidth").Float() - b.right
}

func (n node) setStyle(property string, pixels float64) {
	n.Get("style").Call("setProperty", property, fmt.Sprintf("%.1fpx", pixels))
}

func (a *Actions) Render() app.UI {
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
		for _, emoji := range quick[:inToolbar] {
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
