package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// Banner says what keeps the room from working. Its place is always there, so that assistive technology announces what
// comes into it.
type Banner struct {
	app.Compo

	Problem chat.Problem
}

func (b *Banner) Render() app.UI {
	return app.Div().Class("banner").Role("alert").Body(
		app.If(b.Problem != (chat.Problem{}), func() app.UI { return app.Text(sentence(b.Problem)) }),
	)
}
