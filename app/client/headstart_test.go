package client_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

// Ensure that what happens while a log-in waits for the browser's storage is neither lost nor doubled, whether its session
// goes on or has to begin anew, and that what was read meanwhile is not read again.
func TestHappensDuringLogIn(t *testing.T) {
	tests := map[string]struct {
		happens func(h *harness, keys []string)
		want    []string
		again   bool // the session begins anew
	}{
		"nothing":   {happens: func(*harness, []string) {}, want: []string{"one", "two", "three"}},
		"a message": {happens: func(h *harness, _ []string) { h.write("bob", "four") }, want: []string{"one", "two", "three", "four"}},
		"an edit": {happens: func(h *harness, keys []string) {
			h.server.Update("messages", map[string]any{h.mapping.Content: "zwei"}, keys[1])
		}, want: []string{"one", "zwei", "three"}},
		"a deletion": {happens: func(h *harness, keys []string) { h.server.Delete("messages", keys[1]) }, want: []string{"one", "three"}},
		"the line is cut": {happens: func(h *harness, keys []string) {
			h.server.Cut()
			h.server.Delete("messages", keys[0])
			h.write("bob", "four")
		}, want: []string{"two", "three", "four"}, again: true},
		"the token expires": {happens: func(h *harness, keys []string) {
			h.server.Expire()
			h.server.Update("messages", map[string]any{h.mapping.Content: "zwei"}, keys[1])
			h.write("bob", "four")
		}, want: []string{"one", "zwei", "three", "four"}, again: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, ownKeys, func(h *harness) {
				var keys []string
				for _, text := range []string{"one", "two", "three"} {
					keys = append(keys, h.write("bob", text))
				}
				newest := 0
				h.server.OnRequest(func(_ http.ResponseWriter, r *http.Request) bool {
					if asksForNewest(r) {
						newest++
					}
					return false
				})
				tab := h.browser.Open("/")
				alice := h.openWith(tab, &lateStore{Store: tab, before: func() {
					time.Sleep(time.Second)
					test.happens(h, keys)
					time.Sleep(time.Second)
				}}, tab.Records())
				alice.logIn("alice")
				s := alice.live()
				assert.Equal(t, test.want, textsOf(s))
				alice.texts(test.want...)
				if !test.again {
					assert.Equal(t, 1, newest)
				}
				h.write("bob", "afterwards")
				alice.texts(append(test.want, "afterwards")...)
				assert.Equal(t, 1, h.server.Connections())
			})
		})
	}
}

// asksForNewest tells the page that a room begins with from those that say what has changed.
func asksForNewest(r *http.Request) bool {
	query := r.URL.Query()
	return r.URL.Path == "/items/messages" && query.Get("limit") == "100" && strings.HasPrefix(query.Get("sort"), "-")
}

func textsOf(s chat.Snapshot) []string {
	var texts []string
	for _, row := range s.Room.Rows {
		texts = append(texts, row.Text)
	}
	return texts
}

// Ensure that a log-in which fails leaves no socket behind, and that the next one has one of its own.
func TestSocketOfAFailedLogIn(t *testing.T) {
	for name, fail := range map[string]func(h *harness, w *window){
		"wrong password": func(h *harness, w *window) {
			w.Do(chat.LogIn{Email: "alice@example.com", Password: "guess"})
		},
		"nothing to read": func(h *harness, w *window) {
			h.answers("/permissions", 200, `{"data":{}}`)
			w.logIn("alice")
		},
		"no storage": func(h *harness, w *window) {
			h.browser.Refuse(func(key string) error {
				if strings.HasSuffix(key, ":session") {
					return assert.AnError
				}
				return nil
			})
			w.logIn("alice")
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, ownKeys, func(h *harness) {
				alice := h.open()
				alice.signedOut()
				fail(h, alice)
				alice.until("refused", func(s chat.Snapshot) bool { return s.Login.Attempt == 1 })
				synctest.Wait()
				assert.Zero(t, h.server.Connections())

				h.server.OnRequest(nil)
				h.browser.Refuse(nil)
				alice.logIn("alice")
				alice.live()
				assert.Equal(t, 1, h.server.Connections())
			})
		})
	}
}

// Ensure that a socket is not used which has been open for so long before the log-in is answered that Directus is about to
// close it, or has.
func TestSlowLogIn(t *testing.T) {
	for _, slow := range []time.Duration{time.Second, 8 * time.Second, 15 * time.Second} {
		t.Run(slow.String(), func(t *testing.T) {
			bubble(t, ownKeys, func(h *harness) {
				h.write("bob", "hello")
				h.server.OnRequest(func(_ http.ResponseWriter, r *http.Request) bool {
					if r.URL.Path == "/auth/login" {
						time.Sleep(slow)
					}
					return false
				})
				alice := h.as("alice")
				alice.texts("hello")
				synctest.Wait()
				assert.Equal(t, 1, h.server.Connections())
				assert.NotContains(t, strings.Join(h.server.Frames(), "\n"), "refresh")
			})
		})
	}
}

// Ensure that a session which has begun for one user is never another's: somebody else logs in, in another tab, before the
// first is stored.
func TestOvertakenLogIn(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		h.write("bob", "hello")
		tab := h.browser.Open("/")
		var other *window
		alice := h.openWith(tab, &lateStore{Store: tab, before: func() { other = h.as("bob") }}, tab.Records())
		alice.logIn("alice")
		me := alice.until("in", func(s chat.Snapshot) bool {
			return s.Phase == chat.PhaseSignedIn && s.Me.ID == chat.UserID(h.server.UserID("alice@example.com"))
		})
		alice.live()
		alice.send("by Alice")
		alice.texts("hello", "by Alice")
		s := other.until("Alice's", func(s chat.Snapshot) bool { return s.Me.ID == me.Me.ID })
		assert.Equal(t, chat.PhaseSignedIn, s.Phase)
		other.live()
		for _, row := range h.server.Rows("messages")[1:] {
			assert.Equal(t, h.server.UserID("alice@example.com"), row["user_created"])
		}
		synctest.Wait()
		assert.Equal(t, 2, h.server.Connections())
	})
}

// Ensure that a session which has begun for one log-in is not taken by an earlier one of the same tab, which comes late.
func TestLateLogIn(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		var slow atomic.Int64 // nanoseconds that the server takes
		h.server.OnRequest(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/permissions/me" {
				time.Sleep(time.Duration(slow.Load()))
			}
			return false
		})
		tab := h.open()
		tab.signedOut()
		slow.Store(int64(10 * time.Second))
		tab.logIn("alice")
		time.Sleep(time.Second)
		slow.Store(0)
		bob := h.as("bob") // in another tab
		tab.until("Bob's", func(s chat.Snapshot) bool { return s.Me.ID == chat.UserID(h.server.UserID("bob@example.com")) })
		bob.Do(chat.LogOut{})
		tab.signedOut()
		slow.Store(int64(20 * time.Second))
		tab.logIn("bob")
		time.Sleep(time.Second)
		slow.Store(0)

		alice := chat.UserID(h.server.UserID("alice@example.com"))
		tab.until("Alice's", func(s chat.Snapshot) bool { return s.Me.ID == alice && s.Connection == chat.ConnectionLive })
		tab.send("by Alice")
		tab.texts("by Alice")
		assert.Equal(t, string(alice), h.server.Rows("messages")[0]["user_created"])
		time.Sleep(time.Minute) // until the server has answered everything
	})
}

// Ensure that nobody is let into an empty room whose messages are about to come, and that nobody waits for messages that
// take long.
func TestEntersWithMessages(t *testing.T) {
	for name, test := range map[string]struct {
		takes time.Duration
		waits bool
	}{"soon": {100 * time.Millisecond, true}, "late": {10 * time.Second, false}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, ownKeys, func(h *harness) {
				h.write("bob", "hello")
				var answered atomic.Bool
				h.server.OnRequest(func(_ http.ResponseWriter, r *http.Request) bool {
					if asksForNewest(r) {
						time.Sleep(test.takes)
						answered.Store(true)
					}
					return false
				})
				alice := h.open()
				alice.logIn("alice")
				alice.until("in", func(s chat.Snapshot) bool { return s.Phase == chat.PhaseSignedIn })
				assert.Equal(t, test.waits, answered.Load())
				alice.texts("hello")
				alice.live()
				time.Sleep(time.Minute) // until the server has answered everything
			})
		})
	}
}
