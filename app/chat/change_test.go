package chat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// changeable is a project in which everything can be done to messages.
var changeable = chat.Project{
	CanWrite: true, OwnKeys: true, Dated: true,
	CanReply: true, CanEdit: true, CanDelete: true, Reactions: true, CanReact: true,
}

// withOwn is the script of somebody who has written a message.
func withOwn(t *testing.T, project chat.Project) *script {
	return live(t, project, mine("k", "hello"))
}

func (s *script) only() chat.Row {
	s.t.Helper()
	require.Len(s.t, s.snap().Room.Rows, 1)
	return s.snap().Room.Rows[0]
}

// Ensure that an edit is durable before it leaves, is drawn as if it had come true, and leaves storage when it has.
func TestEdit(t *testing.T) {
	s := withOwn(t, changeable)
	s.play(chat.Edit{ID: "e", Message: "k", Text: "hello all"})
	item := asked[chat.Save](s).Item
	assert.Equal(t, chat.Item{Op: chat.OpEdit, ID: "e", Message: "k", Text: "hello all", Pressed: s.now}, item)
	row := s.only()
	assert.Equal(t, "hello all", row.Text)
	assert.Equal(t, chat.Change{Op: chat.OpEdit, ID: "e", Delivery: chat.Queued}, row.Change)
	assert.True(t, row.Edited)

	s.play(chat.ItemSaved{ID: "e"})
	edited := mine("k", "hello all")
	edited.Updated = s.now
	s.play(chat.Answered{ID: "e", Attempt: asked[chat.Transmit](s).Attempt, Answer: chat.AnswerStored, Message: edited})
	assert.Equal(t, []chat.Effect{chat.Forget{User: me, ID: "e"}}, s.asked)
	assert.Equal(t, chat.Change{}, s.only().Change)
	assert.Equal(t, "hello all", s.only().Text)
}

// Ensure what cannot be edited is either nothing to do, or said.
func TestWhatCannotBeEdited(t *testing.T) {
	fixed := changeable
	fixed.CanEdit = false
	for name, test := range map[string]struct {
		project chat.Project
		in      chat.Edit
		text    string
		problem chat.ProblemCode
	}{
		"the same text":     {changeable, chat.Edit{ID: "e", Message: "k", Text: "hello"}, "hello", ""},
		"blank":             {changeable, chat.Edit{ID: "e", Message: "k", Text: " \n"}, "hello", ""},
		"without a key":     {changeable, chat.Edit{Message: "k", Text: "other"}, "hello", ""},
		"an unknown one":    {changeable, chat.Edit{ID: "e", Message: "x", Text: "other"}, "hello", ""},
		"too long":          {changeable, chat.Edit{ID: "e", Message: "k", Text: strings.Repeat("x", 4001)}, "hello", chat.ProblemTooLong},
		"no right":          {fixed, chat.Edit{ID: "e", Message: "k", Text: "other"}, "hello", chat.ProblemWriteForbidden},
		"nothing forbidden": {changeable, chat.Edit{ID: "e", Message: "k", Text: "other"}, "other", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := withOwn(t, test.project)
			s.play(test.in)
			assert.Equal(t, test.text, s.only().Text)
			assert.Equal(t, test.problem, s.only().Change.Problem.Code)
		})
	}
	s := live(t, changeable, msg(1))
	s.play(chat.Edit{ID: "e", Message: "m0001", Text: "forged"})
	assert.Equal(t, chat.ProblemWriteForbidden, s.only().Change.Problem.Code)
	assert.Equal(t, "text 1", s.only().Text)
}

// Ensure that an answer to a change leads on in the way that neither loses it nor makes it where it does not belong.
func TestAnswersToAnEdit(t *testing.T) {
	words := chat.Problem{Code: chat.ProblemRefused, Detail: "words"}
	as := func(text string, deleted bool) chat.Message {
		m := mine("k", text)
		m.Updated, m.Deleted = at(95), deleted
		return m
	}
	for name, test := range map[string]struct {
		answers []chat.Answered
		asked   chat.Effect
		text    string
		problem chat.ProblemCode
	}{
		"refused":                      {[]chat.Answered{{Answer: chat.AnswerRefused, Problem: words}}, chat.Save{}, "hello", chat.ProblemRefused},
		"lost, and done":               {[]chat.Answered{{Answer: chat.AnswerUnclear}, {Answer: chat.AnswerStored, Message: as("new", false)}}, chat.Forget{}, "new", ""},
		"lost, and not done":           {[]chat.Answered{{Answer: chat.AnswerUnclear}, {Answer: chat.AnswerStored, Message: mine("k", "hello")}}, chat.After{}, "new", ""},
		"lost, and deleted":            {[]chat.Answered{{Answer: chat.AnswerUnclear}, {Answer: chat.AnswerStored, Message: as("", true)}}, chat.Save{}, "", chat.ProblemGone},
		"lost, and the row is gone":    {[]chat.Answered{{Answer: chat.AnswerUnclear}, {Answer: chat.AnswerMissing}}, chat.Forget{}, "hello", ""},
		"disputed, and not done":       {[]chat.Answered{{Answer: chat.AnswerDisputed, Problem: words}, {Answer: chat.AnswerStored, Message: mine("k", "hello")}}, chat.Save{}, "hello", chat.ProblemRefused},
		"disputed, and done by others": {[]chat.Answered{{Answer: chat.AnswerDisputed, Problem: words}, {Answer: chat.AnswerStored, Message: as("new", false)}}, chat.Forget{}, "new", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := withOwn(t, changeable)
			s.play(chat.Edit{ID: "e", Message: "k", Text: "new"}, chat.ItemSaved{ID: "e"})
			attempt := asked[chat.Transmit](s).Attempt
			for _, answer := range test.answers {
				answer.ID, answer.Attempt = "e", attempt
				s.play(answer)
				attempt++
			}
			found := false
			for _, e := range s.asked {
				switch e.(type) {
				case chat.Save:
					_, is := test.asked.(chat.Save)
					found = found || is
				case chat.Forget:
					_, is := test.asked.(chat.Forget)
					found = found || is
				case chat.After:
					_, is := test.asked.(chat.After)
					found = found || is
				}
			}
			assert.True(t, found, "%T in %+v", test.asked, s.asked)
			assert.Equal(t, test.text, s.only().Text)
			assert.Equal(t, test.problem, s.only().Change.Problem.Code)
		})
	}
}

// Ensure that a deletion waits, lets others go first, can be taken back, and leaves in time.
func TestDelete(t *testing.T) {
	s := withOwn(t, changeable)
	s.play(chat.Delete{ID: "d", Message: "k"})
	due := asked[chat.After](s)
	assert.Equal(t, chat.UndoTime, due.Delay)
	s.play(chat.ItemSaved{ID: "d"})
	row := s.only()
	assert.True(t, row.Deleted && row.Change.Undo)
	assert.Empty(t, row.Text)
	assert.Zero(t, row.Can, "nothing can be done to what is being deleted")

	s.play(chat.Send{ID: "l", Text: "next"}, chat.ItemSaved{ID: "l"})
	attempt := asked[chat.Transmit](s).Attempt
	assert.Equal(t, chat.MessageID("l"), asked[chat.Transmit](s).Item.ID)
	s.play(chat.Answered{ID: "l", Attempt: attempt, Answer: chat.AnswerStored})
	assert.Equal(t, []chat.Effect{chat.Forget{User: me, ID: "l"}}, s.asked)

	s.play(due.Due) // too early by the clock
	assert.Equal(t, chat.UndoTime-5*time.Second, asked[chat.After](s).Delay)
	s.play(asked[chat.After](s).Due)
	sent := asked[chat.Transmit](s)
	assert.Equal(t, chat.OpDelete, sent.Item.Op)
	assert.False(t, s.only().Change.Undo)
	assert.Empty(t, s.play(chat.Undo{ID: "d"}), "it has left")
	gone := mine("k", "")
	gone.Deleted, gone.Updated = true, s.now
	s.play(chat.Answered{ID: "d", Attempt: sent.Attempt, Answer: chat.AnswerStored, Message: gone})
	assert.True(t, s.only().Deleted)
	assert.Equal(t, chat.Change{}, s.only().Change)

	s = withOwn(t, changeable)
	s.play(chat.Delete{ID: "d", Message: "k"}, chat.ItemSaved{ID: "d"}, chat.Undo{ID: "d"})
	assert.Equal(t, []chat.Effect{chat.Forget{User: me, ID: "d"}}, s.asked)
	assert.Equal(t, "hello", s.only().Text)
}

// Ensure that a deletion pressed before the program ended leaves in time in the next one.
func TestDeleteAfterARestart(t *testing.T) {
	s := connected(t, changeable)
	item := chat.Item{Op: chat.OpDelete, ID: "d", Message: "k", Pressed: s.now}
	s.play(chat.OutboxLoaded{User: me, Load: 1 << 40, Items: []chat.Item{item}})
	after := asked[chat.After](s)
	assert.Equal(t, chat.UndoTime-time.Second, after.Delay)
	s.now = s.now.Add(after.Delay)
	s.play(after.Due)
	assert.Equal(t, item, asked[chat.Transmit](s).Item)
}

// Ensure that a wish and its opposite cancel each other as long as nothing has left, and follow each other otherwise.
func TestReact(t *testing.T) {
	s := live(t, changeable, msg(1))
	s.play(chat.React{ID: "r1", Message: "m0001", Emoji: "👍", On: true})
	assert.Equal(t, []chat.Reaction{{Emoji: "👍", Mine: true, ID: "r1", People: []chat.Person{{ID: me}}}}, s.only().Reactions)
	s.play(chat.React{ID: "r2", Message: "m0001", Emoji: "👍"})
	assert.Equal(t, []chat.Effect{chat.Forget{User: me, ID: "r1"}}, s.asked)
	assert.Empty(t, s.only().Reactions)

	s.play(chat.React{ID: "r3", Message: "m0001", Emoji: "👍", On: true}, chat.ItemSaved{ID: "r3"})
	attempt := asked[chat.Transmit](s).Attempt
	s.play(chat.React{ID: "r4", Message: "m0001", Emoji: "👍"}, chat.ItemSaved{ID: "r4"})
	assert.Empty(t, s.only().Reactions)
	given := chat.Given{ID: "g", Message: "m0001", By: me, Emoji: "👍", Changed: s.now}
	s.play(chat.Answered{ID: "r3", Attempt: attempt, Answer: chat.AnswerStored, Reactions: []chat.Given{given}})
	last := asked[chat.Transmit](s)
	assert.True(t, last.Item.Off)
	assert.Empty(t, s.only().Reactions, "it is about to be taken back")
	given.Off, given.Changed = true, s.now
	s.play(chat.Answered{ID: "r4", Attempt: last.Attempt, Answer: chat.AnswerStored, Reactions: []chat.Given{given}})
	assert.Empty(t, s.only().Reactions)
	assert.Empty(t, s.play(chat.React{ID: "r5", Message: "m0001", Emoji: "👍"}), "nothing to take back")
}

// Ensure that one that fails is shown as failed, and gone when it is discarded.
func TestReactFails(t *testing.T) {
	s := live(t, changeable, msg(1))
	s.play(chat.React{ID: "r", Message: "m0001", Emoji: "👍", On: true}, chat.ItemSaved{ID: "r"})
	words := chat.Problem{Code: chat.ProblemRefused, Detail: "words"}
	s.play(chat.Answered{ID: "r", Attempt: asked[chat.Transmit](s).Attempt, Answer: chat.AnswerDisputed, Problem: words})
	require.Len(t, s.only().Reactions, 1)
	assert.Equal(t, words, s.only().Reactions[0].Failed)
	s.play(chat.Discard{ID: "r"})
	assert.Empty(t, s.only().Reactions)
}

// Ensure that what was told of reactions and what was read make the same, in either order.
func TestReactionsInAnyOrder(t *testing.T) {
	give := func(id string, seconds int, off bool) chat.Given {
		return chat.Given{ID: chat.GivenID(id), Message: "m0001", By: other, Emoji: id, Changed: at(seconds), Off: off}
	}
	s := live(t, changeable, msg(1))
	load := asked[chat.LoadReactions](s)
	assert.Equal(t, []chat.MessageID{"m0001"}, load.Messages)
	emoji := func() (all []string) {
		for _, r := range s.only().Reactions {
			all = append(all, r.Emoji)
		}
		return all
	}
	told := func(g chat.Given) { s.play(chat.ReactionsChanged{Generation: 1, Reactions: []chat.Given{g}}) }

	told(give("b", 20, false)) // while it is read
	s.play(chat.ReactionsLoaded{Load: load.Load, Reactions: []chat.Given{give("a", 10, false), give("b", 20, true), give("c", 5, false)}})
	assert.Equal(t, []string{"c", "a", "b"}, emoji())
	told(give("a", 30, true))
	told(give("a", 10, false)) // late
	assert.Equal(t, []string{"c", "b"}, emoji())
	s.play(chat.ReactionsRemoved{Generation: 1, IDs: []chat.GivenID{"c", "unknown"}})
	assert.Equal(t, []string{"b"}, emoji())

	s.play(chat.Missed{Generation: 1}) // and everything else was taken back meanwhile
	s.answer()
	s.answer(chat.Message{ID: "m0001", Created: at(1)})
	again := asked[chat.LoadReactions](s)
	s.play(chat.ReactionsLoaded{Load: again.Load, Failed: true})
	s.play(asked[chat.After](s).Due)
	s.play(chat.ReactionsLoaded{Load: asked[chat.LoadReactions](s).Load})
	assert.Empty(t, emoji())
}
