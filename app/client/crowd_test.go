package client

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
	"directuschat/app/directus"
)

func TestCrowd(t *testing.T) {
	var c crowd
	now := time.Unix(1e9, 0)
	comes := func(n int) bool { c.new += n; return c.alone(now) }
	assert.False(t, comes(0), "nothing is new")
	for range few {
		assert.True(t, comes(1))
	}
	assert.False(t, comes(1), "one of many")
	now = now.Add(moment)
	assert.False(t, comes(1), "the others were just before")
	now = now.Add(2 * moment)
	assert.True(t, comes(1), "the others were long ago")
	now = now.Add(moment)
	assert.True(t, comes(1), "there was one before it")
	assert.False(t, comes(few), "with those before it")
	now = now.Add(3 * moment)
	assert.False(t, comes(few+1), "at once")
	assert.False(t, comes(0))
}

// watched is a Client whose changes are watched.
func watched(t *testing.T) (c *Client, l *link, tick <-chan struct{}, urgent <-chan bool) {
	c, l = onLoop(t)
	c.quiet = time.NewTimer(time.Hour)
	t.Cleanup(func() { c.quiet.Stop() })
	tick, urgent, stop := c.Changed()
	t.Cleanup(stop)
	return c, l, tick, urgent
}

// Ensure that a message that comes alone is to be drawn at once, and one of many is not; and that what the user does is,
// however much comes.
func TestWhatIsUrgent(t *testing.T) {
	c, l, tick, urgent := watched(t)
	keys := 0
	hear := func(n int) {
		for range n {
			keys++
			c.handle(l, directus.Changed{
				Generation: 1, UID: messagesUID, Kind: directus.Create, Data: fmt.Appendf(nil, `[{"id":"%d"}]`, keys),
			})
		}
	}
	told := func() string {
		c.publish()
		assert.Len(t, tick, 1)
		<-tick
		select {
		case sent := <-urgent:
			if sent {
				return "sent"
			}
			return "urgent"
		default:
			return ""
		}
	}
	c.handle(l, directus.Subscribed{Generation: 1, UID: messagesUID})
	assert.Empty(t, told(), "nobody has said anything")
	hear(1)
	assert.Equal(t, "urgent", told())
	hear(few + 1)
	assert.Empty(t, told())
	hear(1)
	c.Do(chat.Send{ID: "1", Text: "I say"})
	work(c)
	assert.Equal(t, "sent", told())
	hear(1)
	c.acted = true // as by a log-in
	assert.Equal(t, "urgent", told())
}

// Ensure that a message of one's own is to be drawn at once when it is answered for, and not again when everybody is told.
func TestOwnMessageIsUrgentOnce(t *testing.T) {
	c, l, tick, urgent := watched(t)
	c.handle(l, directus.Subscribed{Generation: 1, UID: messagesUID})
	c.publish()
	<-tick
	c.answered(chat.Answered{ID: "a", Answer: chat.AnswerStored, Message: chat.Message{ID: "a"}})
	c.publish()
	assert.Len(t, urgent, 1)
	<-urgent
	<-tick
	c.handle(l, directus.Changed{Generation: 1, UID: messagesUID, Kind: directus.Create, Data: []byte(`[{"id":"a"}]`)})
	c.publish()
	assert.Empty(t, tick)
	assert.Empty(t, urgent)
}
