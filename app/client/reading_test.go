package client_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
	"directuschat/app/client"
)

var (
	looks   = chat.Attend{Looking: true, Newest: true}
	scrolls = chat.Attend{Looking: true}
)

func (w *window) unread(n int) chat.Snapshot {
	w.h.t.Helper()
	return w.until("unread", func(s chat.Snapshot) bool { return s.Room.Unread.Count == n })
}

// Ensure that what is read in one tab is read in all, also after a reload, and that a log-out leaves no trace of it.
func TestReading(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		h.write("bob", "before")
		one := h.as("alice")
		two := h.open()
		two.live()
		h.write("bob", "one")
		h.write("bob", "two")
		one.unread(2)
		two.unread(2)
		one = one.reload()
		one.unread(2)
		one.Do(looks)
		one.unread(0)
		two.unread(0)
		h.write("bob", "three")
		two.texts("before", "one", "two", "three")
		two.unread(0)
		two = two.reload()
		s := two.texts("before", "one", "two", "three")
		assert.Zero(t, s.Room.Unread.Count)

		two.Do(chat.Prefer{Preferences: chat.Preferences{Notify: true}})
		one.until("wanted", func(s chat.Snapshot) bool { return s.Preferences.Notify })
		one = one.reload()
		one.until("wanted", func(s chat.Snapshot) bool { return s.Preferences.Notify })
		one.Do(chat.LogOut{})
		one.signedOut()
		two.signedOut()
		synctest.Wait()
		for key := range h.kept() {
			assert.NotContains(t, key, "reading/")
		}
	})
}

// Ensure that a mark is kept at once when the page may be closing.
func TestMarkOfAClosingPage(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		w := h.as("alice")
		w.Do(looks)
		h.write("bob", "one")
		w.texts("one")
		w.SetVisible(false)
		synctest.Wait()
		w = w.reload()
		w.texts("one")
		w.unread(0)
	})
}

// Ensure that of one message there is one notification, however many tabs are open: none if one of them is looked at,
// wherever in the room, and none of one's own.
func TestOneNotificationOverAllTabs(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		tabs := []*window{h.as("alice"), h.open(), h.open(), h.open()}
		for _, w := range tabs {
			w.live()
		}
		notified := func() []string {
			time.Sleep(time.Minute)
			synctest.Wait()
			h.mu.Lock()
			defer h.mu.Unlock()
			texts := []string{}
			for _, n := range h.notified {
				texts = append(texts, n.Text)
			}
			h.notified = nil
			return texts
		}
		h.write("bob", "nobody asked")
		assert.Empty(t, notified())
		tabs[2].Do(chat.Prefer{Preferences: chat.Preferences{Notify: true}})
		assert.Empty(t, notified(), "what was there before is no news")
		h.write("bob", "one")
		assert.Equal(t, []string{"one"}, notified())
		tabs[1].send("mine")
		assert.Empty(t, notified())

		tabs[3].Do(scrolls)
		h.write("bob", "two")
		assert.Empty(t, notified(), "a tab is looked at")
		tabs[3].Do(chat.Attend{})
		h.write("bob", "three")
		assert.Equal(t, []string{"three"}, notified())

		tabs[3].Do(looks)
		h.write("bob", "four")
		assert.Empty(t, notified())
		tabs[3].close()
		h.write("bob", "five")
		assert.Equal(t, []string{"five"}, notified(), "who has closed the window does not look at it any more")
		var looked []string
		for key := range h.kept() {
			if strings.HasSuffix(key, "/looked") {
				looked = append(looked, key)
			}
		}
		assert.Len(t, looked, 1)

		tabs[0].Do(chat.Prefer{})
		h.write("bob", "six")
		assert.Empty(t, notified())

		tabs[0].Do(chat.LogOut{})
		tabs[0].signedOut()
		synctest.Wait()
		for key := range h.kept() {
			assert.NotContains(t, key, "notified/")
		}
	})
}

// A slowStore sees of how far somebody has read only what its own tab has written. Browsers show the rest some time later.
type slowStore struct {
	client.Store
	own map[string]bool
}

func (s slowStore) Get(ctx context.Context, key string) (string, error) {
	if strings.HasPrefix(key, "reading/") && !s.own[key] {
		return "", nil
	}
	return s.Store.Get(ctx, key)
}

func (s slowStore) Put(ctx context.Context, key, value string) error {
	s.own[key] = true
	return s.Store.Put(ctx, key, value)
}

// Ensure that tabs that do not see yet what the others have stored do not each notify.
func TestOneNotificationOfSlowStores(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		h.as("alice")
		for range 3 {
			s := h.browser.Open("/")
			h.t.Cleanup(func() { h.browser.Close(s) })
			w := h.openWith(s, slowStore{s, map[string]bool{}}, s.Records())
			w.live()
			w.Do(chat.Prefer{Preferences: chat.Preferences{Notify: true}})
		}
		synctest.Wait()
		h.write("bob", "one")
		time.Sleep(time.Minute)
		synctest.Wait()
		h.mu.Lock()
		defer h.mu.Unlock()
		assert.Len(t, h.notified, 1)
	})
}
