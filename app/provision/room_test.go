package provision_test

import (
	"fmt"
	"maps"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat"
	"directuschat/app/directus/directuslab"
	"directuschat/app/provision"
)

type object = map[string]any

// A layout is what the tables of a chat are like.
type layout struct {
	messages, reactions, content string
	completed                    bool // setup has completed the tutorials' collection, whose keys are the database's
}

var layouts = []layout{
	{"messages", "message_reactions", "content", false},
	{"notes", "notes_reactions", "text", true},
}

// setUp makes a project that has nothing a chat of the layout.
func (l layout) setUp(t *testing.T, p *project) {
	t.Helper()
	if !l.completed {
		p.apply(t, provision.Options{})
		return
	}
	p.tutorial(t)
	p.apply(t, provision.Options{Mapping: l.mapping(), Complete: true})
}

func (l layout) mapping() directuschat.Mapping {
	mapping := directuschat.DefaultMapping
	mapping.Collection, mapping.Content = l.messages, l.content
	return mapping
}

// A room is a chat of three, each of whom has written a message and reacted to one by bob.
type room struct {
	*project
	layout
	alice, bob, moderator person

	said, deleted any                // messages, by key: bob's first, and one by alice that the moderator has deleted
	reaction      any                // of bob
	own           map[[2]string]any  // the key of what somebody has in a collection
	socket        map[string]*socket // by person
}

// inRooms runs a test in a room of each layout, on each version of Directus. The test may change what people change, and
// nothing that setup made.
func inRooms(t *testing.T, test func(t *testing.T, r room)) {
	for _, version := range directuslab.Versions() {
		for _, l := range layouts {
			t.Run(version+"/"+l.messages, func(t *testing.T) {
				t.Parallel()
				p := someProject(t, version)
				p.settle(t, l)
				test(t, p.room(t, l))
			})
		}
	}
}

func (p *project) room(t *testing.T, l layout) room {
	t.Helper()
	r := room{project: p, layout: l, own: map[[2]string]any{}, socket: map[string]*socket{}}
	r.alice, r.bob = p.chatter(t, "alice"), p.chatter(t, "bob")
	r.moderator = p.join(t, "moderator", object{"role": provision.ModeratorRoleID})
	write := func(who person, collection string, row object) any {
		var made object
		require.NoError(t, who.call(t, "POST", "items/"+collection, nil, row, &made))
		r.own[[2]string{who.id, collection}] = made["id"]
		return made["id"]
	}
	r.deleted = write(r.alice, l.messages, object{l.content: "rude"})
	r.moderator.must(t, "PATCH", r.path(l.messages, r.deleted), object{l.content: "", "deleted_at": forgeDate})
	r.said = write(r.bob, l.messages, object{l.content: "hello"})
	for _, who := range []person{r.alice, r.bob, r.moderator} {
		write(who, l.messages, object{l.content: "my own"})
		write(who, l.reactions, object{"message": r.said, "emoji": "👍"})
		r.own[[2]string{who.id, "chat_profiles"}] = who.id
		r.socket[who.id] = who.dial(t)
	}
	r.reaction = r.own[[2]string{r.bob.id, l.reactions}]
	eventually(t, "everybody has a name", func() bool { return len(profiles(t, r.alice)) == len(r.socket) })
	return r
}

// path is where a row is.
func (r room) path(collection string, key any) string {
	return fmt.Sprintf("items/%s/%v", collection, key)
}

// everything is all that is stored in the chat, as the administrator sees it.
func (r room) everything(t *testing.T) (all []object) {
	t.Helper()
	for _, collection := range []string{r.messages, r.reactions, "chat_profiles"} {
		var rows []object
		require.NoError(t, r.admin().get(t, "items/"+collection, url.Values{"sort": {"id"}, "limit": {"-1"}}, &rows))
		for _, row := range rows {
			row["in"] = collection
			all = append(all, row)
		}
	}
	return all
}

// assertOnly checks that since before somebody has written as nobody else, and edited nothing but what is theirs to edit.
func (r room) assertOnly(t *testing.T, who person, before []object, what ...any) {
	t.Helper()
	key := func(row object) string { return fmt.Sprint(row["in"], row["id"]) }
	now := map[string]object{}
	for _, row := range r.everything(t) {
		now[key(row)] = row
		assert.NotContains(t, fmt.Sprint(row), forgeDate, what...)
	}
	for _, row := range before {
		is := now[key(row)]
		delete(now, key(row))
		if row["user_created"] == who.id && row["deleted_at"] == nil {
			row = maps.Clone(row)
			for _, theirs := range []string{r.content, "removed", "date_updated"} {
				delete(row, theirs)
				delete(is, theirs)
			}
		}
		assert.Equal(t, row, is, what...)
	}
	for _, row := range now {
		assert.Equal(t, who.id, row["user_created"], what...)
		assert.Nil(t, row["date_updated"], what...)
		assert.Nil(t, row["deleted_at"], what...)
	}
}
