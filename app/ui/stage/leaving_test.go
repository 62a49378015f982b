//go:build !js

package main

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

const question = `document.getElementById("leaving")`

func leaving(l chat.LeavingView) chat.Snapshot {
	s := busy()
	s.Leaving = l
	return s
}

func TestLogOutAsks(t *testing.T) {
	asking := leaving(chat.LeavingView{Asking: true, Unsent: 2})
	for _, test := range []struct{ name, press, want string }{
		{"wait", `#leaving [data-action=wait]`, `LogOut {"Unsent":1}`},
		{"discard", `#leaving [data-action=discard]`, `LogOut {"Unsent":2}`},
		{"stay", `#leaving [data-action=stay]`, `CancelLogOut {}`},
		{"Escape", "", `CancelLogOut {}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := newVisitor(t)
			v.open("/")
			v.show(busy())
			v.click(".bar > button")
			v.await(`intents.length === 1`)
			v.show(asking)
			assert.Equal(t, "2 messages are not sent yet", eval[string](v, question+`.querySelector("h2").textContent`))
			assert.True(t, eval[bool](v, question+`.matches(":modal")`))
			assert.True(t, eval[bool](v, question+`.contains(document.activeElement)`), "the focus is in it")
			if test.press != "" {
				v.click(test.press)
			} else {
				v.press("\x1b")
			}
			v.await(`intents.length === 2`)
			assert.Equal(t, []string{`LogOut {"Unsent":0}`, test.want}, v.intents())
			v.show(busy())
			assert.True(t, eval[bool](v, question+` === null`))
			assert.Equal(t, "Log out", eval[string](v, `document.activeElement.textContent`), "the focus is back")
			v.write("message", "the page is usable")
			assert.Len(t, v.intents(), 2)
			v.requireNoTroubles()
		})
	}
}

func TestLogOutAsksAgain(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	v.show(leaving(chat.LeavingView{Asking: true, Unsent: 2}))
	v.show(leaving(chat.LeavingView{Asking: true, Unsent: 1}))
	assert.Equal(t, "1 message is not sent yet", eval[string](v, question+`.querySelector("h2").textContent`))
	v.show(leaving(chat.LeavingView{Waiting: true, Unsent: 1}))
	assert.True(t, eval[bool](v, question+` === null`))
	v.show(leaving(chat.LeavingView{Asking: true, Unsent: 1}))
	assert.True(t, eval[bool](v, question+`.matches(":modal")`), "a message could not be sent")
	v.show(signedOut())
	assert.True(t, eval[bool](v, question+` === null`))
	assert.Equal(t, "email", eval[string](v, focused), "nothing keeps the next one from logging in")
	v.requireNoTroubles()
}

func TestLogOutWaits(t *testing.T) {
	const line = `document.querySelector(".leaving > p")`
	v := newVisitor(t)
	v.open("/")
	v.show(leaving(chat.LeavingView{Waiting: true, Unsent: 2}))
	assert.Contains(t, eval[string](v, line+`.innerText`), "You are logged out when 2 messages are sent.")
	v.do(chromedp.Click(`.leaving [data-action=stay]`))
	v.await(`intents.length === 1`)
	assert.Equal(t, []string{`CancelLogOut {}`}, v.intents())
	v.show(busy())
	assert.Empty(t, eval[string](v, line+`.innerText`))
	v.requireNoTroubles()
}
