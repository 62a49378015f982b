package client_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
	"directuschat/app/directus/directustest"
)

var (
	ownKeys   = directustest.Config{Collections: []directustest.Collection{directustest.Guarded, directustest.Profiles, directustest.Reactions}}
	older     = directustest.Config{Version: "11.17.4"}
	tutorials = directustest.Config{Collections: []directustest.Collection{directustest.TutorialMessages}}
	completed = directustest.Config{Collections: []directustest.Collection{directustest.CompletedMessages}}
)

// everyProject runs a test on every kind of project: on the one that setup makes, on the version before, and on the one
// of the tutorials, where keys are the server's and updates leave no date, with and without a field for ours.
func everyProject(t *testing.T, test func(h *harness)) {
	for name, cfg := range map[string]directustest.Config{
		"own keys": ownKeys, "11.17.4": older, "tutorials": tutorials, "tutorials, completed": completed,
	} {
		t.Run(name, func(t *testing.T) { bubble(t, cfg, test) })
	}
}

func TestTwoPeopleTalk(t *testing.T) {
	everyProject(t, func(h *harness) {
		h.write("bob", "before")
		alice, bob := h.as("alice"), h.elsewhere("bob")
		alice.texts("before")

		alice.send("hello")
		bob.texts("before", "hello")
		bob.send("hi")
		bob.texts("before", "hello", "hi")
		s := alice.texts("before", "hello", "hi")

		assert.Equal(h.t, []string{"before", "hello", "hi"}, h.stored())
		hello, hi := rowOf(h.t, s, "hello"), rowOf(h.t, s, "hi")
		assert.True(h.t, hello.Mine)
		assert.False(h.t, hi.Mine)
		assert.Equal(h.t, chat.UserID(h.server.UserID("bob@example.com")), hi.Author)
	})
}

// Ensure that somebody else's changes show up live, whatever they are.
func TestEditsAndDeletionsAreLive(t *testing.T) {
	everyProject(t, func(h *harness) {
		one, two := h.write("bob", "one"), h.write("bob", "two")
		alice := h.as("alice")
		alice.texts("one", "two")

		time.Sleep(time.Second)
		h.server.Update("messages", map[string]any{h.mapping.Content: "eins"}, one)
		alice.texts("eins", "two")
		h.server.Delete("messages", two)
		alice.texts("eins")
	})
}

// Ensure a reload comes back signed in, without a network too, and that nothing is sent twice.
func TestReload(t *testing.T) {
	everyProject(t, func(h *harness) {
		alice := h.as("alice")
		alice.send("before")
		alice.texts("before")
		synctest.Wait()
		alice.close()
		h.server.Stop()

		alice = h.open()
		s := alice.until("waiting", func(s chat.Snapshot) bool { return s.Connection == chat.ConnectionWaiting })
		assert.Equal(h.t, chat.PhaseSignedIn, s.Phase)
		assert.Equal(h.t, chat.UserID(h.server.UserID("alice@example.com")), s.Me.ID)
		assert.True(h.t, s.CanWrite)
		alice.send("offline")
		alice.until("queued", func(s chat.Snapshot) bool { return len(s.Room.Rows) == 1 && s.Room.Kept != "" })
		alice.close()

		alice = h.open()
		alice.until("restored", func(s chat.Snapshot) bool {
			return len(s.Room.Rows) == 1 && s.Room.Rows[0].Delivery == chat.Queued
		})
		h.server.Start()
		alice.texts("before", "offline")
		assert.Equal(h.t, []string{"before", "offline"}, h.stored())
	})
}

// Ensure that after an outage everything that happened meanwhile is there: messages, edits, deletions.
func TestOutage(t *testing.T) {
	everyProject(t, func(h *harness) {
		var keys []string
		for _, text := range []string{"one", "two", "three"} {
			keys = append(keys, h.write("bob", text))
			time.Sleep(time.Hour) // none of them is read again only because it is young
		}
		alice := h.as("alice")
		alice.texts("one", "two", "three")

		h.server.Stop()
		alice.until("cut", func(s chat.Snapshot) bool { return s.Connection != chat.ConnectionLive })
		time.Sleep(10 * time.Minute)
		h.write("bob", "four")
		h.server.Update("messages", map[string]any{h.mapping.Content: "eins"}, keys[0])
		h.server.Delete("messages", keys[1])
		alice.send("five")
		h.server.Start()

		alice.live()
		alice.texts("eins", "three", "four", "five")
		assert.Equal(h.t, []string{"eins", "three", "four", "five"}, h.stored())
	})
}

// Ensure that everything is fetched after an outage that fits into some pages, and that of more the newest is there at
// once and the rest can be had, with nothing doubled.
func TestLongOutages(t *testing.T) {
	for name, missed := range map[string]int{"pages": 350, "too many": 2500} {
		t.Run(name, func(t *testing.T) {
			bubble(t, ownKeys, func(h *harness) {
				h.write("bob", "first")
				alice := h.as("alice")
				alice.texts("first")
				h.server.Stop()
				time.Sleep(time.Minute)
				for range missed {
					h.write("bob", "missed")
				}
				h.write("bob", "last")
				h.server.Start()
				s := alice.until("caught up", func(s chat.Snapshot) bool {
					rows := s.Room.Rows
					return s.Connection == chat.ConnectionLive && len(rows) > 0 && rows[len(rows)-1].Text == "last"
				})
				assert.Len(t, s.Room.Rows, 200, "only the window is drawn")
				if missed < 1000 {
					assert.Equal(t, missed+2, s.Room.Count)
				} else {
					assert.Less(t, s.Room.Count, missed/2)
				}
				for s.Room.Earlier {
					if i := slices.IndexFunc(s.Room.Rows, func(r chat.Row) bool { return r.Gap == chat.GapKnown }); i >= 0 {
						alice.Do(chat.FillGap{Before: s.Room.Rows[i].ID})
					} else {
						alice.Do(chat.ShowOlder{})
					}
					synctest.Wait()
					s = alice.Snapshot()
				}
				assert.Equal(t, missed+2, s.Room.Count)
				assert.Equal(t, "first", s.Room.Rows[0].Text)
			})
		})
	}
}

// Ensure that a lost answer to a send neither loses nor doubles the message. Without a key of ours the row is recognised.
func TestLostReplies(t *testing.T) {
	everyProject(t, func(h *harness) {
		alice := h.as("alice")
		h.server.LoseReplies(1)
		alice.send("once")
		alice.texts("once")
		alice.send("twice")
		alice.texts("once", "twice")
		synctest.Wait()
		assert.Equal(h.t, []string{"once", "twice"}, h.stored())
	})
}

// Ensure that where neither an answer nor an event tells of a message, it is asked for by the key that it was sent with, and
// where there is none, its writer.
func TestLostRepliesAndEvents(t *testing.T) {
	everyProject(t, func(h *harness) {
		alice := h.as("alice")
		alice.live()
		if key := string(uuid(h.keys + 1)); !h.keyless {
			h.server.OnRequest(func(w http.ResponseWriter, r *http.Request) bool { // no other read tells of it
				other := r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/items/messages") && !strings.Contains(r.URL.String(), key)
				if other {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
				return other
			})
		}
		h.server.OnEvent(func([]byte) [][]byte { return nil })
		h.server.LoseReplies(1)
		alice.send("once")
		if h.keyless {
			alice.until("unsure", func(s chat.Snapshot) bool {
				row, ok := row(s, "once")
				return ok && row.Problem.Code == chat.ProblemUnsure
			})
		} else {
			alice.texts("once")
		}
		assert.Equal(h.t, []string{"once"}, h.stored())
	})
}

// Ensure that a refusal is told in the server's words, also where Directus gives no answer over the socket, and that
// what was written behind it goes on.
func TestRefusals(t *testing.T) {
	for name, cfg := range map[string]directustest.Config{"12.4.0": ownKeys, "11.17.4": older} {
		t.Run(name, func(t *testing.T) {
			bubble(t, cfg, func(h *harness) {
				alice := h.as("alice")
				alice.send(strings.Repeat("ä", 4000)) // fits, but not into this server
				alice.send("behind it")
				s := alice.until("told", func(s chat.Snapshot) bool {
					row, ok := row(s, "behind it")
					return ok && row.Delivery == chat.Stored && len(s.Room.Rows) == 2
				})
				refused := s.Room.Rows[1]
				assert.Equal(t, chat.Failed, refused.Delivery)
				assert.Equal(t, chat.Problem{Code: chat.ProblemRefused, Detail: `Validation failed for field "content".`}, refused.Problem)

				alice.Do(chat.Discard{ID: refused.ID})
				alice.texts("behind it")
			})
		})
	}
}

// Ensure that a key which is somebody else's is never taken for one's own message, and that one's own is.
func TestTakenKeys(t *testing.T) {
	for name, test := range map[string]struct {
		cfg directustest.Config
		key string
	}{"own keys": {ownKeys, "id"}, "tutorials, completed": {completed, "client_id"}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, test.cfg, func(h *harness) {
				for i := range 1_000 { // the rows are not among those that are shown
					time.Sleep(time.Second)
					who := []string{"bob", "alice"}[i%2]
					h.server.Insert("messages", map[string]any{test.key: string(uuid(1 + i)), h.mapping.Content: who + "'s",
						"user_created": h.server.UserID(who + "@example.com")})
				}
				alice := h.as("alice")
				alice.send("bob has it") // uuid(1)
				alice.send("hers")       // uuid(2)
				s := alice.until("refused and stored", func(s chat.Snapshot) bool {
					row, ok := row(s, "bob has it")
					return ok && row.Delivery == chat.Failed && s.Room.Rows[len(s.Room.Rows)-1].ID == row.ID
				})
				assert.Equal(t, chat.ProblemKeyTaken, rowOf(t, s, "bob has it").Problem.Code)
				synctest.Wait()
				_, left := row(alice.Snapshot(), "hers")
				assert.False(t, left, "it is the row that was there")
				assert.Len(t, h.stored(), 1_000)
			})
		})
	}
}

// Ensure that the status tells the truth while a token has expired, and that what was said in that hole is fetched.
func TestExpiredToken(t *testing.T) {
	everyProject(t, func(h *harness) {
		alice := h.as("alice")
		h.server.Slow(time.Second)
		h.server.Expire()
		alice.until("interrupted", func(s chat.Snapshot) bool { return s.Connection != chat.ConnectionLive })
		h.write("bob", "in the hole")
		alice.texts("in the hole")
		alice.live()
	})
}

// Ensure an hour of short-lived tokens passes without a word lost, and without the user noticing.
func TestShortLivedTokens(t *testing.T) {
	cfg := ownKeys
	cfg.AccessTTL = 20 * time.Second
	bubble(t, cfg, func(h *harness) {
		alice := h.as("alice")
		var want []string
		for range 60 {
			time.Sleep(time.Minute)
			h.write("bob", "tick")
			want = append(want, "tick")
		}
		alice.texts(want...)
		assert.Equal(t, 1, h.server.RefreshTokens("alice@example.com"))
	})
}

// Ensure that events lost by the server are made up for as soon as the client can know of it.
func TestOverflowOfEvents(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice := h.as("alice")
		h.server.OnEvent(func([]byte) [][]byte { return nil })
		h.write("bob", "lost")
		h.server.OnEvent(nil)
		h.server.Cut()
		alice.texts("lost")
	})
}

// Ensure that nothing a server may say breaks anything.
func TestJunk(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice := h.as("alice")
		for _, frame := range []string{
			`not JSON`, `[]`, `null`, `{"type":"of the future"}`, `{"type":"items","data":null}`,
			`{"type":"subscription","event":"create","data":null,"uid":"messages"}`,
			`{"type":"subscription","event":"create","data":[null,7,{},{"id":null},{"id":{"a":1}}],"uid":"messages"}`,
			`{"type":"subscription","event":"delete","data":[null,{}],"uid":"messages"}`,
			`{"type":"subscription","event":"create","data":[{"id":"a"}],"uid":"of somebody else"}`,
		} {
			h.server.Push(frame)
		}
		h.server.Insert("messages", map[string]any{"content": "no author, no date", "user_created": nil, "date_created": nil})
		h.server.Insert("messages", map[string]any{"content": strings.Repeat("😀", 1_250_000), "date_created": nil}) // 5 MB
		h.write("bob", "still here")
		alice.until("the last one", func(s chat.Snapshot) bool { _, ok := row(s, "still here"); return ok })
		alice.close()

		s := h.open().until("all", func(s chat.Snapshot) bool { return len(s.Room.Rows) == 3 })
		anonymous := rowOf(t, s, "no author, no date")
		assert.Empty(t, anonymous.Author)
		assert.True(t, anonymous.Time.IsZero())
		large := rowOf(t, s, strings.Repeat("😀", 10_000))
		assert.True(t, large.Truncated)
	})
}

// Ensure that a page is read in smaller pieces when its rows are too large for one answer.
func TestLargeRows(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		var want []string
		for i := range 6 {
			text := strings.Repeat(string(rune('a'+i)), 3<<20)
			h.write("bob", text)
			want = append(want, text[:20_000])
		}
		h.write("bob", strings.Repeat("g", 9<<20)) // alone it is over the limit
		want = append(want, "")
		s := h.as("alice").texts(want...)
		assert.True(t, s.Room.Rows[6].Truncated)
	})
}

// Ensure that one can log in where the only row there is to try the fields on is too large to be read.
func TestOnlyALargeRow(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		h.write("bob", strings.Repeat("g", 9<<20))
		assert.True(t, h.as("alice").texts("").Room.Rows[0].Truncated)
	})
}

// Ensure that one's own message is there by the answer alone, where its event gets lost.
func TestLostEvent(t *testing.T) {
	everyProject(t, func(h *harness) {
		alice := h.as("alice")
		h.server.OnEvent(func([]byte) [][]byte { return nil })
		alice.send("mine")
		alice.texts("mine")
	})
}

// Ensure that names come from wherever they can be read, and change live where that is possible.
func TestNames(t *testing.T) {
	name := func(w *window, want string) {
		w.h.t.Helper()
		w.until("named "+want, func(s chat.Snapshot) bool {
			row, ok := row(s, "hello")
			return ok && row.Name == want && s.Connection == chat.ConnectionLive
		})
	}
	t.Run("profiles", func(t *testing.T) {
		bubble(t, ownKeys, func(h *harness) {
			h.write("bob", "hello")
			bob := h.server.UserID("bob@example.com")
			h.server.Insert("chat_profiles", map[string]any{"id": bob, "name": "Bob of profiles"})
			alice := h.as("alice")
			name(alice, "Bob of profiles")
			h.server.Update("chat_profiles", map[string]any{"name": "Robert"}, bob)
			name(alice, "Robert")
		})
	})
	t.Run("users", func(t *testing.T) {
		bubble(t, older, func(h *harness) {
			h.write("bob", "hello")
			name(h.as("alice"), "Bob")
		})
	})
	t.Run("by row, as the tutorials grant", func(t *testing.T) {
		bubble(t, tutorials, func(h *harness) {
			h.server.OnRequest(func(w http.ResponseWriter, r *http.Request) bool {
				switch r.URL.Path {
				case "/permissions/me":
					_, _ = w.Write([]byte(`{"data":{
						"messages":{"read":{"access":"full","fields":["*"]},"create":{"access":"full","fields":["*"]}},
						"directus_users":{"read":{"access":"full","fields":["first_name","last_name"]}}}}`))
				case "/users":
					w.WriteHeader(http.StatusForbidden)
					_, _ = w.Write([]byte(`{"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}`))
				default:
					return false
				}
				return true
			})
			h.write("bob", "hello")
			alice := h.as("alice")
			name(alice, "Bob")
			h.server.Insert("messages", map[string]any{"text": "live", "user_created": h.server.UserID("alice@example.com")})
			alice.until("named", func(s chat.Snapshot) bool { row, ok := row(s, "live"); return ok && row.Name == "Alice" && row.Mine })
		})
	})
	t.Run("nowhere", func(t *testing.T) {
		cfg := ownKeys
		cfg.HideUsers = true
		cfg.Collections = []directustest.Collection{directustest.Messages}
		bubble(t, cfg, func(h *harness) {
			h.write("bob", "hello")
			alice := h.as("alice")
			name(alice, "")
			assert.False(t, slices.ContainsFunc(alice.Snapshot().Room.Rows, func(r chat.Row) bool { return strings.Contains(r.Name, "@") }))
		})
	})
}

// rowOf is the row with a text.
func rowOf(t *testing.T, s chat.Snapshot, text string) chat.Row {
	t.Helper()
	r, ok := row(s, text)
	require.True(t, ok, "no row with that text")
	return r
}
