package directus_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/directus"
	"directuschat/app/directus/directustest"
)

func TestSessionConnects(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		assert.Equal(t, start(1), tab.take())
		assert.Equal(t, []string{
			`{"type":"auth","uid":"1","access_token":"access-1"}`,
			`{"type":"subscribe","uid":"messages","collection":"messages","query":{"fields":["id","content"],"limit":0}}`,
		}, srv.Frames())
	})
}

func TestSessionWithoutGrantRefreshesFirst(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv, withoutGrant)
		assert.Equal(t, start(1), tab.take())
		assert.EqualValues(t, "refresh-2", tab.tokens.Load(), "the successor is stored")
	})
}

func TestSessionDeliversChanges(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		tab.take()
		const id = "0198c0de-0000-7000-8000-000000000001"
		srv.Insert("messages", map[string]any{"id": id, "content": "hello"})
		srv.Update("messages", map[string]any{"content": "bye"}, id)
		srv.Delete("messages", id)
		assert.Equal(t, []string{
			`1 messages create [{"content":"hello","id":"` + id + `"}]`,
			`1 messages update [{"content":"bye","id":"` + id + `"}]`,
			`1 messages delete ["` + id + `"]`,
		}, tab.take())
	})
}

func TestSessionLastsAnHour(t *testing.T) {
	for name, heartbeat := range map[string]time.Duration{"with heartbeat": 0, "without": -1} {
		t.Run(name, func(t *testing.T) {
			onVirtualTime(t, directustest.Config{Heartbeat: heartbeat}, func(t *testing.T, srv *directustest.Server) {
				tab := open(t, srv)
				time.Sleep(time.Hour)
				srv.Insert("messages", map[string]any{"id": "a", "content": "still here"})
				assert.Equal(t, append(start(1), `1 messages create [{"content":"still here","id":"a"}]`), tab.take())
				assert.EqualValues(t, "refresh-6", tab.tokens.Load(), "of 15 minutes each, 10.5 to 12 are used: 5 refreshes")
				assert.Equal(t, 1, srv.RefreshTokens(alice))
			})
		})
	}
}

// A server whose heartbeat is not answered hangs up, and auth frames and probes of ours are rarer when hidden.
func TestSessionAnswersHeartbeatsWhileHidden(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		tab.SetVisible(false)
		time.Sleep(time.Hour)
		assert.Equal(t, start(1), tab.take())
	})
}

func TestSessionEndsWithContext(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		tab.take()
		tab.stop()
		settle()
		assert.ErrorIs(t, <-tab.ended, context.Canceled)
		tab.ended <- nil
		assert.Empty(t, tab.take())
		assert.Zero(t, srv.Connections())
		_, err := tab.Token(t.Context())
		assert.ErrorIs(t, err, context.Canceled)
	})
}

// A refresh that is cut short would lose the session: the server has replaced the token, and nobody stored the new one.
func TestRunWaitsForARefresh(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		srv.Slow(5 * time.Second)
		tab := open(t, srv, withoutGrant)
		tab.stop()
		began := time.Now()
		<-tab.ended
		tab.ended <- nil
		assert.Equal(t, 5*time.Second, time.Since(began))
		assert.EqualValues(t, "refresh-2", tab.tokens.Load())
	})
}

func TestSubscriptionRefused(t *testing.T) {
	for _, version := range []string{"12.4.0", "11.17.4"} { // the older one does not say which subscription it means
		t.Run(version, func(t *testing.T) {
			secret := directustest.Collection{Name: "secrets", NoRead: true}
			cfg := directustest.Config{Version: version, Collections: []directustest.Collection{directustest.Messages, secret}}
			onVirtualTime(t, cfg, func(t *testing.T, srv *directustest.Server) {
				tab := open(t, srv, func(c *directus.SessionConfig) {
					c.Subscriptions = []directus.Subscription{{UID: "secrets", Collection: "secrets"}, messages}
				})
				assert.Equal(t, []string{
					"1 connecting", "1 authenticating", "1 ready", "1 failed secrets FORBIDDEN", "1 subscribed messages",
				}, tab.take(), "and the connection goes on")
			})
		})
	}
}

func TestSubscriptionErrorIsAGap(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		tab.take()
		srv.Push(`{"type":"subscribe","status":"error","error":{"code":"FORBIDDEN","message":"no"},"uid":"messages"}`)
		srv.Push(`{"type":"subscribe","status":"error","error":{"code":"FORBIDDEN","message":"no"}}`)
		assert.Equal(t, []string{"1 gap: subscription error", "1 gap: subscription error"}, tab.take())
	})
}

func TestSubscriptionWithoutAnswerEndsTheConnection(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv, func(c *directus.SessionConfig) {
			deliver := c.Deliver
			c.Deliver = func(e directus.Event) {
				if e, ok := e.(directus.StateChanged); ok && e.State == directus.Ready && e.Generation == 1 {
					srv.Freeze() // before the subscription is asked for
				}
				deliver(e)
			}
		})
		took := tab.until(directus.Waiting, time.Minute)
		assert.InDelta(t, 10, took.Seconds(), 0.1)
		srv.Thaw()
		time.Sleep(10 * time.Second)
		assert.Contains(t, tab.take(), "2 subscribed messages")
	})
}

func TestJunkIsIgnored(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		tab.take()
		for _, frame := range []string{
			``, `{`, `not JSON`, `null`, `[]`, `42`, `"ping"`, `{}`, `{"type":null}`, `{"type":{"a":[1,{}]}}`,
			`{"type":"future","data":{"x":1},"uid":7}`,
			`{"type":"items","data":{"id":"x"},"uid":"999"}`,
			`{"type":"subscription","event":"create","data":[{"id":"x"}],"uid":"somebody else's"}`,
			`{"type":"subscription","event":"rename","data":[],"uid":"messages"}`,
			`{"type":"subscription","event":null,"data":null,"uid":null}`,
			`{"type":"server","status":"error","error":{"code":"REQUESTS_EXCEEDED","message":"Too many messages"}}`,
			`{"type":"server","status":"error","error":null}`,
			`{"type":"ping"} {"type":"ping"}`,
		} {
			srv.Push(frame)
		}
		assert.Empty(t, tab.take())
		assert.NotContains(t, srv.Frames(), `{"type":"pong"}`)
		srv.Push(`{"type":"ping"}`)
		settle()
		assert.Contains(t, srv.Frames(), `{"type":"pong"}`)
	})
}

func TestTooLargeAFrameIsAGap(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		tab.take()
		srv.Insert("messages", map[string]any{"id": "a", "content": string(make([]byte, 5<<20))})
		srv.Insert("messages", map[string]any{"id": "b", "content": "small"})
		assert.Equal(t, []string{"1 gap: frame too large", `1 messages create [{"content":"small","id":"b"}]`}, tab.take())
	})
}

// A page that was frozen, or a machine that slept, comes back with timers that are late by the wall clock.
func TestLateTimerIsAGap(t *testing.T) {
	onVirtualTime(t, directustest.Config{Heartbeat: -1}, func(t *testing.T, srv *directustest.Server) {
		frozen := false
		tab := open(t, srv, func(c *directus.SessionConfig) {
			deliver := c.Deliver
			c.Deliver = func(e directus.Event) {
				if _, ok := e.(directus.Changed); ok && !frozen {
					frozen = true
					time.Sleep(10 * time.Minute)
				}
				deliver(e)
			}
		})
		tab.take()
		srv.Insert("messages", map[string]any{"id": "a", "content": "x"})
		time.Sleep(11 * time.Minute)
		assert.Equal(t, []string{`1 messages create [{"content":"x","id":"a"}]`, "1 gap: clock jump"}, tab.take())
	})
}
