package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shortLived makes access tokens live for 20 s: an hour of sessions in a minute.
var shortLived = siteOptions{Env: map[string]string{"ACCESS_TOKEN_TTL": "20s"}}

// TestSession tries the session at short lifetimes: it never ends by itself, and when it must, nothing typed is lost.
func TestSession(t *testing.T) {
	s := newSite(t, shortLived)
	for _, c := range []struct {
		name string
		run  func(*testing.T, *site)
	}{
		{"tokens expire", tokensExpire},
		{"a token expires before it is renewed", expiryHole},
		{"the session is revoked", revoked},
		{"twelve tabs", func(t *testing.T, s *site) { twelveTabs(t, s, 2) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.empty(t)
			c.run(t, s)
		})
	}
}

// tokensExpire: they are renewed in time, again and again, and nobody notices.
func tokensExpire(t *testing.T, s *site) {
	a, b := s.join(t, alice), s.join(t, bob)
	eval[any](a, `void new MutationObserver(() => globalThis.noticed ||= document.querySelector("[role=status]").dataset.connection !== "live")
		.observe(document.querySelector("[role=status]"), { attributes: true })`)
	a.think("half a thought")
	for round := range 2 {
		a.awaitRotation()
		b.say(fmt.Sprintf("round %d", round))
		a.awaitMessage(fmt.Sprintf("round %d", round), "stored")
	}
	assert.False(t, eval[bool](a, `Boolean(globalThis.noticed)`), "it was live all the time")
	s.requireSame(t, soon, a, b)
	requireThought(t, "half a thought", a)
}

// awaitRotation waits until the stored refresh token is another one.
func (p *person) awaitRotation() {
	p.tb.Helper()
	before := eval[string](p, storedToken)
	p.awaitWithin(40*time.Second, storedToken+" !== "+quote(before))
}

// expiryHole: while the token has expired and no other is there yet, Directus throws the events away.
func expiryHole(t *testing.T, s *site) {
	a := s.join(t, alice)
	release := a.hold("*/auth/refresh")
	defer release()
	a.awaitNotLive(patience)
	s.storeMany(t, bob, "missed %d", 10)
	a.say("sent meanwhile")
	a.think("half a thought")
	release()
	assert.Subset(t, a.messagesWhenLive(2*soon), numbered("missed %d", 10))
	a.awaitMessage("sent meanwhile", "stored")
	s.requireSame(t, soon, a)
	s.requireOnce(t, "sent meanwhile")
	requireThought(t, "half a thought", a)
}

// revoked: an administrator ends the session while messages wait to be sent. The password is all that is asked for.
func revoked(t *testing.T, s *site) {
	a, b := s.join(t, alice), s.join(t, bob)
	a.link.Cut()
	a.awaitNotLive(patience)
	a.sayAll("queued 0", "queued 1")
	a.awaitMessage("queued 1", "queued")
	a.think("half a thought")
	s.endSessions(t, alice)
	a.awaitExpiry()
	a.link.Mend()
	a.focus()
	a.awaitAlert("session has ended")
	assert.Equal(t, "half a thought", eval[string](a, `document.querySelector("#message").value`))

	a.logIn(alice)
	a.awaitConnection("live")
	a.awaitMessage("queued 1", "stored")
	s.requireSame(t, soon, a, b)
	s.requireOnce(t, "queued 0", "queued 1")
	requireThought(t, "half a thought", a)
}

// awaitExpiry waits until an access token that is held now is held no longer.
func (p *person) awaitExpiry() {
	p.tb.Helper()
	p.awaitWithin(patience, fmt.Sprintf(`performance.now() > (globalThis.expiry ??= performance.now() + %d)`, (20*time.Second).Milliseconds()))
}

// twelveTabs of one browser share a session through some rotations; one of them is frozen, and one dies while it is the
// one that rotates. Nobody is logged out.
func twelveTabs(t *testing.T, s *site, rotations int) {
	s.endSessions(t, alice) // those of other tests
	first := s.join(t, alice)
	tabs := []*person{first}
	for len(tabs) < 12 {
		tab := first.openTab()
		tab.awaitConnection("live")
		tabs = append(tabs, tab)
	}
	first.think("half a thought")
	icy := tabs[1]
	icy.freeze()
	awake := slices.Delete(slices.Clone(tabs), 1, 2)

	first.link.Freeze() // the next rotation hangs, and with it whoever makes it
	rotating := -1
	require.Eventually(t, func() bool {
		rotating = slices.IndexFunc(awake[1:], func(tab *person) bool { return eval[bool](tab, rotates) })
		return rotating >= 0 || eval[bool](first, rotates)
	}, 2*patience, 100*time.Millisecond, "nobody rotates the token")
	if rotating >= 0 {
		awake[1+rotating].crash()
		awake = slices.Delete(awake, 1+rotating, 2+rotating)
	}
	first.link.Mend()

	for range rotations {
		first.awaitRotation()
	}
	icy.thaw()
	s.storeMany(t, bob, "after all %d", 3)
	s.requireSame(t, patience, append(awake, icy)...)
	requireThought(t, "half a thought", first)
	s.requireOneSession(t, first)
}

// requireOneSession waits until a person's only session in Directus is the one whose token the browser keeps: the token may
// be on its way from one to the other.
func (s *site) requireOneSession(t *testing.T, p *person) {
	t.Helper()
	type count struct{ Live, Kept int }
	var found []count
	require.Eventually(t, func() bool {
		require.NoError(t, s.directus.Query(t.Context(), &found,
			"SELECT count(*) AS live, sum(token = ?) AS kept FROM directus_sessions WHERE user = ?", eval[string](p, storedToken), s.users[alice.Email]))
		return found[0] == count{Live: 1, Kept: 1}
	}, soon, 100*time.Millisecond, "one session, and its token is the one that is kept: %+v", &found)
}

// rotates tells whether this tab holds the lock under which the token is rotated. A tab knows itself among all who hold
// locks by one that only it asks for.
const rotates = `(async () => {
	const mine = "who am I " + Math.random()
	return navigator.locks.request(mine, async () => {
		const { held } = await navigator.locks.query()
		const me = held.find(lock => lock.name === mine).clientId
		return held.some(lock => lock.clientId === me && lock.name.endsWith("token"))
	})
})()`
