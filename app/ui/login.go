package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// Login adopts the log-in form of the page. It draws nothing itself.
type Login struct {
	app.Compo

	Client Client
	Phase  chat.Phase
	View   chat.LoginView

	listeners             listeners
	form, alert           node
	email, password, code node
	codeField, reveal     node
	shared                node
	unsent                unsentNotice
	revoking              node

	phase   chat.Phase // as last shown
	attempt int
}

// A loginFace is how the form looks.
type loginFace struct {
	busy     bool
	alert    string
	revoking string
	needCode bool

	// Which fields the alert is about.
	email, password, code bool
}

func (l *Login) face() loginFace {
	p := l.View.Problem
	f := loginFace{busy: l.Phase == chat.PhaseSigningIn || l.Phase == chat.PhaseEntering, needCode: l.View.NeedsCode}
	if l.View.Revoking {
		f.revoking = say(textRevoking)
	}
	if l.Phase != chat.PhaseSignedOut {
		return f
	}
	f.alert = sentence(p)
	switch p.Code {
	case chat.ProblemEmailInvalid:
		f.email = true
	case chat.ProblemPasswordMissing:
		f.password = true
	case chat.ProblemWrongPassword:
		f.email, f.password = true, true
	case chat.ProblemCodeNeeded, chat.ProblemCodeWrong:
		f.code = true
	}
	return f
}

// OnInit finds the nodes: an update may come before OnMount.
func (l *Login) OnInit() {
	l.form, l.alert = nodeByID("login-form"), nodeByID("login-alert")
	l.email, l.password, l.code = nodeByID("email"), nodeByID("password"), nodeByID("code")
	l.codeField, l.reveal = nodeByID("code-field"), nodeByID("reveal")
	l.shared, l.revoking = nodeByID("shared"), nodeByID("login-revoking")
	l.unsent.init()
}

func (l *Login) OnMount(ctx app.Context) {
	l.listeners.add(l.form, "submit", func(app.Event) { ctx.Dispatch(l.submit) })
	l.unsent.listen(ctx, &l.listeners, func() { l.Client.Do(chat.DiscardUnsent{}) })
	l.phase, l.attempt = l.Phase, l.View.Attempt
	l.show(ctx)
	if l.form.marked(pressed) {
		l.submit(ctx)
	}
}

func (l *Login) OnUpdate(ctx app.Context) { l.show(ctx) }

func (l *Login) OnDismount() { l.listeners.release() }

func (l *Login) Render() app.UI { return app.Text("") }

func (l *Login) submit(app.Context) {
	l.form.mark(pressed, false)
	if l.Phase >= chat.PhaseSigningIn {
		return
	}
	l.form.mark(busy, true) // at once, and until the next change
	l.Client.Do(chat.LogIn{
		Email:    l.email.value(),
		Password: chat.Secret(l.password.value()),
		Code:     chat.Secret(l.code.value()),
		Shared:   l.shared.Get("checked").Bool(),
	})
}

// show makes the form look as it should. The focus moves, where something new is to be read or typed, when the rest of the
// page is up to date, too: until then a question may stand above the form.
func (l *Login) show(ctx app.Context) {
	face := l.face()
	l.form.mark(busy, face.busy)
	l.alert.setText(face.alert)
	l.codeField.mark("hidden", !face.needCode)
	l.unsent.show(l.View.Unsent, l.View.UnsentName)
	l.revoking.setText(face.revoking)
	l.blame(l.email, face.email, "")
	l.blame(l.password, face.password, "")
	l.blame(l.code, face.code, "code-hint")

	answered := l.View.Attempt != l.attempt
	left := l.phase == chat.PhaseSignedIn && l.Phase == chat.PhaseSignedOut
	if left && l.View.Problem.Code != chat.ProblemSessionEnded {
		l.email.Set("value", "")
	}
	if l.Phase == chat.PhaseSignedOut && l.View.Email != "" && l.email.value() == "" {
		l.email.Set("value", l.View.Email)
	}
	switch {
	case (answered || left) && face.code:
		ctx.Defer(func(app.Context) { l.code.focus() })
	case (answered || left) && face.alert != "":
		ctx.Defer(func(app.Context) { l.alert.focus() })
	case left:
		ctx.Defer(func(app.Context) { l.email.focus() })
	case l.Phase == chat.PhaseSignedIn && l.phase != chat.PhaseSignedIn:
		// To empty a field that has the focus costs a layout, so that is done when the composer has it.
		ctx.Defer(func(ctx app.Context) { ctx.Defer(l.forget) })
	}
	l.phase, l.attempt = l.Phase, l.View.Attempt
}

// blame says whether the alert is about a field.
func (l *Login) blame(field node, invalid bool, description string) {
	if !invalid {
		field.setAttr("aria-invalid", "")
		field.setAttr("aria-describedby", description)
		return
	}
	field.setAttr("aria-invalid", "true")
	field.setAttr("aria-describedby", "login-alert")
}

// forget clears what was secret, once it has served.
func (l *Login) forget(app.Context) {
	l.password.Set("value", "")
	l.password.Set("type", "password")
	l.reveal.setAttr("aria-pressed", "false")
	l.code.Set("value", "")
}
