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

// Ensure that what is read is thrown away where the project is another one than the page says.
func TestFirstReadOfAnotherProject(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		h.write("bob", "hello")
		h.server.OnRequest(func(w http.ResponseWriter, r *http.Request) bool {
			switch {
			case strings.HasPrefix(r.URL.Path, "/items/message_reactions"):
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.Write([]byte(`{"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}`))
				return true
			case asksForNewest(r):
				time.Sleep(50 * time.Millisecond)
			}
			return false
		})
		h.server.FreezeUp()
		alice := h.open()
		alice.logIn("alice")
		s := alice.until("in", func(s chat.Snapshot) bool { return s.Phase == chat.PhaseSignedIn })
		assert.False(t, s.Room.Loaded)
		h.server.Thaw()
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
