package client

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
	"directuschat/app/directus"
)

// hearing is a Client to which another tab says something.
func hearing(t *testing.T, messages ...string) (*Client, *fakeSession) {
	c, l := onLoop(t)
	for _, m := range messages {
		c.hear(m)
	}
	work(c)
	return c, l.session.(*fakeSession)
}

func told(n news) string { return encode(n.members()) }

// Ensure that what another tab says is believed only as far as it can be understood and is about the same user.
func TestHear(t *testing.T) {
	grant := &sharedGrant{Access: "a", Expires: time.Now().Add(time.Hour), Mark: "m"}
	row := chat.Message{ID: "k", Author: "me", Text: "hello", Created: time.Now().UTC()}
	settled := &chat.Settled{ID: "k", Message: row}

	_, s := hearing(t, `junk`, `"junk"`, `7`, `[1]`, `{}`, told(news{User: "other", Grant: grant, Outbox: true, Settled: settled}))
	assert.Empty(t, s.told)
	_, s = hearing(t, told(news{User: "me", Grant: grant}))
	assert.Equal(t, []string{"adopt"}, s.told)

	c, _ := hearing(t)
	c.state.Apply(time.Now(), chat.OutboxLoaded{User: "me", Items: []chat.Item{{ID: "k", Text: "hello"}}})
	require.Len(t, c.state.Outbox(), 1)
	c.hear(told(news{User: "me", Settled: settled}))
	work(c)
	assert.Empty(t, c.state.Outbox())
}

// Ensure that many changes of the outbox are read at once, and that one which comes while they are read is not missed.
func TestOutboxIsReadOnceForManyChanges(t *testing.T) {
	changed := told(news{User: "me", Outbox: true})
	c, _ := hearing(t, changed, changed, changed)
	assert.Equal(t, 1, c.disk.waiting())
}

// Ensure that a grant which is heard of before its log-in is used by it, and is nobody's after a log-out.
func TestOfferedGrant(t *testing.T) {
	c, _ := onLoop(t)
	r := c.user.record
	c.exit()
	var next *fakeSession
	c.cfg.NewSession = func(directus.SessionConfig) Session {
		next = &fakeSession{run: func(context.Context) error { return nil }}
		return next
	}
	c.hear(told(news{User: "me", Grant: &sharedGrant{Access: "a", Expires: time.Now().Add(time.Hour), Mark: "m"}}))
	work(c)
	c.enter(r, directus.Grant{}, directus.Server{})
	c.jobs.Wait()
	assert.Contains(t, next.told, "adopt")

	c.exit()
	c.enter(r, directus.Grant{}, directus.Server{})
	c.jobs.Wait()
	assert.NotContains(t, next.told, "adopt")
}
