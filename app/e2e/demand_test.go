package e2e

import (
	"net/http"
	"testing"
	"time"
)

// TestDemand counts all that a page asks of Directus, and what comes of it. Each step begins where the last one has ended,
// so what one of them asks too much shows in the next. The bytes are those on the wire, with all headers.
func TestDemand(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.storeMany(t, bob, "message %d", 120)
	s.spreadOver(t, 24*time.Hour)
	s.join(t, bob) // what Directus does for the first time takes it longer than a page waits before it asks in another way
	a := s.newVisitor(t)
	a.visit(a.link.URL())
	a.await(`(async () => { globalThis.ready = (await navigator.serviceWorker.ready).active.state })() && globalThis.ready === "activated"`)
	a.fill("E-mail", alice.Email)
	a.fill("Password", alice.Password)
	m := newMeter(a)
	subscribed := []string{
		"to: auth", "from: auth",
		"to: subscribe", "from: subscription init", // messages
		"to: subscribe", "from: subscription init", // profiles
		"to: subscribe", "from: subscription init", // reactions
	}

	a.click("button", "Log in")
	m.require(t, "a log-in, with 100 messages", []string{
		"POST auth/login",
		"GET users/me", "GET permissions/me", "GET server/info",
		// What is shown first. This Directus has no licence, so its permissions do not say which fields there are: these do,
		// and a row of the reactions.
		"GET items/messages limit=100 sort=-date_created,-id", "GET items/chat_profiles limit=-1", "GET items/message_reactions limit=1",
		// As after a reconnect: it was read before anything was subscribed to.
		"GET items/messages limit=100 sort=date_created,id",
		"GET items/messages limit=300 sort=date_created,id",
		"GET items/chat_profiles limit=-1",
		"GET items/message_reactions limit=-1",
	}, subscribed)

	a.link.Reset()
	m.require(t, "a reconnect, nothing missed", []string{
		"GET items/messages limit=100 sort=date_created,id", // what has changed
		"GET items/messages limit=300 sort=date_created,id", // keys only: what has been deleted
		"GET items/chat_profiles limit=-1",
		"GET items/message_reactions limit=-1",
	}, subscribed)

	a.say("hello")
	m.require(t, "a message sent", nil, []string{"to: items create", "from: items", "from: subscription create"})

	s.store(t, bob, "hello Alice")
	m.require(t, "a message received", nil, []string{"from: subscription create"})
	a.awaitMessage("hello Alice", "stored")
	m.require(t, "nothing", nil, nil)
	a.requireNoTroubles()
}

// spreadOver dates the messages as if they had come one by one, up to a minute ago. Dates are Directus's own, and the
// chat's guard keeps them so: for this test it need not.
func (s *site) spreadOver(t *testing.T, span time.Duration) {
	t.Helper()
	field := func(name string, special ...string) {
		special = append(special, "cast-timestamp") // a kind of date of its own in SQLite
		s.admin(t, http.MethodPatch, "/fields/messages/"+name, map[string]any{"meta": map[string]any{"special": special, "validation": nil}}, nil)
	}
	field("date_created", "date-created")
	field("date_updated")
	var rows []map[string]any
	s.admin(t, http.MethodGet, "/items/messages?fields=id&sort=date_created,id&limit=-1", nil, &rows)
	end := time.Now().Add(-time.Minute).UTC()
	for i, row := range rows {
		row["date_created"] = end.Add(-span * time.Duration(len(rows)-i) / time.Duration(len(rows)))
		row["date_updated"] = nil
	}
	s.admin(t, http.MethodPatch, "/items/messages", rows, nil)
	field("date_updated", "date-updated")
}
