package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// An unsentNotice tells on the log-in form of messages that an ended session has left. Whoever sits at a computer now may
// not be the one who wrote them, so throwing them away takes two presses, and the second of a double click keeps them.
type unsentNotice struct {
	box, words, keep, discard node

	count int // as last shown
	name  string
	sure  bool // asked, and waiting for the answer
}

func (u *unsentNotice) init() {
	u.box = nodeByID("login-unsent")
	u.words = node{u.box.Get("firstElementChild")}
	u.keep, u.discard = nodeByID("unsent-keep"), nodeByID("unsent-discard")
}

func (u *unsentNotice) listen(ctx app.Context, l *listeners, discarded func()) {
	l.add(u.keep, "click", func(app.Event) {
		ctx.Dispatch(func(app.Context) {
			u.ask(false)
			u.discard.focus()
		})
	})
	l.add(u.discard, "click", func(app.Event) {
		ctx.Dispatch(func(app.Context) {
			if u.sure {
				discarded()
				return
			}
			u.ask(true)
		})
	})
}

func (u *unsentNotice) show(count int, name string) {
	if count == u.count && name == u.name {
		return // a question is not taken back by news of something else
	}
	u.count, u.name = count, name
	u.box.mark("hidden", count == 0)
	u.ask(false)
}

func (u *unsentNotice) ask(sure bool) {
	u.sure = sure
	u.keep.mark("hidden", !sure)
	words := ""
	if u.count > 0 {
		words = u.sentence()
	}
	u.words.setText(words)
}

func (u *unsentNotice) sentence() string {
	if u.sure {
		return sayCount(textDiscardSure, u.count)
	}
	if u.name == "" {
		return sayCount(textUnsent, u.count)
	}
	return sayCount(textUnsentOf, u.count, isolate(u.name))
}
