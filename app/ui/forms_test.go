package ui

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

func TestLoginFace(t *testing.T) {
	say := func(code chat.ProblemCode) string { return sentence(chat.Problem{Code: code}) }
	for _, test := range []struct {
		phase   chat.Phase
		problem chat.ProblemCode
		want    loginFace
	}{
		{chat.PhaseSignedOut, "", loginFace{}},
		{chat.PhaseSigningIn, chat.ProblemWrongPassword, loginFace{busy: true}},
		{chat.PhaseSignedIn, chat.ProblemWrongPassword, loginFace{}},
		{chat.PhaseSignedOut, chat.ProblemEmailInvalid, loginFace{alert: say(chat.ProblemEmailInvalid), email: true}},
		{chat.PhaseSignedOut, chat.ProblemPasswordMissing, loginFace{alert: say(chat.ProblemPasswordMissing), password: true}},
		{chat.PhaseSignedOut, chat.ProblemWrongPassword, loginFace{alert: say(chat.ProblemWrongPassword), email: true, password: true}},
		{chat.PhaseSignedOut, chat.ProblemCodeWrong, loginFace{alert: say(chat.ProblemCodeWrong), code: true}},
		{chat.PhaseSignedOut, chat.ProblemSuspended, loginFace{alert: say(chat.ProblemSuspended)}},
	} {
		l := &Login{Phase: test.phase, View: chat.LoginView{Problem: chat.Problem{Code: test.problem}}}
		if test.problem == "" {
			l.View.Problem = chat.Problem{}
		}
		assert.Equal(t, test.want, l.face(), "%v %s", test.phase, test.problem)
	}
	assert.True(t, (&Login{View: chat.LoginView{NeedsCode: true}}).face().needCode)
}

func TestLength(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "äöü": 3, "😀": 2, "👩‍👩‍👧": 8, "\xff": 1} {
		assert.Equal(t, want, length(s), s)
	}
}

func TestNewOutgoing(t *testing.T) {
	a, b := newOutgoing(" a "), newOutgoing("b")
	assert.Equal(t, "a", a.text)
	assert.Equal(t, " a ", a.typed)
	assert.Less(t, a.id, b.id, "keys are in the order of sending")
}
