package chat_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

func TestLogOutWithUnsent(t *testing.T) {
	ask, wait, discard := chat.LogOut{}, chat.LogOut{Unsent: chat.UnsentWait}, chat.LogOut{Unsent: chat.UnsentDiscard}
	refused := chat.Answered{ID: "k", Attempt: 0, Answer: chat.AnswerRefused}
	stored := chat.Answered{ID: "k", Attempt: 0, Answer: chat.AnswerStored}
	tests := map[string]struct {
		inputs  []chat.Input
		leaving chat.LeavingView
		out     bool
	}{
		"asks":                       {[]chat.Input{ask}, chat.LeavingView{Asking: true, Unsent: 1}, false},
		"counts":                     {[]chat.Input{ask, chat.Send{ID: "l", Text: "l"}}, chat.LeavingView{Asking: true, Unsent: 2}, false},
		"discards":                   {[]chat.Input{ask, discard}, chat.LeavingView{}, true},
		"discards without a word":    {[]chat.Input{discard}, chat.LeavingView{}, true},
		"waits":                      {[]chat.Input{ask, wait}, chat.LeavingView{Waiting: true, Unsent: 1}, false},
		"has waited":                 {[]chat.Input{ask, wait, stored}, chat.LeavingView{}, true},
		"stored while it asks":       {[]chat.Input{ask, stored}, chat.LeavingView{}, true},
		"asks again after a failure": {[]chat.Input{ask, wait, refused}, chat.LeavingView{Asking: true, Unsent: 1}, false},
		"and after any":              {[]chat.Input{ask, wait, chat.Send{ID: "l", Text: "l"}, refused}, chat.LeavingView{Asking: true, Unsent: 2}, false},
		"waits for the others": {[]chat.Input{refused, chat.Send{ID: "l", Text: "l"}, wait},
			chat.LeavingView{Waiting: true, Unsent: 2}, false},
		"nothing to wait for": {[]chat.Input{refused, wait}, chat.LeavingView{Asking: true, Unsent: 1}, false},
		"the last is discarded": {[]chat.Input{refused, ask, chat.ItemSaved{ID: "k"}, chat.Discard{ID: "k"}},
			chat.LeavingView{}, true},
		"stays":                {[]chat.Input{ask, chat.CancelLogOut{}}, chat.LeavingView{}, false},
		"stays, having waited": {[]chat.Input{wait, chat.CancelLogOut{}, stored}, chat.LeavingView{}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, attempt := sending(t, own)
			for _, in := range test.inputs {
				if answered, ok := in.(chat.Answered); ok {
					answered.Attempt = attempt
					in = answered
				}
				s.play(in)
			}
			assert.Equal(t, test.leaving, s.snap().Leaving)
			if test.out {
				assert.Contains(t, s.asked, chat.SignOut{})
				assert.Equal(t, chat.PhaseSignedOut, s.snap().Phase)
			} else {
				assert.NotContains(t, s.asked, chat.SignOut{})
				assert.Equal(t, chat.PhaseSignedIn, s.snap().Phase)
			}
		})
	}
}

// Ensure that what a newer program has left to be sent is not wiped without asking, nor waited for: this one cannot send it.
func TestLogOutWithWhatIsNotUnderstood(t *testing.T) {
	s := live(t, own)
	items := []chat.Item{{Op: "some new one", ID: "k", Pressed: at(1)}, {Room: "some new one", ID: "l", Pressed: at(1)}}
	s.play(chat.OutboxLoaded{User: me, Load: 1, Items: items})
	s.play(chat.LogOut{})
	assert.Equal(t, chat.LeavingView{Asking: true, Unsent: 2}, s.snap().Leaving)
	s.play(chat.LogOut{Unsent: chat.UnsentWait})
	assert.Equal(t, chat.LeavingView{Asking: true, Unsent: 2}, s.snap().Leaving)
	s.play(chat.OutboxLoaded{User: me, Load: 2})
	assert.Contains(t, s.asked, chat.SignOut{}, "another tab has sent them")
}

// Ensure that what is stored is known before it is wiped.
func TestLogOutBeforeTheOutboxIsRead(t *testing.T) {
	s := newScript(t)
	s.play(chat.SignedIn{Me: chat.Person{ID: me}, Project: own}, chat.LogOut{})
	assert.Empty(t, s.asked)
	assert.Equal(t, chat.LeavingView{}, s.snap().Leaving)
	s.play(chat.OutboxLoaded{User: me, Items: []chat.Item{{ID: "k", Text: "k"}}})
	assert.Equal(t, chat.LeavingView{Asking: true, Unsent: 1}, s.snap().Leaving)

	s = newScript(t)
	s.play(chat.SignedIn{Me: chat.Person{ID: me}, Project: own}, chat.LogOut{}, chat.OutboxLoaded{User: me})
	assert.Equal(t, []chat.Effect{chat.SignOut{}}, s.asked)
}

// Ensure that a tab which leaves lets the others send.
func TestLeavingReleasesTheOutbox(t *testing.T) {
	for name, in := range map[string]chat.Input{
		"log-out":      chat.LogOut{Unsent: chat.UnsentDiscard},
		"ended":        chat.SignedOut{},
		"another user": chat.SignedIn{Me: chat.Person{ID: other}},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := sending(t, own)
			s.others = true
			s.play(in)
			assert.Equal(t, chat.ReleaseOutbox{User: me}, s.asked[0])
		})
	}
}

// Ensure that the log-in form tells what an ended session has left, and what the server has not been told.
func TestLeftBehind(t *testing.T) {
	s := newScript(t)
	s.play(chat.UnsentFound{Name: "Me", Count: 2}, chat.RevocationPending{Pending: true}, chat.SignedOut{})
	assert.Equal(t, chat.LoginView{Unsent: 2, UnsentName: "Me", Revoking: true}, s.snap().Login)
	s.play(chat.DiscardUnsent{})
	assert.Equal(t, []chat.Effect{chat.DiscardOutbox{}}, s.asked)
	s.play(chat.UnsentFound{}, chat.RevocationPending{})
	assert.Equal(t, chat.LoginView{}, s.snap().Login)
	assert.Empty(t, s.play(chat.DiscardUnsent{}), "there is nothing left")

	s.play(chat.UnsentFound{Name: "Me", Count: 2}, alice)
	assert.Empty(t, s.play(chat.DiscardUnsent{}), "they may be about to be sent")
	s.play(chat.SignedIn{Me: chat.Person{ID: me}}, chat.UnsentFound{Name: "Me", Count: 2})
	assert.Equal(t, chat.LoginView{}, s.snap().Login)
	assert.Empty(t, s.play(chat.DiscardUnsent{}))
	s.play(chat.SignedOut{Problem: chat.Problem{Code: chat.ProblemSessionEnded}})
	assert.Equal(t, chat.LoginView{Problem: chat.Problem{Code: chat.ProblemSessionEnded}}, s.snap().Login)
}
