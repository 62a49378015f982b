package ui

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// quoted is what a quote says of its message, on one line.
func quoted(q chat.Quote) string {
	switch {
	case !q.Known:
		return say(textQuoteUnknown)
	case q.Deleted:
		return say(textDeleted)
	default:
		return strings.Join(strings.Fields(q.Text), " ")
	}
}

// quoteName is who wrote a quoted message, "" where nothing is known of it.
func quoteName(q chat.Quote) string {
	if !q.Known {
		return ""
	}
	return authorName(chat.Row{Author: q.Author, Name: q.Name})
}

// quoteOf is a drawn message as quoted by an answer to it.
func quoteOf(r chat.Row) chat.Quote {
	return chat.Quote{ID: r.ID, Author: r.Author, Name: r.Name, Text: r.Text, Deleted: r.Deleted, Known: true}
}

// quote is the message that this one answers; pressing it goes there.
func (m *MessageRow) quote() app.UI {
	q := m.Row.Reply
	name, class := quoteName(q), "quote"
	if !q.Known || q.Deleted {
		class = "quote gone"
	}
	return app.Button().Class(class).Type("button").TabIndex(inRow).
		DataSet("action", "original").
		Title(say(textQuoteShow)).
		OnClick(m.original).
		Body(
			app.If(name != "", func() app.UI { return app.Bdi().Dir("auto").Text(name) }),
			app.Span().Dir("auto").Text(quoted(q)),
		)
}

// original goes to the message that this one answers: at once where it is drawn, else when the client has found it.
func (m *MessageRow) original(app.Context, app.Event) {
	if drawn := messageNode(m.Row.Reply.ID); drawn.Truthy() {
		drawn.Call("scrollIntoView", map[string]any{"block": "center"})
		drawn.Call("focus", map[string]any{"preventScroll": true})
		lightUp(drawn)
		return
	}
	m.Client.Do(chat.Open{Room: m.Room, Message: m.Row.Reply.ID})
}
