package chat_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

// TestArrivals: only what others write while the room is up to date arrives.
func TestArrivals(t *testing.T) {
	all := msgs(0, 10)
	s := live(t, own, all[:4]...)
	arrived := func() (int, chat.MessageID) {
		a := s.snap().Room.Arrived
		return a.Count, a.Last.ID
	}
	want := func(count int, last chat.MessageID, why string) {
		t.Helper()
		gotCount, gotLast := arrived()
		assert.Equal(t, count, gotCount, why)
		assert.Equal(t, last, gotLast, why)
	}
	tell := func(messages ...chat.Message) {
		s.play(chat.RowsChanged{Generation: 1, Messages: messages})
	}
	want(0, "", "history does not arrive")

	tell(all[5])
	want(1, all[5].ID, "a message of somebody else")
	assert.Equal(t, all[5].Text, s.snap().Room.Arrived.Last.Text)
	tell(all[5])
	want(1, all[5].ID, "told again")
	edited := all[5]
	edited.Text, edited.Updated = "edited", all[5].Created.Add(time.Minute)
	tell(edited)
	want(1, all[5].ID, "an edit")
	tell(all[4])
	want(1, all[5].ID, "older than what is there")
	mine := all[6]
	mine.Author = me
	tell(mine)
	want(1, all[5].ID, "my own, from another window perhaps")
	tell(all[7], all[8])
	want(3, all[8].ID, "two at once")
	s.play(chat.RowsRemoved{Generation: 1, IDs: []chat.MessageID{all[8].ID}})
	want(3, "", "gone again")

	s.play(chat.Missed{Generation: 1, Reason: chat.GapClockJump})
	tell(all[9])
	want(3, "", "while what was missed is being read")
	s.play(chat.PageLoaded{Load: s.load, Messages: all[:8], ServerTime: s.now})
	want(3, "", "what was missed")
	assert.Equal(t, chat.ConnectionLive, s.snap().Connection)
}
