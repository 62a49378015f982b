package chat_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

func (s *script) found() []string {
	texts := []string{}
	for _, row := range s.snap().Room.Search.Found {
		texts = append(texts, row.Text)
	}
	return texts
}

// Ensure that the history is searched from its newest end in pages, without anything being held for it.
func TestFind(t *testing.T) {
	s := connected(t, own)
	s.answer(backwards(msgs(900, 1000))...)
	assert.Empty(t, s.snap().Room.Search)
	s.play(chat.Find{Text: "  text \x00"})
	assert.Equal(t, chat.Query{Newest: true, Limit: 20, Containing: "text"}, asked[chat.Load](s).Query)
	assert.Equal(t, chat.Search{Text: "text", Running: true}, s.snap().Room.Search)
	s.answer(backwards(msgs(500, 520))...)
	search := s.snap().Room.Search
	assert.Equal(t, []any{false, true, 20, "text 519"}, []any{search.Running, search.More, len(search.Found), search.Found[0].Text})
	assert.Equal(t, 100, s.snap().Room.Count)

	s.play(chat.FindMore{})
	assert.Equal(t, chat.Query{Newest: true, Limit: 20, Containing: "text", To: at(500), Except: []chat.MessageID{"m0500"}}, asked[chat.Load](s).Query)
	assert.Empty(t, s.play(chat.FindMore{}), "it is under way")
	s.asked = []chat.Effect{chat.Load{Load: s.load, Query: chat.Query{Limit: 20}}}
	s.answer(msg(500), msg(499))
	assert.Equal(t, "text 499", s.found()[20])
	assert.Len(t, s.found(), 21)
	assert.False(t, s.snap().Room.Search.More)
	assert.Empty(t, s.play(chat.FindMore{}))

	edited, deleted := msg(519), msg(518)
	edited.Text, edited.Updated = "edited", at(2000)
	s.play(chat.RowsRemoved{Generation: 1, IDs: []chat.MessageID{deleted.ID}})
	assert.Len(t, s.found(), 20, "what is deleted is not found any more")

	s.play(chat.Find{Text: "other"})
	late := asked[chat.Load](s).Load
	s.play(chat.Find{})
	assert.Equal(t, chat.Search{}, s.snap().Room.Search)
	s.play(chat.PageLoaded{Load: late, Messages: msgs(1, 3)})
	assert.Equal(t, chat.Search{}, s.snap().Room.Search, "nobody waits for it any more")
}

// Ensure that what a database finds too much is left out.
func TestFindToTheLetter(t *testing.T) {
	s := live(t, own)
	s.asked = nil
	s.play(chat.Find{Text: "100%"})
	literal, loose, deleted := msg(3), msg(2), msg(1)
	literal.Text, loose.Text, deleted.Text, deleted.Deleted = "It is 100% DONE", "1000", "100%", true
	s.answer(literal, loose, deleted)
	assert.Equal(t, []string{"It is 100% DONE"}, s.found())
}

// Ensure that a search that fails says so and can be tried again, and that large rows make it smaller.
func TestFindFails(t *testing.T) {
	s := live(t, own, msg(1))
	s.asked = nil
	s.play(chat.Find{Text: "text"})
	s.play(chat.LoadFailed{Load: asked[chat.Load](s).Load, TooLarge: true})
	assert.Equal(t, 5, asked[chat.Load](s).Query.Limit)
	s.play(chat.LoadFailed{Load: asked[chat.Load](s).Load})
	assert.Equal(t, chat.Search{Text: "text", Problem: chat.Problem{Code: chat.ProblemUnreachable}}, s.snap().Room.Search)
	assert.Equal(t, chat.ConnectionLive, s.snap().Connection)
	s.play(chat.FindMore{})
	refused := chat.Problem{Code: chat.ProblemReadForbidden}
	s.play(chat.LoadFailed{Load: asked[chat.Load](s).Load, Problem: refused})
	assert.Equal(t, refused, s.snap().Room.Search.Problem)
	assert.Empty(t, s.snap().Problem)
	s.play(chat.FindMore{})
	s.answer(msg(1))
	assert.Equal(t, []string{"text 1"}, s.found())
	assert.Empty(t, s.snap().Room.Search.Problem)
}
