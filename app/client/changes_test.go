package client_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
	"directuschat/app/directus/directustest"
)

// withModerator is what setup makes, with somebody who keeps order.
var withModerator = directustest.Config{Collections: ownKeys.Collections, Users: []directustest.User{
	{Email: "alice@example.com", Password: "password", FirstName: "Alice"},
	{Email: "bob@example.com", Password: "password", FirstName: "Bob"},
	{Email: "carol@example.com", Password: "password", FirstName: "Carol", Moderator: true},
}}

// do makes a new key for something that is done to a message.
func (w *window) do(change func(id chat.MessageID) chat.Intent) {
	time.Sleep(w.h.pause)
	w.h.keys++
	w.Do(change(uuid(w.h.keys)))
}

func (w *window) edit(m chat.MessageID, text string) {
	w.do(func(id chat.MessageID) chat.Intent { return chat.Edit{ID: id, Message: m, Text: text} })
}

func (w *window) delete(m chat.MessageID) {
	w.do(func(id chat.MessageID) chat.Intent { return chat.Delete{ID: id, Message: m} })
}

func (w *window) react(m chat.MessageID, emoji string, on bool) {
	w.do(func(id chat.MessageID) chat.Intent { return chat.React{ID: id, Message: m, Emoji: emoji, On: on} })
}

// untilRow waits for a row to become something.
func (w *window) untilRow(what string, id chat.MessageID, is func(chat.Row) bool) chat.Row {
	w.h.t.Helper()
	var found chat.Row
	w.until(what, func(s chat.Snapshot) bool {
		for _, row := range s.Room.Rows {
			if row.ID == id && is(row) {
				found = row
				return true
			}
		}
		return false
	})
	return found
}

func settledChange(row chat.Row) bool { return row.Change == (chat.Change{}) }

// Ensure that everybody sees an edit and a deletion, that the deletion can be taken back for a while, and that nothing of
// a deleted text stays.
func TestEditAndDelete(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice, bob := h.as("alice"), h.elsewhere("bob")
		alice.send("hello")
		id := rowOf(h.t, alice.texts("hello"), "hello").ID
		bob.texts("hello")

		alice.edit(id, "hello all")
		for _, w := range []*window{alice, bob} {
			row := w.untilRow("edited", id, func(r chat.Row) bool { return r.Text == "hello all" && settledChange(r) })
			assert.True(h.t, row.Edited)
			assert.Equal(h.t, w == alice, row.Can.Edit)
			assert.Equal(h.t, w == alice, row.Can.Delete)
		}

		alice.delete(id)
		row := alice.untilRow("deleted", id, func(r chat.Row) bool { return r.Deleted })
		assert.True(h.t, row.Change.Undo)
		alice.Do(chat.Undo{ID: row.Change.ID})
		alice.untilRow("back", id, func(r chat.Row) bool { return r.Text == "hello all" && settledChange(r) })
		time.Sleep(time.Minute)
		assert.Equal(h.t, []string{"hello all"}, h.stored())

		alice.delete(id)
		for _, w := range []*window{bob, alice} {
			row := w.untilRow("deleted", id, func(r chat.Row) bool { return r.Deleted && settledChange(r) })
			assert.Empty(h.t, row.Text)
			assert.Zero(h.t, row.Can)
		}
		assert.Equal(h.t, []string{""}, h.stored())
		assert.Empty(h.t, alice.Snapshot().Problem)
	})
}

// Ensure that what was done without a connection is done when there is one, after a reload too, and in its order.
func TestChangesWithoutANetwork(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice := h.as("alice")
		alice.send("hello")
		id := rowOf(h.t, alice.texts("hello"), "hello").ID

		h.server.Stop()
		alice.edit(id, "one")
		alice.edit(id, "two")
		alice.react(id, "👍", true)
		alice.untilRow("edited", id, func(r chat.Row) bool {
			return r.Text == "two" && r.Change.Delivery == chat.Queued && len(r.Reactions) == 1 && r.Reactions[0].ID != ""
		})
		time.Sleep(time.Second)
		alice = alice.reload()
		h.server.Start()
		alice.untilRow("stored", id, func(r chat.Row) bool {
			return r.Text == "two" && settledChange(r) && len(r.Reactions) == 1 && r.Reactions[0].ID == ""
		})
		assert.Equal(h.t, []string{"two"}, h.stored())
		assert.Len(h.t, h.server.Rows("message_reactions"), 1)
	})
}

// Ensure that a change whose answer is lost is looked up and not made again over what came later.
func TestLostAnswerOfAnEdit(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		alice := h.as("alice")
		alice.send("hello")
		id := rowOf(h.t, alice.texts("hello"), "hello").ID
		h.server.LoseReplies(1)
		alice.edit(id, "edited")
		alice.untilRow("settled", id, func(r chat.Row) bool { return r.Text == "edited" && settledChange(r) })
		assert.Equal(h.t, []string{"edited"}, h.stored())
	})
}

// Ensure that a moderator may delete what others wrote and not rewrite it, that nobody else may, and that whoever edits what
// is deleted meanwhile is told.
func TestModerator(t *testing.T) {
	bubble(t, withModerator, func(h *harness) {
		alice, carol := h.as("alice"), h.elsewhere("carol")
		alice.send("rude")
		id := rowOf(h.t, alice.texts("rude"), "rude").ID
		carol.texts("rude")
		assert.Equal(h.t, chat.Can{Reply: true, Delete: true, React: true}, rowOf(h.t, carol.Snapshot(), "rude").Can)

		h.server.FreezeDown() // alice does not hear of it
		h.server.Update("messages", map[string]any{"content": "", "deleted_at": "2000-01-01T00:00:00Z"}, string(id))
		alice.edit(id, "not so rude")
		alice.untilRow("refused", id, func(r chat.Row) bool { return r.Change.Problem.Code == chat.ProblemGone })
		h.server.Thaw()
		gone := alice.untilRow("deleted", id, func(r chat.Row) bool { return r.Deleted })
		alice.Do(chat.Discard{ID: gone.Change.ID})
		alice.untilRow("let go", id, settledChange)

		alice.send("worse")
		worse := rowOf(h.t, carol.until("told", func(s chat.Snapshot) bool { _, ok := row(s, "worse"); return ok }), "worse").ID
		carol.delete(worse)
		alice.untilRow("deleted by a moderator", worse, func(r chat.Row) bool { return r.Deleted })
	})
}

// Ensure that reactions are seen by everybody, taken back, given again, also where somebody has taken the key, and read
// again after a gap.
func TestReactions(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		id := chat.MessageID(h.write("bob", "hello"))
		alice, bob := h.as("alice"), h.elsewhere("bob")
		one := func(mine bool, people ...string) func(chat.Row) bool {
			return func(r chat.Row) bool {
				if len(r.Reactions) != 1 || r.Reactions[0].Mine != mine || r.Reactions[0].ID != "" || len(r.Reactions[0].People) != len(people) {
					return false
				}
				for i, p := range r.Reactions[0].People {
					if string(p.ID) != h.server.UserID(people[i]+"@example.com") {
						return false
					}
				}
				return true
			}
		}
		none := func(r chat.Row) bool { return len(r.Reactions) == 0 }

		alice.react(id, "👍", true)
		bob.untilRow("given", id, one(false, "alice"))
		bob.react(id, "👍", true)
		alice.untilRow("given by both", id, one(true, "bob", "alice"))
		alice.react(id, "👍", false)
		bob.untilRow("taken back", id, one(true, "bob"))
		alice.untilRow("taken back", id, one(false, "bob"))
		bob.react(id, "👍", false)
		alice.untilRow("gone", id, none)
		rows := h.server.Rows("message_reactions")
		require.Len(h.t, rows, 2, "one for each person")

		for _, r := range rows { // somebody has taken both keys
			h.server.Update("message_reactions", map[string]any{"user_created": "stranger"}, r["id"].(string))
		}
		alice.react(id, "👍", true)
		bob.untilRow("given under another key", id, one(false, "alice"))
		alice.react(id, "👍", false)
		bob.untilRow("taken back under another key", id, none)
		assert.Len(h.t, h.server.Rows("message_reactions"), 3)

		h.server.Cut()
		alice.until("cut", func(s chat.Snapshot) bool { return s.Connection != chat.ConnectionLive })
		h.server.Insert("message_reactions", map[string]any{"message": string(id), "emoji": "🎉", "user_created": h.server.UserID("bob@example.com")})
		alice.untilRow("read again", id, one(false, "bob"))

		time.Sleep(3 * time.Second)
		h.server.Stop()
		alice = alice.reload()
		alice.untilRow("as last known", id, one(false, "bob"))
	})
}

// Ensure that a reply says what it answers, also where that is no more held, or deleted.
func TestReplies(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		original := h.write("bob", "a question")
		for range 250 {
			h.write("bob", "chatter")
		}
		alice := h.as("alice")
		h.keys++
		answer := uuid(h.keys)
		alice.Do(chat.Send{ID: answer, Text: "an answer", ReplyTo: chat.MessageID(original)})
		quoted := func(text string) func(chat.Row) bool {
			return func(r chat.Row) bool { return r.Delivery == chat.Stored && r.Reply.Known && r.Reply.Text == text }
		}
		row := alice.untilRow("quoted", answer, quoted("a question"))
		assert.Equal(h.t, chat.UserID(h.server.UserID("bob@example.com")), row.Reply.Author)
		assert.Equal(h.t, original, h.server.Rows("messages")[251]["reply_to"])

		time.Sleep(time.Second)
		h.server.Update("messages", map[string]any{"content": "", "deleted_at": "2000-01-01T00:00:00Z"}, original)
		alice.untilRow("original deleted", answer, func(r chat.Row) bool { return r.Reply.Deleted && r.Reply.Text == "" })
	})
}
