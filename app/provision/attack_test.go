package provision_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
)

// A way is one way to ask for something: a request, or a frame.
type way struct {
	method, path string // of a request
	body         any    // a file is uploaded
}

// try asks, and reports whether Directus has refused, and what it said.
func (r room) try(t *testing.T, who person, w way) (refused bool, answer string) {
	t.Helper()
	if w.method == "" {
		answer = r.socket[who.id].ask(t, w.body.(object))
		return strings.Contains(answer, `"error"`), answer
	}
	path, query, _ := strings.Cut(w.path, "?")
	values, err := url.ParseQuery(query)
	require.NoError(t, err)
	var body []byte
	if f, ok := w.body.(file); ok {
		body, err = who.upload(t, path, f)
	} else {
		body, err = who.raw(t, w.method, path, values, w.body)
	}
	return err != nil || strings.Contains(string(body), `"errors"`), string(body)
}

func frame(action, collection string, more object) way {
	return way{body: with(more, object{"type": "items", "action": action, "collection": collection})}
}

// with is both in one.
func with(a, b object) object {
	all := object{}
	for _, part := range []object{a, b} {
		for k, v := range part {
			all[k] = v
		}
	}
	return all
}

// edits are the ways to ask for a change of rows; the last key is the one that matters.
func (r room) edits(collection string, change object, keys ...any) []way {
	var rows []object
	for _, key := range keys {
		rows = append(rows, with(change, object{"id": key}))
	}
	id := keys[len(keys)-1]
	query := object{"filter": object{"id": object{"_in": keys}}}
	all := []way{
		{"PATCH", "items/" + collection, object{"keys": keys, "data": change}},
		{"PATCH", "items/" + collection, object{"query": query, "data": change}},
		{"PATCH", "items/" + collection, rows},
		frame("update", collection, object{"ids": keys, "data": change}),
		frame("update", collection, object{"query": query, "data": change}),
		frame("update", collection, object{"data": rows}),
	}
	if len(keys) == 1 {
		all = append(all, way{"PATCH", r.path(collection, id), change}, frame("update", collection, object{"id": id, "data": change}))
	}
	return all
}

// removals are the ways to ask that rows go.
func (r room) removals(collection string, keys ...any) []way {
	query := object{"filter": object{"id": object{"_in": keys}}}
	all := []way{
		{"DELETE", "items/" + collection, keys},
		{"DELETE", "items/" + collection, object{"keys": keys}},
		{"DELETE", "items/" + collection, object{"query": query}},
		frame("delete", collection, object{"ids": keys}),
		frame("delete", collection, object{"query": query}),
	}
	for _, id := range keys {
		all = append(all, way{"DELETE", r.path(collection, id), nil}, frame("delete", collection, object{"id": id}))
	}
	return all
}

// creates are the ways to ask for a new row.
func creates(collection string, row object) []way {
	return []way{
		{"POST", "items/" + collection, row},
		{"POST", "items/" + collection, []object{row}},
		frame("create", collection, object{"data": row}),
		frame("create", collection, object{"data": []object{row}}),
	}
}

// ways are all the ways to change a row that is not one's own to change: those that must be refused, and those of which
// Directus may take the part that is one's own.
func (r room) ways(who person, collection string, id any, change object) (refused, taken []way) {
	own := func(collection string) any { return r.own[[2]string{who.id, collection}] }
	row := with(change, object{"id": id})
	refused = append(r.edits(collection, change, id), r.edits(collection, change, own(collection), id)...)
	refused = append(refused, way{"PUT", r.path(collection, id), change})

	// A new row has what it needs, or Directus would refuse it for that; and, by WebSocket, without a word.
	again := creates(collection, with(object{r.content: "x"}, row))
	if collection == r.reactions {
		again = creates(collection, with(object{"message": r.said, "emoji": "👍"}, row))
	}
	if r.completed && collection == r.messages { // a key is not among what a new message may bring along
		taken = append(taken, again...)
	} else {
		refused = append(refused, again...)
	}
	if collection != r.messages {
		return refused, taken
	}
	reply := object{r.content: "x", "reply_to": row}
	refused = append(refused, creates(r.messages, reply)...)
	refused = append(refused, creates(r.messages, object{r.content: "x", "reply_to": reply})...)
	refused = append(refused, creates(r.reactions, object{"emoji": "x", "message": row})...)
	taken = append(taken, r.edits(r.messages, reply, own(r.messages))...)
	taken = append(taken, r.edits(r.reactions, object{"removed": false, "message": row}, own(r.reactions))...)
	return refused, taken
}

// Every change of what is somebody else's, or deleted, in every way there is: nothing of what is stored may differ.
func TestAttacks(t *testing.T) {
	inRooms(t, func(t *testing.T, r room) {
		alice, bob, moderator := r.alice, r.bob, r.moderator
		for _, attack := range []struct {
			what       string
			who        person
			collection string
			id         any
			change     object
		}{
			{"edit", alice, r.messages, r.said, object{r.content: "mine now"}},
			{"delete", alice, r.messages, r.said, object{r.content: "", "deleted_at": forgeDate}},
			{"take over", alice, r.messages, r.said, object{"user_created": alice.id}},
			{"forge its author and dates", alice, r.messages, r.said, object{r.content: "x", "user_created": alice.id, "date_created": forgeDate, "date_updated": forgeDate}},
			{"restore what a moderator deleted", alice, r.messages, r.deleted, object{r.content: "rude", "deleted_at": nil}},
			{"edit what a moderator deleted", alice, r.messages, r.deleted, object{r.content: "rude"}},
			{"delete it again", alice, r.messages, r.deleted, object{r.content: "", "deleted_at": forgeDate}},
			{"restore what somebody else wrote", bob, r.messages, r.deleted, object{r.content: "rude", "deleted_at": nil}},
			{"rewrite, as a moderator", moderator, r.messages, r.said, object{r.content: "never said"}},
			{"restore, as a moderator", moderator, r.messages, r.deleted, object{r.content: "rude", "deleted_at": nil}},
			{"take back another's reaction", alice, r.reactions, r.reaction, object{"removed": true}},
			{"react as somebody else", alice, r.reactions, r.reaction, object{"emoji": "👎"}},
			{"take over a reaction", alice, r.reactions, r.reaction, object{"removed": false, "user_created": alice.id}},
			{"take back a reaction, as a moderator", moderator, r.reactions, r.reaction, object{"removed": true}},
			{"rename somebody", alice, "chat_profiles", bob.id, object{"name": "x"}},
		} {
			before := r.everything(t)
			refused, taken := r.ways(attack.who, attack.collection, attack.id, attack.change)
			for _, way := range refused {
				no, answer := r.try(t, attack.who, way)
				assert.True(t, no, "%s: %v: %s", attack.what, way, answer)
			}
			assert.Equal(t, before, r.everything(t), attack.what)
			for _, way := range taken {
				r.try(t, attack.who, way)
			}
			r.assertOnly(t, attack.who, before, attack.what)
		}
	})
}

// What people and moderators may do to a message or a reaction works, and the guard says when it was.
func TestOwnRowsOnly(t *testing.T) {
	inRooms(t, func(t *testing.T, r room) {
		assert.Error(t, r.alice.call(t, "POST", "items/"+r.reactions, nil, object{"message": r.said, "emoji": strings.Repeat("x", 65)}, nil))
		own := r.own[[2]string{r.alice.id, r.messages}]
		r.alice.must(t, "PATCH", r.path(r.messages, own), object{r.content: "two"})
		r.bob.must(t, "PATCH", r.path(r.reactions, r.reaction), object{"removed": true})
		r.bob.must(t, "PATCH", r.path(r.reactions, r.reaction), object{"removed": false})
		r.moderator.must(t, "PATCH", r.path(r.messages, r.said), object{r.content: "", "deleted_at": forgeDate})
		r.alice.must(t, "PATCH", r.path(r.messages, own), object{r.content: "", "deleted_at": forgeDate})
		for _, id := range []any{own, r.said} {
			var m object
			require.NoError(t, r.admin().get(t, r.path(r.messages, id), nil, &m))
			assert.Empty(t, m[r.content])
			assert.NotNil(t, m["deleted_at"])
			assert.NotEqual(t, forgeDate, m["deleted_at"], "the guard says when")
			assert.NotNil(t, m["date_updated"])
		}
	})
}

// With the guard gone nobody can write at all, where nothing else stands before it; where rules do, they still hold.
func TestSeal(t *testing.T) {
	inRooms(t, func(t *testing.T, r room) {
		r.settled = layout{} // the next one begins anew
		var flows []struct{ ID string }
		require.NoError(t, r.admin().get(t, "flows", nil, &flows))
		for _, f := range flows {
			r.admin().must(t, "DELETE", "flows/"+f.ID, nil)
		}
		gone := func() bool {
			err := r.alice.call(t, "POST", "items/"+r.messages, nil, object{r.content: "x"}, nil)
			return r.version != core || directus.IsCode(err, directus.CodeFailedValidation)
		}
		eventually(t, "Directus forgets the guard", gone)
		before := r.everything(t)
		for _, change := range []object{{r.content: "mine now"}, {r.content: "", "deleted_at": forgeDate}, {r.content: "x", "chat_guard": r.bob.id}} {
			for _, id := range []any{r.said, r.deleted} {
				assert.Error(t, r.alice.call(t, "PATCH", r.path(r.messages, id), nil, change, nil))
			}
			assert.Error(t, r.alice.call(t, "PATCH", r.path(r.reactions, r.reaction), nil, object{"removed": true, "chat_guard": r.bob.id}, nil))
		}
		assert.Equal(t, before, r.everything(t))
		if r.version == core {
			assert.Error(t, r.bob.call(t, "PATCH", r.path(r.messages, r.said), nil, object{r.content: "x"}, nil))
			assert.Error(t, r.bob.call(t, "POST", "items/"+r.messages, nil, object{r.content: "x", "deleted_at": forgeDate}, nil))
		}
	})
}
