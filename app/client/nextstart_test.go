package client_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
	"directuschat/app/store"
)

// Ensure that each tab has its own draft, that a draft survives a reload, and that the one of a tab that is gone is found
// again by the next that opens, by one only.
func TestDrafts(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		draft := func(w *window, want string) {
			t.Helper()
			w.until("draft "+want, func(s chat.Snapshot) bool { return s.Room.Draft == want })
		}
		first := h.as("alice")
		second := h.open()
		second.live()
		first.Do(chat.Draft{Text: "one"})
		time.Sleep(time.Second)
		second.Do(chat.Draft{Text: "two"})
		synctest.Wait()

		first, second = first.reload(), second.reload()
		draft(first, "one")
		draft(second, "two")

		second.close()
		third, fourth := h.open(), h.open()
		third.live()
		fourth.live()
		synctest.Wait()
		assert.Equal(t, "two", third.Snapshot().Room.Draft+fourth.Snapshot().Room.Draft, "one of them has it")
		first.Do(chat.Draft{Text: ""})
		synctest.Wait()
		draft(first.reload(), "")
	})
}

// Ensure that Send counts although the page is reloaded before storage has answered: what was sent is stored once, whether
// or not it got as far as the outbox, and whether or not it left meanwhile; and only what was not sent is in the composer
// again.
func TestReloadBeforeTheOutboxAnswers(t *testing.T) {
	for name, test := range map[string]struct{ written, connected bool }{
		"written":                {true, false},
		"not written":            {false, false},
		"written, connected":     {true, true},
		"not written, connected": {false, true},
	} {
		t.Run(name, func(t *testing.T) {
			everyProject(t, func(h *harness) {
				alice := h.as("alice")
				synctest.Wait()
				alice.stop()
				s := h.browser.Reload(alice.store)
				records := &mutedRecords{Records: s.Records(), written: test.written}
				alice = h.openWith(s, s, records)
				alice.live()
				synctest.Wait()
				records.muted.Store(true)
				if !test.connected {
					h.server.Stop()
					synctest.Wait()
				}
				alice.send("one")
				alice.send("two")
				alice.Do(chat.Draft{Text: "rest"})
				synctest.Wait()
				if test.connected && !h.keyless {
					assert.Equal(h.t, []string{"one", "two"}, h.stored(), "they wait for no answer of storage")
				} else {
					assert.Empty(h.t, h.stored())
					assert.Empty(h.t, alice.Snapshot().Room.Kept)
				}

				alice = alice.reload()
				alice.until("restored", func(s chat.Snapshot) bool { return s.Room.Draft == "rest" })
				if !test.connected {
					h.server.Start()
				}
				alice.live()
				synctest.Wait()
				for _, r := range alice.Snapshot().Room.Rows {
					if h.keyless && r.Delivery == chat.Failed { // another tab might have sent it
						assert.Equal(h.t, chat.ProblemUnsure, r.Problem.Code)
						alice.Do(chat.Retry{ID: r.ID})
					}
				}
				alice.texts("one", "two")
				time.Sleep(time.Minute)
				assert.Equal(h.t, []string{"one", "two"}, h.stored())
				for _, kept := range h.kept() {
					assert.NotContains(h.t, kept, `"pending"`)
				}
			})
		})
	}
}

// The mutedRecords never say that something was written.
type mutedRecords struct {
	*store.Records
	written bool
	muted   atomic.Bool
}

func (r *mutedRecords) PutIf(ctx context.Context, guard, want, key, value string) error {
	if !r.muted.Load() || r.written {
		if err := r.Records.PutIf(ctx, guard, want, key, value); err != nil || !r.muted.Load() {
			return err
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

// Ensure that what several tabs could not bring into the outbox is not forgotten when they are gone.
func TestPendingOfClosedTabs(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice := h.as("alice")
		var tabs []*window
		for range 2 {
			s := h.browser.Open("/")
			records := &mutedRecords{Records: s.Records()}
			w := h.openWith(s, s, records)
			w.live()
			records.muted.Store(true)
			tabs = append(tabs, w)
		}
		h.server.Stop() // else it would have them at once
		synctest.Wait()
		for i, name := range []string{"one", "two"} {
			tabs[i].send("of tab " + name)
			tabs[i].Do(chat.Draft{Text: "draft of tab " + name})
			time.Sleep(time.Second) // so that the second draft is the newer one
		}
		alice = alice.reload()
		synctest.Wait()
		assert.Empty(t, alice.Snapshot().Room.Rows, "they are open")
		for _, w := range tabs {
			w.close()
			time.Sleep(time.Second)
		}
		h.server.Start()
		next := h.open()
		next.texts("of tab one", "of tab two")
		assert.Equal(t, "draft of tab two", next.Snapshot().Room.Draft)
	})
}

// Ensure that the room is there at once without a network, with what is unsent, and that nothing claims to be live.
func TestOfflineStart(t *testing.T) {
	everyProject(t, func(h *harness) {
		h.write("bob", "hello")
		alice := h.as("alice")
		alice.texts("hello")
		time.Sleep(3 * time.Second)
		h.server.Stop()
		alice = alice.reload()
		alice.texts("hello")
		alice.send("from the train")
		alice.until("queued", func(s chat.Snapshot) bool { return len(s.Room.Rows) == 2 && s.Room.Kept != "" })
		assert.NotEqual(h.t, chat.ConnectionLive, alice.Snapshot().Connection)
		alice = alice.reload()
		alice.until("both", func(s chat.Snapshot) bool { return len(s.Room.Rows) == 2 })

		time.Sleep(time.Hour)
		h.server.Start()
		alice.texts("hello", "from the train")
		alice.live()
		assert.Equal(h.t, []string{"hello", "from the train"}, h.stored())
	})
}

// Ensure that what was last seen is kept at once when nobody looks any more.
func TestCacheWhenHidden(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice := h.as("alice")
		h.write("bob", "just now")
		alice.texts("just now")
		alice.SetVisible(false)
		synctest.Wait()
		h.server.Stop()
		alice.reload().texts("just now")
	})
}
