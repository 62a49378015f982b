package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// Roving makes the list one stop of the Tab key: the arrows move from message to message, and only the message that
// has the focus lets the Tab key on to what can be pressed in it. It works on the nodes themselves, for rows hold
// nothing of their own, and undoes what it did when the focus goes on.
type roving struct {
	list     node
	message  node           // that has the focus, or something in it has
	controls []node         // what the Tab key reaches in it
	last     chat.MessageID // that had the focus
	waiting  func()         // ends the waiting for a message to be drawn; nil if none is waited for
}

const (
	messageSelector = "article[data-message-id]"
	controlSelector = "a, button, pre"
)

// messageOf is the message that a node is in; it is not Truthy if there is none.
func messageOf(n app.Value) node { return node{n.Call("closest", messageSelector)} }

func idOf(message node) chat.MessageID {
	return chat.MessageID(message.Get("dataset").Get("messageId").String())
}

// enter makes a message the list's stop. The label is what assistive technology says of it as a whole.
func (r *roving) enter(message node, label string) {
	r.leave()
	r.message, r.last = message, idOf(message)
	r.list.setAttr("tabindex", "-1")
	message.setAttr("tabindex", "0")
	message.setAttr("aria-label", label)
	controls := message.Call("querySelectorAll", controlSelector)
	for i := range controls.Get("length").Int() {
		control := node{controls.Index(i)}
		control.setAttr("tabindex", "0")
		r.controls = append(r.controls, control)
	}
}

// leave makes the list itself the stop again.
func (r *roving) leave() {
	if r.message.Value == nil {
		return
	}
	r.list.setAttr("tabindex", "0")
	r.message.setAttr("tabindex", "-1")
	r.message.setAttr("aria-label", "")
	for _, control := range r.controls {
		control.setAttr("tabindex", "-1")
	}
	r.message, r.controls = node{}, nil
}

// next is the message that a key leads to from a node of the list; it is not Truthy if the key is another.
func (r *roving) next(key string, from app.Value) node {
	messages := r.list.Call("querySelectorAll", messageSelector)
	n := messages.Get("length").Int()
	if n == 0 {
		return node{app.Null()}
	}
	at := -1
	if current := messageOf(from); current.Truthy() {
		at = indexOf(messages, current)
	}
	switch {
	case key != "ArrowUp" && key != "ArrowDown":
		return node{app.Null()}
	case at < 0:
		at = r.entry(messages)
	case key == "ArrowUp":
		at = max(at-1, 0)
	default:
		at = min(at+1, n-1)
	}
	return node{messages.Index(at)}
}

// whenDrawn waits for a message that is about to be drawn, and for one at a time.
func (r *roving) whenDrawn(id chat.MessageID, then func(message node)) {
	if r.waiting != nil {
		r.waiting()
	}
	var drawn app.Func
	var observer app.Value
	r.waiting = func() {
		observer.Call("disconnect")
		drawn.Release()
		r.waiting = nil
	}
	drawn = app.FuncOf(func(app.Value, []app.Value) any {
		if message := messageNode(id); message.Truthy() {
			r.waiting()
			then(message)
		}
		return nil
	})
	observer = app.Window().Get("MutationObserver").New(drawn)
	observer.Call("observe", r.list, map[string]any{"subtree": true, "childList": true, "attributeFilter": []any{"data-message-id"}})
}

// entry is where the arrows begin: the message that had the focus last, else the last one that is seen.
func (r *roving) entry(messages app.Value) int {
	if last := messageNode(r.last); last.Truthy() {
		return indexOf(messages, last)
	}
	bottom := r.list.Call("getBoundingClientRect").Get("bottom").Float()
	i := messages.Get("length").Int() - 1
	for i > 0 && edgeOf(messages.Index(i)) >= bottom {
		i--
	}
	return i
}

func indexOf(nodes app.Value, n node) int {
	for i := range nodes.Get("length").Int() {
		if nodes.Index(i).Equal(n.Value) {
			return i
		}
	}
	return -1
}

func focusOn(e app.Event, to app.Value) {
	if to.Truthy() {
		e.PreventDefault()
		to.Call("focus")
	}
}

// stepThrough moves the focus among the elements that a selector finds in a container, as keys say: left and right, up and down
// by as many as stand beside each other, and to both ends.
func stepThrough(e app.Event, container node, selector string, columns int) {
	step := 0
	back, forth := "ArrowLeft", "ArrowRight"
	if documentElement().Get("dir").String() == "rtl" {
		back, forth = forth, back
	}
	found := container.Call("querySelectorAll", selector)
	n := found.Get("length").Int()
	at := indexOf(found, node{e.Get("target")})
	switch key := e.Get("key").String(); key {
	case "Home":
		step = -at
	case "End":
		step = n - 1 - at
	case back:
		step = -1
	case forth:
		step = 1
	case "ArrowUp":
		step = -columns
	case "ArrowDown":
		step = columns
	default:
		return
	}
	e.PreventDefault()
	switch to := at + step; {
	case n == 0:
	case at < 0:
		found.Index(0).Call("focus")
	case to >= 0 && to < n:
		found.Index(to).Call("focus")
	}
}
