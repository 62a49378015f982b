package chat_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// among is the script of somebody who has caught up, in one of several tabs.
func among(t *testing.T, project chat.Project) *script {
	s := live(t, project, msg(1))
	s.others = true
	return s
}

// turn gives the outbox to the tab when it has just asked for it, with what is stored then.
func (s *script) turn(stored ...chat.Item) []chat.Effect {
	s.t.Helper()
	s.play(chat.OutboxTaken{Take: asked[chat.TakeOutbox](s).Take})
	return s.loaded(stored...)
}

// loaded is the answer to the LoadOutbox that was just asked for.
func (s *script) loaded(stored ...chat.Item) []chat.Effect {
	s.t.Helper()
	return s.play(chat.OutboxLoaded{User: me, Load: asked[chat.LoadOutbox](s).Load, Items: stored})
}

// pressed is an item as storage has it.
func pressed(id chat.MessageID, second int) chat.Item {
	return chat.Item{ID: id, Text: string(id), Pressed: at(second)}
}

// Ensure that nothing leaves before this is the tab that sends and it has seen what the one before has left.
func TestTurn(t *testing.T) {
	s := among(t, own)
	s.play(chat.Send{ID: "k", Text: "k"})
	item := asked[chat.Save](s).Item
	take := asked[chat.TakeOutbox](s).Take
	assert.Empty(t, s.play(chat.ItemSaved{ID: "k"}))
	assert.Empty(t, s.play(chat.OutboxTaken{Take: take + 1}), "of another time")
	s.play(chat.OutboxTaken{Take: take})
	load := asked[chat.LoadOutbox](s).Load
	assert.Empty(t, s.play(chat.OutboxTaken{Take: take}), "once is enough")
	assert.Empty(t, s.play(chat.OutboxLoaded{User: me, Load: load - 3}), "read before")
	assert.Equal(t, []string{"text 1", "k queued"}, s.drawn(), "and before it was saved")
	s.play(chat.OutboxLoaded{User: me, Load: load, Items: []chat.Item{item}})
	assert.Equal(t, item, asked[chat.Transmit](s).Item)
	s.play(chat.Answered{ID: "k", Attempt: asked[chat.Transmit](s).Attempt, Answer: chat.AnswerStored, Message: mine("k", "k")})
	assert.Equal(t, []chat.Effect{chat.Forget{User: me, ID: "k"}, chat.ReleaseOutbox{User: me}}, s.asked)
}

// Ensure that a tab which cannot send lets others do so, but not in the midst of an item.
func TestReleaseWithoutConnection(t *testing.T) {
	offline := chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionOffline}
	s := among(t, own)
	s.play(chat.Send{ID: "k", Text: "k"}, chat.ItemSaved{ID: "k"})
	s.play(offline)
	assert.Contains(t, s.asked, chat.ReleaseOutbox{User: me}, "it had asked only")

	s = among(t, own)
	item := pressed("k", 1)
	s.play(chat.OutboxChanged{User: me})
	s.loaded(item)
	s.turn(item)
	attempt := asked[chat.Transmit](s).Attempt
	s.play(offline)
	assert.NotContains(t, s.asked, chat.ReleaseOutbox{User: me}, "the answer may still come")
	s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerUnclear})
	assert.Equal(t, []chat.Effect{chat.ReleaseOutbox{User: me}}, s.asked)
}

// Ensure that of two tabs with much to send each gets its turn, between two items.
func TestTurnEnds(t *testing.T) {
	s := among(t, own)
	s.play(chat.OutboxChanged{User: me})
	a, b := pressed("a", 1), pressed("b", 2)
	s.loaded(a, b)
	s.turn(a, b)
	s.now = s.now.Add(20 * time.Second)
	s.play(chat.Answered{ID: "a", Attempt: asked[chat.Transmit](s).Attempt, Answer: chat.AnswerStored})
	take := asked[chat.TakeOutbox](s)
	assert.Equal(t, []chat.Effect{chat.Forget{User: me, ID: "a"}, chat.ReleaseOutbox{User: me}, take}, s.asked)
	s.turn(b)
	assert.Equal(t, b, asked[chat.Transmit](s).Item)
}

// Ensure that an item which is gone from storage, and there again because a tab has found it with its draft, is shown;
// and that what was read before it went does not bring it back.
func TestHandedInAgain(t *testing.T) {
	s := among(t, own)
	item := pressed("k", 1)
	item.Problem = chat.Problem{Code: chat.ProblemUnsure}
	s.play(chat.OutboxChanged{User: me})
	before := asked[chat.LoadOutbox](s).Load
	s.play(chat.OutboxChanged{User: me})
	s.loaded(item)
	assert.Equal(t, []string{"text 1", "k failed unsure"}, s.drawn())
	s.play(chat.OutboxChanged{User: me})
	s.loaded()
	assert.Equal(t, []string{"text 1"}, s.drawn())
	s.play(chat.OutboxLoaded{User: me, Load: before, Items: []chat.Item{item}})
	assert.Equal(t, []string{"text 1"}, s.drawn(), "read before")
	s.play(chat.OutboxChanged{User: me})
	s.loaded(item)
	assert.Equal(t, []string{"text 1", "k failed unsure"}, s.drawn())
}

// Ensure that a tab which has lost its turn starts nothing, and that what it had begun ends by its own answer, or by what
// the other tab has made of it.
func TestTurnIsLost(t *testing.T) {
	lost := func(t *testing.T) (s *script, attempt uint64) {
		s = among(t, own)
		s.play(chat.OutboxChanged{User: me})
		s.loaded(pressed("k", 1))
		take := asked[chat.TakeOutbox](s).Take
		s.turn(pressed("k", 1))
		attempt = asked[chat.Transmit](s).Attempt
		assert.Empty(t, s.play(chat.OutboxLost{Take: take - 1}), "of another time")
		s.play(chat.OutboxLost{Take: take})
		return s, attempt
	}
	t.Run("it asks again", func(t *testing.T) {
		s, attempt := lost(t)
		take := asked[chat.TakeOutbox](s)
		assert.Equal(t, []chat.Effect{take}, s.asked)
		assert.Empty(t, s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerUnclear}), "and does not look it up meanwhile")
		s.asked = []chat.Effect{take}
		s.turn(pressed("k", 1))
		assert.Equal(t, chat.MessageID("k"), asked[chat.LookUp](s).ID)
	})
	t.Run("stored after all", func(t *testing.T) {
		s, attempt := lost(t)
		s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerStored, Message: mine("k", "k")})
		assert.Equal(t, []chat.Effect{chat.Forget{User: me, ID: "k"}, chat.ReleaseOutbox{User: me}}, s.asked)
		assert.Equal(t, []string{"text 1", "k"}, s.drawn())
	})
	t.Run("the answer says more than what the other tab believes", func(t *testing.T) {
		s, attempt := lost(t)
		failed := pressed("k", 1)
		failed.Problem = chat.Problem{Code: chat.ProblemUnsure}
		s.play(chat.OutboxChanged{User: me})
		s.loaded(failed)
		assert.Equal(t, []string{"text 1", "k sending"}, s.drawn())
		s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerStored})
		assert.Equal(t, []string{"text 1"}, s.drawn())
	})
	t.Run("settled by the other tab", func(t *testing.T) {
		s, attempt := lost(t)
		s.play(chat.Settled{ID: "k", Message: mine("k", "k")})
		assert.Equal(t, []chat.Effect{chat.ReleaseOutbox{User: me}}, s.asked, "it has been forgotten already")
		assert.Equal(t, []string{"text 1", "k"}, s.drawn())
		assert.Empty(t, s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerRefused}))
		assert.Equal(t, []string{"text 1", "k"}, s.drawn())
	})
	t.Run("discarded in the other tab", func(t *testing.T) {
		s, attempt := lost(t)
		s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerRefused})
		save := asked[chat.Save](s)
		assert.Equal(t, pressed("k", 1), save.Was)
		s.play(chat.ItemSaved{ID: "k", Late: true})
		s.loaded()
		assert.Equal(t, []string{"text 1"}, s.drawn())
	})
}

// Ensure that a tab shows what is stored, and what another tab makes of it.
func TestWhatOtherTabsDo(t *testing.T) {
	refused := chat.Problem{Code: chat.ProblemRefused}
	failed := pressed("b", 2)
	failed.Problem = refused
	newer := pressed("x", 1)
	newer.Op = "of a newer program"
	steps := []struct {
		does   string
		stored []chat.Item
		drawn  []string
	}{
		{"sends", []chat.Item{pressed("c", 3), pressed("a", 1), pressed("b", 2)}, []string{"text 1", "a queued", "b queued", "c queued"}},
		{"is refused", []chat.Item{pressed("c", 3), pressed("a", 1), failed}, []string{"text 1", "a queued", "b failed refused", "c queued"}},
		{"tries again", []chat.Item{pressed("c", 3), pressed("a", 1), pressed("b", 2)}, []string{"text 1", "a queued", "b queued", "c queued"}},
		{"discards, or has it stored", []chat.Item{pressed("c", 3)}, []string{"text 1", "c queued"}},
		{"hands in again", []chat.Item{pressed("c", 3), pressed("b", 2)}, []string{"text 1", "b queued", "c queued"}},
		{"is newer", []chat.Item{pressed("c", 3), newer}, []string{"text 1", "c queued"}},
	}
	s := among(t, own)
	for _, step := range steps {
		s.play(chat.OutboxChanged{User: other})
		assert.Empty(t, s.asked)
		s.play(chat.OutboxChanged{User: me})
		s.loaded(step.stored...)
		assert.Equal(t, step.drawn, s.drawn(), step.does)
		assert.NotContains(t, s.asked, chat.Forget{User: me, ID: "x"})
	}

	full := chat.Problem{Code: chat.ProblemStorageFailing}
	for _, seconds := range []int{1, 2, 4} {
		s.play(chat.OutboxLoaded{User: me, Load: 1000, Problem: full})
		assert.Equal(t, []string{"text 1", "c queued"}, s.drawn(), "what cannot be read is not gone")
		assert.Equal(t, full, s.snap().Problem)
		after := asked[chat.After](s)
		assert.Equal(t, time.Duration(seconds)*time.Second, after.Delay)
		assert.Empty(t, s.play(chat.OutboxLoaded{User: me, Load: 1000, Problem: full}), "it waits already")
		s.play(after.Due)
		asked[chat.LoadOutbox](s)
		assert.Empty(t, s.play(after.Due))
	}
}

// Ensure that what storage has never taken is not missed there.
func TestInMemoryOnly(t *testing.T) {
	s := among(t, own)
	s.play(chat.ConnectionChanged{Generation: 2, Connection: chat.ConnectionOffline})
	s.play(chat.Send{ID: "k", Text: "k"}, chat.ItemSaved{ID: "k", Problem: chat.Problem{Code: chat.ProblemStorageFailing}})
	s.play(chat.OutboxChanged{User: me})
	s.loaded()
	assert.Equal(t, []string{"text 1", "k queued"}, s.drawn())
	s.play(chat.ConnectionChanged{Generation: 3, Connection: chat.ConnectionCatchingUp})
	s.turn()
	assert.Equal(t, "k", asked[chat.Transmit](s).Item.Text)
}

// Ensure that of two that look the same only the one is settled that another tab has settled.
func TestSettledOneOfTwo(t *testing.T) {
	s := among(t, serversKeys)
	unsure := chat.Item{ID: "k", Text: "ok", Pressed: at(1), Attempted: true, Problem: chat.Problem{Code: chat.ProblemUnsure}}
	s.play(chat.OutboxChanged{User: me})
	s.loaded(unsure, chat.Item{ID: "l", Text: "ok", Pressed: at(2)})
	s.play(chat.Settled{ID: "l", Message: mine("17", "ok")})
	assert.Equal(t, []string{"text 1", "ok", "ok failed unsure"}, s.drawn())
	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{mine("17", "ok")}})
	assert.Equal(t, []string{"text 1", "ok", "ok failed unsure"}, s.drawn())
}

// Ensure that a row which may be that of either settles neither.
func TestEitherOfTwo(t *testing.T) {
	s := among(t, serversKeys)
	unsure := chat.Item{ID: "k", Text: "ok", Pressed: at(1), Attempted: true, Problem: chat.Problem{Code: chat.ProblemUnsure}}
	s.play(chat.OutboxChanged{User: me})
	s.loaded(unsure, chat.Item{ID: "l", Text: "ok", Pressed: at(2)})
	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{mine("17", "ok")}})
	assert.Equal(t, []string{"text 1", "ok", "ok failed unsure", "ok queued"}, s.drawn())
}

// Ensure that the box lets go of a text also when another tab was faster than this one's storage.
func TestSettledBeforeSaved(t *testing.T) {
	s := among(t, own)
	s.play(chat.Send{ID: "k", Text: "hello"}, chat.RowsChanged{Generation: 1, Messages: []chat.Message{mine("k", "hello")}})
	assert.Equal(t, chat.MessageID("k"), s.snap().Room.Kept)
	assert.Empty(t, s.play(chat.ItemSaved{ID: "k"}))
	assert.Empty(t, s.play(chat.Send{ID: "k", Text: "hello"}), "its key is used up")

	s = among(t, own)
	s.play(chat.Send{ID: "k", Text: "hello"}, chat.Settled{ID: "k"})
	assert.Equal(t, chat.MessageID("k"), s.snap().Room.Kept)
}

// Ensure that an item saved by the session before, of the same user, is not overlooked.
func TestSavedInTheSessionBefore(t *testing.T) {
	s := among(t, own)
	s.play(chat.Send{ID: "k", Text: "hello"}, chat.SignedOut{}, chat.SignedIn{Me: chat.Person{ID: me}, Project: own})
	s.loaded()
	s.play(chat.ItemSaved{ID: "k"})
	s.loaded(chat.Item{ID: "k", Text: "hello"})
	assert.Equal(t, []string{"hello queued"}, s.drawn())
}

// Ensure that an item whose row is here already, kept from the last visit perhaps, does not leave.
func TestStoredBeforeItIsLoaded(t *testing.T) {
	s := among(t, own)
	s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{mine("k", "k")}}, chat.OutboxChanged{User: me})
	s.loaded(pressed("k", 1))
	assert.Equal(t, []chat.Effect{chat.Forget{User: me, ID: "k"}}, s.asked)
	assert.Equal(t, []string{"text 1", "k"}, s.drawn())
}

// Without a key of ours an item leaves only when this tab, and no other, has marked it.
func TestMarking(t *testing.T) {
	marking := func(t *testing.T) *script {
		s := among(t, serversKeys)
		s.play(chat.OutboxChanged{User: me})
		s.loaded(pressed("k", 1))
		s.turn(pressed("k", 1))
		save := asked[chat.Save](s)
		require.True(t, save.Item.Attempted)
		require.Equal(t, pressed("k", 1), save.Was)
		return s
	}
	marked := pressed("k", 1)
	marked.Attempted = true
	t.Run("another tab was faster", func(t *testing.T) {
		s := marking(t)
		s.play(chat.ItemSaved{ID: "k", Late: true})
		s.loaded(marked)
		assert.Equal(t, []string{"text 1", "k failed unsure"}, s.drawn())
		assert.Equal(t, marked, asked[chat.Save](s).Was)
	})
	t.Run("and has had it stored", func(t *testing.T) {
		s := marking(t)
		s.play(chat.ItemSaved{ID: "k", Late: true})
		s.loaded()
		assert.Equal(t, []string{"text 1"}, s.drawn())
	})
	t.Run("storage fails", func(t *testing.T) {
		s := marking(t)
		s.play(chat.ItemSaved{ID: "k", Problem: chat.Problem{Code: chat.ProblemStorageFailing}})
		assert.Equal(t, []string{"text 1", "k queued"}, s.drawn(), "after a crash it would leave once more")
		s.play(asked[chat.After](s).Due)
		assert.True(t, asked[chat.Save](s).Item.Attempted)
		s.play(chat.ItemSaved{ID: "k"})
		assert.Equal(t, chat.MessageID("k"), asked[chat.Transmit](s).Item.ID)
	})
	t.Run("storage cannot be read", func(t *testing.T) {
		s := among(t, serversKeys)
		s.play(chat.OutboxChanged{User: me})
		before := asked[chat.LoadOutbox](s).Load
		s.loaded(pressed("k", 1))
		s.play(chat.OutboxTaken{Take: asked[chat.TakeOutbox](s).Take})
		s.play(chat.OutboxLoaded{User: me, Load: asked[chat.LoadOutbox](s).Load, Problem: chat.Problem{Code: chat.ProblemStorageFailing}})
		assert.Len(t, s.asked, 1)
		again := asked[chat.After](s).Due
		assert.Empty(t, s.play(chat.OutboxLoaded{User: me, Load: before, Items: []chat.Item{pressed("k", 1)}}), "that was before")
		s.play(again)
		s.loaded(pressed("k", 1))
		assert.True(t, asked[chat.Save](s).Item.Attempted)
	})
	t.Run("the turn is lost", func(t *testing.T) {
		s := among(t, serversKeys)
		s.play(chat.OutboxChanged{User: me})
		s.loaded(pressed("k", 1))
		take := asked[chat.TakeOutbox](s).Take
		s.turn(pressed("k", 1))
		s.play(chat.OutboxLost{Take: take}, chat.ItemSaved{ID: "k"})
		save := asked[chat.Save](s)
		assert.Equal(t, chat.Save{User: me, Item: pressed("k", 1), Was: marked}, save, "it has certainly not left")
	})
	t.Run("not sent", func(t *testing.T) {
		s := marking(t)
		s.play(chat.ItemSaved{ID: "k"})
		s.play(chat.Answered{ID: "k", Attempt: asked[chat.Transmit](s).Attempt, Answer: chat.AnswerUnsent})
		assert.Equal(t, chat.Save{User: me, Item: pressed("k", 1), Was: marked}, asked[chat.Save](s))
	})
}

// Ensure that the panel sees what waits, and never what it says.
func TestOutbox(t *testing.T) {
	s := among(t, own)
	s.play(chat.Send{ID: "k", Text: "hello"})
	first := s.now
	s.play(chat.Send{ID: "l", Text: string(make([]rune, 5000)) + "x"}, chat.Send{ID: "m", Text: "m"})
	lines := s.state.Outbox()
	require.NotEmpty(t, lines)
	assert.Equal(t, chat.OutboxLine{ID: "k", Stage: "saving", Pressed: first}, lines[0])
	assert.Equal(t, "2026-01-02 03:00:05.000Z k saving, tried 0 times", lines[0].String())
}
