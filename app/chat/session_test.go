package chat_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

var alice = chat.LogIn{Email: " alice@example.com ", Password: "secret"}

func TestLogIn(t *testing.T) {
	tests := map[string]struct {
		inputs []chat.Input
		phase  chat.Phase
		login  chat.LoginView
		asked  []chat.Effect
	}{
		"nothing known":  {nil, chat.PhaseStarting, chat.LoginView{}, nil},
		"nothing stored": {[]chat.Input{chat.SignedOut{}}, chat.PhaseSignedOut, chat.LoginView{}, nil},
		"under way":      {[]chat.Input{chat.SignedOut{}, alice}, chat.PhaseSigningIn, chat.LoginView{}, []chat.Effect{chat.SignIn{Email: "alice@example.com", Password: "secret"}}},
		"before all":     {[]chat.Input{alice, chat.SignedOut{}}, chat.PhaseSigningIn, chat.LoginView{}, nil},
		"on a shared computer": {[]chat.Input{chat.SignedOut{}, chat.LogIn{Email: "a@example.com", Password: "x", Shared: true}},
			chat.PhaseSigningIn, chat.LoginView{}, []chat.Effect{chat.SignIn{Email: "a@example.com", Password: "x", Shared: true}}},
		"pressed twice":   {[]chat.Input{alice, alice}, chat.PhaseSigningIn, chat.LoginView{}, nil},
		"no e-mail":       {[]chat.Input{chat.LogIn{Password: "x"}}, chat.PhaseSignedOut, chat.LoginView{Attempt: 1, Problem: chat.Problem{Code: chat.ProblemEmailInvalid}}, nil},
		"a name":          {[]chat.Input{chat.LogIn{Email: "alice", Password: "x"}}, chat.PhaseSignedOut, chat.LoginView{Attempt: 1, Problem: chat.Problem{Code: chat.ProblemEmailInvalid}}, nil},
		"half an address": {[]chat.Input{chat.LogIn{Email: "alice@", Password: "x"}}, chat.PhaseSignedOut, chat.LoginView{Attempt: 1, Problem: chat.Problem{Code: chat.ProblemEmailInvalid}}, nil},
		"no password":     {[]chat.Input{chat.LogIn{Email: "a@example.com"}}, chat.PhaseSignedOut, chat.LoginView{Attempt: 1, Problem: chat.Problem{Code: chat.ProblemPasswordMissing}}, nil},
		"refused twice": {[]chat.Input{alice, chat.SignInFailed{Problem: chat.Problem{Code: chat.ProblemWrongPassword}}, alice, chat.SignInFailed{Problem: chat.Problem{Code: chat.ProblemWrongPassword}}},
			chat.PhaseSignedOut, chat.LoginView{Attempt: 2, Problem: chat.Problem{Code: chat.ProblemWrongPassword}}, nil},
		"a code is needed": {[]chat.Input{alice, chat.SignInFailed{Problem: chat.Problem{Code: chat.ProblemCodeNeeded}}},
			chat.PhaseSignedOut, chat.LoginView{Attempt: 1, Problem: chat.Problem{Code: chat.ProblemCodeNeeded}, NeedsCode: true}, nil},
		"and then wrong": {[]chat.Input{alice, chat.SignInFailed{Problem: chat.Problem{Code: chat.ProblemCodeNeeded}}, alice, chat.SignInFailed{Problem: chat.Problem{Code: chat.ProblemCodeWrong}}},
			chat.PhaseSignedOut, chat.LoginView{Attempt: 2, Problem: chat.Problem{Code: chat.ProblemCodeWrong}, NeedsCode: true}, nil},
		"signed in":          {[]chat.Input{alice, chat.SignedIn{Me: chat.Person{ID: me}}}, chat.PhaseSignedIn, chat.LoginView{}, []chat.Effect{chat.LoadOutbox{User: me, Load: 2}, chat.LoadPreferences{User: me}, chat.LoadCache{User: me}, chat.LoadDraft{User: me}, chat.LoadMark{User: me}}},
		"log out":            {[]chat.Input{chat.SignedIn{Me: chat.Person{ID: me}}, chat.OutboxLoaded{User: me}, chat.LogOut{}}, chat.PhaseSignedOut, chat.LoginView{}, []chat.Effect{chat.SignOut{}}},
		"log out, of nobody": {[]chat.Input{chat.SignedOut{}, chat.LogOut{}}, chat.PhaseSignedOut, chat.LoginView{}, nil},
		"ended": {[]chat.Input{chat.SignedIn{Me: chat.Person{ID: me}}, chat.SignedOut{Problem: chat.Problem{Code: chat.ProblemSessionEnded}}},
			chat.PhaseSignedOut, chat.LoginView{Problem: chat.Problem{Code: chat.ProblemSessionEnded}}, nil},
		"the first reason stays": {[]chat.Input{chat.SignedIn{Me: chat.Person{ID: me}}, chat.SignedOut{Problem: chat.Problem{Code: chat.ProblemSessionEnded}}, chat.SignedOut{Problem: chat.Problem{Code: chat.ProblemLoggedOutByOther}}},
			chat.PhaseSignedOut, chat.LoginView{Problem: chat.Problem{Code: chat.ProblemSessionEnded}}, nil},
		"an answer too late": {[]chat.Input{chat.SignedIn{Me: chat.Person{ID: me}}, chat.SignInFailed{}}, chat.PhaseSignedIn, chat.LoginView{}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			s.play(test.inputs...)
			assert.Equal(t, test.phase, s.snap().Phase)
			assert.Equal(t, test.login, s.snap().Login)
			assert.Equal(t, test.asked, s.asked)
		})
	}
}

// Ensure that whoever logs in sees the room as soon as it is read, that what they do in it waits until they are in, and that
// nothing of it stays when they do not get there, or somebody else does.
func TestEntering(t *testing.T) {
	read := chat.RoomRead{
		Me: chat.Person{ID: me, Name: "Me"}, Project: own,
		Cache: chat.CacheOf(backwards(msgs(1, 3)), false, begin, []chat.Person{{ID: other, Name: "Bob"}}),
	}
	entering := func(t *testing.T) *script {
		s := newScript(t)
		s.play(chat.SignedOut{}, alice)
		assert.Empty(t, s.play(read))
		snap := s.snap()
		assert.Equal(t, chat.PhaseEntering, snap.Phase)
		assert.Equal(t, chat.ConnectionConnecting, snap.Connection)
		assert.Equal(t, []string{"text 1", "text 2"}, s.drawn())
		assert.Equal(t, "Bob", snap.Room.Rows[0].Name)
		return s
	}
	in := chat.SignedIn{Me: read.Me, Project: own}

	t.Run("gets in", func(t *testing.T) {
		s := entering(t)
		shown := s.snap()
		s.play(in)
		assert.Equal(t, chat.PhaseSignedIn, s.snap().Phase)
		assert.Equal(t, shown.Room, s.snap().Room)
		assert.Equal(t, shown.LastNews, s.snap().LastNews)
		assert.Equal(t, []chat.Effect{
			chat.LoadOutbox{User: me, Load: 4}, chat.LoadPreferences{User: me}, chat.LoadCache{User: me}, chat.LoadDraft{User: me}, chat.LoadMark{User: me},
		}, s.asked)
	})
	t.Run("writes before", func(t *testing.T) {
		s := entering(t)
		assert.Empty(t, s.play(chat.Send{ID: "k", Text: "mine"}, chat.LogOut{}, alice))
		assert.Equal(t, chat.PhaseEntering, s.snap().Phase)
		s.play(in)
		assert.Equal(t, "mine", asked[chat.Save](s).Item.Text)
	})
	t.Run("is refused", func(t *testing.T) {
		s := entering(t)
		failing := chat.Problem{Code: chat.ProblemStorageFailing}
		assert.Empty(t, s.play(chat.Send{ID: "k", Text: "mine"}, chat.SignInFailed{Problem: failing}))
		gone := s.snap()
		assert.Equal(t, chat.Snapshot{Version: gone.Version, Phase: chat.PhaseSignedOut, Login: chat.LoginView{Attempt: 1, Problem: failing}}, gone)
		s.play(alice, in)
		assert.False(t, s.snap().Room.Loaded)
		assert.Empty(t, s.stored)
	})
	t.Run("is refused, with a code", func(t *testing.T) {
		s := newScript(t)
		s.play(alice, chat.SignInFailed{Problem: chat.Problem{Code: chat.ProblemCodeNeeded}}, alice, read,
			chat.SignInFailed{Problem: chat.Problem{Code: chat.ProblemServerFailing}})
		assert.True(t, s.snap().Login.NeedsCode, "or nobody could type another one")
	})
	t.Run("prefers something before anything is known", func(t *testing.T) {
		s := entering(t)
		s.play(chat.Prefer{Preferences: chat.Preferences{Notify: true}}, in)
		assert.False(t, s.snap().Preferences.Notify)
		for _, effect := range s.asked {
			_, saves := effect.(chat.SavePreferences)
			assert.False(t, saves)
		}
	})
	t.Run("somebody else does", func(t *testing.T) {
		s := entering(t)
		s.play(chat.Send{ID: "k", Text: "mine"}, chat.SignedIn{Me: chat.Person{ID: other}, Project: own})
		assert.False(t, s.snap().Room.Loaded)
		assert.Empty(t, s.snap().Room.Rows)
		assert.Empty(t, s.stored)
	})
	for name, s := range map[string]*script{"nobody logs in": newScript(t), "somebody is in": live(t, own, msg(1))} {
		t.Run(name, func(t *testing.T) {
			before := s.snap()
			assert.Empty(t, s.play(read))
			assert.Equal(t, before, s.snap())
		})
	}
	t.Run("it is not known as of when", func(t *testing.T) {
		s := newScript(t)
		s.play(chat.SignedOut{}, alice, chat.RoomRead{Me: read.Me, Project: own})
		assert.Equal(t, chat.PhaseSigningIn, s.snap().Phase)
	})
}

// Ensure that after a log-out nothing of the user is left, and that whatever is still on its way changes nothing.
func TestLogOutForgets(t *testing.T) {
	s := live(t, own, msg(1))
	s.play(chat.Send{ID: "k", Text: "mine"}, chat.ItemSaved{ID: "k"})
	attempt := asked[chat.Transmit](s).Attempt
	s.play(chat.LogOut{Unsent: chat.UnsentDiscard})
	gone := s.snap()
	assert.Equal(t, chat.Snapshot{Version: gone.Version, Phase: chat.PhaseSignedOut}, gone)

	late := []chat.Input{
		chat.ConnectionChanged{Generation: 2, Connection: chat.ConnectionCatchingUp}, chat.Subscribed{Generation: 2},
		chat.RowsChanged{Generation: 1, Messages: msgs(2, 4)}, chat.Answered{ID: "k", Attempt: attempt, Message: msg(9)},
		chat.PageLoaded{Load: 1, Messages: msgs(2, 4)}, chat.LoadFailed{Load: 1}, chat.Missed{Generation: 1},
		chat.Interrupted{Generation: 1}, chat.RowsRemoved{Generation: 1}, chat.ItemSaved{ID: "k"}, chat.Due{},
		chat.PeopleChanged{People: []chat.Person{{ID: "x"}}}, chat.PeopleLoaded{}, chat.OutboxLoaded{User: me},
		chat.OutboxChanged{User: me}, chat.OutboxTaken{}, chat.OutboxLost{}, chat.Settled{ID: "k", Message: msg(9)},
		chat.CancelLogOut{}, chat.Draft{Text: "x"}, chat.DraftLoaded{Text: "x"},
		chat.Discovered{Me: chat.Person{ID: me}}, chat.Send{ID: "l", Text: "x"}, chat.Retry{ID: "k"}, chat.Discard{ID: "k"},
	}
	for _, in := range late {
		assert.Empty(t, s.play(in), "%T", in)
		assert.Equal(t, gone, s.snap(), "%T", in)
	}
}

// Ensure that nothing of one user is shown to, or sent as, another.
func TestAnotherUser(t *testing.T) {
	s := live(t, own, msg(1))
	s.play(chat.Send{ID: "k", Text: "mine"}, chat.SignedIn{Me: chat.Person{ID: other}, Project: own})
	assert.Empty(t, s.snap().Room.Rows)
	assert.Equal(t, other, asked[chat.LoadOutbox](s).User)
	assert.Len(t, s.asked, 5)

	s.play(chat.OutboxLoaded{User: me, Items: []chat.Item{{ID: "k", Text: "mine"}}})
	assert.Empty(t, s.snap().Room.Rows)
	s.play(chat.Discovered{Me: chat.Person{ID: me}, Project: chat.Project{}})
	assert.True(t, s.snap().CanWrite)
}

func TestConnection(t *testing.T) {
	s := newScript(t)
	s.play(chat.SignedIn{Me: chat.Person{ID: me}, Project: own})
	assert.Equal(t, chat.ConnectionConnecting, s.snap().Connection)
	assert.True(t, s.snap().LastNews.IsZero())

	s.play(chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionCatchingUp}, chat.Subscribed{Generation: 1})
	assert.Equal(t, chat.ConnectionCatchingUp, s.snap().Connection, "open is not live")
	s.answer()
	assert.Equal(t, chat.ConnectionLive, s.snap().Connection)
	assert.Equal(t, s.now, s.snap().LastNews)
	assert.True(t, s.snap().Room.Loaded)

	s.play(chat.Interrupted{Generation: 1})
	assert.Equal(t, chat.ConnectionCatchingUp, s.snap().Connection, "while news are being lost it is not live")
	assert.Empty(t, s.asked, "and there is no use in reading")
	s.play(chat.Missed{Generation: 1})
	s.answer()
	assert.Equal(t, chat.ConnectionLive, s.snap().Connection)

	retry := s.now.Add(5000)
	s.play(chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionWaiting, RetryAt: retry, Problem: chat.Problem{Code: chat.ProblemRealtimeDisabled}})
	assert.Equal(t, chat.ConnectionWaiting, s.snap().Connection)
	assert.Equal(t, retry, s.snap().RetryAt)
	assert.Equal(t, s.now, s.snap().LastNews, "until now it was live")
	assert.Equal(t, chat.ProblemRealtimeDisabled, s.snap().Problem.Code)

	s.play(chat.ConnectionChanged{Generation: 2, Connection: chat.ConnectionCatchingUp})
	before := s.snap()
	assert.Equal(t, chat.Problem{}, before.Problem)
	for _, late := range []chat.Input{
		chat.ConnectionChanged{Generation: 1, Connection: chat.ConnectionOffline}, chat.Subscribed{Generation: 1},
		chat.Missed{Generation: 1}, chat.Interrupted{Generation: 1}, chat.RowsChanged{Generation: 1, Messages: msgs(1, 3)},
		chat.RowsRemoved{Generation: 1, IDs: []chat.MessageID{"m0001"}},
	} {
		assert.Empty(t, s.play(late), "%T", late)
		assert.Equal(t, before, s.snap(), "%T of a connection that is gone", late)
	}
}

// Ensure that what the server refuses although it was allowed is found out about, but not again and again, and that reading
// goes on when it is allowed once more.
func TestRightsChange(t *testing.T) {
	refuse := func(s *script, id chat.MessageID) []chat.Effect {
		s.play(chat.Send{ID: id, Text: "hello"}, chat.ItemSaved{ID: id}, chat.ItemSaved{ID: id})
		effects := s.play(chat.Answered{ID: id, Attempt: asked[chat.Transmit](s).Attempt, Answer: chat.AnswerDisputed})
		s.play(chat.ItemSaved{ID: id})
		return effects
	}
	s := live(t, serversKeys, msg(1))
	assert.Contains(t, refuse(s, "k"), chat.Discover{})
	assert.NotContains(t, refuse(s, "l"), chat.Discover{}, "it has just been asked")
	s.now = s.now.Add(time.Minute)
	assert.Contains(t, refuse(s, "m"), chat.Discover{})

	s = connected(t, own)
	forbidden := chat.Problem{Code: chat.ProblemReadForbidden}
	s.play(chat.LoadFailed{Load: asked[chat.Load](s).Load, Problem: forbidden})
	assert.Contains(t, s.asked, chat.Discover{})
	refused := own
	refused.Problem = forbidden
	again := asked[chat.After](s)
	assert.Empty(t, s.play(chat.Discovered{Me: chat.Person{ID: me}, Project: refused}))
	for range 3 {
		s.now = s.now.Add(again.Delay)
		assert.Contains(t, s.play(again.Due), chat.Discover{}, "nobody tells of it")
		again = asked[chat.After](s)
	}
	readOnly := own
	readOnly.CanWrite, readOnly.Problem.Code = false, chat.ProblemWriteForbidden
	s.play(chat.Discovered{Me: chat.Person{ID: me}, Project: readOnly})
	s.answer(msg(1))
	assert.Equal(t, chat.ConnectionLive, s.snap().Connection)
	assert.Empty(t, s.play(again.Due))
}
