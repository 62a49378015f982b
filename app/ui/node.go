package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// Attributes of the page's forms.
const (
	pressed   = "data-pressed"   // set by boot.js: was submitted before the program ran
	composing = "data-composing" // of a field, set by boot.js: an input method is at work, so the text must not be touched
	busy      = "data-busy"      // an answer is awaited
)

// A node is an element of the page that go-app does not draw.
type node struct{ app.Value }

func nodeByID(id string) node { return node{app.Window().GetElementByID(id)} }

// messageNode is the drawn message with a key; it is not Truthy if it is not drawn.
func messageNode(id chat.MessageID) node {
	key := app.Window().Get("CSS").Call("escape", string(id)).String()
	return node{nodeByID("messages").Call("querySelector", "[data-message-id=\""+key+"\"]")}
}

func documentElement() node { return node{app.Window().Get("document").Get("documentElement")} }

func activeElement() app.Value { return app.Window().Get("document").Get("activeElement") }

// focusIsLost reports whether what had the focus is gone, and nothing else has got it.
func focusIsLost() bool {
	active := activeElement()
	return !active.Truthy() || active.Call("matches", "body").Bool()
}

func (n node) value() string { return n.Get("value").String() }

func (n node) setText(s string) { n.Set("textContent", s) }

// setAttr sets an attribute; the empty value removes it.
func (n node) setAttr(name, value string) {
	if value == "" {
		n.Call("removeAttribute", name)
		return
	}
	n.Call("setAttribute", name, value)
}

// mark sets or removes an attribute that has no value.
func (n node) mark(name string, on bool) { n.Call("toggleAttribute", name, on) }

func (n node) marked(name string) bool { return n.Call("hasAttribute", name).Truthy() }

func (n node) focus() { n.Call("focus") }

// prefers reports whether a media feature is so, such as "pointer: coarse".
func prefers(feature string) bool {
	return app.Window().Call("matchMedia", "("+feature+")").Get("matches").Bool()
}

// inNextTask calls f when the browser has done what waits for the end of this task.
func inNextTask(f func()) {
	var task app.Func
	task = app.FuncOf(func(app.Value, []app.Value) any {
		task.Release()
		f()
		return nil
	})
	app.Window().Call("setTimeout", task)
}

// Listeners are what a component listens to on nodes that are not its own. It releases them when it is dismounted.
type listeners []func()

// add has handle called for every event of that name. It is called outside the UI goroutine: state is for a dispatch.
func (l *listeners) add(to app.Value, event string, handle func(app.Event)) {
	f := app.FuncOf(func(_ app.Value, args []app.Value) any {
		handle(app.Event{Value: args[0]})
		return nil
	})
	to.Call("addEventListener", event, f)
	*l = append(*l, func() {
		to.Call("removeEventListener", event, f)
		f.Release()
	})
}

func (l *listeners) release() {
	for _, release := range *l {
		release()
	}
	*l = nil
}
