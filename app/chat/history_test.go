package chat_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// Ensure that changes of what is older than a long gap are all read, and no more of the gap for their sake.
func TestEditsBelowALongGap(t *testing.T) {
	s := live(t, own)
	s.play(chat.RowsChanged{Generation: 1, Messages: msgs(-2000, 0)}, chat.Missed{Generation: 1})
	since := asked[chat.Load](s).Query.ChangedSince
	edits := func(from, to int) []chat.Message {
		rows := msgs(from, to)
		for i := range rows {
			rows[i].Text, rows[i].Updated = "edited", at(5000)
		}
		return rows
	}
	s.answer(edits(-1500, -1400)...)
	s.answer(backwards(msgs(9000, 9100))...)
	assert.Equal(t, chat.Query{Limit: 100, ChangedSince: since, From: at(-1401), Except: []chat.MessageID{"m-1401"}, To: since}, asked[chat.Load](s).Query)
	s.answer(edits(-1400, -1300)...)
	s.answer(edits(-300, -200)[:60]...)
	assert.Equal(t, at(9000), asked[chat.Load](s).Query.To, "now the gap")
	for page := range 10 {
		s.answer(backwards(msgs(8900-100*page, 9000-100*page))...)
	}
	require.Equal(t, chat.ConnectionLive, s.snap().Connection)
	edited := 0
	for s.snap().Room.Earlier {
		s.play(chat.ShowOlder{})
		if len(s.asked) > 0 { // what comes to be drawn is all there
			s.answer(msgs(-2000, 0)...)
		}
	}
	for {
		room := s.snap().Room
		for _, row := range room.Rows[:100] {
			if row.Text == "edited" {
				edited++
			}
		}
		if room.Later == 0 {
			break
		}
		s.play(chat.ShowNewer{})
		if len(s.asked) > 0 {
			s.answer() // there is nothing in the gap
		}
	}
	assert.Equal(t, 260, edited)
}

// Ensure that the window moves over what is held, that an older page is read where nothing is, and that what is told
// does not move what is read.
func TestWindow(t *testing.T) {
	s := connected(t, own)
	s.answer(backwards(msgs(900, 1000))...)
	window := func() (first, last string, later int) {
		room := s.snap().Room
		require.LessOrEqual(t, len(room.Rows), 200)
		return room.Rows[0].Text, room.Rows[len(room.Rows)-1].Text, room.Later
	}
	expect := func(first, last string, later int) {
		t.Helper()
		f, l, n := window()
		assert.Equal(t, []any{first, last, later}, []any{f, l, n})
	}
	older := func(from, to int) {
		t.Helper()
		assert.True(t, s.snap().Room.Earlier)
		s.play(chat.ShowOlder{})
		assert.True(t, s.snap().Room.Reading)
		assert.Empty(t, s.play(chat.ShowOlder{}), "it is being read")
		s.asked = []chat.Effect{chat.Load{Load: s.load, Query: chat.Query{Limit: 100}}}
		s.answer(backwards(msgs(from, to))...)
		assert.False(t, s.snap().Room.Reading)
	}
	older(800, 900)
	expect("text 800", "text 999", 0)
	older(700, 800)
	expect("text 700", "text 899", 100)

	s.play(chat.RowsChanged{Generation: 1, Messages: msgs(1000, 1003)}, chat.Send{ID: "k", Text: "mine"})
	expect("text 700", "text 899", 104)
	s.play(chat.RowsRemoved{Generation: 1, IDs: []chat.MessageID{"m0750"}})
	expect("text 700", "text 900", 103) // as full as it can be
	s.play(chat.ShowNewer{})
	expect("text 801", "text 1000", 3)
	s.play(chat.ShowNewer{})
	assert.Equal(t, "mine", s.snap().Room.Rows[200].Text)
	s.play(chat.ShowOlder{})
	s.play(chat.ShowNewest{})
	assert.Equal(t, "mine", s.snap().Room.Rows[200].Text)
	assert.Zero(t, s.snap().Room.Later)

	s.play(chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionWaiting})
	for range 3 {
		s.play(chat.ShowOlder{})
	}
	assert.False(t, s.snap().Room.Reading, "not now")
	assert.True(t, s.snap().Room.Earlier)
}

// Ensure that what was given to messages is shown as it was last known, until the server has told what it is now.
func TestCachedReactions(t *testing.T) {
	give := func(id, emoji string, message int, off bool) chat.Given {
		return chat.Given{ID: chat.GivenID(id), Message: msg(message).ID, By: other, Emoji: emoji, Changed: at(50), Off: off}
	}
	s := live(t, changeable, msg(1), msg(2))
	load := asked[chat.LoadReactions](s).Load
	s.play(chat.ReactionsLoaded{Load: load, Reactions: []chat.Given{give("b", "👍", 1, false), give("a", "🎉", 1, false), give("c", "😮", 2, true)}})
	kept, ok := s.state.Cache("")
	require.True(t, ok)
	assert.Equal(t, []chat.Given{give("a", "🎉", 1, false), give("b", "👍", 1, false)}, kept.Given)

	emoji := func(s *script) (all []string) {
		for _, r := range s.snap().Room.Rows {
			for _, given := range r.Reactions {
				all = append(all, given.Emoji)
			}
		}
		return all
	}
	start := func(project chat.Project) *script {
		s := newScript(t)
		s.play(chat.SignedIn{Me: chat.Person{ID: me}, Project: project}, chat.CacheLoaded{User: me, Cache: kept})
		return s
	}
	again := start(changeable)
	assert.Equal(t, []string{"🎉", "👍"}, emoji(again))
	again.play(chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionCatchingUp}, chat.Subscribed{Generation: 1})
	again.answer()
	again.answer(msg(1), msg(2))
	assert.Equal(t, []string{"🎉", "👍"}, emoji(again), "until it is known")
	load = asked[chat.LoadReactions](again).Load
	again.play(chat.ReactionsLoaded{Load: load, Reactions: []chat.Given{give("b", "👍", 1, false)}})
	assert.Equal(t, []string{"👍"}, emoji(again), "one was taken back meanwhile")
	assert.Empty(t, emoji(start(own)), "of a project that has none any more")

	early := newScript(t)
	early.play(chat.SignedIn{Me: chat.Person{ID: me}, Project: changeable}, chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionCatchingUp},
		chat.ReactionsChanged{Generation: 1, Reactions: []chat.Given{give("b", "👍", 1, true)}}, chat.CacheLoaded{User: me, Cache: kept})
	assert.Equal(t, []string{"🎉"}, emoji(early), "what was told is newer")
}

// Ensure that a start shows what was kept, and reads what has changed since, whichever comes first: storage or network.
func TestCache(t *testing.T) {
	s := live(t, own)
	_, ok := s.state.Cache("")
	assert.False(t, ok, "nothing is known of it yet")
	s.now = at(300)
	s.play(chat.RowsChanged{Generation: 1, Messages: msgs(0, 300)}, chat.PeopleChanged{People: []chat.Person{{ID: other, Name: "Other"}}})
	kept, ok := s.state.Cache("")
	require.True(t, ok)
	assert.Equal(t, chat.Cache{Messages: msgs(100, 300), More: true, Cursor: kept.Cursor, People: []chat.Person{{ID: other, Name: "Other"}}}, kept)
	changes := chat.Query{Limit: 100, ChangedSince: kept.Cursor.Add(-30 * time.Second)}
	loaded := chat.CacheLoaded{User: me, Cache: kept}

	t.Run("storage first", func(t *testing.T) {
		s := newScript(t)
		s.play(chat.SignedIn{Me: chat.Person{ID: me}, Project: own})
		s.play(chat.CacheLoaded{User: other, Cache: kept}, chat.CacheLoaded{User: me})
		assert.False(t, s.snap().Room.Loaded)
		s.play(loaded)
		room := s.snap().Room
		assert.True(t, room.Loaded)
		assert.Equal(t, kept.Cursor, s.snap().LastNews, "what is shown is as of then")
		assert.True(t, room.Earlier)
		assert.Len(t, room.Rows, 200)
		assert.Equal(t, "Other", room.Rows[0].Name)
		again, _ := s.state.Cache("")
		assert.Equal(t, kept.Cursor, again.Cursor)
		s.play(chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionCatchingUp})
		assert.Equal(t, chat.ConnectionCatchingUp, s.snap().Connection)
		s.play(chat.Subscribed{Generation: 1})
		assert.Equal(t, changes, asked[chat.Load](s).Query)
	})
	t.Run("network first", func(t *testing.T) {
		s := connected(t, own)
		s.play(loaded)
		assert.Equal(t, changes, asked[chat.Load](s).Query)
	})
	t.Run("too late", func(t *testing.T) {
		s := live(t, own, msg(1))
		assert.Empty(t, s.play(loaded))
		assert.Equal(t, 1, s.snap().Room.Count)
	})
	t.Run("what was known stays when the connection goes, also when the server's clock is ahead", func(t *testing.T) {
		s := live(t, own)
		s.now = at(290)
		s.play(chat.RowsChanged{Generation: 1, Messages: msgs(200, 300)}, chat.Interrupted{Generation: 1})
		s.play(chat.ConnectionChanged{Generation: 2, Connection: chat.ConnectionOffline})
		again, _ := s.state.Cache("")
		assert.Equal(t, msgs(200, 300), again.Messages)
		assert.True(t, again.Cursor.Before(at(295)), "and what may come in between is read again")
	})
	t.Run("of what was told in a gap there may be more", func(t *testing.T) {
		s.play(chat.Interrupted{Generation: 1})
		s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{{ID: "x", Created: s.now}}})
		again, _ := s.state.Cache("")
		assert.Equal(t, kept.Messages[1:], again.Messages)
	})
}

// Ensure that a page which was read before anything was subscribed to is shown, and that what it leaves out is known to be
// missing: what is older, and rows without a date, which some databases have at the end.
func TestReadAhead(t *testing.T) {
	undated := chat.Message{ID: "undated", Text: "undated"}
	page := backwards(msgs(3, 102))
	for name, test := range map[string]struct {
		page    []chat.Message
		more    bool
		want    []chat.Message
		loaded  bool
		earlier bool
	}{
		"an empty room":           {nil, false, nil, true, false},
		"all there is":            {append([]chat.Message{undated}, page...), false, append([]chat.Message{undated}, msgs(3, 102)...), true, false},
		"the newest":              {page, true, msgs(3, 102), true, true},
		"with one without a date": {append([]chat.Message{undated}, page...), true, msgs(3, 102), true, true},
		"of no date at all":       {[]chat.Message{undated}, true, nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			s.play(chat.SignedIn{Me: chat.Person{ID: me}, Project: own})
			s.play(chat.CacheLoaded{User: me, Cache: chat.CacheOf(test.page, test.more, at(110), nil)})
			room := s.snap().Room
			assert.Equal(t, test.loaded, room.Loaded)
			assert.Equal(t, test.earlier, room.Earlier)
			require.Len(t, room.Rows, len(test.want))
			for i, m := range test.want {
				assert.Equal(t, m.ID, room.Rows[i].ID)
			}
			s.play(chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionCatchingUp}, chat.Subscribed{Generation: 1})
			if query := asked[chat.Load](s).Query; test.loaded {
				assert.Equal(t, at(80), query.ChangedSince)
			} else {
				assert.Equal(t, chat.NewestPage(), query)
			}
		})
	}
}

// Ensure that every gap is reported once, with what was found.
func TestGapReports(t *testing.T) {
	s := live(t, own, msg(1))
	assert.Empty(t, s.state.Gaps(), "what was read at the start was not missed")
	s.play(chat.Interrupted{Generation: 1, Reason: chat.GapTokenExpired})
	from := s.now
	s.play(chat.Missed{Generation: 1, Reason: chat.GapTokenExpired})
	refused := chat.Problem{Code: chat.ProblemReadForbidden}
	s.play(chat.LoadFailed{Load: asked[chat.Load](s).Load, Problem: refused})
	reports := s.state.Gaps()
	assert.Equal(t, []chat.GapReport{{Reason: chat.GapTokenExpired, From: from, Problem: refused}}, reports)

	s.play(chat.Missed{Generation: 1, Reason: chat.GapClockJump})
	s.answer(append(msgs(1, 2), msgs(50, 53)...)...)
	assert.Equal(t, chat.GapReport{Reason: chat.GapTokenExpired, From: from, Until: s.now, Rows: 3}, s.state.Gaps()[0])
	for range 30 {
		s.play(chat.Missed{Generation: 1, Reason: chat.GapOverflow})
		s.answer()
		s.answer(msgs(1, 53)...)
	}
	assert.Len(t, s.state.Gaps(), 20)
}

// Ensure that a row of long ago which says the same is not taken for what is on its way now, where keys are the
// server's.
func TestOldWordsAreNotTheNewOnes(t *testing.T) {
	project := chat.Project{CanWrite: true, Dated: true}
	s := connected(t, project)
	s.answer(backwards(msgs(0, 100))...)
	s.play(chat.Send{ID: "k", Text: "hello"}, chat.ItemSaved{ID: "k"}, chat.ItemSaved{ID: "k"})
	attempt := asked[chat.Transmit](s).Attempt
	s.play(chat.ShowOlder{})
	old := mine("m-999", "hello")
	old.Created = at(-999)
	s.answer(old)
	s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerUnclear})
	assert.Contains(t, s.drawn(), "hello failed unsure")
}
