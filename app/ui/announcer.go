package ui

import (
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// Announcer tells assistive technology of messages of others as they arrive, and of nothing else: the list itself is
// silent, because it is drawn anew with history, edits and scrolling. It fills an element of the page that nobody sees,
// and draws nothing itself.
type Announcer struct {
	app.Compo

	Client   Client
	SignedIn bool
	Arrived  int // counts those that have

	region  node
	told    int       // of Arrived; -1 while nobody is signed in
	until   time.Time // nothing more is told
	waiting bool      // for the end of that, because more has arrived
}

// breath is the time between two announcements. What arrives in it is told of at once, by its number.
const breath = time.Second

// OnInit finds the node: an update may come before OnMount.
func (a *Announcer) OnInit() { a.region, a.told = nodeByID("announcer"), -1 }

func (a *Announcer) OnUpdate(ctx app.Context) { a.announce(ctx) }

func (a *Announcer) OnDismount() { a.region.setText("") }

func (a *Announcer) Render() app.UI { return app.Text("") }

func (a *Announcer) announce(ctx app.Context) {
	arrived := a.Client.Snapshot().Room.Arrived // another may have come since the drawing
	switch {
	case !a.SignedIn: // what was said is for nobody else's ears
		a.told = -1
		a.region.setText("")
		return
	case a.told < 0:
		a.told = arrived.Count
		return
	case a.waiting || arrived.Count <= a.told:
		return
	}
	if rest := time.Until(a.until); rest > 0 { // only now: a timer after each would draw the page once more for nothing
		a.waiting = true
		ctx.After(rest, func(ctx app.Context) {
			a.waiting = false
			a.announce(ctx)
		})
		return
	}
	words := announcement(arrived.Count-a.told, arrived.Last)
	a.told, a.until = arrived.Count, time.Now().Add(breath)
	line := app.Window().Get("document").Call("createElement", "p")
	line.Set("textContent", words)
	a.region.Call("replaceChildren", line)
}

// announcement is what is said of n messages, of which one is the last.
func announcement(n int, last chat.Row) string {
	const enough = 300 // letters: who wants to hear it all goes to the list
	if n != 1 || last.Text == "" {
		return sayCount(textArrived, n)
	}
	text := []rune(last.Text)
	if len(text) > enough {
		text = append(text[:enough], '…')
	}
	return isolate(authorName(last)) + ": " + isolate(string(text))
}
