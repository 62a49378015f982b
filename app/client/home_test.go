package client_test

import (
	"cmp"
	"context"
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

// Ensure that a token whose log-out could not wait for it is removed and revoked at the next start.
func TestClosedBeforeTheTokenIsGone(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice := h.as("alice")
		other := h.browser.Open("/")
		go func() {
			_ = other.Rotate(h.t.Context(), func(context.Context, string) (string, error) {
				time.Sleep(10 * time.Second)
				return "", directus.ErrUnreachable
			})
		}()
		synctest.Wait()
		alice.Do(chat.LogOut{})
		alice.signedOut()
		time.Sleep(time.Second)
		alice.close()
		time.Sleep(time.Minute)
		require.Contains(t, h.kept(), "token")

		h.open().signedOut()
		time.Sleep(time.Minute)
		assert.Empty(t, h.kept())
		assert.Zero(t, h.server.RefreshTokens("alice@example.com"))
	})
}

// Ensure that a browser which loses its large storage, and not the small one, logs nobody out: the draft is there, what
// is sent is durable, and a log-out is one.
func TestRecordsLost(t *testing.T) {
	for name, reload := range map[string]bool{"before a start": true, "while it runs": false} {
		t.Run(name, func(t *testing.T) {
			bubble(t, ownKeys, func(h *harness) {
				alice := h.as("alice")
				alice.Do(chat.Draft{Text: "a long draft"})
				synctest.Wait()
				s := h.browser.Open("/")
				require.NoError(t, s.Records().Clear(t.Context()))
				h.browser.Close(s)
				if reload {
					alice = alice.reload()
					alice.until("restored", func(s chat.Snapshot) bool { return s.Room.Draft == "a long draft" })
				}
				alice.live()
				h.server.Stop()
				alice.send("after it")
				alice.queued("after it")
				assert.Zero(t, alice.Snapshot().Storage)
				alice = alice.reload()
				alice.until("there", func(s chat.Snapshot) bool { return len(s.Room.Rows) == 1 })
				h.server.Start()
				alice.texts("after it")

				alice.Do(chat.LogOut{})
				alice.signedOut()
				synctest.Wait()
				assert.Empty(t, h.kept())
			})
		})
	}
}

// Ensure that what is said to be durable is, although the large storage did not answer at the log-in, and that what an
// earlier session had left there is not lost by that.
func TestRecordsFailAtLogIn(t *testing.T) {
	for name, earlier := range map[string][]string{"for the first time": nil, "with messages left": {"before"}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, ownKeys, func(h *harness) {
				records := &deafRecords{}
				open := func(s *store.Store) *window {
					records.Records = s.Records()
					return h.openWith(s, s, records)
				}
				alice := open(h.browser.Open("/"))
				if earlier != nil {
					alice.logIn("alice")
					alice.live()
					h.server.Stop()
					alice.send(earlier[0])
					alice.queued(earlier[0])
					h.server.Revoke("alice@example.com")
					h.server.Expire()
					h.server.Start()
					alice.signedOut()
				}
				records.deaf.Store(true)
				alice.logIn("alice")
				alice.live()
				records.deaf.Store(false)
				h.server.Stop()
				alice.send("after")
				alice.queued("after")
				alice.stop()
				alice = open(h.browser.Reload(alice.store))
				h.server.Start()
				alice.texts(append(earlier, "after")...)
				synctest.Wait()
				assert.ElementsMatch(t, append(earlier, "after"), h.stored())
				assert.NotContains(t, strings.Join(keysOf(h.kept()), "\n"), "outbox/")
			})
		})
	}
}

// The deafRecords do not answer for a while.
type deafRecords struct {
	*store.Records
	deaf atomic.Bool
}

func (r *deafRecords) err() error {
	if r.deaf.Load() {
		return store.ErrBusy
	}
	return nil
}

func (r *deafRecords) Get(ctx context.Context, key string) (string, error) {
	value, err := r.Records.Get(ctx, key)
	return value, cmp.Or(r.err(), err)
}

func (r *deafRecords) List(ctx context.Context, start string) (map[string]string, error) {
	values, err := r.Records.List(ctx, start)
	return values, cmp.Or(r.err(), err)
}

func (r *deafRecords) PutIf(ctx context.Context, guard, want, key, value string) error {
	if err := r.err(); err != nil {
		return err
	}
	return r.Records.PutIf(ctx, guard, want, key, value)
}

// Ensure that what a tab has found out while another one logs out is not written back.
func TestLogOutWhileVerifying(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice := h.as("alice")
		synctest.Wait()
		tab := h.browser.Open("/")
		old := strings.Replace(h.kept()["session"], "Alice", "Alicia", 1)
		require.NoError(t, tab.Put(t.Context(), "session", old))
		late := &lateStore{Store: tab, before: func() {
			alice.Do(chat.LogOut{})
			alice.signedOut()
			time.Sleep(time.Minute)
		}}
		other := h.openWith(tab, late, tab.Records())
		other.signedOut()
		time.Sleep(time.Hour)
		assert.Nil(t, late.before, "it has found out something new")
		assert.Empty(t, h.kept())
	})
}

// A lateStore lets something happen before it stores a session.
type lateStore struct {
	*store.Store
	before func()
}

func (s *lateStore) Put(ctx context.Context, key, value string) error {
	if f := s.before; key == "session" && f != nil {
		s.before = nil
		f()
	}
	return s.Store.Put(ctx, key, value)
}

// Ensure that whose messages wait is told also where the name became known after the log-in only.
func TestUnsentOfANameKnownLate(t *testing.T) {
	cfg := ownKeys
	cfg.HideUsers = true
	bubble(t, cfg, func(h *harness) {
		const name = "Alice of profiles"
		h.server.Insert("chat_profiles", map[string]any{"id": h.server.UserID("alice@example.com"), "name": name})
		alice := h.as("alice")
		alice.until("named", func(s chat.Snapshot) bool { return s.Me.Name == name })
		h.server.Stop()
		alice.send("hello")
		alice.queued("hello")
		h.server.Revoke("alice@example.com")
		h.server.Expire()
		h.server.Start()
		s := alice.until("told", func(s chat.Snapshot) bool { return s.Login.Unsent == 1 })
		assert.Equal(t, name, s.Login.UnsentName)
	})
}

// Ensure that a log-in does not wait until it has been looked what earlier ones have left, and that it is looked for when the
// log-in has failed.
func TestLogInBeforeStockIsTaken(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice := h.as("alice")
		h.server.Stop()
		alice.send("unsent")
		alice.queued("unsent")
		h.server.Revoke("alice@example.com")
		h.server.Expire()
		h.server.Start()
		alice.until("told", func(s chat.Snapshot) bool { return s.Login.Unsent == 1 })
		alice.close()

		h.server.OnRequest(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/auth/login" {
				time.Sleep(5 * time.Second)
			}
			return false
		})
		tab := h.browser.Open("/")
		records := &slowRecords{Records: tab.Records()}
		bob := h.openWith(tab, tab, records)
		bob.signedOut()
		bob.Do(chat.LogIn{Email: "bob@example.com", Password: "guess"})
		bob.until("refused", func(s chat.Snapshot) bool { return s.Login.Attempt == 1 })
		assert.False(t, records.whose.Load())
		bob.until("told", func(s chat.Snapshot) bool { return s.Login.Unsent == 1 })

		bob.stop()
		tab = h.browser.Reload(tab)
		records = &slowRecords{Records: tab.Records()}
		bob = h.openWith(tab, tab, records)
		bob.signedOut()
		bob.logIn("bob")
		bob.live()
		assert.False(t, records.whose.Load(), "it was found out whose that is, while somebody waited")
	})
}

// slowRecords take a second for each list.
type slowRecords struct {
	*store.Records
	whose atomic.Bool // it was asked whose home is where
}

func (r *slowRecords) List(ctx context.Context, start string) (map[string]string, error) {
	if start == "generation/" {
		r.whose.Store(true)
	}
	time.Sleep(time.Second)
	return r.Records.List(ctx, start)
}
