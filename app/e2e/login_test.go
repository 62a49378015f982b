package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLogInErrorsAreToldApart(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := newPerson(t)
	a.visit(s.URL)

	a.logIn(account{})
	a.awaitAlert("e-mail")

	a.logIn(account{Email: alice.Email, Password: "not it"})
	a.awaitAlert("do not match")
	assert.True(t, eval[bool](a, `document.activeElement.closest("[role=alert]") !== null || document.activeElement.matches("[aria-invalid=true]")`), "the focus is on the error")
	assert.Equal(t, alice.Email, a.value("E-mail"), "nothing typed is lost")
	assert.Equal(t, "not it", a.value("Password"))

	// Directus answers a suspended user's log-in as it does a wrong password: the sentence has to name both.
	s.setStatus(t, bob, "suspended")
	a.reload() // away with the first sentence
	a.logIn(bob)
	a.awaitAlert("suspended")

	s.link.Cut()
	a.logIn(alice)
	a.awaitAlert("reach")
	assert.Equal(t, alice.Password, a.value("Password"))

	s.link.Mend()
	a.click("button", "Log in")
	a.awaitConnection("live")
	a.find("textbox", "Message")
	assert.NotContains(t, eval[string](a, `location.href`), "password")
}

// TestRoomIsShownBeforeItIsEntered: what is read of it first is there as soon as it is read. What is typed and sent at once
// goes out when it is known that it may, and nothing of it runs together.
func TestRoomIsShownBeforeItIsEntered(t *testing.T) {
	s := newSite(t, siteOptions{})
	b := newPerson(t)
	b.enter(s, bob)
	b.say("hello")
	b.awaitMessage("hello", "stored")

	a := newPerson(t)
	a.visit(s.URL)
	release := a.hold("*/permissions/me")
	defer release()
	a.logIn(alice)
	a.awaitMessage("hello", "stored")
	a.await(`document.activeElement.id === "message"`)
	for _, text := range []string{"one", "two"} {
		a.insert(text)
		a.press("\r")
	}
	a.insert("three, not sent")
	assert.Equal(t, "connecting", eval[string](a, `document.querySelector("[role=status]").dataset.connection`))
	assert.True(t, eval[bool](a, `document.querySelector("#login-form").checkVisibility() === false`))

	release()
	a.awaitMessage("one", "stored")
	a.awaitMessage("two", "stored")
	a.awaitConnection("live")
	a.await(`document.querySelector("#message").value === "three, not sent"`)
	assert.Empty(t, eval[string](a, `document.querySelector("#password").value`))
	b.awaitMessage("two", "stored")
	assert.Equal(t, []string{"hello", "one", "two"}, b.messages())
	a.requireNoTroubles()
}

// TestRoomIsShownAndNotEntered: whoever cannot enter after all is back at the form and reads why. What they have typed
// waits in the composer, for them only.
func TestRoomIsShownAndNotEntered(t *testing.T) {
	for _, next := range []account{alice, bob} {
		t.Run(next.Email, func(t *testing.T) {
			s := newSite(t, siteOptions{})
			a := newPerson(t)
			a.visit(s.URL)
			release := a.hold("*/permissions/me")
			defer release()
			a.logIn(alice)
			a.await(`document.activeElement.id === "message"`)
			a.insert("for later")
			a.press("\r")
			s.link.Cut()
			release()
			a.awaitAlert("reach")
			a.await(`document.activeElement.id === "login-alert"`)
			assert.Equal(t, alice.Password, a.value("Password"))
			assert.Equal(t, "login", eval[string](a, `document.documentElement.dataset.screen`))

			s.link.Mend()
			a.logIn(next)
			a.awaitConnection("live")
			want := ""
			if next == alice {
				want = "for later"
			}
			assert.Equal(t, want, a.value("Message"))
			assert.Empty(t, a.messages())
		})
	}
}

// TestDraftOfAnEndedSession: what stood in the composer when a session ended is still there after the next log-in, before
// what has been typed into the room that is shown and not entered yet.
func TestDraftOfAnEndedSession(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := newPerson(t)
	a.enter(s, alice)
	a.think("of yesterday")
	a.await(`Object.values(localStorage).some(text => text.includes("of yesterday"))`)
	eval[any](a, `void Object.keys(localStorage).filter(key => key.endsWith(":token")).forEach(key => localStorage.removeItem(key))`)
	a.reload()
	release := a.hold("*/permissions/me")
	defer release()
	a.fill("Password", alice.Password)
	a.click("button", "Log in")
	a.await(`document.activeElement.id === "message"`)
	a.insert("of today")
	release()
	a.awaitConnection("live")
	a.await(`document.querySelector("#message").value === "of yesterday\nof today"`)
	a.await(`Object.values(localStorage).some(text => text.includes("of yesterday\\nof today"))`)
}

func TestOneTimeCode(t *testing.T) {
	s := newSite(t, siteOptions{Own: true})
	code := s.enableTFA(t, alice)
	a := newPerson(t)
	a.visit(s.URL)
	a.logIn(alice)
	a.fill("One-time code", "000000")
	a.click("button", "Log in")
	a.awaitAlert("code")
	a.fill("One-time code", code())
	a.click("button", "Log in")
	a.awaitConnection("live")
}

func TestProjectsThatCannotChatAreExplained(t *testing.T) {
	for _, c := range []struct {
		name    string
		options siteOptions
		words   string
	}{
		{"realtime disabled", siteOptions{Env: map[string]string{"WEBSOCKETS_ENABLED": "false"}}, "WEBSOCKETS_ENABLED"},
		{"nothing provisioned", siteOptions{Bare: true}, "messages"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, c.options)
			a := newPerson(t)
			a.visit(s.URL)
			a.logIn(alice)
			a.awaitAlert(c.words)
			assert.Equal(t, alice.Email, a.value("E-mail"))
			assert.Equal(t, alice.Password, a.value("Password"))
		})
	}
}

func TestLogOutReachesEveryTabAndTheServer(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := newPerson(t)
	a.enter(s, alice)
	second := a.newTab()
	second.visit(s.URL)
	second.awaitConnection("live")
	token := eval[string](second, storedToken) // the second tab may have rotated it
	a.click("button", "Log out")
	const revoked = `performance.getEntriesByType("resource").some(e => e.name.endsWith("/auth/logout") && e.responseStatus === 204)`
	require.Eventually(t, func() bool { return eval[bool](a, revoked) || eval[bool](second, revoked) }, patience, 20*time.Millisecond, "by either tab")
	for _, tab := range []*person{a, second} {
		tab.find("textbox", "E-mail")
		tab.await(`document.querySelectorAll("article").length === 0`)
		assert.Empty(t, eval[string](tab, storedToken))
		assert.Zero(t, eval[int](tab, `Object.values(localStorage).filter(v => v.includes("@") || v.length > 40).length`), "nothing of the user is left behind")
	}
	assert.Equal(t, 401, s.refreshStatus(t, token), "the token is revoked")
}

// TestSuspendedMeanwhile: Directus deletes the sessions of a user who is suspended, so all that can be known at the next
// renewal is that the session has ended; logging in again names the suspension.
func TestSuspendedMeanwhile(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := newPerson(t)
	a.enter(s, alice)
	s.setStatus(t, alice, "suspended")
	a.reload()
	a.awaitAlert("session has ended")
	a.logIn(alice)
	a.awaitAlert("suspended")
}

// storedToken is the refresh token in the browser's storage, "" if none: Directus's are 64 characters long.
const storedToken = `(Object.values(localStorage).join(" ").match(/[\w-]{64}/) ?? [""])[0]`
