package provision_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/provision"
)

type object = map[string]any

const (
	deletedID  = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c" // of a message by alice that a moderator has deleted
	reactionID = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5d" // of a reaction by bob
)

// attacked is a project with a message by bob, one by alice that a moderator deleted, and a reaction by bob.
func (p *project) attacked(t *testing.T, alice, bob person) (moderator person) {
	t.Helper()
	moderator = p.join(t, "moderator", object{"role": provision.ModeratorRoleID})
	alice.must(t, "POST", "items/messages", object{"id": deletedID, "content": "rude"})
	moderator.must(t, "PATCH", "items/messages/"+deletedID, object{"content": "", "deleted_at": forgeDate})
	bob.must(t, "POST", "items/message_reactions", object{"id": reactionID, "message": someID, "emoji": "👍"})
	return moderator
}

// everything is all that is stored in the chat, as the administrator sees it.
func (p *project) everything(t *testing.T) (all []object) {
	t.Helper()
	for _, collection := range []string{"messages", "message_reactions", "chat_profiles"} {
		var rows []object
		require.NoError(t, p.admin().get(t, "items/"+collection, url.Values{"sort": {"id"}, "limit": {"-1"}}, &rows))
		all = append(all, rows...)
	}
	return all
}

// ways are all the ways to ask for the change of a row.
func ways(collection, id string, change object) (rest, socket []object) {
	with := func(more object) object {
		all := object{"id": id}
		for k, v := range change {
			all[k] = v
		}
		for k, v := range more {
			all[k] = v
		}
		return all
	}
	// A new row has what it needs, or Directus would refuse it for that; and, by WebSocket, without a word.
	again := with(object{"content": "x"})
	if collection == "message_reactions" {
		again = with(object{"message": someID, "emoji": "👍"})
	}
	filter := object{"filter": object{"id": object{"_eq": id}}}
	rest = []object{
		{"PATCH": "/" + id, "body": change},
		{"PATCH": "", "body": object{"keys": []string{id}, "data": change}},
		{"PATCH": "", "body": object{"query": filter, "data": change}},
		{"PATCH": "", "body": []object{with(nil)}},
		{"POST": "", "body": again},
		{"POST": "", "body": []object{again}},
		{"PUT": "/" + id, "body": change},
	}
	socket = []object{
		{"action": "update", "id": id, "data": change},
		{"action": "update", "ids": []string{id}, "data": change},
		{"action": "update", "query": filter, "data": change},
		{"action": "update", "data": []object{with(nil)}},
		{"action": "create", "data": again},
		{"action": "create", "data": []object{again}},
		{"action": "delete", "id": id},
	}
	if collection == "messages" {
		nested := object{"content": "x", "reply_to": with(nil)}
		rest = append(rest, object{"POST": "", "body": nested}, object{"POST": "", "body": []object{{"content": "x", "reply_to": nested}}},
			object{"POST": "", "in": "message_reactions", "body": object{"emoji": "x", "message": with(nil)}})
		socket = append(socket, object{"action": "create", "data": nested})
	}
	return rest, socket
}

// Every change of what is somebody else's, or deleted, in every way there is: nothing of what is stored may differ.
func TestAttacks(t *testing.T) {
	inTalk(t, func(t *testing.T, p *project, alice, bob person) {
		moderator := p.attacked(t, alice, bob)
		sockets := map[string]*socket{alice.id: alice.dial(t), bob.id: bob.dial(t), moderator.id: moderator.dial(t)}
		for _, attack := range []struct {
			what           string
			who            person
			collection, id string
			change         object
		}{
			{"edit", alice, "messages", someID, object{"content": "mine now"}},
			{"delete", alice, "messages", someID, object{"content": "", "deleted_at": forgeDate}},
			{"take over", alice, "messages", someID, object{"user_created": alice.id}},
			{"forge its author and dates", alice, "messages", someID, object{"content": "x", "user_created": alice.id, "date_created": forgeDate, "date_updated": forgeDate}},
			{"restore what a moderator deleted", alice, "messages", deletedID, object{"content": "rude", "deleted_at": nil}},
			{"edit what a moderator deleted", alice, "messages", deletedID, object{"content": "rude"}},
			{"delete it again", alice, "messages", deletedID, object{"content": "", "deleted_at": forgeDate}},
			{"restore what somebody else wrote", bob, "messages", deletedID, object{"content": "rude", "deleted_at": nil}},
			{"rewrite, as a moderator", moderator, "messages", someID, object{"content": "never said"}},
			{"restore, as a moderator", moderator, "messages", deletedID, object{"content": "rude", "deleted_at": nil}},
			{"take back another's reaction", alice, "message_reactions", reactionID, object{"removed": true}},
			{"react as somebody else", alice, "message_reactions", reactionID, object{"emoji": "👎"}},
			{"take over a reaction", alice, "message_reactions", reactionID, object{"removed": false, "user_created": alice.id}},
			{"take back a reaction, as a moderator", moderator, "message_reactions", reactionID, object{"removed": true}},
			{"rename somebody", alice, "chat_profiles", bob.id, object{"name": "x"}},
		} {
			before := p.everything(t)
			rest, frames := ways(attack.collection, attack.id, attack.change)
			for _, way := range rest {
				for _, method := range []string{"PATCH", "POST", "PUT"} {
					if path, ok := way[method].(string); ok {
						collection := attack.collection
						if in, ok := way["in"].(string); ok {
							collection = in
						}
						body, err := attack.who.raw(t, method, "items/"+collection+path, nil, way["body"])
						assert.Error(t, err, "%s: %s %v: %s", attack.what, method, way, body)
					}
				}
			}
			s := sockets[attack.who.id]
			for _, frame := range frames {
				frame["type"], frame["collection"] = "items", attack.collection
				assert.Contains(t, s.ask(t, frame), `"error"`, "%s: %v", attack.what, frame)
			}
			assert.Equal(t, before, p.everything(t), attack.what)
		}
	})
}

// Whoever reacts or writes does it as themselves, whatever the row says.
func TestOwnRowsOnly(t *testing.T) {
	inTalk(t, func(t *testing.T, p *project, alice, bob person) {
		moderator := p.attacked(t, alice, bob)
		var made object
		err := alice.call(t, "POST", "items/message_reactions", nil, object{"message": someID, "emoji": "🎉", "user_created": bob.id, "date_created": forgeDate}, &made)
		if err == nil {
			assert.Equal(t, alice.id, made["user_created"])
			assert.NotEqual(t, forgeDate, made["date_created"])
		}
		assert.Error(t, alice.call(t, "POST", "items/message_reactions", nil, object{"message": someID, "emoji": strings.Repeat("x", 65)}, nil))

		own := "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a60"
		alice.must(t, "POST", "items/messages", object{"id": own, "content": "one"})
		alice.must(t, "PATCH", "items/messages/"+own, object{"content": "two"})
		bob.must(t, "PATCH", "items/message_reactions/"+reactionID, object{"removed": true})
		bob.must(t, "PATCH", "items/message_reactions/"+reactionID, object{"removed": false})
		moderator.must(t, "PATCH", "items/messages/"+someID, object{"content": "", "deleted_at": forgeDate})
		alice.must(t, "PATCH", "items/messages/"+own, object{"content": "", "deleted_at": forgeDate})
		for _, m := range p.stored(t) {
			if m["id"] == own || m["id"] == someID {
				assert.Empty(t, m["content"])
				assert.NotNil(t, m["deleted_at"])
				assert.NotEqual(t, forgeDate, m["deleted_at"], "the guard says when")
				assert.NotNil(t, m["date_updated"])
			}
		}
	})
}

// With the guard gone nobody can write at all, where nothing else stands before it; where rules do, they still hold.
func TestSeal(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		alice, bob := p.talk(t)
		p.attacked(t, alice, bob)
		var flows []struct{ ID string }
		require.NoError(t, p.admin().get(t, "flows", nil, &flows))
		for _, f := range flows {
			p.admin().must(t, "DELETE", "flows/"+f.ID, nil)
		}
		gone := func() bool { return p.version != core || alice.isSealed(t) }
		eventually(t, "Directus forgets the guard", gone)
		before := p.everything(t)
		for _, change := range []object{{"content": "mine now"}, {"content": "", "deleted_at": forgeDate}, {"content": "x", "chat_guard": bob.id}} {
			for _, path := range []string{someID, deletedID} {
				assert.Error(t, alice.call(t, "PATCH", "items/messages/"+path, nil, change, nil))
			}
			assert.Error(t, alice.call(t, "PATCH", "items/message_reactions/"+reactionID, nil, object{"removed": true, "chat_guard": bob.id}, nil))
		}
		assert.Equal(t, before, p.everything(t))
		if p.version == core {
			assert.Error(t, bob.call(t, "PATCH", "items/messages/"+someID, nil, object{"content": "x"}, nil))
			assert.Error(t, bob.call(t, "POST", "items/messages", nil, object{"content": "x", "deleted_at": forgeDate}, nil))
		}
	})
}
