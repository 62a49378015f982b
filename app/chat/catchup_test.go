package chat_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

func TestFirstLoad(t *testing.T) {
	s := connected(t, own)
	assert.Equal(t, chat.Query{Newest: true, Limit: 100}, asked[chat.Load](s).Query)
	assert.False(t, s.snap().Room.Loaded)

	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{msg(150)}})
	s.asked = []chat.Effect{chat.Load{Load: 1, Query: chat.Query{Limit: 100}}}
	s.answer(backwards(msgs(40, 140))...)
	assert.Equal(t, 101, s.snap().Room.Count, "what was told meanwhile is there")

	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{msg(7)}})
	assert.Equal(t, 101, s.snap().Room.Count, "a change of an older message belongs to a range that is not held")
}

// Ensure that a catch-up begins a while before the last thing that is known, and only where that was known for sure.
func TestCursor(t *testing.T) {
	const overlap = 30 * time.Second
	missed := func(s *script) time.Time {
		s.t.Helper()
		s.play(chat.ConnectionChanged{Generation: 2, Connection: chat.ConnectionCatchingUp}, chat.Subscribed{Generation: 2})
		return asked[chat.Load](s).Query.ChangedSince.Add(overlap)
	}
	edited := msg(2)
	edited.Updated = at(60)
	forged := msg(4)
	forged.Created = begin.AddDate(70, 0, 0)

	tests := map[string]struct {
		rows   []chat.Message
		inputs []chat.Input
		want   time.Time
		server time.Duration // its clock minus ours
	}{
		"the newest row":            {msgs(1, 4), nil, at(3), 0},
		"a row told":                {msgs(1, 4), []chat.Input{chat.RowsChanged{Generation: 1, Messages: msgs(5, 6)}}, at(5), 0},
		"an edit told":              {msgs(1, 4), []chat.Input{chat.RowsChanged{Generation: 1, Messages: []chat.Message{edited}}}, at(60), 0},
		"an answer to a send":       {msgs(1, 4), []chat.Input{chat.Answered{ID: "k", Answer: chat.AnswerStored, Message: msg(50)}}, at(3), 0},
		"a row told during a gap":   {msgs(1, 4), []chat.Input{chat.Missed{Generation: 1}, chat.RowsChanged{Generation: 1, Messages: msgs(50, 51)}}, at(3), 0},
		"a date in the far future":  {msgs(1, 4), []chat.Input{chat.RowsChanged{Generation: 1, Messages: []chat.Message{forged}}}, begin.Add(5 * time.Second), 0},
		"the server's clock counts": {[]chat.Message{forged}, nil, begin.Add(4*time.Second - time.Hour), -time.Hour},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := connected(t, own)
			s.server = test.server
			s.answer(test.rows...)
			s.play(test.inputs...)
			assert.Equal(t, test.want, missed(s))
		})
	}

	t.Run("an empty room has none", func(t *testing.T) {
		s := live(t, own)
		s.play(chat.Missed{Generation: 1})
		assert.True(t, asked[chat.Load](s).Query.Newest)
	})
	t.Run("it goes on from where it was interrupted", func(t *testing.T) {
		s := live(t, own, msgs(1, 4)...)
		s.play(chat.Missed{Generation: 1})
		s.answer(msgs(10, 110)...) // and more to come
		assert.Equal(t, at(3), missed(s))
	})
}

// Ensure that pages follow each other without a hole, also where many rows have one date.
func TestPages(t *testing.T) {
	s := connected(t, own)
	tied := func(from, to int) []chat.Message {
		rows := msgs(from, to)
		for i := range rows {
			rows[i].Created = at(150)
		}
		return backwards(rows)
	}
	s.play(chat.LoadFailed{Load: asked[chat.Load](s).Load, TooLarge: true})
	s.answer(backwards(msgs(475, 500))...)
	assert.Equal(t, chat.Query{Newest: true, Limit: 50, To: at(475), Except: []chat.MessageID{"m0475"}}, asked[chat.Load](s).Query)
	s.answer(tied(350, 400)...)
	q := asked[chat.Load](s).Query
	assert.Equal(t, at(150), q.To)
	assert.Len(t, q.Except, 50)
	s.answer(tied(250, 350)...)
	assert.Equal(t, chat.ConnectionLive, s.snap().Connection, "that is a page")

	s.play(chat.ShowOlder{})
	q = asked[chat.Load](s).Query
	assert.Empty(t, q.Except, "too many for a URL")
	assert.Equal(t, 149, q.Skip, "one of them shows that none is left out")
	s.answer(append(tied(200, 251)[1:], backwards(msgs(100, 150))...)...)
	q = asked[chat.Load](s).Query
	assert.Zero(t, q.Skip, "one has been deleted: from the first of them again")
	assert.Equal(t, at(150), q.To)
}

// away is the script of somebody who comes back to a room in which much has happened: all is read up to the newest page.
func away(t *testing.T) *script {
	s := live(t, own, msgs(1, 50)...)
	s.play(chat.Missed{Generation: 1, Reason: chat.GapConnection})
	changes := asked[chat.Load](s).Query
	assert.Equal(t, chat.Query{Limit: 100, ChangedSince: at(19)}, changes)
	edited := msg(5)
	edited.Text, edited.Updated = "edited", at(1000)
	s.answer(append([]chat.Message{edited}, msgs(19, 118)...)...)
	assert.Equal(t, chat.Query{Newest: true, Limit: 100}, asked[chat.Load](s).Query)
	s.answer(backwards(msgs(5000, 5100))...)
	assert.Equal(t, 117+100, s.snap().Room.Count, "the newest are there to be read")
	assert.Equal(t, chat.ConnectionCatchingUp, s.snap().Connection)
	return s
}

// Ensure that a gap is closed from its newer side, and that no more than that is read.
func TestGapIsClosed(t *testing.T) {
	s := away(t)
	assert.Equal(t, chat.Query{Newest: true, Limit: 100, To: at(5000), Except: []chat.MessageID{"m5000"}}, asked[chat.Load](s).Query)
	var between []chat.Message
	for _, n := range []int{110, 117, 118, 200, 4000} {
		between = append(between, msg(n))
	}
	s.answer(append(backwards(between), backwards(msgs(10, 105))...)...)
	assert.Equal(t, 117+3+100, s.snap().Room.Count)
	assert.Equal(t, chat.ConnectionLive, s.snap().Connection)
	assert.NotContains(t, gapsOf(s), chat.GapKnown)
}

// Ensure that a gap too long to be read is left, and filled when somebody wants to see it.
func TestLongGap(t *testing.T) {
	s := away(t)
	for page := range 10 {
		s.answer(backwards(msgs(4900-100*page, 5000-100*page))...)
	}
	assert.Equal(t, chat.ConnectionLive, s.snap().Connection)
	assert.Equal(t, 117+100+1000, s.snap().Room.Count)
	report := s.state.Gaps()[0]
	assert.True(t, report.Partly)
	assert.GreaterOrEqual(t, report.Rows, 100+1000, "and some that have changed")
	assert.False(t, s.snap().Room.Earlier && s.snap().Room.Rows[0].Gap != chat.GapNone)

	for range 10 {
		s.play(chat.ShowOlder{})
	}
	assert.Equal(t, chat.Query{Limit: 300, From: at(1), To: at(18), Detail: chat.DetailKeyAndDate}, asked[chat.Load](s).Query,
		"what comes to be drawn may have been deleted")
	s.answer(msgs(1, 19)...)
	assert.Equal(t, chat.Row{ID: "m4000", Author: other, Text: "text 4000", Time: at(4000), Delivery: chat.Stored, Gap: chat.GapKnown}, s.snap().Room.Rows[100])
	s.play(chat.RowsChanged{Generation: 1, Messages: msgs(3000, 3001)})
	assert.Equal(t, 117+100+1000, s.snap().Room.Count, "it belongs to the gap")

	s.play(chat.FillGap{Before: "m4000"})
	assert.Equal(t, chat.Query{Newest: true, Limit: 100, To: at(4000), Except: []chat.MessageID{"m4000"}}, asked[chat.Load](s).Query)
	assert.Equal(t, chat.GapReading, s.snap().Room.Rows[100].Gap)
	assert.Equal(t, chat.ConnectionLive, s.snap().Connection)
	newest := s.snap().Room.Rows[199]
	load := s.asked
	edited := msg(3950)
	edited.Text, edited.Updated = "edited meanwhile", at(6000)
	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{edited}})
	s.asked = load
	s.answer(backwards(msgs(3900, 4000))...)
	rows := s.snap().Room.Rows
	assert.Equal(t, newest, rows[199], "what is read stays where it is")
	assert.Equal(t, "text 3900", rows[0].Text)
	assert.Equal(t, chat.GapKnown, rows[0].Gap)
	assert.Equal(t, "edited meanwhile", rows[50].Text)

	s.play(chat.FillGap{Before: "m3900"})
	s.answer(backwards(msgs(90, 190))...)
	assert.Empty(t, s.asked)
	assert.NotContains(t, gapsOf(s), chat.GapKnown)
	assert.Empty(t, s.play(chat.FillGap{Before: "m3900"}))
}

func gapsOf(s *script) (gaps []chat.Gap) {
	for _, row := range s.snap().Room.Rows {
		gaps = append(gaps, row.Gap)
	}
	return gaps
}

// Ensure that what was deleted during a gap goes, in the window that is drawn, and that older rows are looked at when
// they come into it.
func TestDeletionsInAGap(t *testing.T) {
	s := live(t, own, msgs(0, 50)...)
	s.play(chat.RowsChanged{Generation: 1, Messages: msgs(50, 400)}, chat.Missed{Generation: 1})
	s.answer()
	check := asked[chat.Load](s).Query
	assert.Equal(t, chat.Query{Limit: 300, From: at(150), To: at(399), Detail: chat.DetailKeyAndDate}, check)

	var there []chat.Message
	var gone []chat.MessageID
	for _, m := range msgs(150, 400) {
		if len(gone) < 80 && m.Created != at(399) {
			gone = append(gone, m.ID)
		} else {
			there = append(there, chat.Message{ID: m.ID, Created: m.Created})
		}
	}
	s.answer(there...)
	assert.Equal(t, 320, s.snap().Room.Count)
	again := asked[chat.Load](s).Query
	assert.Equal(t, at(70), again.From, "30 rows that nobody has looked at are drawn now")
	assert.Equal(t, chat.ConnectionCatchingUp, s.snap().Connection)
	s.answer(append(msgs(71, 150), there...)...)
	assert.Equal(t, 319, s.snap().Room.Count)
	assert.Equal(t, chat.ConnectionLive, s.snap().Connection)

	s.play(chat.RowsRemoved{Generation: 1, IDs: []chat.MessageID{there[0].ID}})
	assert.Empty(t, s.asked, "there is some room before the next look")
}

// Ensure that a room of which nothing is left is up to date.
func TestEverythingDeleted(t *testing.T) {
	s := live(t, own, msg(1))
	s.play(chat.RowsRemoved{Generation: 1, IDs: []chat.MessageID{"m0001"}}, chat.Missed{Generation: 1})
	s.answer()
	assert.Empty(t, s.asked)
	assert.Equal(t, chat.ConnectionLive, s.snap().Connection)
}

// Ensure that a project that does not record updates has its window read again: edits are found in no other way.
func TestEditsWithoutDates(t *testing.T) {
	undated := own
	undated.Dated = false
	s := live(t, undated, msgs(1, 4)...)
	s.play(chat.Missed{Generation: 1})
	s.answer()
	assert.Equal(t, chat.Query{Limit: 100, From: at(1), To: at(3)}, asked[chat.Load](s).Query)
	edited := msg(2)
	edited.Text = "edited"
	s.answer(msg(1), edited)
	assert.Equal(t, []string{"text 1", "edited"}, s.drawn())
}

// Ensure that an answer which is too large is asked for in smaller pieces, down to a row without its text, and that
// pieces grow again behind it.
func TestTooLarge(t *testing.T) {
	s := connected(t, own)
	for _, limit := range []int{25, 6, 1} {
		s.play(chat.LoadFailed{Load: asked[chat.Load](s).Load, TooLarge: true})
		assert.Equal(t, chat.Query{Newest: true, Limit: limit}, asked[chat.Load](s).Query)
	}
	s.play(chat.LoadFailed{Load: asked[chat.Load](s).Load, TooLarge: true})
	assert.Equal(t, chat.Query{Newest: true, Limit: 1, Detail: chat.DetailWithout}, asked[chat.Load](s).Query)

	huge := msg(99)
	huge.Text, huge.Truncated = "", true
	s.answer(huge)
	assert.Equal(t, chat.Query{Newest: true, Limit: 2, To: at(99), Except: []chat.MessageID{"m0099"}}, asked[chat.Load](s).Query)
	assert.True(t, s.snap().Room.Rows[0].Truncated)
	s.answer(backwards(msgs(97, 99))...)
	assert.Equal(t, 4, asked[chat.Load](s).Query.Limit)
	s.answer(msg(96)) // and no more
	assert.Equal(t, 4, s.snap().Room.Count)
	assert.Equal(t, chat.ConnectionLive, s.snap().Connection)
}

// Ensure that a read which fails is tried again, ever more rarely, and that a final refusal is told.
func TestReadFails(t *testing.T) {
	s := connected(t, own)
	for _, seconds := range []int{1, 2, 4, 8, 16, 30, 30} {
		s.play(chat.LoadFailed{Load: asked[chat.Load](s).Load})
		after := asked[chat.After](s)
		assert.Equal(t, time.Duration(seconds)*time.Second, after.Delay)
		assert.Equal(t, chat.ConnectionCatchingUp, s.snap().Connection)
		s.play(after.Due)
		assert.Equal(t, chat.Query{Newest: true, Limit: 100}, asked[chat.Load](s).Query)
		load := s.asked
		assert.Empty(t, s.play(after.Due), "a timer rings once")
		s.asked = load
	}
	forbidden := chat.Problem{Code: chat.ProblemReadForbidden, Detail: "words"}
	s.play(chat.LoadFailed{Load: asked[chat.Load](s).Load, Problem: forbidden})
	assert.Contains(t, s.asked, chat.Discover{}, "what may be read has changed")
	assert.Equal(t, forbidden, s.snap().Problem)

	s.play(chat.Missed{Generation: 1})
	s.answer()
	assert.Equal(t, chat.Problem{}, s.snap().Problem)
	assert.Equal(t, chat.ConnectionLive, s.snap().Connection)
}

// Ensure that the answer to a question of an earlier catch-up says nothing: it may lack what was told since.
func TestLateAnswers(t *testing.T) {
	s := connected(t, own)
	first := asked[chat.Load](s)
	s.play(chat.Missed{Generation: 1})
	second := asked[chat.Load](s)
	require.NotEqual(t, first.Load, second.Load)

	s.play(chat.PageLoaded{Load: first.Load, Messages: msgs(1, 4)})
	assert.Zero(t, s.snap().Room.Count)
	assert.Empty(t, s.play(chat.LoadFailed{Load: first.Load}))
	s.play(chat.PageLoaded{Load: second.Load, Messages: msgs(1, 3)})
	assert.Equal(t, 2, s.snap().Room.Count)
	assert.Empty(t, s.play(chat.PageLoaded{Load: second.Load, Messages: msgs(1, 9)}), "answered once")
	assert.Equal(t, 2, s.snap().Room.Count)
	for _, elsewhere := range []chat.Input{
		chat.PageLoaded{Room: "x", Load: second.Load}, chat.LoadFailed{Room: "x", Load: second.Load}, chat.Due{Room: "x"},
		chat.RowsChanged{Room: "x", Generation: 1}, chat.RowsRemoved{Room: "x", Generation: 1}, chat.ItemSaved{Room: "x"},
		chat.Answered{Room: "x"}, chat.Send{Room: "x", ID: "k", Text: "t"}, chat.Retry{Room: "x"}, chat.Discard{Room: "x"},
		chat.OutboxLoaded{User: me, Items: []chat.Item{{Room: "x", ID: "k"}}},
	} {
		assert.Empty(t, s.play(elsewhere), "%T of a room that is not there", elsewhere)
	}
}

// Ensure that a page counts once, and that waiting begins anew after a success.
func TestPageArrivesTwice(t *testing.T) {
	s := live(t, own, msg(1))
	s.play(chat.Missed{Generation: 1})
	load := asked[chat.Load](s)
	s.play(chat.LoadFailed{Load: load.Load})
	s.play(asked[chat.After](s).Due)
	load = asked[chat.Load](s)
	page := chat.PageLoaded{Load: load.Load, Messages: msgs(2, 102), More: true}
	s.play(page)
	next := asked[chat.Load](s)
	assert.Empty(t, s.play(page))
	s.play(chat.LoadFailed{Load: next.Load})
	assert.Equal(t, time.Second, asked[chat.After](s).Delay)
}

// Ensure that a page full of rows that cannot be read does not go round in a circle.
func TestUnreadablePage(t *testing.T) {
	s := live(t, own, msg(1))
	s.play(chat.Missed{Generation: 1})
	s.play(chat.PageLoaded{Load: asked[chat.Load](s).Load, More: true})
	assert.Equal(t, chat.DetailKeyAndDate, asked[chat.Load](s).Query.Detail)
	s.play(chat.PageLoaded{Load: asked[chat.Load](s).Load, Messages: msgs(1, 2), More: false})
	assert.Equal(t, chat.ConnectionLive, s.snap().Connection)
}
