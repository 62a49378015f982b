package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// reactions are the emoji that the message was given, each a button that gives or takes back the reader's own.
func (m *MessageRow) reactions() app.UI {
	return app.Div().Class("reactions").Body(each(m.Row.Reactions, m.chip)...)
}

// chip names who has given the emoji, to those who point at it as well as to assistive technology; touch finds the same
// in the menu.
func (m *MessageRow) chip(r chat.Reaction) app.UI {
	count := reader().number(len(r.People))
	who := say(textReactionFrom, r.Emoji, count, givers(r, say(textFromYou)))
	class := []string{"chip"}
	if r.Mine {
		class = append(class, "mine")
	}
	if r.ID != "" {
		class = append(class, "waiting")
	}
	return app.Button().Class(class...).Type("button").TabIndex(inRow).
		DataSet("emoji", r.Emoji).
		Title(who).
		Aria("label", who).
		Aria("pressed", r.Mine).
		Aria("disabled", !m.Row.Can.React).
		OnClick(m.toggle).
		Body(
			app.Span().Text(r.Emoji),
			app.Text(count),
		)
}

// refusedReactions says why an emoji of the reader's was refused.
func (m *MessageRow) refusedReactions() []app.UI {
	var notes []app.UI
	for _, r := range m.Row.Reactions {
		if r.Failed != (chat.Problem{}) {
			notes = append(notes, failure(say(textNotReacted, r.Emoji, sentence(r.Failed)), r.ID, m.retryChange, m.discardChange))
		}
	}
	return notes
}

func (m *MessageRow) toggle(ctx app.Context, _ app.Event) {
	emoji := ctx.JSSrc().Get("dataset").Get("emoji").String()
	if m.Row.Can.React {
		m.Client.Do(react(m.Room, *m.Row, emoji))
	}
}

// react gives a message an emoji, or takes it back if the reader has given it.
func react(room chat.RoomID, row chat.Row, emoji string) chat.React {
	on := true
	for _, r := range row.Reactions {
		if r.Emoji == emoji && r.Mine {
			on = false
		}
	}
	return chat.React{Room: room, ID: newKey(), Message: row.ID, Emoji: emoji, On: on}
}

// givers are the names of those who have given an emoji, as a sentence lists them. Which word is for the reader depends
// on the sentence.
func givers(r chat.Reaction, you string) string {
	names := make([]string, len(r.People))
	for i, person := range r.People {
		names[i] = isolate(authorName(chat.Row{Author: person.ID, Name: person.Name}))
	}
	if r.Mine && len(names) > 0 {
		names[len(names)-1] = you // the user is the last
	}
	return reader().list(names)
}
