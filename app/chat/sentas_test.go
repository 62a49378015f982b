package chat_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

// Where keys are the server's and messages tell what they were sent as, beside it.

// sentAs17 is the row that item k of the user has become.
func sentAs17() chat.Message {
	m := mine("17", "hello")
	m.SentAs = "k"
	return m
}

// Ensure that a row is its item's, whether its event or its answer is the first to tell of it.
func TestRowOfAnItem(t *testing.T) {
	s, attempt := sending(t, own)
	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{sentAs17()}})
	assert.Equal(t, []string{"text 1", "hello"}, s.drawn())
	assert.Equal(t, []chat.Effect{chat.Forget{User: me, ID: "k"}}, s.asked)
	s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerStored, Message: sentAs17()})
	assert.Equal(t, []string{"text 1", "hello"}, s.drawn())

	s, attempt = sending(t, own)
	s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerUnclear})
	lookUp := asked[chat.LookUp](s)
	assert.Equal(t, chat.MessageID("k"), lookUp.Message)
	s.play(chat.Answered{ID: "k", Attempt: lookUp.Attempt, Answer: chat.AnswerStored, Message: sentAs17()})
	assert.Equal(t, []string{"text 1", "hello"}, s.drawn())
	assert.Equal(t, chat.MessageID("17"), s.snap().Room.Rows[1].ID)
}

// Ensure that somebody else's row is not taken for an item's.
func TestForeignRowSentAsAnItem(t *testing.T) {
	s, _ := sending(t, own)
	m := sentAs17()
	m.Author = other
	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{m}})
	assert.Equal(t, []string{"text 1", "hello", "hello failed key-taken"}, s.drawn())
}

// Ensure that an item that is found in storage, or with a draft, when its row has been seen is not shown beside it nor sent,
// and is forgotten: of a row that was told, read, or settled by another tab.
func TestRowBeforeItsItem(t *testing.T) {
	item := chat.Item{ID: "k", Text: "hello", Pressed: begin}
	for name, seen := range map[string]func() *script{
		"told": func() *script {
			s := live(t, own, msg(1))
			s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{sentAs17()}})
			return s
		},
		"read": func() *script { return live(t, own, msg(1), sentAs17()) },
		"settled": func() *script {
			s := live(t, own, msg(1))
			s.play(chat.Settled{ID: "k", Message: sentAs17()})
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := seen()
			s.play(chat.OutboxLoaded{User: me, Load: 1 << 20, Items: []chat.Item{item}})
			assert.Equal(t, []chat.Effect{chat.Forget{User: me, ID: "k"}}, s.asked)
			assert.Equal(t, []string{"text 1", "hello"}, s.drawn())

			s = seen()
			s.play(chat.OutboxLoaded{User: me, Load: 1 << 20}, chat.DraftLoaded{User: me, Pending: []chat.Item{item}})
			assert.Equal(t, []chat.Effect{chat.SaveDraft{User: me}}, s.asked)
			assert.Equal(t, []string{"text 1", "hello"}, s.drawn())
		})
	}
}

// Ensure that a row which is read again and says the same is nothing new: what it was sent as is not held.
func TestSameRowAgain(t *testing.T) {
	s := live(t, own, msg(1), sentAs17())
	s.play(chat.Missed{Generation: 1, Reason: chat.GapOverflow})
	s.answer(msg(1), sentAs17())
	reports := s.state.Gaps()
	assert.Zero(t, reports[len(reports)-1].Rows)
}

// Ensure that what was about to be sent without a key is not sent with one: it may be stored already.
func TestKeysComeLater(t *testing.T) {
	s := live(t, own, msg(1))
	s.play(chat.OutboxLoaded{User: me, Load: 1 << 20, Items: []chat.Item{{ID: "k", Text: "hello", Pressed: begin, Attempted: true}}})
	assert.Equal(t, []string{"text 1", "hello failed unsure"}, s.drawn())
}
