package chat_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// Ensure that an edit of which an attempt hangs in the network, and comes after a later edit, does not come last; and that
// nobody is corrected who means it.
func TestLateEdit(t *testing.T) {
	as := func(text string, seconds int) chat.Message {
		m := mine("k", text)
		m.Updated = at(200 + seconds)
		return m
	}
	answer := func(s *script, id chat.MessageID, how chat.Answer, m chat.Message) {
		s.play(chat.Answered{ID: id, Attempt: asked[chat.Transmit](s).Attempt, Answer: how, Message: m})
	}
	told := func(s *script, m chat.Message) { s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{m}}) }
	// An attempt of the first edit got no answer, and another one has done it.
	hanging := func(t *testing.T) *script {
		s := withOwn(t, changeable)
		s.play(chat.Edit{ID: "e", Message: "k", Text: "one"}, chat.ItemSaved{ID: "e"})
		answer(s, "e", chat.AnswerUnclear, chat.Message{})
		s.play(chat.Answered{ID: "e", Attempt: asked[chat.LookUp](s).Attempt, Answer: chat.AnswerStored, Message: mine("k", "hello")})
		s.play(asked[chat.After](s).Due)
		answer(s, "e", chat.AnswerStored, as("one", 1))
		require.Equal(t, chat.Change{}, s.only().Change)
		return s
	}
	again := func(s *script) { // the last edit is made once more
		t.Helper()
		assert.Equal(t, "two", s.only().Text)
		item := asked[chat.Save](s).Item
		assert.Equal(t, chat.OpEdit, item.Op)
		assert.Equal(t, "two", item.Text)
		s.play(chat.ItemSaved{ID: item.ID})
		answer(s, item.ID, chat.AnswerStored, as("two", 9))
		assert.Equal(t, chat.Change{}, s.only().Change)
		told(s, as("one", 10))
		assert.Equal(t, "one", s.only().Text, "all that hung has come: somebody means it")
	}
	t.Run("after the answer to the later one", func(t *testing.T) {
		s := hanging(t)
		s.play(chat.Edit{ID: "f", Message: "k", Text: "two"}, chat.ItemSaved{ID: "f"})
		answer(s, "f", chat.AnswerStored, as("two", 2))
		told(s, as("one", 3))
		again(s)
	})
	t.Run("before the answer", func(t *testing.T) {
		s := hanging(t)
		s.play(chat.Edit{ID: "f", Message: "k", Text: "two"}, chat.ItemSaved{ID: "f"})
		sent := asked[chat.Transmit](s).Attempt
		told(s, as("one", 3))
		assert.Equal(t, "two", s.only().Text)
		s.play(chat.Answered{ID: "f", Attempt: sent, Answer: chat.AnswerStored, Message: as("two", 2)})
		again(s)
	})
	t.Run("after another device's", func(t *testing.T) {
		s := hanging(t)
		told(s, as("two", 2))
		told(s, as("one", 3))
		again(s)
	})
	t.Run("much later", func(t *testing.T) {
		s := hanging(t)
		told(s, as("two", 2))
		s.now = s.now.Add(time.Hour)
		told(s, as("one", 3))
		assert.Equal(t, "one", s.only().Text)
	})
	t.Run("found to have been done", func(t *testing.T) {
		s := withOwn(t, changeable)
		s.play(chat.Edit{ID: "e", Message: "k", Text: "one"}, chat.ItemSaved{ID: "e"})
		answer(s, "e", chat.AnswerUnclear, chat.Message{})
		s.play(chat.Answered{ID: "e", Attempt: asked[chat.LookUp](s).Attempt, Answer: chat.AnswerStored, Message: as("one", 1)})
		told(s, as("two", 2))
		told(s, as("one", 3))
		assert.Equal(t, "one", s.only().Text, "nothing hangs any more")
	})
}
