package chat_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

// TestQuotesFollow: a row may change though its own message does not. (That rows are never drawn as they were is checked
// in all worlds, too.)
func TestQuotesFollow(t *testing.T) {
	answer := msg(2)
	answer.ReplyTo = msg(1).ID
	s := live(t, changeable, msg(1), answer, msg(3))
	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{msg(4)}})
	assert.Equal(t, "text 1", s.snap().Room.Rows[1].Reply.Text)
	edited := msg(1)
	edited.Text, edited.Updated = "another", at(90)
	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{edited}})
	assert.Equal(t, "another", s.snap().Room.Rows[1].Reply.Text)
	assert.Equal(t, s.state.Redrawn(), s.snap())
}

// TestRowsStayAsTheyAre: what is taken over from the last drawing is not copied from another row, wherever one comes.
func TestRowsStayAsTheyAre(t *testing.T) {
	s := live(t, changeable, msgs(10, 20)...)
	for _, m := range []chat.Message{msg(20), msg(9), msg(15), {ID: "m0014-1", Author: other, Text: "between", Created: at(14)}, msg(21)} {
		s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{m}})
		assert.Equal(t, s.state.Redrawn(), s.snap())
	}
}

// TestOlderSnapshotsStay: a message that comes is drawn behind the very rows of the last snapshot, which must not notice.
func TestOlderSnapshotsStay(t *testing.T) {
	s := live(t, changeable, msgs(0, 100)...)
	var all, copies [][]chat.Row
	keep := func() []chat.Row {
		rows := s.snap().Room.Rows
		all, copies = append(all, rows), append(copies, slices.Clone(rows))
		return rows
	}
	keep()
	for n := range 300 {
		m := msg(100 + n)
		if n%7 == 3 {
			m = msg(100 + n/2)
			m.Text, m.Updated = "edited", at(1000+n)
		}
		if n%11 == 5 { // from the end to somewhere else
			m = msg(100 + n - 1)
			m.Created, m.Updated = at(n), at(1000+n)
		}
		s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{m}})
		keep()
	}
	assert.Equal(t, copies, all)
	s = live(t, changeable, msgs(0, 100)...)
	before := s.snap().Room.Rows
	s.play(chat.RowsChanged{Generation: 1, Messages: msgs(100, 101)})
	s.play(chat.RowsChanged{Generation: 1, Messages: msgs(101, 102)})
	assert.Len(t, before, 100)
	after := s.snap().Room.Rows
	s.play(chat.RowsChanged{Generation: 1, Messages: msgs(102, 103)})
	assert.Same(t, &after[0], &s.snap().Room.Rows[0])
}
