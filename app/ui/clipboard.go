package ui

import "github.com/maxence-charriere/go-app/v10/pkg/app"

// copyText puts a text on the clipboard and says whether that succeeded. Where the browser has no clipboard to offer
// (plain http) or refuses it, the old way is tried: to select the text somewhere and to have it copied from there.
func copyText(text string, done func(copied bool)) {
	clipboard := app.Window().Get("navigator").Get("clipboard")
	if !clipboard.Truthy() {
		done(copySelected(text))
		return
	}
	settled(clipboard.Call("writeText", text), func(kept bool) { done(kept || copySelected(text)) })
}

// copySelected leaves the focus where it was.
func copySelected(text string) bool {
	document, had := app.Window().Get("document"), activeElement()
	box := document.Call("createElement", "textarea")
	box.Set("value", text)
	box.Set("className", "visually-hidden")
	document.Get("body").Call("appendChild", box)
	box.Call("select")
	copied := document.Call("execCommand", "copy").Bool()
	box.Call("remove")
	if had.Truthy() {
		had.Call("focus", map[string]any{"preventScroll": true})
	}
	return copied
}

// permalink is the address of a message.
func permalink(message string) string {
	base := documentElement().Get("dataset").Get("base").String()
	return app.Window().Get("location").Get("origin").String() + base + "m/" + message
}
