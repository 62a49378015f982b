package rehearsal

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"directuschat"
	"directuschat/app/chat"
)

// TestPlay: it goes as a log-in goes, and the first messages.
func TestPlay(t *testing.T) {
	for name, mapping := range map[string]directuschat.Mapping{
		"as chatd setup makes it": directuschat.DefaultMapping,
		"the tutorials'":          {Collection: "messages", ID: "id", Content: "text", Author: "user_created", Created: "date_created"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, end := context.WithCancel(t.Context())
				var moments atomic.Int64
				c := Begin(ctx, mapping, func(context.Context) { moments.Add(1) })
				c.Do(chat.LogIn{Email: "alice@example.com", Password: "rehearsal"})
				synctest.Wait()
				s := c.Snapshot()
				assert.Equal(t, chat.PhaseSignedIn, s.Phase)
				assert.Equal(t, chat.ConnectionLive, s.Connection)
				assert.Equal(t, held, s.Room.Count)
				assert.True(t, s.CanWrite)
				assert.Positive(t, moments.Load())

				for sent := 1; sent <= 10; sent++ {
					c.Do(chat.Send{ID: chat.MessageID(strconv.Itoa(sent)), Text: "Hello"})
					synctest.Wait()
					s = c.Snapshot()
					assert.Equal(t, held+2*sent, s.Room.Count, "one's own and another's")
					assert.Equal(t, sent, s.Room.Arrived.Count)
				}
				before := moments.Load()
				c.Do(chat.Send{ID: "11", Text: "50"})
				synctest.Wait()
				s = c.Snapshot()
				assert.Equal(t, held+2*11+50, s.Room.Count, "and as many at once as one says")
				assert.Less(t, moments.Load()-before, int64(50), "not one by one")
				for _, row := range s.Room.Rows {
					assert.Equal(t, chat.Stored, row.Delivery, row.ID)
				}
				end()
				synctest.Wait()
			})
		})
	}
}
