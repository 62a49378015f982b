package chat_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// drawnFrom is the first and the last message of the window.
func (s *script) drawnFrom() []string {
	rows := s.snap().Room.Rows
	return []string{rows[0].Text, rows[len(rows)-1].Text}
}

// Ensure that a message of long ago opens in a range of its own, from which one reads on in both directions.
func TestOpenLongAgo(t *testing.T) {
	s := connected(t, own)
	s.answer(backwards(msgs(9900, 10_000))...)
	assert.Empty(t, s.snap().Room.Target)
	s.play(chat.Open{Message: "m5000"})
	assert.Equal(t, chat.Target{ID: "m5000", Opening: true}, s.snap().Room.Target)
	assert.Equal(t, chat.Query{Limit: 1, ID: "m5000"}, asked[chat.Load](s).Query)
	s.answer(msg(5000))
	assert.Equal(t, []string{"text 9900", "text 9999"}, s.drawnFrom(), "what is around it comes first")
	assert.Equal(t, chat.Query{Limit: 100, Newest: true, To: at(5000)}, asked[chat.Load](s).Query)
	s.answer(backwards(msgs(4901, 5001))...)
	assert.Equal(t, chat.Query{Limit: 100, From: at(5000), To: at(9900), Except: []chat.MessageID{"m5000"}}, asked[chat.Load](s).Query)
	s.answer(msgs(5001, 5101)...)
	assert.Equal(t, []string{"text 4901", "text 5100"}, s.drawnFrom())
	room := s.snap().Room
	assert.Equal(t, chat.Target{ID: "m5000", Opened: 1}, room.Target)
	assert.Equal(t, []any{true, 100, true}, []any{room.Earlier, room.Later, room.Torn})

	s.play(chat.ShowNewer{})
	assert.Equal(t, at(5100), asked[chat.Load](s).Query.From)
	load := s.asked
	assert.Empty(t, s.play(chat.ShowNewer{}), "it is being read")
	s.asked = load
	s.answer(msgs(5101, 5201)...)
	assert.Equal(t, []string{"text 5001", "text 5200"}, s.drawnFrom())
	s.play(chat.ShowOlder{})
	assert.Equal(t, []string{"text 4901", "text 5100"}, s.drawnFrom())
	s.play(chat.ShowOlder{})
	assert.Equal(t, at(4901), asked[chat.Load](s).Query.To)
	s.answer(backwards(msgs(4801, 4901))...)
	assert.Equal(t, []string{"text 4801", "text 5000"}, s.drawnFrom())

	s.play(chat.RowsChanged{Generation: 1, Messages: msgs(10_000, 10_001)})
	assert.Equal(t, 200+101, s.snap().Room.Later)
	s.play(chat.ShowNewest{})
	assert.Equal(t, []string{"text 9900", "text 10000"}, s.drawnFrom())
	room = s.snap().Room
	assert.Equal(t, []any{101, true, 0, false}, []any{room.Count, room.Earlier, room.Later, room.Torn}, "and nothing torn off above it")
}

// Ensure that a part is read on until it meets what is held behind it.
func TestOpenAndReadToTheNewest(t *testing.T) {
	s := connected(t, own)
	s.answer(backwards(msgs(900, 1000))...)
	s.play(chat.Open{Message: "m0760"})
	s.answer(msg(760))
	s.answer(backwards(msgs(660, 760))...)
	s.answer(msgs(761, 861)...)
	s.play(chat.ShowNewer{})
	s.answer(msgs(861, 901)...)
	room := s.snap().Room
	assert.False(t, room.Torn)
	assert.Equal(t, []string{"text 761", "text 960"}, s.drawnFrom())
	assert.Equal(t, 39, room.Later)
	s.play(chat.ShowNewer{})
	assert.Zero(t, s.snap().Room.Later)
	assert.Equal(t, 340, s.snap().Room.Count)
}

// Ensure that a message that is held opens at once, and once more.
func TestOpenHeld(t *testing.T) {
	s := connected(t, own)
	s.answer(msgs(0, 99)...)
	s.play(chat.RowsChanged{Generation: 1, Messages: msgs(100, 500)})
	assert.Empty(t, s.play(chat.Open{Message: "m0200"}))
	assert.Equal(t, []string{"text 101", "text 300"}, s.drawnFrom())
	s.play(chat.ShowNewest{}, chat.Open{Message: "m0200"})
	assert.Equal(t, chat.Target{ID: "m0200", Opened: 2}, s.snap().Room.Target)
	assert.Equal(t, []string{"text 101", "text 300"}, s.drawnFrom())
	s.play(chat.Open{Message: "m0490"})
	assert.Equal(t, []string{"text 300", "text 499"}, s.drawnFrom())
	assert.Zero(t, s.snap().Room.Later)
	s.play(chat.Open{}, chat.Open{Room: "nowhere", Message: "m0200"})
	assert.Equal(t, 3, s.snap().Room.Target.Opened)
}

// Ensure that a link that leads nowhere says so, however the server puts it, and leaves everything as it is.
func TestOpenMissing(t *testing.T) {
	missing := chat.Target{ID: "gone", Opened: 1, Problem: chat.Problem{Code: chat.ProblemMissing}}
	for name, answer := range map[string]func(*script){
		"no row": func(s *script) { s.answer() },
		"not a key": func(s *script) {
			s.play(chat.LoadFailed{Load: asked[chat.Load](s).Load, TooLarge: true})
			s.play(chat.LoadFailed{Load: asked[chat.Load](s).Load, Problem: chat.Problem{Code: chat.ProblemServerFailing}})
		},
		"a fault of the server's": func(s *script) {
			for range 3 {
				s.play(chat.LoadFailed{Load: asked[chat.Load](s).Load})
				s.play(asked[chat.After](s).Due)
			}
			s.play(chat.LoadFailed{Load: asked[chat.Load](s).Load})
		},
		"later": func(s *script) {
			s.play(chat.LoadFailed{Load: asked[chat.Load](s).Load})
			s.play(asked[chat.After](s).Due)
			s.answer()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := live(t, own, msg(2), msg(1))
			s.asked = nil
			s.play(chat.Open{Message: "gone"})
			answer(s)
			assert.Equal(t, missing, s.snap().Room.Target)
			assert.Equal(t, chat.ConnectionLive, s.snap().Connection)
			assert.Empty(t, s.snap().Problem)
			s.play(chat.Open{Message: "m0001"})
			assert.Equal(t, chat.Target{ID: "m0001", Opened: 2}, s.snap().Room.Target)
		})
	}
}

// Ensure that a row without a date is not opened in the middle of what is not held: no page can be read around it.
func TestOpenUndated(t *testing.T) {
	s := connected(t, own)
	s.answer(backwards(msgs(900, 1000))...)
	s.play(chat.Open{Message: "undated"})
	s.answer(chat.Message{ID: "undated"})
	assert.Equal(t, chat.ProblemMissing, s.snap().Room.Target.Problem.Code)
	assert.Equal(t, 100, s.snap().Room.Count)
}

// Ensure that a link is followed as soon as that is possible: after the start, after an interruption, offline.
func TestOpenWaits(t *testing.T) {
	t.Run("for the start", func(t *testing.T) {
		s := connected(t, own)
		s.now = at(1000)
		s.play(chat.Open{Message: "m0500"})
		assert.Empty(t, s.asked)
		s.asked = []chat.Effect{chat.Load{Load: s.load, Query: chat.Query{Limit: 100}}}
		s.answer(backwards(msgs(900, 1000))...)
		assert.Equal(t, chat.MessageID("m0500"), asked[chat.Load](s).Query.ID)
		s.answer(msg(500))
		s.play(chat.Missed{Generation: 1})
		assert.True(t, s.snap().Room.Target.Opening)
		s.answer(msgs(990, 1000)...)
		s.answer(msgs(900, 1000)...)
		s.answer(backwards(msgs(400, 500))...)
		s.answer(msgs(501, 601)...)
		assert.Equal(t, []string{"text 401", "text 600"}, s.drawnFrom())
	})
	t.Run("not for a network", func(t *testing.T) {
		s := live(t, own)
		s.play(chat.RowsChanged{Generation: 1, Messages: msgs(0, 400)})
		s.play(chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionOffline}, chat.Open{Message: "m0050"})
		assert.Equal(t, []string{"text 0", "text 199"}, s.drawnFrom())
	})
	t.Run("not for ever", func(t *testing.T) {
		s := live(t, own, msg(1))
		s.asked = nil
		s.play(chat.Open{Message: "m0500"})
		load := asked[chat.Load](s)
		s.play(chat.ShowNewest{})
		assert.False(t, s.snap().Room.Target.Opening)
		s.asked = []chat.Effect{load}
		s.answer()
		assert.Empty(t, s.snap().Room.Target.Problem, "nobody waits for it any more")
	})
	t.Run("another one", func(t *testing.T) {
		s := live(t, own, msg(1))
		s.play(chat.Open{Message: "one"})
		load := asked[chat.Load](s)
		s.play(chat.Open{Message: "two"})
		require.Empty(t, s.asked, "one page at a time")
		s.asked = []chat.Effect{load}
		s.answer()
		assert.True(t, s.snap().Room.Target.Opening)
		assert.Equal(t, chat.MessageID("two"), asked[chat.Load](s).Query.ID)
	})
}

// Ensure that of two links opened at once none makes a hole that is not known: the row of the first stands alone between
// two gaps, and filling the one before it says nothing of the one behind it.
func TestTwoLinksAtOnce(t *testing.T) {
	table := msgs(0, 120)
	s := live(t, own, backwards(table)[:100]...)
	s.play(chat.Open{Message: "m0001"})
	both := s.asked
	s.play(chat.Open{Message: "m0000"})
	s.asked = append(both, s.asked...)
	for i := slices.IndexFunc(s.asked, isLoad); i >= 0; i = slices.IndexFunc(s.asked, isLoad) {
		load := s.asked[i].(chat.Load)
		page := selectRows(table, load.Query)
		s.play(chat.PageLoaded{Load: load.Load, Messages: page, More: len(page) == load.Query.Limit, ServerTime: s.now})
	}
	assert.Equal(t, []string{"text 0", "text 1"}, s.drawnFrom())
	assert.True(t, s.snap().Room.Torn, "18 are missing before the next one that is held")
}

func isLoad(e chat.Effect) bool { _, is := e.(chat.Load); return is }
