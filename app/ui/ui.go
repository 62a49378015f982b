// Package ui is what people see: go-app components that draw a chat.Snapshot, and turn what people do into
// chat.Intents. It owns words, times and the markup of the page; it must not know Directus, storage or the connection,
// and reaches the browser through go-app only.
//
// The page (web/page.html) is painted and can be typed into before the program runs. go-app replaces the first element
// of the body and nothing else, so that first element holds what is only looked at (Page draws it: Header, Banner,
// MessageList), and the two forms are its siblings: nodes that stay the same for ever, with all that is typed, selected
// and composed in them. Login and MessageForm therefore draw nothing. They adopt the forms of the page: they listen to
// them and set their properties, and let go of them when they are dismounted. Moving the forms into go-app's tree
// instead would take the focus from them and end a running input-method composition.
//
// A snapshot reaches the screen in one way: a tick of Client.Changed, at most one pending dispatch (watch), Page.draw,
// and from there as exported fields of the components. go-app redraws a component when these differ, so they are small
// values.
//
// The list draws what is seen and a screen each way (frame), in slots (ring): a row keeps its slot as long as it is drawn,
// and then another row takes it. So rows hold no state of their own, and whoever holds on to one of their nodes must
// look whose message it shows.
package ui

import "directuschat/app/chat"

// A Client is the program's side of the interface.
type Client interface {
	// Snapshot returns what is to be drawn now. It may be called on any goroutine.
	Snapshot() chat.Snapshot

	// Changed returns channels that hold at most one tick each, however many changes there were since the last was taken:
	// tick for every change, urgent for those that do not wait for others: what the user has done, and what comes alone.
	// true is a message of the user's that is leaving: it is drawn with the next frame, and else at once. stop ends the
	// ticks.
	Changed() (tick <-chan struct{}, urgent <-chan bool, stop func())

	// Diagnostics returns what the connection panel shows. It may be called on any goroutine.
	Diagnostics() chat.Diagnostics

	// Do queues what the user wants. It never blocks.
	Do(chat.Intent)
}
