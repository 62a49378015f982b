package client_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// Ensure that a log-out leaves nothing behind, although a message was being stored in this tab or in one that was frozen
// all the time, and that the text is not sent by anybody later.
func TestLogOutWhileStoring(t *testing.T) {
	everyProject(t, func(h *harness) {
		alice := h.as("alice")
		frozen := h.open()
		frozen.live()
		synctest.Wait()
		thaw := frozen.freeze()
		frozen.send("from the ice")
		frozen.Do(chat.Draft{Text: "half a sentence"})
		alice.send("and gone")
		alice.Do(chat.LogOut{Unsent: chat.UnsentDiscard})
		alice.signedOut()
		time.Sleep(time.Minute)

		thaw()
		assert.Equal(h.t, chat.ProblemLoggedOutByOther, frozen.signedOut().Problem.Code)
		time.Sleep(time.Minute)
		assert.Empty(h.t, h.kept())
		assert.NotContains(h.t, h.stored(), "from the ice")
		assert.Zero(h.t, h.server.RefreshTokens("alice@example.com"))
	})
}

// Ensure that a tab that was frozen while its user logged out and in again writes nothing of the first session into the
// second, and follows it; and that it follows another user.
func TestFrozenThroughAnotherLogIn(t *testing.T) {
	for _, next := range []string{"alice", "bob"} {
		t.Run(next, func(t *testing.T) {
			bubble(t, ownKeys, func(h *harness) {
				first := h.as("alice")
				frozen := h.open()
				frozen.live()
				synctest.Wait()
				thaw := frozen.freeze()
				frozen.send("of the first session")
				first.Do(chat.LogOut{})
				first.signedOut()
				first.logIn(next)
				first.live()

				thaw()
				frozen.until(next, func(s chat.Snapshot) bool {
					return s.Me.ID == chat.UserID(h.server.UserID(next+"@example.com")) && s.Connection == chat.ConnectionLive
				})
				first.send("of the second")
				frozen.texts("of the second")
				first.texts("of the second")
				time.Sleep(time.Minute)
				assert.Equal(t, []string{"of the second"}, h.stored())
				assert.Equal(t, chat.Problem{}, frozen.Snapshot().Problem)
			})
		})
	}
}

// Ensure that a tab that is closed in the middle of a log-out leaves nothing that the next start does not remove.
func TestClosedInTheMiddleOfALogOut(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		h.write("bob", "hello")
		alice := h.as("alice")
		alice.texts("hello")
		alice.Do(chat.Draft{Text: "a draft"})
		time.Sleep(3 * time.Second)
		assert.Contains(t, strings.Join(keysOf(h.kept()), "\n"), "cache/")
		alice.close()
		generation := h.kept()["generation/"+h.server.UserID("alice@example.com")]
		s := h.browser.Open("/")
		require.NoError(t, s.Records().Put(t.Context(), "ended/"+generation, time.Now().Format(time.RFC3339)))
		h.browser.Close(s)

		w := h.open() // with the session still stored
		w.signedOut()
		synctest.Wait()
		assert.Empty(t, h.kept())
		assert.Zero(t, h.server.RefreshTokens("alice@example.com"))
	})
}

// Ensure that what an ended session has left unsent is told of, by name, and sent when its user comes back.
func TestUnsentOfAnEndedSession(t *testing.T) {
	everyProject(t, func(h *harness) {
		alice := h.as("alice")
		h.server.Stop()
		alice.send("one")
		alice.send("two")
		alice.queued("two")
		alice.Do(chat.Draft{Text: "three, perh"})
		synctest.Wait()
		h.server.Revoke("alice@example.com")
		h.server.Expire()
		h.server.Start()
		alice.signedOut()
		unsent := func(w *window, count int, name string) {
			h.t.Helper()
			s := w.until("told", func(s chat.Snapshot) bool { return s.Phase == chat.PhaseSignedOut && s.Login.Unsent == count })
			assert.Equal(h.t, name, s.Login.UnsentName)
		}
		unsent(alice, 2, "Alice")
		alice = alice.reload()
		unsent(alice, 2, "Alice")

		alice.logIn("bob")
		alice.live()
		time.Sleep(time.Minute)
		assert.Empty(h.t, h.stored(), "never as somebody else")
		alice.Do(chat.LogOut{})
		unsent(alice, 2, "Alice")

		alice.logIn("alice")
		alice.texts("one", "two")
		assert.Equal(h.t, []string{"one", "two"}, h.stored())
		alice.until("typed", func(s chat.Snapshot) bool { return s.Room.Draft == "three, perh" })
		alice.Do(chat.LogOut{})
		unsent(alice, 0, "")
	})
}

// Ensure that a refresh whose answer got lost costs nothing where chatd gives it again, and without it the password, but
// nothing that was written.
func TestLostRefresh(t *testing.T) {
	for name, grace := range map[string]time.Duration{"chatd heals it": 30 * time.Second, "nobody does": 0} {
		t.Run(name, func(t *testing.T) {
			cfg := ownKeys
			cfg.RefreshGrace = grace
			bubble(t, cfg, func(h *harness) {
				alice := h.as("alice")
				h.server.LoseRefreshes(1)
				h.server.Stop()
				h.server.Expire()
				alice.send("meanwhile")
				alice.queued("meanwhile")
				h.server.Start()
				if grace == 0 {
					assert.Equal(t, chat.ProblemSessionEnded, alice.signedOut().Problem.Code)
					alice.logIn("alice")
				}
				alice.texts("meanwhile")
				alice.live()
				assert.Equal(t, []string{"meanwhile"}, h.stored())
			})
		})
	}
}

// Ensure that what an ended session has left can be thrown away without logging in.
func TestDiscardUnsent(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice := h.as("alice")
		h.server.Stop()
		alice.send("never")
		alice.queued("never")
		h.server.Revoke("alice@example.com")
		h.server.Expire()
		h.server.Start()
		alice.until("told", func(s chat.Snapshot) bool { return s.Login.Unsent == 1 })
		alice.Do(chat.DiscardUnsent{})
		alice.until("gone", func(s chat.Snapshot) bool { return s.Login.Unsent == 0 })
		alice.logIn("alice")
		alice.live()
		time.Sleep(time.Minute)
		assert.Empty(t, h.stored())
	})
}

// Ensure that what an ended session has left is taken along where its user chooses another place to store things.
func TestUnsentMovesWithItsUser(t *testing.T) {
	for name, shared := range map[string]bool{"to a shared computer": true, "from one": false} {
		t.Run(name, func(t *testing.T) {
			bubble(t, tutorials, func(h *harness) {
				in := chat.LogIn{Email: "alice@example.com", Password: h.password, Shared: !shared}
				alice := h.open()
				alice.Do(in)
				alice.live()
				h.server.Stop()
				alice.send("moved")
				alice.queued("moved")
				h.server.Revoke("alice@example.com")
				h.server.Expire()
				h.server.Start()
				alice.until("told", func(s chat.Snapshot) bool { return s.Login.Unsent == 1 })

				in.Shared = shared
				alice.Do(in)
				alice.texts("moved")
				alice.Do(chat.LogOut{})
				alice.signedOut()
				in.Shared = !shared
				alice.Do(in)
				alice.live()
				time.Sleep(time.Minute)
				assert.Equal(t, []string{"moved"}, h.stored())
			})
		})
	}
}

// Ensure that a log-out without a network reaches the server when there is one, also after a reload, and that until then
// it is told.
func TestRevocationPending(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice := h.as("alice")
		h.server.Stop()
		alice.Do(chat.LogOut{})
		alice.until("told", func(s chat.Snapshot) bool { return s.Login.Revoking })
		time.Sleep(time.Hour)
		assert.True(t, alice.Snapshot().Login.Revoking)
		alice = alice.reload()
		alice.until("told", func(s chat.Snapshot) bool { return s.Login.Revoking })

		h.server.Start()
		at := time.Now()
		alice.SetOnline(true)
		alice.until("done", func(s chat.Snapshot) bool { return !s.Login.Revoking })
		assert.Less(t, time.Since(at), time.Second)
		assert.Zero(t, h.server.RefreshTokens("alice@example.com"))
		assert.Empty(t, h.kept())
	})
}

// Ensure that diagnostics show what happened, and neither a secret nor what somebody wrote.
func TestDiagnostics(t *testing.T) {
	cfg := ownKeys
	cfg.AccessTTL = 20 * time.Second
	bubble(t, cfg, func(h *harness) {
		alice := h.as("alice")
		h.write("bob", "a secret of bob")
		alice.texts("a secret of bob")
		h.server.Cut()
		time.Sleep(time.Minute)
		h.server.Stop()
		alice.send("my own secret")
		alice.queued("my own secret")
		time.Sleep(time.Minute)

		d := alice.Diagnostics()
		assert.NotEmpty(t, d.States)
		assert.NotEmpty(t, d.Frames)
		assert.NotEmpty(t, d.Gaps)
		require.Len(t, d.Outbox, 1)
		text := d.String()
		for _, want := range []string{"connection: ", "subscribe", "ready", "queued", "messages"} {
			assert.Contains(t, text, want)
		}
		kept := h.kept()
		for _, secret := range []string{"secret of bob", "own secret", kept["token"], "password"} {
			assert.NotContains(t, text, secret)
		}
		for range 200 {
			h.server.Start()
			alice.live()
			h.server.Stop()
			alice.until("cut", func(s chat.Snapshot) bool { return s.Connection != chat.ConnectionLive })
		}
		d = alice.Diagnostics()
		assert.LessOrEqual(t, len(d.Frames), 100)
		assert.LessOrEqual(t, len(d.States), 50)
		assert.LessOrEqual(t, len(d.Gaps), 20)
	})
}

// Ensure that an audit that finds something is reported to the operator, once it is repaired.
func TestReport(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		var reports []string
		h.server.OnRequest(func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/audit") {
				return false
			}
			body := make([]byte, r.ContentLength)
			_, _ = r.Body.Read(body)
			reports = append(reports, r.Method+" "+string(body)+r.Header.Get("Authorization"))
			w.WriteHeader(http.StatusNoContent)
			return true
		})
		h.write("bob", "there")
		lost := h.write("bob", "gone")
		time.Sleep(time.Minute)
		h.write("bob", "much later")
		alice := h.as("alice")
		h.server.OnEvent(func([]byte) [][]byte { return nil })
		h.server.Delete("messages", lost)
		time.Sleep(10 * time.Minute)
		alice.until("repaired", func(s chat.Snapshot) bool { _, ok := row(s, "gone"); return !ok })
		synctest.Wait()
		require.Len(t, reports, 1)
		assert.Equal(t, `POST {"checked":2,"missing":0,"doubled":1}`, reports[0])
	})
}
