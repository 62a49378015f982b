package client_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
	"directuschat/app/directus/directustest"
	"directuschat/app/store"
)

// answers makes the server give one answer to all requests whose path begins with something.
func (h *harness) answers(path string, status int, body string) {
	h.server.OnRequest(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, path) {
			return false
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		return true
	})
}

// Ensure that everything that may be wrong at log-in is told apart, that no token stays behind, and that one can try
// again.
func TestLogInProblems(t *testing.T) {
	withCode := ownKeys
	withCode.Users = []directustest.User{{Email: "alice@example.com", Password: "password", Code: "123456"}}
	locked, readOnly := directustest.Messages, directustest.Messages
	locked.NoRead, readOnly.NoCreate = true, true

	in := chat.LogIn{Email: "alice@example.com", Password: "password"}
	with := func(f func(*chat.LogIn)) chat.LogIn {
		changed := in
		f(&changed)
		return changed
	}
	tests := map[string]struct {
		cfg    directustest.Config
		given  func(h *harness)
		intent chat.LogIn
		want   chat.ProblemCode
	}{
		"no e-mail":      {intent: with(func(l *chat.LogIn) { l.Email = " " }), want: chat.ProblemEmailInvalid},
		"no address":     {intent: with(func(l *chat.LogIn) { l.Email = "alice" }), want: chat.ProblemEmailInvalid},
		"no password":    {intent: with(func(l *chat.LogIn) { l.Password = "" }), want: chat.ProblemPasswordMissing},
		"wrong password": {intent: with(func(l *chat.LogIn) { l.Password = "guess" }), want: chat.ProblemWrongPassword},
		"unknown user":   {intent: with(func(l *chat.LogIn) { l.Email = "x@example.com" }), want: chat.ProblemWrongPassword},
		"suspended": {given: func(h *harness) { // 11.17.4 and 12.4.0 do not tell it from a wrong password
			h.answers("/auth", 401, `{"errors":[{"message":"User suspended.","extensions":{"code":"USER_SUSPENDED"}}]}`)
		}, intent: in, want: chat.ProblemSuspended},
		"code needed":   {cfg: withCode, intent: in, want: chat.ProblemCodeNeeded},
		"code wrong":    {cfg: withCode, intent: with(func(l *chat.LogIn) { l.Code = "1" }), want: chat.ProblemCodeWrong},
		"unreachable":   {given: func(h *harness) { h.server.Stop() }, intent: in, want: chat.ProblemUnreachable},
		"failing":       {given: func(h *harness) { h.answers("/auth", 503, "busy") }, intent: in, want: chat.ProblemServerFailing},
		"failing later": {given: func(h *harness) { h.answers("/items", 500, "") }, intent: in, want: chat.ProblemServerFailing},
		"throttled":     {given: func(h *harness) { h.answers("/auth", 429, "slow down") }, intent: in, want: chat.ProblemTooManyAttempts},
		"guarded": {given: func(h *harness) {
			h.answers("/auth", 429, `{"errors":[{"message":"Too many.","extensions":{"code":"LOGIN_ATTEMPTS_EXCEEDED"}}]}`)
		}, intent: in, want: chat.ProblemAccountGuarded},
		"a web page":        {given: func(h *harness) { h.answers("/", 200, "<html>") }, intent: in, want: chat.ProblemNotDirectus},
		"not found":         {given: func(h *harness) { h.answers("/", 404, `{"error":"not found"}`) }, intent: in, want: chat.ProblemNotDirectus},
		"realtime off":      {given: func(h *harness) { h.server.SetRealtime(false) }, intent: in, want: chat.ProblemRealtimeDisabled},
		"no right to read":  {cfg: directustest.Config{Collections: []directustest.Collection{locked}}, intent: in, want: chat.ProblemReadForbidden},
		"no collection":     {cfg: ownKeys, given: func(h *harness) { h.mapping.Collection = "elsewhere" }, intent: in, want: chat.ProblemCollectionMissing},
		"no such text":      {cfg: ownKeys, given: func(h *harness) { h.mapping.Content = "body" }, intent: in, want: chat.ProblemReadForbidden},
		"storage forbidden": {given: func(h *harness) { h.browser.Refuse(func(string) error { return store.ErrForbidden }) }, intent: in, want: chat.ProblemStorageFailing},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, test.cfg, func(h *harness) {
				if test.given != nil {
					test.given(h)
				}
				w := h.open()
				w.Do(test.intent)
				s := w.until("refused", func(s chat.Snapshot) bool { return s.Login.Attempt == 1 })
				assert.Equal(t, chat.PhaseSignedOut, s.Phase)
				assert.Equal(t, test.want, s.Login.Problem.Code, "%v", s.Login.Problem)
				assert.Equal(t, test.want == chat.ProblemCodeNeeded, s.Login.NeedsCode)
				synctest.Wait()
				assert.Zero(t, h.server.RefreshTokens("alice@example.com"), "the log-in is revoked")
				assert.Empty(t, h.browser.Open("/").Load())

				w.Do(chat.LogIn{Email: "nobody"})
				w.until("tried again", func(s chat.Snapshot) bool { return s.Login.Attempt == 2 })
			})
		})
	}

	t.Run("no answer", func(t *testing.T) {
		bubble(t, ownKeys, func(h *harness) {
			h.server.Freeze()
			w := h.open()
			w.logIn("alice")
			w.until("given up", func(s chat.Snapshot) bool { return s.Login.Problem.Code == chat.ProblemUnreachable })
			h.server.Thaw()
			w.logIn("alice")
			w.live()
		})
	})
	t.Run("the code", func(t *testing.T) {
		bubble(t, withCode, func(h *harness) {
			w := h.open()
			w.logIn("alice")
			w.until("asked", func(s chat.Snapshot) bool { return s.Login.NeedsCode })
			w.Do(chat.LogIn{Email: in.Email, Password: in.Password, Code: "654321"})
			s := w.until("refused", func(s chat.Snapshot) bool { return s.Login.Problem.Code == chat.ProblemCodeWrong })
			assert.True(t, s.Login.NeedsCode)
			w.Do(chat.LogIn{Email: in.Email, Password: in.Password, Code: "123456"})
			w.live()
		})
	})
	t.Run("no right to write", func(t *testing.T) {
		bubble(t, directustest.Config{Collections: []directustest.Collection{readOnly}}, func(h *harness) {
			s := h.as("alice").Snapshot()
			assert.False(t, s.CanWrite)
			assert.Equal(t, chat.ProblemWriteForbidden, s.Problem.Code)
		})
	})
}

// Ensure a log-out leaves nothing behind: on the server, in storage, in other tabs.
func TestLogOut(t *testing.T) {
	everyProject(t, func(h *harness) {
		alice := h.as("alice")
		second := h.open()
		second.live()
		alice.send("said")
		second.texts("said")
		alice.texts("said")
		h.server.Stop()
		alice.send("never said")
		alice.until("queued", func(s chat.Snapshot) bool { return len(s.Room.Rows) == 2 && s.Room.Rows[1].Delivery == chat.Queued })
		h.server.Start()

		alice.Do(chat.LogOut{Unsent: chat.UnsentDiscard})
		assert.Equal(h.t, chat.Problem{}, alice.signedOut().Problem)
		assert.Equal(h.t, chat.ProblemLoggedOutByOther, second.signedOut().Problem.Code)
		synctest.Wait()
		assert.Zero(h.t, h.server.RefreshTokens("alice@example.com"))
		assert.Zero(h.t, h.server.Connections())
		assert.Empty(h.t, h.kept())
		for _, w := range []*window{alice, second} {
			assert.Empty(h.t, w.Snapshot().Room.Rows)
			assert.Empty(h.t, w.Snapshot().Me)
		}
	})
}

// Ensure that a log-in in one tab is one in all, and that a change of users reaches a tab that was somebody else.
func TestTabsFollowEachOther(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		first, second := h.open(), h.open()
		first.logIn("alice")
		first.live()
		second.live()

		first.Do(chat.LogOut{})
		second.signedOut()
		second.logIn("bob")
		s := second.live()
		assert.Equal(t, chat.UserID(h.server.UserID("bob@example.com")), s.Me.ID)
		s = first.live()
		assert.Equal(t, chat.UserID(h.server.UserID("bob@example.com")), s.Me.ID)
	})
}

// Ensure that what one user could not send is sent when they come back, and never as somebody else.
func TestOutboxBelongsToItsUser(t *testing.T) {
	everyProject(t, func(h *harness) {
		alice := h.as("alice")
		h.server.Stop()
		alice.send("from alice")
		alice.until("queued", func(s chat.Snapshot) bool { return s.Room.Kept != "" })
		h.server.Revoke("alice@example.com")
		h.server.Expire()
		h.server.Start()
		assert.Equal(h.t, chat.ProblemSessionEnded, alice.signedOut().Problem.Code)
		assert.Equal(h.t, "alice@example.com", alice.signedOut().Email, "only the password is asked for")

		alice.logIn("bob")
		bob := alice.live()
		assert.Empty(h.t, bob.Room.Rows)
		time.Sleep(time.Minute)
		assert.Empty(h.t, h.stored())
		alice.Do(chat.LogOut{})
		alice.signedOut()

		alice.logIn("alice")
		s := alice.texts("from alice")
		assert.True(h.t, rowOf(h.t, s, "from alice").Mine)
	})
}

// Ensure that a refused refresh token ends the session in every tab, with the reason, and that trouble does not.
func TestSessionEnds(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice, second := h.as("alice"), h.open()
		second.live()
		h.answers("/auth/refresh", 503, "busy")
		h.server.Expire()
		time.Sleep(time.Hour)
		assert.Equal(t, chat.PhaseSignedIn, alice.Snapshot().Phase)

		h.server.OnRequest(nil)
		h.server.Revoke("alice@example.com")
		assert.Equal(t, chat.ProblemSessionEnded, alice.signedOut().Problem.Code)
		assert.Equal(t, chat.ProblemSessionEnded, second.signedOut().Problem.Code)
		synctest.Wait()
		assert.Empty(t, h.browser.Open("/").Load())

		third := h.open()
		assert.Equal(t, chat.Problem{}, third.signedOut().Problem)
	})
}

// Ensure that a stored token is not used without knowing whose it is. With no record at all it is what a log-out has left:
// it is revoked.
func TestTokenWithoutRecord(t *testing.T) {
	for name, test := range map[string]struct {
		record string
		tokens int // that the server still takes
	}{"none": {"", 0}, "junk": {"{", 1}, "of nobody": {"{}", 1}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, ownKeys, func(h *harness) {
				s := h.browser.Open("/")
				require.NoError(t, s.Put(t.Context(), store.TokenKey, string(h.server.Grant("alice@example.com").Refresh)))
				require.NoError(t, s.Put(t.Context(), "session", test.record))
				h.server.OnRequest(func(_ http.ResponseWriter, r *http.Request) bool {
					assert.NotEqual(t, "/auth/refresh", r.URL.Path)
					return false
				})
				h.open().signedOut()
				synctest.Wait()
				assert.Equal(t, test.tokens, h.server.RefreshTokens("alice@example.com"))
			})
		})
	}
}

// Ensure that what has changed in the project since the last visit is found out on the next.
func TestProjectChanges(t *testing.T) {
	visit := func(h *harness) (again *window) {
		h.write("bob", "hello")
		alice := h.as("alice")
		alice.texts("hello")
		synctest.Wait()
		alice.close()
		return h.open()
	}
	t.Run("realtime was switched off", func(t *testing.T) {
		bubble(t, ownKeys, func(h *harness) {
			h.as("alice").close()
			h.server.SetRealtime(false)
			alice := h.open()
			s := alice.until("told", func(s chat.Snapshot) bool { return s.Problem.Code == chat.ProblemRealtimeDisabled })
			assert.Equal(t, chat.PhaseSignedIn, s.Phase)
			h.server.SetRealtime(true)
			alice.live()
			assert.Equal(t, chat.Problem{}, alice.Snapshot().Problem)
		})
	})
	t.Run("the right to write was taken", func(t *testing.T) {
		bubble(t, ownKeys, func(h *harness) {
			h.as("alice").close()
			h.answers("/permissions", 200, `{"data":{"messages":{"read":{"access":"full","fields":["*"]},"create":{"access":"none"}}}}`)
			s := h.open().until("told", func(s chat.Snapshot) bool { return s.Problem.Code == chat.ProblemWriteForbidden })
			assert.False(t, s.CanWrite)
		})
	})
	t.Run("the right to read was taken", func(t *testing.T) {
		bubble(t, ownKeys, func(h *harness) {
			alice := visit(h)
			alice.live()
			alice.close()
			h.answers("/permissions", 200, `{"data":{"messages":{"read":{"access":"none"}}}}`)
			h.open().until("told", func(s chat.Snapshot) bool { return s.Problem.Code == chat.ProblemReadForbidden })
		})
	})
	t.Run("a field can no longer be read", func(t *testing.T) {
		bubble(t, ownKeys, func(h *harness) {
			alice := visit(h)
			alice.texts("hello")
			alice.close()
			h.answers("/permissions", 200, `{"data":{"messages":{
				"read":{"access":"full","fields":["id","content","date_created","user_created"]},"create":{"access":"full","fields":["*"]}}}}`)
			alice = h.open()
			alice.texts("hello")
			synctest.Wait()
			h.server.OnRequest(nil)
			alice.send("still works")
			alice.texts("hello", "still works")
		})
	})
}

// Ensure that a token which is still stored at a log-in, whoever's it is, does not live on.
func TestLeftOverToken(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		require.NoError(t, h.browser.Open("/").Put(t.Context(), store.TokenKey, string(h.server.Grant("bob@example.com").Refresh)))
		var revoked int
		h.server.OnRequest(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/auth/logout" {
				revoked++
			}
			return false
		})
		h.as("alice")
		h.elsewhere("alice")
		synctest.Wait()
		assert.Equal(t, 1, revoked, "where nothing was stored there is nothing to revoke")
		assert.Zero(t, h.server.RefreshTokens("bob@example.com"))
		assert.Equal(t, 2, h.server.RefreshTokens("alice@example.com"))
	})
}

// Ensure that a tab whose storage has become another user's is that user's at once, with nothing left of the first.
func TestStorageOfAnotherUser(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		h.elsewhere("bob").close()
		alice := h.as("alice")
		s := h.browser.Open("/")
		text, err := s.Get(t.Context(), "session")
		require.NoError(t, err)
		bob := h.server.UserID("bob@example.com")
		require.NoError(t, s.Records().Put(t.Context(), "generation/"+bob, h.kept()["generation/"+h.server.UserID("alice@example.com")]))
		require.NoError(t, s.Put(t.Context(), store.TokenKey, string(h.server.Grant("bob@example.com").Refresh)))
		require.NoError(t, s.Put(t.Context(), "session", strings.Replace(text, h.server.UserID("alice@example.com"), bob, 1)))

		alice.until("bob", func(s chat.Snapshot) bool {
			return s.Me.ID == chat.UserID(bob) && s.Connection == chat.ConnectionLive
		})
		synctest.Wait()
		assert.Equal(t, 1, h.server.Connections())
	})
}

// Ensure that what cannot be read in the stored outbox is left alone.
func TestJunkInTheOutbox(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		s := h.browser.Open("/")
		user := h.server.UserID("alice@example.com")
		for key, value := range map[string]string{"a": "", "b": "{", "c": "{}", "d": `{"ID":"` + string(uuid(9)) + `","Text":"kept"}`} {
			require.NoError(t, s.Put(t.Context(), "outbox/"+user+"/"+key, value))
		}
		h.as("alice").texts("kept")
	})
}

// Ensure that what is wrong with the storage is told, and that messages are sent all the same.
func TestStorageFails(t *testing.T) {
	everyProject(t, func(h *harness) {
		alice := h.as("alice")
		h.browser.Refuse(func(key string) error {
			if strings.Contains(key, "outbox") {
				return store.ErrFull
			}
			return nil
		})
		alice.send("not durable")
		alice.texts("not durable")
		synctest.Wait()
		s := alice.Snapshot()
		assert.Equal(h.t, chat.ProblemStorageFailing, s.Problem.Code)
		assert.Empty(h.t, s.Problem.Detail, "it would be shown as the server's words")

		h.browser.Refuse(nil)
		alice.send("durable")
		alice.texts("not durable", "durable")
		synctest.Wait()
		assert.Equal(h.t, chat.Problem{}, alice.Snapshot().Problem)
	})
}

// Ensure that nothing of a session runs on when the program is asked to end, whatever it is doing.
func TestRunEnds(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice := h.as("alice")
		h.server.Freeze()
		alice.send("under way")
		synctest.Wait()
		alice.close() // waits for Run; the bubble fails if a goroutine is left
		h.server.Thaw()
	})
	bubble(t, ownKeys, func(h *harness) {
		w := h.open()
		h.server.Freeze()
		w.logIn("alice")
		synctest.Wait()
		w.close()
		h.server.Thaw()
	})
}

// Ensure that the browser's news of network and visibility is passed on.
func TestOnline(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice := h.open()
		alice.signedOut()
		alice.SetOnline(false) // known before there is a session
		alice.logIn("alice")
		alice.live()
		h.server.Cut()
		alice.until("offline", func(s chat.Snapshot) bool { return s.Connection == chat.ConnectionOffline })
		at := time.Now()
		alice.SetOnline(true)
		alice.live()
		assert.Less(t, time.Since(at), time.Second)

		second := h.open()
		second.SetOnline(false)
		second.live()
		h.server.Stop()
		second.until("offline", func(s chat.Snapshot) bool { return s.Connection == chat.ConnectionOffline })

		alice.SetVisible(false)
		alice.until("waiting", func(s chat.Snapshot) bool { return s.Connection == chat.ConnectionWaiting })
		time.Sleep(10 * time.Minute)
		h.server.Start()
		at = time.Now()
		alice.Wake()
		alice.live()
		assert.Less(t, time.Since(at), time.Second)
	})
}

// Ensure a tick comes for a change, one for many, and none after stop.
func TestChanged(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		w := h.open()
		tick, _, stop := w.Changed()
		for range 5 {
			w.Do(chat.LogIn{})
		}
		synctest.Wait()
		<-tick
		select {
		case <-tick:
			assert.Fail(t, "many changes are one tick")
		default:
		}
		assert.Equal(t, 5, w.Snapshot().Login.Attempt)

		stop()
		w.Do(chat.LogIn{})
		synctest.Wait()
		assert.Empty(t, tick)
	})
}

var errBroken = errors.New("broken")

// brokenStore cannot even be read.
type brokenStore struct{ *store.Store }

func (brokenStore) Get(context.Context, string) (string, error) { return "", errBroken }
func (brokenStore) List(context.Context, string) (map[string]string, error) {
	return nil, errBroken
}

// Ensure that a browser that keeps nothing at all ends at the form with a reason, not in a crash.
func TestStorageCannotBeRead(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		tab := h.browser.Open("/")
		w := h.openWith(tab, brokenStore{tab}, tab.Records())
		w.signedOut()
		w.logIn("alice")
		s := w.until("told", func(s chat.Snapshot) bool {
			return s.Problem.Code == chat.ProblemStorageFailing || s.Login.Problem.Code != ""
		})
		assert.Equal(t, chat.ProblemStorageFailing, max(s.Problem.Code, s.Login.Problem.Code))
	})
}
