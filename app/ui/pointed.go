package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// What follows knows which message somebody attends to, by the pointer or by the focus, and leads the focus by the keys.

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
