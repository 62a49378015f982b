package client_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

// Ensure that whoever logs in sees the newest messages before anything is subscribed to, and that what happens between the
// two is neither lost nor doubled.
func TestHappensBeforeTheSubscription(t *testing.T) {
	for name, test := range map[string]struct {
		happens func(h *harness, keys []string)
		want    []string
	}{
		"nothing":   {func(*harness, []string) {}, []string{"one", "two", "three"}},
		"a message": {func(h *harness, _ []string) { h.write("bob", "four") }, []string{"one", "two", "three", "four"}},
		"more messages than a page": {func(h *harness, keys []string) {
			h.server.Delete("messages", keys...)
			h.pause = time.Millisecond
			for range 150 {
				h.write("bob", "more")
			}
			h.pause = time.Second
		}, slices.Repeat([]string{"more"}, 150)},
		"an edit": {func(h *harness, keys []string) {
			h.server.Update("messages", map[string]any{h.mapping.Content: "zwei"}, keys[1])
		}, []string{"one", "zwei", "three"}},
		"a deletion": {func(h *harness, keys []string) { h.server.Delete("messages", keys[2]) }, []string{"one", "two"}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, ownKeys, func(h *harness) {
				var keys []string
				for _, text := range []string{"one", "two", "three"} {
					keys = append(keys, h.write("bob", text))
				}
				time.Sleep(time.Hour) // an answer tells the server's time: what is older is not read again
				h.server.FreezeUp()
				alice := h.open()
				alice.logIn("alice")
				s := alice.texts("one", "two", "three")
				assert.Equal(t, chat.ConnectionConnecting, s.Connection)
				test.happens(h, keys)
				h.server.Thaw()
				s = alice.live()
				assert.Equal(t, test.want, textsOf(s))
				assert.Zero(t, s.Room.Unread.Count, "what was written before a first visit is no news")
				h.write("bob", "afterwards")
				alice.texts(append(test.want, "afterwards")...)
			})
		})
	}
}

// Ensure that what is read for a log-in is also what tells that it can be read, and that where it cannot, or says less than
// is needed, the log-in goes the longer way.
func TestFirstReadFails(t *testing.T) {
	for name, test := range map[string]struct {
		answer func(w http.ResponseWriter)
		tried  bool // a row was read to see whether it can be
	}{
		"not at all": {nil, false},
		"a project may have set QUERY_LIMIT_MAX": {func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"errors":[{"message":"no","extensions":{"code":"INVALID_QUERY"}}]}`))
		}, true},
		"for now":        {func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }, true},
		"without a date": {func(w http.ResponseWriter) { w.Header()["Date"] = nil; _, _ = w.Write([]byte(`{"data":[]}`)) }, false},
		"as what it is not": {func(w http.ResponseWriter) {
			_, _ = w.Write([]byte(`{"data":[{]}`))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, ownKeys, func(h *harness) {
				h.write("bob", "hello")
				var answered, tried atomic.Bool
				h.server.OnRequest(func(w http.ResponseWriter, r *http.Request) bool {
					switch {
					case r.URL.Path == "/items/messages" && r.URL.Query().Get("limit") == "1" && r.URL.Query().Get("filter") == "":
						tried.Store(true)
					case asksForNewest(r) && test.answer != nil && answered.CompareAndSwap(false, true):
						test.answer(w)
						return true
					}
					return false
				})
				alice := h.as("alice")
				alice.texts("hello")
				assert.Equal(t, test.tried, tried.Load())
			})
		})
	}
}

// Ensure that nobody sees what was read for somebody else, whose log-in has failed, although it is answered late.
func TestFirstReadOfAnother(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		h.write("bob", "for all")
		first := true // to log in
		var late atomic.Bool
		h.server.OnRequest(func(w http.ResponseWriter, r *http.Request) bool {
			switch {
			case !first:
			case r.URL.Path == "/permissions/me":
				_, _ = w.Write([]byte(`{"data":{}}`))
				return true
			case asksForNewest(r):
				time.Sleep(10 * time.Second)
				_, _ = w.Write([]byte(`{"data":[{"id":"x","content":"for Alice alone","date_created":"2020-01-01T00:00:00.000Z"}]}`))
				late.Store(true)
				return true
			}
			return false
		})
		tab := h.open()
		tab.signedOut()
		tab.logIn("alice")
		tab.until("refused", func(s chat.Snapshot) bool { return s.Login.Attempt == 1 })
		synctest.Wait()
		first = false
		tab.logIn("bob")
		tab.texts("for all")
		time.Sleep(time.Minute)
		assert.True(t, late.Load())
		tab.texts("for all")
	})
}

// Ensure that where the project is another one than the page says, what was read is shown if that was before the user
// entered, and thrown away if not; and that everything that has happened since is read behind the subscriptions of a new session.
func TestFirstReadOfAnotherProject(t *testing.T) {
	for name, shown := range map[string]bool{"read before": true, "entered before": false} {
		t.Run(name, func(t *testing.T) {
			bubble(t, ownKeys, func(h *harness) {
				const slow = time.Second // longer than anybody waits for the messages
				h.write("bob", "hello")
				h.server.OnRequest(func(w http.ResponseWriter, r *http.Request) bool {
					switch {
					case strings.HasPrefix(r.URL.Path, "/items/message_reactions"):
						if shown {
							time.Sleep(slow)
						}
						w.WriteHeader(http.StatusForbidden)
						_, _ = w.Write([]byte(`{"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}`))
						return true
					case asksForNewest(r) && !shown:
						time.Sleep(slow)
					}
					return false
				})
				h.server.FreezeUp()
				alice := h.open()
				alice.logIn("alice")
				s := alice.until("in", func(s chat.Snapshot) bool { return s.Phase == chat.PhaseSignedIn })
				assert.Equal(t, shown, s.Room.Loaded)
				h.write("bob", "since")
				h.server.Thaw()
				s = alice.live()
				assert.Equal(t, []string{"hello", "since"}, textsOf(s))
				assert.False(t, s.Room.Rows[0].Can.React)
			})
		})
	}
}

// Ensure that the room is shown as soon as it is read, and that what is sent from there leaves when the user has entered,
// once.
func TestShownBeforeEntered(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		const slow = time.Second
		h.write("bob", "hello")
		h.server.OnRequest(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/permissions/me" {
				time.Sleep(slow)
			}
			return false
		})
		alice := h.open()
		alice.signedOut()
		alice.logIn("alice")
		pressed := time.Now()
		s := alice.until("shown", func(s chat.Snapshot) bool { return s.Phase == chat.PhaseEntering })
		assert.Equal(t, []string{"hello"}, textsOf(s))
		assert.Less(t, time.Since(pressed), slow)
		alice.send("already")
		alice.live()
		alice.texts("hello", "already")
		assert.Equal(t, []string{"hello", "already"}, h.stored())
	})
}

// Ensure that the room is not shown before the user has entered where something is missing to show it, or to be in it.
func TestNotShownBeforeEntered(t *testing.T) {
	refuse := func(path string) func(h *harness) {
		return func(h *harness) {
			var once atomic.Bool
			h.server.OnRequest(func(w http.ResponseWriter, r *http.Request) bool {
				refused := r.URL.Path == path && once.CompareAndSwap(false, true)
				if refused {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
				return refused
			})
		}
	}
	for name, without := range map[string]func(h *harness){
		"messages": refuse("/items/messages"),
		"names":    refuse("/items/chat_profiles"),
		"a socket": func(h *harness) { h.server.SetUpgrade(false) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, ownKeys, func(h *harness) {
				h.write("bob", "hello")
				without(h)
				alice := h.open()
				alice.signedOut()
				alice.logIn("alice")
				alice.until("in", func(s chat.Snapshot) bool {
					assert.NotEqual(t, chat.PhaseEntering, s.Phase)
					return s.Phase == chat.PhaseSignedIn
				})
				h.server.SetUpgrade(true)
				alice.texts("hello")
			})
		})
	}
}

// Ensure that whoever cannot enter after all sees the form again and why, and nobody sees what was shown.
func TestShownAndRefused(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		h.write("bob", "hello")
		h.server.OnRequest(func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/permissions/me" {
				time.Sleep(time.Second)
				w.WriteHeader(http.StatusServiceUnavailable)
				return true
			}
			return false
		})
		alice := h.open()
		alice.signedOut()
		alice.logIn("alice")
		alice.until("shown", func(s chat.Snapshot) bool { return s.Phase == chat.PhaseEntering })
		alice.send("too early")
		problem := alice.signedOut().Problem
		assert.Equal(t, chat.ProblemServerFailing, problem.Code)
		assert.Empty(t, alice.Snapshot().Room)
		assert.Empty(t, alice.Snapshot().Me)
		h.server.OnRequest(nil)
		alice.logIn("alice")
		alice.live()
		alice.texts("hello")
	})
}

// Ensure that whoever logs in waits for two answers, one after the other, and no more: for that to the log-in, and for what is
// asked then.
func TestLogInWaitsForTwoAnswers(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		h.write("bob", "hello")
		alice := h.open()
		alice.signedOut()
		const slow = time.Second / 10
		h.server.Slow(slow)
		pressed := time.Now()
		alice.logIn("alice")
		alice.texts("hello")
		assert.Equal(t, 2*slow, time.Since(pressed))
	})
}

// Ensure that the room is drawn at once for whoever has logged in, although the page rests: it has just drawn that they do.
func TestLogInIsUrgent(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice := h.open()
		alice.signedOut()
		_, urgent, stop := alice.Changed()
		defer stop()
		h.server.Slow(time.Second)
		alice.logIn("alice")
		synctest.Wait()
		<-urgent // the log-in was pressed
		alice.until("in", func(s chat.Snapshot) bool { return s.Phase == chat.PhaseSignedIn && s.Room.Loaded })
		synctest.Wait()
		select {
		case <-urgent:
		default:
			assert.Fail(t, "the room has to wait")
		}
	})
}
