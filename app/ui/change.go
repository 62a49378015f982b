package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"directuschat/app/chat"
)

// change is what has become of an edit or a deletion that the row is drawn with: nothing while all goes well, but for
// the way back from a deletion.
func (m *MessageRow) change() app.UI {
	change := m.Row.Change
	switch {
	case change.Op == "":
		return nil
	case change.Delivery == chat.Failed:
		words := textNotEdited
		if change.Op == chat.OpDelete {
			words = textNotDeleted
		}
		return failure(say(words, sentence(change.Problem)), change.ID, m.retryChange, m.discardChange)
	case change.Undo:
		return app.Div().Class("note").Body(
			app.Button().Class("undo").Type("button").TabIndex(inRow).DataSet("action", "undo").OnClick(m.undo).Text(say(textUndo)),
		)
	case change.Delivery == chat.Stored:
		return nil
	default:
		return pending(say(textSaving))
	}
}

// failure says why an operation was refused, and offers to try it again or to give it up. The button says which one:
// go-app keeps a handler for another row.
func failure(words string, id chat.MessageID, retry, discard app.EventHandler) app.UI {
	button := func(action string, press app.EventHandler, label text) app.UI {
		return app.Button().Type("button").TabIndex(inRow).DataSet("action", action).DataSet("operation", string(id)).OnClick(press).Text(say(label))
	}
	return app.Div().Class("note refused").Body(
		app.Span().Text(words),
		button("retry", retry, textRetry),
		button("discard", discard, textGiveUp),
	)
}

// pressedOperation is the key of the operation that the pressed button is about. The button goes with the operation, so
// the focus goes to its message.
func pressedOperation(ctx app.Context) chat.MessageID {
	button := ctx.JSSrc()
	button.Call("closest", "article").Call("focus", map[string]any{"preventScroll": true})
	return chat.MessageID(button.Get("dataset").Get("operation").String())
}

func (m *MessageRow) retryChange(ctx app.Context, _ app.Event) {
	m.Client.Do(chat.Retry{Room: m.Room, ID: pressedOperation(ctx)})
}

func (m *MessageRow) discardChange(ctx app.Context, _ app.Event) {
	m.Client.Do(chat.Discard{Room: m.Room, ID: pressedOperation(ctx)})
}

func (m *MessageRow) undo(ctx app.Context, _ app.Event) {
	ctx.JSSrc().Call("closest", "article").Call("focus", map[string]any{"preventScroll": true})
	m.Client.Do(chat.Undo{Room: m.Room, ID: m.Row.Change.ID})
}
