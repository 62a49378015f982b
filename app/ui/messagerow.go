package ui

import (
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// MessageRow draws one message, and what stands above it: the day, that others may be missing there, or the line above what is new. It holds nothing of its own: go-app matches rows by
// position, so another message may take its place.
type MessageRow struct {
	app.Compo

	Client Client
	Room   chat.RoomID
	Row    *chat.Row // never changes: another one is another row, or looks otherwise
	First  bool      // of several in a row by one author: drawn with name and picture
	Day    string    // the day line, "" for none
}

// inRow is the tab index of what can be pressed in a message: the list is one stop of the Tab key, and only the message
// that has the focus lets it in (roving).
const inRow = -1

// equal reports whether the other one would look the same.
func (m *MessageRow) equal(other *MessageRow) bool {
	return m.Client == other.Client && m.Room == other.Room && m.First == other.First && m.Day == other.Day &&
		(m.Row == other.Row || m.Row.Equal(other.Row))
}

func (m *MessageRow) Render() app.UI {
	return app.Div().Class("entry").Body(
		app.If(m.Day != "", func() app.UI { return app.H2().Class("day").Text(m.Day) }),
		app.If(m.Row.Gap != chat.GapNone, m.gap),
		app.If(m.Row.Unread, func() app.UI { return app.H2().Class("unread").Text(say(textLine)) }),
		m.message(),
	)
}

func (m *MessageRow) gap() app.UI {
	reading := m.Row.Gap == chat.GapReading
	label := textGapLoad
	if reading {
		label = textGapReading
	}
	return app.Div().Class("gap").Body(
		app.Span().Text(say(textGap)),
		app.Button().Class("link").Type("button").DataSet("action", "fill").
			Aria("busy", reading).OnClick(m.fill).Text(say(label)),
	)
}

func (m *MessageRow) fill(app.Context, app.Event) {
	if m.Row.Gap == chat.GapKnown {
		m.Client.Do(chat.FillGap{Room: m.Room, Before: m.Row.ID})
	}
}

func (m *MessageRow) message() app.UI {
	name := authorName(*m.Row)
	class := []string{"message", toneClass(*m.Row)}
	if m.First {
		class = append(class, "first")
	}
	if m.Row.Deleted {
		class = append(class, "deleted")
	}
	return app.Article().
		Class(class...).
		TabIndex(inRow).
		DataSet("message-id", string(m.Row.ID)).
		DataSet("state", m.Row.Delivery.String()).
		DataSet("initials", initials(name)).
		Body(
			app.Div().Class("byline").Body(
				app.Bdi().DataSet("part", "author").Dir("auto").Text(name),
				m.time(),
			),
			app.If(m.Row.Reply.ID != "" && !m.Row.Deleted, m.quote),
			m.text(),
			app.If(m.notes() != "", func() app.UI { return app.P().Class("note").Text(m.notes()) }),
			app.If(len(m.Row.Reactions) > 0, m.reactions),
			app.IfSlice(len(m.Row.Reactions) > 0, m.refusedReactions),
			m.delivery(),
			m.change(),
		)
}

func (m *MessageRow) text() app.UI {
	text := app.Div().DataSet("part", "text")
	switch {
	case m.Row.Deleted:
		return text.Body(app.P().Text(say(textDeleted)))
	case emojiOnly(m.Row.Text):
		return text.Class("emoji").Body(app.P().Text(m.Row.Text))
	default:
		return text.Body(drawMarkup(m.Row.Text)...)
	}
}

// time is empty where the row has no date. Whoever attends to the message is told more of it: see tellMoments.
func (m *MessageRow) time() app.UI {
	if m.Row.Time.IsZero() {
		return app.Time()
	}
	return app.Time().
		DateTime(m.Row.Time.UTC().Format(time.RFC3339Nano)).
		Text(reader().clock(m.Row.Time))
}

func (m *MessageRow) notes() string {
	var notes []string
	if m.Row.Truncated {
		notes = append(notes, say(textTruncated))
	}
	if m.Row.Edited && !m.Row.Deleted {
		notes = append(notes, say(textEdited))
	}
	return strings.Join(notes, " · ")
}

func (m *MessageRow) delivery() app.UI {
	switch m.Row.Delivery {
	case chat.Queued:
		return pending(say(textQueued))
	case chat.Sending:
		return pending(say(textSending))
	case chat.Failed:
		return app.Div().Class("note").Body(
			app.Span().Text(say(textNotSent, sentence(m.Row.Problem))),
			app.Button().Type("button").TabIndex(inRow).OnClick(m.retry).Text(say(textRetry)),
			app.Button().Type("button").TabIndex(inRow).OnClick(m.discard).Text(say(textDelete)),
		)
	default:
		return nil
	}
}

func pending(words string) app.UI {
	return app.Span().Class("pending").Title(words).Body(app.Span().Class("visually-hidden").Text(words))
}

func (m *MessageRow) retry(app.Context, app.Event) {
	m.Client.Do(chat.Retry{Room: m.Room, ID: m.Row.ID})
}

func (m *MessageRow) discard(app.Context, app.Event) {
	m.Client.Do(chat.Discard{Room: m.Room, ID: m.Row.ID})
}
