package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
	"directuschat/app/directus"
	"directuschat/app/store"
)

// queued waits until a text is in the outbox as this tab shows it, and durable.
func (w *window) queued(text string) chat.Row {
	w.h.t.Helper()
	var found chat.Row
	w.until("queued", func(s chat.Snapshot) bool {
		r, ok := row(s, text)
		found = r
		return ok && r.Delivery != chat.Stored && s.Room.Kept != ""
	})
	return found
}

// freeze stops a tab's access to storage, locks and news, as the browser does with one in the background.
func (w *window) freeze() (thaw func()) { return w.h.browser.Freeze(w.store) }

// Ensure that twelve tabs share one session for a long time, one of them frozen and one killed on the way: nobody is
// logged out, and everybody has every message.
func TestTwelveTabs(t *testing.T) {
	cfg := ownKeys
	cfg.AccessTTL = 20 * time.Second
	bubble(t, cfg, func(h *harness) {
		var refreshes atomic.Int32
		h.server.OnRequest(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/auth/refresh" {
				refreshes.Add(1)
			}
			return false
		})
		began := time.Now()
		tabs := []*window{h.as("alice")}
		for range 11 {
			tabs = append(tabs, h.open())
		}
		for _, w := range tabs {
			w.live()
		}
		thaw := tabs[3].freeze()
		h.browser.Close(tabs[5].store)
		tabs[5].stop()
		tabs = append(tabs[:5], tabs[6:]...)

		var want []string
		for i := range 40 {
			text := fmt.Sprint("text ", i)
			if i == 20 {
				thaw()
			}
			w := tabs[i%len(tabs)]
			if i < 20 && w == tabs[3] {
				w = tabs[0]
			}
			w.send(text)
			want = append(want, text)
			tabs[0].texts(want...)
			time.Sleep(10 * time.Second)
		}
		for _, w := range tabs {
			w.texts(want...)
			w.live()
		}
		assert.Equal(t, want, h.stored())
		assert.Equal(t, 1, h.server.RefreshTokens("alice@example.com"))
		lifetimes := time.Since(began) / cfg.AccessTTL
		assert.Less(t, refreshes.Load(), 3*int32(lifetimes), "they share them")
	})
}

// Ensure that one tab's message is every tab's: it can be seen waiting, and is sent by whichever tab can, once.
func TestSharedOutbox(t *testing.T) {
	everyProject(t, func(h *harness) {
		first := h.as("alice")
		second := h.open()
		second.live()
		h.server.Stop()
		first.send("shared")
		first.queued("shared")
		second.until("shown", func(s chat.Snapshot) bool { r, ok := row(s, "shared"); return ok && r.Delivery == chat.Queued })
		first.close() // with its text

		h.server.Start()
		second.texts("shared")
		synctest.Wait()
		assert.Equal(h.t, []string{"shared"}, h.stored())
		assert.NotContains(h.t, strings.Join(keysOf(h.kept()), "\n"), "outbox/")
	})
}

func keysOf(m map[string]string) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	return keys
}

// Ensure that a message does not vanish from the tab it was written in, which has no connection, when another tab has
// sent it.
func TestSettledElsewhere(t *testing.T) {
	everyProject(t, func(h *harness) {
		link := &switchedDialer{Dialer: h.dialer}
		h.dialer = link
		first := h.as("alice")
		h.dialer = link.Dialer
		link.off.Store(true)
		h.server.Cut()
		first.until("cut", func(s chat.Snapshot) bool { return s.Connection == chat.ConnectionWaiting })
		second := h.open()
		second.live()
		first.send("by another tab")
		second.texts("by another tab")
		first.texts("by another tab")
		assert.NotEqual(h.t, chat.ConnectionLive, first.Snapshot().Connection)
	})
}

// A switchedDialer can be switched off.
type switchedDialer struct {
	directus.Dialer
	off atomic.Bool
}

func (d *switchedDialer) Dial(ctx context.Context, url string) (directus.Conn, error) {
	if d.off.Load() {
		return nil, directus.ErrUnreachable
	}
	return d.Dialer.Dial(ctx, url)
}

// Ensure that a tab which stops in the middle of sending does not keep the others from it, that its message is stored
// once, and that it goes on in peace when it comes back.
func TestTurnStolenWhileSending(t *testing.T) {
	everyProject(t, func(h *harness) {
		first := h.as("alice")
		second := h.open()
		second.live()
		h.server.Freeze()
		first.send("under way")
		first.queued("under way")
		synctest.Wait()
		if r := rowOf(h.t, second.Snapshot(), "under way"); r.Delivery == chat.Sending { // whoever was quicker
			first, second = second, first
		}
		require.Equal(h.t, chat.Sending, rowOf(h.t, first.Snapshot(), "under way").Delivery)
		thaw := first.freeze()
		time.Sleep(time.Second)
		h.server.Thaw()

		second.send("behind it")
		second.until("stored", func(s chat.Snapshot) bool {
			r, ok := row(s, "behind it")
			return ok && r.Delivery == chat.Stored && s.Connection == chat.ConnectionLive
		})
		thaw()
		for _, w := range []*window{first, second} {
			w.texts("under way", "behind it")
		}
		assert.Equal(h.t, []string{"under way", "behind it"}, h.stored())
	})
}

// Ensure that messages which the first version of this program left in the small storage are sent, once, whichever tab
// finds them.
func TestItemsOfTheFirstVersion(t *testing.T) {
	everyProject(t, func(h *harness) {
		alice := h.as("alice")
		alice.close()
		s := h.browser.Open("/")
		user := h.server.UserID("alice@example.com")
		for i := range 3 {
			text, err := json.Marshal(map[string]any{"Room": "", "ID": uuid(100 + i), "Text": fmt.Sprint("old ", i), "Pressed": time.Now().Add(time.Duration(i))})
			require.NoError(h.t, err)
			require.NoError(h.t, s.Put(h.t.Context(), "outbox/"+user+"/"+string(uuid(100+i)), string(text)))
		}
		first, second := h.open(), h.open()
		for _, w := range []*window{first, second} {
			w.texts("old 0", "old 1", "old 2")
		}
		synctest.Wait()
		assert.Equal(h.t, []string{"old 0", "old 1", "old 2"}, h.stored())
		assert.NotContains(h.t, strings.Join(keysOf(h.kept()), "\n"), "outbox/")
	})
}

// Ensure that a session of the first version goes on.
func TestSessionOfTheFirstVersion(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		h.as("alice").close()
		s := h.browser.Open("/")
		text, err := s.Get(t.Context(), "session")
		require.NoError(t, err)
		var r map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &r))
		delete(r, "generation")
		old, err := json.Marshal(r)
		require.NoError(t, err)
		require.NoError(t, s.Put(t.Context(), "session", string(old)))
		require.NoError(t, s.Records().Clear(t.Context()))

		first, second := h.open(), h.open()
		first.live()
		second.live()
		first.send("durable")
		second.texts("durable")
		assert.Equal(t, chat.Problem{}, first.Snapshot().Problem)
	})
}

// Ensure that on a computer of many nothing is kept but in the tab, and that the tab can be reloaded all the same.
func TestSharedComputer(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice := h.open()
		other := h.open()
		alice.Do(chat.LogIn{Email: "alice@example.com", Password: h.password, Shared: true})
		alice.live()
		h.server.Stop()
		alice.send("waiting")
		alice.queued("waiting")
		alice.Do(chat.Draft{Text: "a draft"})
		time.Sleep(10 * time.Second)
		assert.Empty(t, h.kept())
		other.signedOut()

		alice = alice.reload()
		s := alice.until("restored", func(s chat.Snapshot) bool { return len(s.Room.Rows) == 1 && s.Room.Draft != "" })
		assert.Equal(t, "waiting", s.Room.Rows[0].Text)
		h.server.Start()
		alice.texts("waiting")

		alice.Do(chat.LogOut{})
		alice.signedOut()
		synctest.Wait()
		assert.Zero(t, h.server.RefreshTokens("alice@example.com"))
		assert.False(t, alice.store.Shared())
		alice.store.SetShared(true)
		left, err := alice.store.List(t.Context(), "")
		require.NoError(t, err)
		assert.Empty(t, left)
		left, err = alice.store.Records().List(t.Context(), "")
		require.NoError(t, err)
		assert.Empty(t, left)
	})
}

// Ensure that a browser which takes nothing more is told of at once, and that what it has is sent all the same.
func TestStorageIsFullAtTheStart(t *testing.T) {
	everyProject(t, func(h *harness) {
		alice := h.as("alice")
		h.server.Stop()
		alice.send("before")
		alice.queued("before")
		alice.stop()
		h.browser.Refuse(func(string) error { return store.ErrFull })
		alice = alice.reload()
		alice.until("told", func(s chat.Snapshot) bool {
			return s.Storage.Code == chat.ProblemStorageFailing && len(s.Room.Rows) == 1
		})
		h.browser.Refuse(nil)
		h.server.Start()
		alice.texts("before")
	})
}
