package client_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat"
	"directuschat/app/chat"
	"directuschat/app/client"
	"directuschat/app/directus"
	"directuschat/app/directus/directustest"
	"directuschat/app/store"
)

// A harness is a Directus and a browser: a fake one in a bubble of virtual time, or a real one (lab_test.go).
type harness struct {
	t        *testing.T
	server   *directustest.Server // nil for a real one
	api      directus.API
	dialer   directus.Dialer
	browser  store.Memory
	mapping  directuschat.Mapping
	keyless  bool // messages take no key of ours
	password chat.Secret
	patience time.Duration // how long to wait for what must come
	pause    time.Duration // between two messages, so that they have different dates
	keys     int

	mu       sync.Mutex
	notified []chat.Notify // by all tabs
}

// tutorial is where the chat lives in the project of Directus's own tutorials.
var tutorial = directuschat.Mapping{
	Collection: "messages", ID: "id", Content: "text", Author: "user_created", Created: "date_created",
	Updated: "date_updated", Deleted: "deleted_at", ReplyTo: "reply_to", Profiles: "chat_profiles",
}

// bubble runs a test on virtual time: hours pass in milliseconds, and Wait means that nothing more happens by itself.
func bubble(t *testing.T, cfg directustest.Config, test func(h *harness)) {
	synctest.Test(t, func(t *testing.T) {
		server := directustest.New(cfg)
		h := &harness{
			t: t, server: server, api: server.API(), dialer: server.Dialer(),
			mapping: directuschat.DefaultMapping, password: "password",
			patience: 5 * time.Minute, pause: time.Second,
		}
		for _, c := range cfg.Collections {
			if c.IntegerKey {
				h.mapping = tutorial
				h.keyless = !slices.ContainsFunc(c.Fields, func(f directustest.Field) bool { return f.Key })
			}
		}
		t.Cleanup(server.Close)
		test(h)
	})
}

// A window is a tab with a client in it.
type window struct {
	*client.Client
	h     *harness
	store *store.Store
	end   context.CancelFunc
	done  chan error
}

// open opens a tab. It is closed at the end of the test at the latest.
func (h *harness) open() *window { return h.openIn(&h.browser) }

func (h *harness) openIn(browser *store.Memory) *window {
	s := browser.Open("/")
	h.t.Cleanup(func() { browser.Close(s) })
	return h.openWith(s, s, s.Records())
}

func (h *harness) openWith(tab *store.Store, s client.Store, r client.Records) *window {
	w := &window{h: h, store: tab, done: make(chan error, 1)}
	w.Client = client.New(client.Config{
		Mapping: h.mapping,
		API:     h.api,
		Dialer:  h.dialer,
		Store:   s,
		Records: r,

		Picture: func(who chat.UserID, at time.Time) string {
			return at.Format(time.RFC3339) + " as seen by " + string(who)
		},
		ReportURL: h.api.URL + "/audit",
		Notify: func(n chat.Notify) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.notified = append(h.notified, n)
		},
	})
	ctx, cancel := context.WithCancel(h.t.Context())
	w.end = cancel
	go func() { w.done <- w.Run(ctx) }()
	h.t.Cleanup(w.stop)
	return w
}

// stop ends the program of the tab.
func (w *window) stop() {
	w.end()
	if w.done != nil {
		assert.ErrorIs(w.h.t, <-w.done, context.Canceled)
		w.done = nil
	}
}

// close closes the tab.
func (w *window) close() {
	w.stop()
	w.h.browser.Close(w.store)
}

// reload closes the tab and opens it again.
func (w *window) reload() *window {
	w.stop()
	s := w.h.browser.Reload(w.store)
	w.h.t.Cleanup(func() { w.h.browser.Close(s) })
	return w.h.openWith(s, s, s.Records())
}

// as opens a tab with somebody signed in.
func (h *harness) as(name string) *window {
	w := h.open()
	w.logIn(name)
	w.live()
	return w
}

// elsewhere opens a tab of another browser, with somebody signed in.
func (h *harness) elsewhere(name string) *window {
	w := h.openIn(new(store.Memory))
	w.logIn(name)
	w.live()
	return w
}

// signedOut waits for the log-in form and returns why it is shown.
func (w *window) signedOut() chat.LoginView {
	w.h.t.Helper()
	return w.until("signed out", func(s chat.Snapshot) bool { return s.Phase == chat.PhaseSignedOut }).Login
}

func (w *window) logIn(name string) {
	w.Do(chat.LogIn{Email: name + "@example.com", Password: w.h.password})
}

// until waits for the state to become something.
func (w *window) until(what string, is func(chat.Snapshot) bool) chat.Snapshot {
	w.h.t.Helper()
	tick, _, stop := w.Changed()
	defer stop()
	deadline := time.After(w.h.patience)
	for {
		if s := w.Snapshot(); is(s) {
			return s
		}
		select {
		case <-tick:
		case <-deadline:
			require.Fail(w.h.t, "it never came to be "+what, "%+v", w.Snapshot())
		}
	}
}

func (w *window) live() chat.Snapshot {
	w.h.t.Helper()
	return w.until("live", func(s chat.Snapshot) bool { return s.Connection == chat.ConnectionLive })
}

// texts waits until the room shows exactly these texts, all of them stored.
func (w *window) texts(want ...string) chat.Snapshot {
	w.h.t.Helper()
	return w.until("texts", func(s chat.Snapshot) bool {
		if len(s.Room.Rows) != len(want) {
			return false
		}
		for i, row := range s.Room.Rows {
			if row.Text != want[i] || row.Delivery != chat.Stored {
				return false
			}
		}
		return true
	})
}

// send sends a text.
func (w *window) send(text string) {
	time.Sleep(w.h.pause)
	w.h.keys++
	w.Do(chat.Send{ID: uuid(w.h.keys), Text: text})
}

// row is the one with a text.
func row(s chat.Snapshot, text string) (chat.Row, bool) {
	for _, row := range s.Room.Rows {
		if row.Text == text {
			return row, true
		}
	}
	return chat.Row{}, false
}

// stored are the texts in the server's table.
func (h *harness) stored() []string {
	var texts []string
	for _, row := range h.server.Rows("messages") {
		texts = append(texts, row[h.mapping.Content].(string))
	}
	return texts
}

// kept is everything that the browser stores for all its tabs, but that some home has ended.
func (h *harness) kept() map[string]string {
	s := h.browser.Open("/")
	defer h.browser.Close(s)
	all, err := s.List(h.t.Context(), "")
	require.NoError(h.t, err)
	records, err := s.Records().List(h.t.Context(), "")
	require.NoError(h.t, err)
	maps.Copy(all, records)
	maps.DeleteFunc(all, func(key, _ string) bool { return strings.HasPrefix(key, "ended/") })
	return all
}

// uuid makes a key of ours.
func uuid(n int) chat.MessageID {
	return chat.MessageID(fmt.Sprintf("01890000-0000-7000-8000-%012d", n))
}

// write stores a message as somebody else does.
func (h *harness) write(name, text string) string {
	time.Sleep(h.pause)
	return h.server.Insert("messages", map[string]any{
		h.mapping.Content: text, "user_created": h.server.UserID(name + "@example.com"),
	})
}

var _ client.Session = (*directus.Session)(nil)
var _ client.Store = (*store.Store)(nil)
var _ client.Records = (*store.Records)(nil)
