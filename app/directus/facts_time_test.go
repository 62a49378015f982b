//go:build linux || darwin

package directus_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/directus"
	"directuschat/app/directus/directustest"
)

var timeFacts = []fact{
	{"an expired access token", func(t *testing.T, d *subject) {
		g := d.login(t)
		time.Sleep(time.Until(g.Expires) + time.Second)
		_, err := d.as(t, g.Access, directus.Request{Path: "items/messages"})
		assertRefused(t, err, 401, directus.CodeTokenExpired)
	}},
	{"the handshake does not wait for ever", func(t *testing.T, d *subject) {
		w := d.dial(t)
		w.failure("auth", "AUTH_FAILED", nil, w.next())
		w.closed()
	}},
	{"the server pings, and ends what does not answer", func(t *testing.T, d *subject) {
		w := d.connect(t)
		w.mute = true
		assert.Equal(t, said{"type": "ping"}, w.next())
		var err error
		for err == nil { // on a busy machine the token expires first
			_, err = w.read(20 * time.Second)
		}
		assert.ErrorIs(t, err, directus.ErrClosed)
	}},
	{"an expired token stops the events until the next one", func(t *testing.T, d *subject) {
		w := d.connect(t)
		w.subscribe("s", `{"fields":["content"],"limit":0,"filter":{"content":{"_starts_with":"`+t.Name()+`"}}}`)
		w.failure("auth", "TOKEN_EXPIRED", nil, w.next())
		d.admin.insert(t, map[string]any{"content": t.Name() + " in the hole"})
		got := w.next()
		if d.errorsNameRequests() {
			w.failure("subscribe", "FORBIDDEN", "s", got)
		} else {
			assert.Equal(t, "create", got["event"], "before 12.1 events go on; they are ignored all the same")
		}
		w.authenticate(d.login(t))
		d.admin.insert(t, map[string]any{"content": t.Name() + " behind it"})
		assert.Equal(t, []any{map[string]any{"content": t.Name() + " behind it"}}, w.next()["data"], "the other one is lost")
	}},
	{"an expired token that is not followed by another ends the socket", func(t *testing.T, d *subject) {
		w := d.connect(t)
		w.failure("auth", "TOKEN_EXPIRED", nil, w.next())
		w.failure("auth", "AUTH_TIMEOUT", nil, w.next())
		w.closed()
	}},
	{"a session renews its token in time, again and again", func(t *testing.T, d *subject) {
		g := d.login(t)
		events := make(chan string, 1000)
		session := directus.NewSession(directus.SessionConfig{
			API: d.api, Tokens: directustest.NewTokens(g.Refresh), Grant: g,
			Subscriptions: []directus.Subscription{{UID: "s", Collection: "messages", Query: directus.Query{
				Fields: []string{"content"}, Filter: `{"content":{"_eq":"` + t.Name() + `"}}`}}},
			Deliver: func(e directus.Event) {
				if c, ok := e.(directus.Changed); !ok || c.Kind != directus.Delete {
					events <- line(e)
				}
			},
		})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- session.Run(ctx) }()
		time.Sleep(d.lives.token * 5 / 2)
		d.admin.insert(t, map[string]any{"content": t.Name()})
		for _, want := range []string{"1 connecting", "1 authenticating", "1 ready", "1 subscribed s",
			`1 s create [{"content":"` + t.Name() + `"}]`} {
			select {
			case got := <-events:
				assert.Equal(t, want, got)
			case <-time.After(20 * time.Second):
				assert.Fail(t, "nothing", "in place of %q", want)
			}
		}
		stop()
		assert.ErrorIs(t, <-ended, context.Canceled)
	}},
}
