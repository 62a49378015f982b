package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDemand counts all that a page asks of Directus, and what comes of it. Each step begins where the last one has ended,
// so what one of them asks too much shows in the next. The bytes are those on the wire, with all headers.
func TestDemand(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.storeMany(t, bob, "message %d", 120)
	s.spreadOver(t, 24*time.Hour)
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
		// This Directus has no licence, so its permissions do not say which fields there are: one row of each does.
		"GET items/messages limit=1", "GET items/chat_profiles limit=1", "GET items/message_reactions limit=1",
		"GET items/messages limit=100 sort=-date_created,-id",
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

// A meter notes the requests and frames between a page and Directus. It leaves out what comes by the clock, whatever is
// done: the heartbeats of either side, and the page's comparisons with the server.
type meter struct {
	p *person

	mu       sync.Mutex
	asked    map[network.RequestID]string // requests that have no answer yet
	requests []string
	frames   []string
	up, down int64 // bytes before the step
}

func newMeter(p *person) *meter {
	m := &meter{p: p, asked: map[network.RequestID]string{}, up: p.link.up.Load(), down: p.link.down.Load()}
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if err := chromedp.Listen(p.ctx, m.note); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{})
		return err
	}))
	return m
}

func (m *meter) note(event any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if name := nameRequest(e.Request); name != "" {
			m.asked[e.RequestID] = name
		}
	case *network.EventLoadingFinished:
		m.answered(e.RequestID)
	case *network.EventLoadingFailed: // so do those whose answer has been read, and whose time is then over
		m.answered(e.RequestID)
	case *network.EventWebSocketFrameSent:
		m.frame("to", e.Response.PayloadData)
	case *network.EventWebSocketFrameReceived:
		m.frame("from", e.Response.PayloadData)
	}
}

func (m *meter) answered(id network.RequestID) {
	if name, ok := m.asked[id]; ok {
		m.requests = append(m.requests, name)
		delete(m.asked, id)
	}
}

// nameRequest says which request this is, by what tells it from others. It is "" for one that does not count.
func nameRequest(r *network.Request) string {
	u, err := url.Parse(r.URL)
	if err != nil {
		return ""
	}
	const audit = "500"
	path, isDirectus := strings.CutPrefix(u.Path, "/directus/")
	query := u.Query()
	if !isDirectus || path == "websocket" || query.Get("limit") == audit {
		return ""
	}
	name := r.Method + " " + path
	for _, key := range []string{"limit", "sort"} {
		if query.Has(key) {
			name += " " + key + "=" + query.Get(key)
		}
	}
	return name
}

func (m *meter) frame(direction string, payload []byte) {
	var f struct{ Type, Event, Action string }
	_ = json.Unmarshal(payload, &f)
	heartbeat := slices.Contains([]string{"ping", "pong", "unsubscribe"}, f.Type) || f.Event == "unsubscribe"
	if !heartbeat {
		m.frames = append(m.frames, strings.Join(strings.Fields(direction+": "+f.Type+" "+f.Event+f.Action), " "))
	}
}

// require waits until a step has come to its end, and fails unless it took exactly these requests and frames.
func (m *meter) require(t *testing.T, step string, requests, frames []string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !m.has(len(requests), len(frames)) && time.Now().Before(deadline) {
		m.p.pause()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	assert.ElementsMatch(t, requests, m.requests, step)
	require.ElementsMatch(t, frames, m.frames, step)
	up, down := m.p.link.up.Load(), m.p.link.down.Load()
	out := 0
	for _, frame := range frames {
		if strings.HasPrefix(frame, "to") {
			out++
		}
	}
	t.Logf("%-28s requests %2d, frames to Directus %d, from it %d; bytes to it %6d, from it %6d",
		step, len(requests), out, len(frames)-out, up-m.up, down-m.down)
	m.requests, m.frames, m.up, m.down = nil, nil, up, down
}

func (m *meter) has(requests, frames int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.requests) >= requests && len(m.frames) >= frames
}
