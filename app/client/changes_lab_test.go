//go:build linux || darwin

package client_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
	"directuschat/app/directus/directuslab"
	"directuschat/app/provision"
)

// changeThings checks that a real server takes what people do to messages, tells everybody of it, and refuses what it
// should, in the project that setup makes.
func changeThings(t *testing.T, l *lab) {
	_, err := l.EnsureUser(t.Context(), directuslab.User{
		Email: "dora@example.com", Password: string(l.password), FirstName: "dora", Role: provision.ModeratorRoleID,
	})
	require.NoError(t, err)
	alice, bob, dora := l.as("alice"), l.elsewhere("bob"), l.elsewhere("dora")
	assert.Empty(t, alice.Snapshot().Problem)
	alice.send("hello")
	id := rowOf(t, alice.texts("hello"), "hello").ID
	bob.texts("hello")
	dora.texts("hello")
	assert.Equal(t, chat.Can{Reply: true, Edit: true, Delete: true, React: true}, rowOf(t, alice.Snapshot(), "hello").Can)
	assert.Equal(t, chat.Can{Reply: true, React: true}, rowOf(t, bob.Snapshot(), "hello").Can)
	assert.Equal(t, chat.Can{Reply: true, Delete: true, React: true}, rowOf(t, dora.Snapshot(), "hello").Can)

	alice.edit(id, "hello all")
	for _, w := range []*window{alice, bob, dora} {
		w.untilRow("edited", id, func(r chat.Row) bool { return r.Text == "hello all" && r.Edited && settledChange(r) })
	}

	bob.react(id, "👍", true)
	bob.react(id, "🏳️‍🌈", true)
	dora.react(id, "👍", true)
	settled := func(r chat.Row, thumbs, flags int) bool {
		given := map[string]int{}
		for _, one := range r.Reactions {
			if one.ID != "" {
				return false
			}
			given[one.Emoji] = len(one.People)
		}
		return given["👍"] == thumbs && given["🏳️‍🌈"] == flags && len(given) == len(r.Reactions)
	}
	alice.untilRow("reactions", id, func(r chat.Row) bool { return settled(r, 2, 1) })
	alice.untilRow("names", id, func(r chat.Row) bool {
		names := map[string]bool{}
		for _, one := range r.Reactions {
			for _, p := range one.People {
				names[p.Name] = true
			}
		}
		return names["bob"] && names["dora"] && len(names) == 2
	})
	bob.react(id, "👍", false)
	alice.untilRow("one taken back", id, func(r chat.Row) bool { return settled(r, 1, 1) })
	bob.react(id, "👍", true)
	alice.untilRow("given again", id, func(r chat.Row) bool { return settled(r, 2, 1) })
	var stored []object
	l.admin("GET", "/items/message_reactions", nil, &stored)
	assert.Len(t, stored, 3, "one row for each person and emoji")

	l.keys++
	answer := uuid(l.keys)
	bob.Do(chat.Send{ID: answer, Text: "hello you", ReplyTo: id})
	alice.untilRow("answered", answer, func(r chat.Row) bool { return r.Reply.ID == id && r.Reply.Text == "hello all" })

	dora.untilRow("told of the answer", answer, func(r chat.Row) bool { return r.Can.Delete })
	dora.delete(answer)
	bob.untilRow("deleted by a moderator", answer, func(r chat.Row) bool { return r.Deleted && r.Text == "" })
	alice.delete(id)
	for _, w := range []*window{bob, dora} {
		w.untilRow("deleted", id, func(r chat.Row) bool { return r.Deleted && r.Text == "" && len(r.Reactions) == 0 })
	}

	again := l.open() // what was done is there after a reload
	again.untilRow("deleted", id, func(r chat.Row) bool { return r.Deleted && settledChange(r) })
	assert.Empty(t, again.Snapshot().Problem)
}
