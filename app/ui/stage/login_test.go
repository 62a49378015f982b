//go:build !js

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

func TestLogIn(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	v.show(signedOut())
	assert.Equal(t, "email", eval[string](v, focused))

	v.write("email", "alice@example.com")
	v.write("password", "wrong")
	v.click("#login-form .primary")
	v.await(`intents.length === 1`)
	v.show(chat.Snapshot{Phase: chat.PhaseSigningIn})
	assert.Equal(t, "Logging in…", eval[string](v, loginName))
	v.click("#login-form .primary")

	s := refused(chat.ProblemWrongPassword)
	v.show(s)
	assert.Len(t, v.intents(), 1, "one at a time")
	assert.Equal(t, "Log in", eval[string](v, loginName))
	assert.Equal(t, "login-alert", eval[string](v, focused))
	assert.Equal(t, "wrong", eval[string](v, `document.getElementById("password").value`), "nothing typed is lost")
	assert.Equal(t, "true login-alert", eval[string](v, `["aria-invalid", "aria-describedby"].map(a => document.getElementById("password").getAttribute(a)).join(" ")`))

	s.Login = chat.LoginView{Attempt: 2, NeedsCode: true, Problem: chat.Problem{Code: chat.ProblemCodeNeeded}}
	v.show(s)
	assert.Equal(t, "code", eval[string](v, focused))
	v.press("123456\r")
	v.await(`intents.length === 2`)
	assert.Equal(t, `LogIn {"Email":"alice@example.com","Password":"wrong","Code":"123456","Shared":false}`, v.intents()[1])

	v.show(chat.Snapshot{Phase: chat.PhaseSigningIn})
	v.show(room())
	assert.Equal(t, "message", eval[string](v, focused))
	assert.Equal(t, "alice@example.com||", eval[string](v, `["email", "password", "code"].map(id => document.getElementById(id).value).join("|")`), "secrets are cleared")

	v.show(chat.Snapshot{Phase: chat.PhaseSignedOut, Login: chat.LoginView{Attempt: 2, Problem: chat.Problem{Code: chat.ProblemSessionEnded}}})
	assert.Equal(t, "login-alert", eval[string](v, focused))
	assert.Contains(t, eval[string](v, `document.activeElement.textContent`), "session has ended")

	v.show(room())
	eval[any](v, `document.getElementById("email").value = ""`) // as in a page that was reloaded
	v.show(chat.Snapshot{Phase: chat.PhaseSignedOut, Login: chat.LoginView{Email: "bob@example.com", Problem: chat.Problem{Code: chat.ProblemSessionEnded}}})
	assert.Equal(t, "bob@example.com", eval[string](v, `document.getElementById("email").value`), "only the password is to be typed")
	v.requireNoTroubles()
}

// TestSharedComputer: the box can be ticked before the program runs.
func TestSharedComputer(t *testing.T) {
	v := newVisitor(t)
	release := v.openHeld()
	v.write("email", "alice@example.com")
	v.click("#login-form label[for=shared]")
	v.write("password", "secret")
	v.press("\r")
	release()
	v.await(`intents.length === 1`)
	assert.Equal(t, []string{`LogIn {"Email":"alice@example.com","Password":"secret","Code":"","Shared":true}`}, v.intents())
	v.requireNoTroubles()
}

func TestUnsentOfAnEndedSession(t *testing.T) {
	const notice = `document.getElementById("login-unsent")`
	left := func(n int, name string) chat.Snapshot {
		s := signedOut()
		s.Login.Unsent, s.Login.UnsentName = n, name
		return s
	}
	v := newVisitor(t)
	v.open("/")
	v.show(signedOut())
	assert.True(t, eval[bool](v, notice+`.hidden`))
	v.show(left(1, ""))
	assert.Contains(t, eval[string](v, notice+`.innerText`), "1 message waits to be sent.")
	v.show(left(2, alice.Name))
	assert.Contains(t, eval[string](v, notice+`.innerText`), "2 messages of \u2068Alice Example\u2069 wait to be sent. They go out when \u2068Alice Example\u2069 logs in again.")

	v.click("#unsent-discard")
	v.await(notice + `.innerText.includes("Throw 2 messages away, for good?")`)
	v.show(left(2, alice.Name))
	v.click("#unsent-keep")
	v.await(notice + `.innerText.includes("Alice Example")`)
	assert.Empty(t, v.intents(), "thought better of it")
	assert.Equal(t, "unsent-discard", eval[string](v, focused))
	eval[any](v, `(b => new Promise(done => setTimeout(() => { b.click(); b.click(); done(1) })))(document.getElementById("unsent-discard"))`)
	v.await(`intents.length === 1`)
	assert.Equal(t, []string{"DiscardUnsent {}"}, v.intents())
	v.show(left(0, ""))
	assert.True(t, eval[bool](v, notice+`.hidden`))
	assert.True(t, eval[bool](v, `document.getElementById("unsent-keep").hidden`))
	v.requireNoTroubles()
}

// TestNoticesMoveNothing: they come and go while somebody is about to press the button.
func TestNoticesMoveNothing(t *testing.T) {
	noticed := signedOut()
	noticed.Login.Unsent, noticed.Login.UnsentName = 2, alice.Name
	noticed.Login.Revoking = true
	v := newVisitor(t)
	v.open("/")
	for _, size := range [][2]int64{{1180, 820}, {800, 600}, {360, 640}, {640, 320}} {
		v.view(size[0], size[1], nil)
		v.show(signedOut())
		const place = `JSON.stringify(document.getElementById("login-form").getBoundingClientRect())`
		before := eval[string](v, place)
		v.show(noticed)
		assert.Equal(t, before, eval[string](v, place), size)
		v.click("#unsent-discard")
		assert.True(t, eval[bool](v, `document.getElementById("unsent-keep").checkVisibility()`), "a notice without room can be reached")
		v.click("#unsent-keep")
	}
	v.requireNoTroubles()
}

func TestRevocationPending(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	s := signedOut()
	s.Login.Revoking = true
	v.show(s)
	assert.Contains(t, eval[string](v, `document.getElementById("login-revoking").innerText`), "has not reached the server yet")
	v.show(signedOut())
	assert.Empty(t, eval[string](v, `document.getElementById("login-revoking").innerText`))
}

func TestShowPassword(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	v.show(signedOut())
	v.write("password", "secret")
	v.click("#reveal")
	assert.Equal(t, "text secret true", eval[string](v, `[password.type, password.value, reveal.ariaPressed].join(" ")`))
	v.click("#reveal")
	assert.Equal(t, "password secret false", eval[string](v, `[password.type, password.value, reveal.ariaPressed].join(" ")`))
}
