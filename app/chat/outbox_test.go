package chat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

var serversKeys = chat.Project{CanWrite: true}

// mine is the row that an item of the user becomes.
func mine(id chat.MessageID, text string) chat.Message {
	return chat.Message{ID: id, Author: me, Text: text, Created: at(90)}
}

// sending is the script of an item on its way, and its attempt.
func sending(t *testing.T, project chat.Project) (*script, uint64) {
	s := live(t, project, msg(1))
	s.play(chat.Send{ID: "k", Text: "hello"}, chat.ItemSaved{ID: "k"})
	if !project.OwnKeys {
		s.play(chat.ItemSaved{ID: "k"}) // that it is about to leave
	}
	return s, asked[chat.Transmit](s).Attempt
}

// Ensure a message is durable before it leaves, and leaves storage when the server has it.
func TestSend(t *testing.T) {
	s := live(t, own, msg(1))
	item := chat.Item{ID: "k", Text: "hello", Pressed: s.now.Add(time.Second)}
	s.play(chat.Send{ID: "k", Text: "hello"})
	assert.Equal(t, []chat.Effect{chat.Save{User: me, Item: item}}, s.asked)
	assert.Equal(t, []string{"text 1", "hello queued"}, s.drawn())

	s.play(chat.ItemSaved{ID: "k"})
	transmit := asked[chat.Transmit](s)
	assert.Equal(t, []chat.Effect{chat.Transmit{Item: item, Attempt: transmit.Attempt}}, s.asked)
	assert.Equal(t, []string{"text 1", "hello sending"}, s.drawn())

	s.play(chat.Answered{ID: "k", Attempt: transmit.Attempt, Answer: chat.AnswerStored, Message: mine("k", "hello")})
	assert.Equal(t, []chat.Effect{chat.Forget{User: me, ID: "k"}}, s.asked)
	assert.Equal(t, []string{"text 1", "hello"}, s.drawn())
}

// Ensure that a new message with a key of ours waits neither for the outbox to have it nor for the turn to send: the draft
// has it. Whatever comes of storage meanwhile, it is sent once, and those behind it follow.
func TestSendAtOnce(t *testing.T) {
	ready := func(project chat.Project) *script {
		s := live(t, project, msg(1))
		s.others = true
		s.play(chat.DraftLoaded{User: me}, chat.OutboxLoaded{User: me, Load: 1})
		return s
	}
	unready := func() *script {
		s := live(t, own, msg(1))
		s.others = true
		return s
	}
	s := ready(own)
	s.play(chat.Send{ID: "a", Text: "a"})
	item := asked[chat.Save](s).Item
	attempt := asked[chat.Transmit](s).Attempt
	assert.Equal(t, []chat.Effect{
		chat.SaveDraft{User: me, Pending: []chat.Item{item}}, chat.Transmit{Item: item, Attempt: attempt},
		chat.Save{User: me, Item: item}, chat.TakeOutbox{User: me, Take: asked[chat.TakeOutbox](s).Take},
	}, s.asked)
	assert.Equal(t, []string{"text 1", "a sending"}, s.drawn())
	s.play(chat.Send{ID: "b", Text: "b"})
	assert.Equal(t, []string{"text 1", "a sending", "b queued"}, s.drawn(), "one at a time")

	answer := chat.Answered{ID: "a", Attempt: attempt, Answer: chat.AnswerStored, Message: mine("a", "a")}
	s.play(answer)
	assert.Equal(t, chat.MessageID("b"), asked[chat.Transmit](s).Item.ID)
	assert.Equal(t, chat.Forget{User: me, ID: "a"}, asked[chat.Forget](s))
	s.play(chat.ItemSaved{ID: "a"})
	assert.Equal(t, []string{"text 1", "a", "b sending"}, s.drawn())

	s = ready(own)
	s.play(chat.Send{ID: "a", Text: "a"})
	answer.Attempt = asked[chat.Transmit](s).Attempt
	s.play(chat.ItemSaved{ID: "a"})
	assert.Equal(t, []chat.Effect{chat.SaveDraft{User: me}}, s.asked, "it has left already")
	s.play(answer)
	assert.Equal(t, []string{"text 1", "a"}, s.drawn())

	notYet := map[string]*script{
		"nothing would tell a repeated send from a new one": ready(serversKeys),
		"the draft is not stored yet":                       unready(),
		"others may wait before it":                         unready(),
		"there is no connection":                            ready(own),
	}
	notYet["the draft is not stored yet"].play(chat.OutboxLoaded{User: me, Load: 1})
	notYet["others may wait before it"].play(chat.DraftLoaded{User: me})
	notYet["there is no connection"].play(chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionWaiting})
	for why, s := range notYet {
		s.play(chat.Send{ID: "a", Text: "a"})
		assert.Equal(t, []string{"text 1", "a queued"}, s.drawn(), why)
	}
}

// Ensure that what waits is drawn as the user's own, as of when Send was pressed.
func TestWaitingRow(t *testing.T) {
	s := live(t, own)
	s.play(chat.Send{ID: "k", Text: "hello"})
	assert.Equal(t, []chat.Row{
		{ID: "k", Author: me, Name: "Me", Text: "hello", Time: s.now, Delivery: chat.Queued, Mine: true},
	}, s.snap().Room.Rows)
}

// Ensure that what an item says of the row's event and of its answer is the same in either order, and once.
func TestEitherOrder(t *testing.T) {
	s, attempt := sending(t, own)
	answer := chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerStored, Message: mine("k", "hello")}
	event := chat.RowsChanged{Generation: 1, Messages: []chat.Message{mine("k", "hello")}}
	s.play(event)
	assert.Equal(t, []string{"text 1", "hello"}, s.drawn())
	assert.Equal(t, []chat.Effect{chat.Forget{User: me, ID: "k"}}, s.asked)
	assert.Empty(t, s.play(answer))
	assert.Empty(t, s.play(event))
	assert.Equal(t, []string{"text 1", "hello"}, s.drawn())

	s, attempt = sending(t, own)
	answer.Attempt = attempt
	s.play(answer, event)
	assert.Equal(t, []string{"text 1", "hello"}, s.drawn())
}

func TestWhatCannotBeSent(t *testing.T) {
	readOnly := own
	readOnly.CanWrite = false
	tests := map[string]struct {
		project chat.Project
		text    string
		drawn   []string
	}{
		"nothing":           {own, "", []string{}},
		"blank":             {own, " \n\t\u00a0", []string{}},
		"NUL only":          {own, "\x00", []string{}},
		"NUL is taken out":  {own, "a\x00b", []string{"ab queued"}},
		"broken characters": {own, "a\xffb", []string{"a\uFFFDb queued"}},
		"at the limit":      {own, strings.Repeat("😀", 2000), []string{strings.Repeat("😀", 2000) + " queued"}},
		"over the limit":    {own, strings.Repeat("😀", 2000) + "x", []string{strings.Repeat("😀", 2000) + "x failed too-long"}},
		"no right":          {readOnly, "hello", []string{"hello failed write-forbidden"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := live(t, test.project)
			s.play(chat.Send{ID: "k", Text: test.text})
			assert.Equal(t, test.drawn, s.drawn())
			if len(test.drawn) > 0 {
				assert.NotEmpty(t, asked[chat.Save](s).Item.Text, "nothing is lost")
				s.play(chat.ItemSaved{ID: "k"})
				assert.Equal(t, strings.HasSuffix(test.drawn[0], "queued"), len(s.asked) == 1, "what has failed does not leave")
			}
		})
	}
	t.Run("the same key again", func(t *testing.T) {
		s, _ := sending(t, own)
		assert.Empty(t, s.play(chat.Send{ID: "k", Text: "again"}))
		assert.Empty(t, s.play(chat.Send{ID: "m0001", Text: "stored already"}))
		assert.Empty(t, s.play(chat.Send{Text: "without a key"}))
		assert.Len(t, s.drawn(), 2)
	})
}

// Ensure that messages leave in order, one at a time, and that one which failed does not hold up the others.
func TestOrder(t *testing.T) {
	s := live(t, own)
	s.play(
		chat.Send{ID: "a", Text: "a"}, chat.Send{ID: "b", Text: "b"}, chat.Send{ID: "c", Text: "c"},
		chat.ItemSaved{ID: "b"},
	)
	assert.Empty(t, s.asked, "a is not durable yet, and b must not overtake it")
	s.play(chat.ItemSaved{ID: "a"})
	first := asked[chat.Transmit](s)
	assert.Equal(t, chat.MessageID("a"), first.Item.ID)
	assert.Empty(t, s.play(chat.ItemSaved{ID: "c"}))

	s.play(chat.Answered{ID: "a", Attempt: first.Attempt, Answer: chat.AnswerRefused, Problem: chat.Problem{Code: chat.ProblemRefused}})
	second := asked[chat.Transmit](s)
	assert.Equal(t, chat.MessageID("b"), second.Item.ID)
	s.play(chat.Answered{ID: "b", Attempt: second.Attempt, Answer: chat.AnswerStored, Message: mine("b", "b")})
	assert.Equal(t, chat.MessageID("c"), asked[chat.Transmit](s).Item.ID)
	assert.Equal(t, []string{"b", "a failed refused", "c sending"}, s.drawn())
}

// Ensure that each answer leads on in the way that neither loses nor doubles a message.
func TestAnswers(t *testing.T) {
	words := chat.Problem{Code: chat.ProblemRefused, Detail: "words"}
	lookUp := chat.LookUp{ID: "k", Message: "k"}
	tests := map[string]struct {
		answers []chat.Answered // the last one's effects are compared
		drawn   string
		asked   []chat.Effect
	}{
		"refused": {[]chat.Answered{{Answer: chat.AnswerRefused, Problem: words}}, "hello failed refused",
			[]chat.Effect{chat.Save{User: me, Item: chat.Item{ID: "k", Text: "hello", Problem: words}, Was: chat.Item{ID: "k", Text: "hello"}}}},
		"refused without a word": {[]chat.Answered{{Answer: chat.AnswerRefused}}, "hello failed refused",
			[]chat.Effect{chat.Save{User: me, Item: chat.Item{ID: "k", Text: "hello", Problem: chat.Problem{Code: chat.ProblemRefused}}, Was: chat.Item{ID: "k", Text: "hello"}}}},
		"not sent": {[]chat.Answered{{Answer: chat.AnswerUnsent}}, "hello queued",
			[]chat.Effect{chat.After{Delay: time.Second}}},
		"stored, not shown": {[]chat.Answered{{Answer: chat.AnswerStored}}, "",
			[]chat.Effect{chat.Forget{User: me, ID: "k"}}},
		"no answer":                 {[]chat.Answered{{Answer: chat.AnswerUnclear}}, "hello sending", []chat.Effect{lookUp}},
		"disputed":                  {[]chat.Answered{{Answer: chat.AnswerDisputed, Problem: words}}, "hello sending", []chat.Effect{lookUp}},
		"no answer, but there":      {[]chat.Answered{{Answer: chat.AnswerUnclear}, {Answer: chat.AnswerStored, Message: mine("k", "hello")}}, "hello", []chat.Effect{chat.Forget{User: me, ID: "k"}}},
		"disputed, and there":       {[]chat.Answered{{Answer: chat.AnswerDisputed, Problem: words}, {Answer: chat.AnswerStored, Message: mine("k", "hello")}}, "hello", []chat.Effect{chat.Forget{User: me, ID: "k"}}},
		"no answer, and not there":  {[]chat.Answered{{Answer: chat.AnswerUnclear}, {Answer: chat.AnswerMissing}}, "hello queued", []chat.Effect{chat.After{Delay: time.Second}}},
		"disputed, and not there":   {[]chat.Answered{{Answer: chat.AnswerDisputed, Problem: words}, {Answer: chat.AnswerMissing}}, "hello failed refused", []chat.Effect{chat.Discover{}, chat.Save{User: me, Item: chat.Item{ID: "k", Text: "hello", Problem: words}, Was: chat.Item{ID: "k", Text: "hello"}}}},
		"nobody can tell right now": {[]chat.Answered{{Answer: chat.AnswerUnclear}, {Answer: chat.AnswerUnsent}}, "hello sending", []chat.Effect{chat.After{Delay: time.Second}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, attempt := sending(t, own)
			for _, answer := range test.answers {
				answer.ID, answer.Attempt = "k", attempt
				s.play(answer)
				attempt++
			}
			assert.Equal(t, test.asked, timeless(s.asked))
			want := []string{"text 1"}
			if test.drawn != "" {
				want = append(want, test.drawn)
			}
			assert.Equal(t, want, s.drawn())
		})
	}
}

// timeless is effects without the numbers and times that tell one of a kind from another.
func timeless(effects []chat.Effect) (bare []chat.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case chat.Save:
			e.Item.Pressed, e.Was.Pressed = time.Time{}, time.Time{}
			bare = append(bare, e)
		case chat.LookUp:
			e.Attempt = 0
			bare = append(bare, e)
		case chat.After:
			e.Due = chat.Due{}
			bare = append(bare, e)
		default:
			bare = append(bare, e)
		}
	}
	return bare
}

// Ensure that an item which got no answer is sent again under its key, the way on which refusals are told.
func TestAgain(t *testing.T) {
	s, attempt := sending(t, own)
	s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerUnclear})
	s.play(chat.Answered{ID: "k", Attempt: asked[chat.LookUp](s).Attempt, Answer: chat.AnswerMissing})
	s.play(asked[chat.After](s).Due)
	again := asked[chat.Transmit](s)
	assert.Equal(t, chat.MessageID("k"), again.Item.ID)
	assert.True(t, again.Again)
}

// Ensure that a server which fails over one message does not stop all others for ever, and that a dead network never
// makes one fail.
func TestHowOften(t *testing.T) {
	round := func(s *script, answer chat.Answered) {
		answer.ID, answer.Attempt = "k", asked[chat.Transmit](s).Attempt
		s.play(answer)
		s.play(chat.Answered{ID: "k", Attempt: asked[chat.LookUp](s).Attempt, Answer: chat.AnswerMissing})
	}
	words := chat.Problem{Code: chat.ProblemRefused, Detail: "a script throws"}
	s, _ := sending(t, own)
	for range 2 {
		round(s, chat.Answered{Answer: chat.AnswerUnclear, Problem: words})
		s.play(asked[chat.After](s).Due)
	}
	round(s, chat.Answered{Answer: chat.AnswerUnclear, Problem: words})
	assert.Equal(t, []string{"text 1", "hello failed refused"}, s.drawn())
	assert.Equal(t, words, s.snap().Room.Rows[1].Problem)

	s, _ = sending(t, own)
	for range 50 {
		round(s, chat.Answered{Answer: chat.AnswerUnclear})
		s.play(asked[chat.After](s).Due)
	}
	assert.Equal(t, []string{"text 1", "hello sending"}, s.drawn())
}

// Ensure that an answer counts once.
func TestAnsweredTwice(t *testing.T) {
	s, attempt := sending(t, own)
	answer := chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerUnsent}
	s.play(answer)
	asked[chat.After](s)
	assert.Empty(t, s.play(answer))
}

// Ensure that pauses grow while nothing works, and begin anew when something did.
func TestPauses(t *testing.T) {
	for name, end := range map[string]chat.Answer{"stored": chat.AnswerStored, "refused": chat.AnswerRefused} {
		t.Run(name, func(t *testing.T) {
			s, attempt := sending(t, own)
			s.play(chat.Send{ID: "l", Text: "next"}, chat.ItemSaved{ID: "l"})
			for _, seconds := range []int{1, 2, 4, 8, 16, 30, 30} {
				s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerUnsent})
				assert.Equal(t, time.Duration(seconds)*time.Second, asked[chat.After](s).Delay)
				s.play(asked[chat.After](s).Due)
				attempt = asked[chat.Transmit](s).Attempt
			}
			s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: end})
			s.play(chat.Answered{ID: "l", Attempt: asked[chat.Transmit](s).Attempt, Answer: chat.AnswerUnsent})
			assert.Equal(t, time.Second, asked[chat.After](s).Delay)
		})
	}
}

// Ensure that a new connection does not wait for what was to be tried later.
func TestConnectionEndsPause(t *testing.T) {
	s, attempt := sending(t, own)
	s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerUnsent})
	due := asked[chat.After](s).Due
	s.play(chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionWaiting})
	assert.Empty(t, s.asked)
	s.play(chat.ConnectionChanged{Generation: 2, Connection: chat.ConnectionCatchingUp})
	assert.Equal(t, chat.MessageID("k"), asked[chat.Transmit](s).Item.ID)
	assert.Empty(t, s.play(due), "too late")

	s.asked = []chat.Effect{chat.Transmit{Attempt: attempt + 2}}
	s.play(chat.Answered{ID: "k", Attempt: asked[chat.Transmit](s).Attempt, Answer: chat.AnswerUnsent})
	again := asked[chat.After](s).Due
	assert.Empty(t, s.play(due), "of an earlier pause")
	s.play(again)
	asked[chat.Transmit](s)
}

// Ensure that a key that turns out to be somebody else's is told, however it turns out, and that their row is shown.
func TestKeyTaken(t *testing.T) {
	theirs := mine("k", "not mine")
	theirs.Author = other
	for name, told := range map[string]func(attempt uint64) chat.Input{
		"by an event": func(uint64) chat.Input { return chat.RowsChanged{Generation: 1, Messages: []chat.Message{theirs}} },
		"by the answer": func(attempt uint64) chat.Input {
			return chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerStored, Message: theirs}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, attempt := sending(t, own)
			s.play(told(attempt))
			assert.Equal(t, []string{"text 1", "not mine", "hello failed key-taken"}, s.drawn())
			s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerUnsent})
			assert.Equal(t, []string{"text 1", "not mine", "hello failed key-taken"}, s.drawn())
		})
	}
}

// Ensure that a message which was stored and then deleted, before its answer came, is not sent again.
func TestDeletedBeforeTheAnswer(t *testing.T) {
	s, attempt := sending(t, own)
	s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerUnclear})
	s.play(chat.RowsRemoved{Generation: 1, IDs: []chat.MessageID{"k"}})
	assert.Equal(t, []chat.Effect{chat.Forget{User: me, ID: "k"}}, s.asked)
	assert.Equal(t, []string{"text 1"}, s.drawn())
	s.play(chat.Answered{ID: "k", Attempt: attempt + 1, Answer: chat.AnswerMissing})
	assert.Empty(t, s.asked)
}

func TestRetryAndDiscard(t *testing.T) {
	failedItem := func() *script {
		s, attempt := sending(t, own)
		s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerRefused}, chat.ItemSaved{ID: "k"})
		return s
	}
	s := failedItem()
	s.play(chat.Retry{ID: "k"})
	assert.Equal(t, chat.Problem{}, asked[chat.Save](s).Item.Problem)
	s.play(chat.ItemSaved{ID: "k"})
	assert.Equal(t, "hello", asked[chat.Transmit](s).Item.Text)
	assert.Empty(t, s.play(chat.Retry{ID: "k"}), "it is under way")
	assert.Empty(t, s.play(chat.Discard{ID: "k"}), "and cannot be taken back")

	s = failedItem()
	s.play(chat.Send{ID: "l", Text: "l"}, chat.ItemSaved{ID: "l"})
	attempt := asked[chat.Transmit](s).Attempt
	s.play(chat.Retry{ID: "k"})
	assert.Empty(t, s.play(chat.ItemSaved{ID: "k"}), "one at a time")
	s.play(chat.Answered{ID: "l", Attempt: attempt, Answer: chat.AnswerStored})
	assert.Equal(t, "hello", asked[chat.Transmit](s).Item.Text)

	s = failedItem()
	s.play(chat.Discard{ID: "k"})
	assert.Equal(t, []chat.Effect{chat.Forget{User: me, ID: "k"}}, s.asked)
	assert.Equal(t, []string{"text 1"}, s.drawn())

	s = live(t, own)
	s.play(chat.Send{ID: "k", Text: strings.Repeat("x", 4001)}, chat.ItemSaved{ID: "k"}, chat.Retry{ID: "k"})
	assert.Equal(t, chat.ProblemTooLong, asked[chat.Save](s).Item.Problem.Code, "it is still too long")
}

// Ensure that where nothing can be stored, messages go out all the same, and the user is told.
func TestStorageFails(t *testing.T) {
	full := chat.Problem{Code: chat.ProblemStorageFailing, Detail: "full"}
	s := live(t, own)
	s.play(chat.Send{ID: "k", Text: "hello"}, chat.ItemSaved{ID: "k", Problem: full})
	assert.Equal(t, "hello", asked[chat.Transmit](s).Item.Text)
	assert.Equal(t, full, s.snap().Problem)
	assert.Equal(t, chat.MessageID("k"), s.snap().Room.Kept, "the composer may let go: it is on its way")
	s.play(chat.Send{ID: "l", Text: "hello"}, chat.ItemSaved{ID: "l"})
	assert.Equal(t, chat.Problem{}, s.snap().Problem)

	s = newScript(t)
	s.play(chat.SignedIn{Me: chat.Person{ID: me}, Project: own}, chat.OutboxLoaded{User: me, Problem: full})
	assert.Equal(t, full, s.snap().Problem)
}

// Ensure that what was stored goes out after a start, in order, and that a failure stays one.
func TestRestore(t *testing.T) {
	s := newScript(t)
	s.play(chat.SignedIn{Me: chat.Person{ID: me}, Project: own}, chat.Send{ID: "c", Text: "c"}, chat.OutboxLoaded{User: me, Items: []chat.Item{
		{ID: "b", Text: "b", Pressed: at(2)},
		{ID: "x", Text: "x", Pressed: at(0), Problem: chat.Problem{Code: chat.ProblemRefused}},
		{ID: "a", Text: "a", Pressed: at(1)},
		{ID: "c", Text: "of the disk", Pressed: at(3)},
	}})
	assert.Equal(t, []string{"x failed refused", "a queued", "b queued", "c queued"}, s.drawn())
	assert.Empty(t, s.asked, "not connected")
	s.play(chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionCatchingUp})
	assert.Equal(t, chat.MessageID("a"), asked[chat.Transmit](s).Item.ID)

	s = live(t, own)
	s.play(chat.OutboxLoaded{User: me, Items: []chat.Item{{ID: "late", Text: "late"}}})
	assert.Equal(t, chat.MessageID("late"), asked[chat.Transmit](s).Item.ID, "storage was slower than the network")
}

// Where keys are the server's, a message cannot be looked up: that it has left is made durable first.
func TestServersKeys(t *testing.T) {
	s := live(t, serversKeys, msg(1))
	s.play(chat.Send{ID: "k", Text: "hello"})
	assert.False(t, asked[chat.Save](s).Item.Attempted)
	s.play(chat.ItemSaved{ID: "k"})
	assert.True(t, asked[chat.Save](s).Item.Attempted)
	assert.False(t, asked[chat.Save](s).Was.Attempted, "of several tabs one can do so")
	assert.Equal(t, []string{"text 1", "hello queued"}, s.drawn())
	s.play(chat.ItemSaved{ID: "k"})
	attempt := asked[chat.Transmit](s).Attempt
	s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerStored, Message: mine("17", "hello")})
	assert.Equal(t, []chat.Effect{chat.Forget{User: me, ID: "k"}}, s.asked)
	assert.Equal(t, []string{"text 1", "hello"}, s.drawn())
	assert.Equal(t, chat.MessageID("17"), s.snap().Room.Rows[1].ID)

	t.Run("the row comes first, and is never drawn twice", func(t *testing.T) {
		s, attempt := sending(t, serversKeys)
		s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{mine("17", "hello")}})
		assert.Equal(t, []string{"text 1", "hello"}, s.drawn())
		assert.Empty(t, s.asked, "but the answer decides")
		s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerStored, Message: mine("17", "hello")})
		assert.Equal(t, []string{"text 1", "hello"}, s.drawn())
	})
	t.Run("a row that was there before is another message", func(t *testing.T) {
		s, _ := sending(t, serversKeys)
		before := mine("m0001", "hello") // edited to say the same
		s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{before}})
		assert.Equal(t, []string{"hello", "hello sending"}, s.drawn())
	})
	t.Run("another row with the same text is another message", func(t *testing.T) {
		s, attempt := sending(t, serversKeys)
		s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{mine("17", "hello")}})
		s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerStored, Message: mine("18", "hello")})
		assert.Equal(t, []string{"text 1", "hello", "hello"}, s.drawn())
	})
	t.Run("refused all the same", func(t *testing.T) {
		s, attempt := sending(t, serversKeys)
		s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{mine("17", "hello")}})
		s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerDisputed, Problem: chat.Problem{Code: chat.ProblemRefused}})
		assert.Equal(t, []string{"text 1", "hello"}, s.drawn(), "one's own row says that it is stored")

		anonymous := mine("17", "hello")
		anonymous.Author = ""
		s, attempt = sending(t, serversKeys)
		s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{anonymous}})
		s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerDisputed, Problem: chat.Problem{Code: chat.ProblemRefused}})
		assert.Equal(t, []string{"text 1", "hello", "hello failed refused"}, s.drawn(), "anybody's does not")
	})
	t.Run("no answer", func(t *testing.T) {
		s, attempt := sending(t, serversKeys)
		s.play(chat.Answered{ID: "k", Attempt: attempt, Answer: chat.AnswerUnclear})
		assert.Equal(t, []string{"text 1", "hello failed unsure"}, s.drawn())
		s.play(chat.ItemSaved{ID: "k"}, chat.Retry{ID: "k"})
		assert.False(t, asked[chat.Save](s).Item.Attempted, "as far as this attempt goes")
		s.play(chat.ItemSaved{ID: "k"}, chat.ItemSaved{ID: "k"})
		s.play(chat.Answered{ID: "k", Attempt: asked[chat.Transmit](s).Attempt, Answer: chat.AnswerUnclear})

		theirs := mine("16", "hello")
		theirs.Author = other
		s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{theirs}})
		old := mine("15", "hello")
		old.Created = begin.AddDate(0, 0, -1)
		s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{old}})
		assert.Contains(t, s.drawn(), "hello failed unsure")
		s.play(chat.RowsChanged{Generation: 1, Messages: []chat.Message{mine("17", "hello")}})
		assert.NotContains(t, s.drawn(), "hello failed unsure", "there it is")
		assert.Equal(t, []chat.Effect{chat.Forget{User: me, ID: "k"}}, s.asked)
	})
	t.Run("restored after a crash", func(t *testing.T) {
		s := newScript(t)
		s.play(chat.SignedIn{Me: chat.Person{ID: me}, Project: serversKeys}, chat.OutboxLoaded{User: me, Items: []chat.Item{
			{ID: "a", Text: "may have left", Pressed: at(1), Attempted: true}, {ID: "b", Text: "has not", Pressed: at(2)},
		}})
		assert.Equal(t, []string{"may have left queued", "has not queued"}, s.drawn(), "another tab may be sending it")
		s.play(chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionCatchingUp})
		assert.Equal(t, []string{"may have left failed unsure", "has not queued"}, s.drawn())

		s.play(chat.Subscribed{Generation: 1})
		s.answer(mine("17", "may have left"), msg(1))
		assert.Equal(t, []string{"text 1", "may have left", "has not queued"}, s.drawn(), "it had left")
	})
}

// Ensure that storage which takes nothing is told of as long as that is so, although what it holds can be read.
func TestStorageTakesNothing(t *testing.T) {
	s := live(t, own, msg(1))
	failing := chat.Problem{Code: chat.ProblemStorageFailing}
	s.play(chat.StorageChecked{Problem: failing})
	assert.Equal(t, failing, s.snap().Storage)
	s.play(chat.OutboxChanged{User: me})
	s.play(chat.OutboxLoaded{User: me, Load: asked[chat.LoadOutbox](s).Load, Items: []chat.Item{{ID: "k", Text: "before"}}})
	assert.Equal(t, []string{"text 1", "before sending"}, s.drawn())
	assert.Equal(t, failing, s.snap().Storage)
	s.play(chat.Send{ID: "new", Text: "hello"}, chat.ItemSaved{ID: "new"})
	assert.Equal(t, chat.Problem{}, s.snap().Storage)
}
