package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestTwoPeopleTalkInFirefox: log in, send, see, reload, log out.
func TestTwoPeopleTalkInFirefox(t *testing.T) {
	s := newSite(t, siteOptions{})
	f := startFirefox(t)
	enter := func(who account) *visitor {
		v := f.newVisitor()
		v.visit(s.URL)
		v.write("#email", who.Email)
		v.write("#password", who.Password+"\r")
		v.await(`document.querySelector("[role=status]").dataset.connection === "live"`)
		return v
	}
	sees := func(v *visitor, text string) {
		t.Helper()
		v.await(fmt.Sprintf(`(m => m.length === 1 && m[0].dataset.state === "stored")(%s)`, articles(text)))
	}
	a, b := enter(alice), enter(bob)
	a.write("#message", "Hello Bob\r")
	sees(a, "Hello Bob")
	sees(b, "Hello Bob")
	b.await(`document.getElementById("announcer").textContent.includes("Hello Bob")`)
	b.write("#message", "Hello Alice\r")
	sees(a, "Hello Alice")
	sees(b, "Hello Alice")
	assert.Equal(t, []string{"Hello Bob", "Hello Alice"}, s.contents(t))

	a.reload()
	a.await(`document.querySelector("[role=status]").dataset.connection === "live"`)
	sees(a, "Hello Alice")
	a.await(`document.querySelector(".bar .me").textContent`)
	a.press(".bar .quiet")
	a.await(`document.getElementById("email").checkVisibility()`)
	a.await(`!Object.keys(localStorage).some(key => key.endsWith(":token"))`)
	a.reload()
	a.await(`document.getElementById("email").checkVisibility()`)
	left, err := a.eval(`document.querySelectorAll("article").length`)
	assert.NoError(t, err)
	assert.Equal(t, "0", left, "nothing of it stays")
	assert.Empty(t, f.troubles)
}
