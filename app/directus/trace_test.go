package directus_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/directus"
	"directuschat/app/directus/directustest"
)

func TestTrace(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		var mu sync.Mutex
		var said []string
		tab := open(t, srv, func(c *directus.SessionConfig) {
			c.Trace = func(e directus.TraceEvent) {
				mu.Lock()
				defer mu.Unlock()
				said = append(said, e.Kind+" "+e.Text)
				assert.False(t, e.Time.IsZero())
				assert.Equal(t, e.Kind == "state", e.Size == 0, e.Text)
			}
		})
		srv.Insert("messages", map[string]any{"id": "a", "content": "between you and me"})
		srv.Push(`{"access_token":"access-1","type":"junk"}`)
		srv.Push(`{"type":"items","status":"error","error":{"code":"VALUE_TOO_LONG","message":"Value \"between you and me\" is too long."}}`)
		srv.Push(`{"error":"between"}`)
		srv.Push(`junk`)
		time.Sleep(12 * time.Minute)
		srv.Revoke(alice)
		time.Sleep(12 * time.Minute)
		assert.Contains(t, tab.take(), "1 ended")
		<-tab.ended
		tab.ended <- nil

		mu.Lock()
		defer mu.Unlock()
		for _, want := range []string{
			"state 1 connecting",
			"state 1 authenticating",
			`out type="auth" uid="1" access_token=(10 bytes)`,
			`in status="ok" type="auth" uid="1"`,
			`out type="subscribe" uid="messages" collection="messages" query={"fields":["id","content"],"limit":0}`,
			"rest GET server/info: 200 in 0 ms",
			`in data=(43 bytes) event="create" type="subscription" uid="messages"`,
			`in access_token=(10 bytes) type="junk"`,
			`in type="items" status="error" error="VALUE_TOO_LONG"`,
			"in error=(9 bytes)",
			"in (not a frame)",
			"rest POST auth/refresh: 200 in 0 ms",
			"rest POST auth/refresh: 401 in 0 ms",
			"state 1 ended: the session has ended; log in again: POST auth/refresh: INVALID_CREDENTIALS: Invalid user credentials.",
		} {
			assert.True(t, slices.Contains(said, want), want)
		}
		for _, line := range said {
			for _, secret := range []string{"access-", "refresh-", "between"} {
				assert.NotContains(t, line, secret)
			}
		}
	})
}
