package client

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat"
	"directuschat/app/chat"
)

func TestRecordIsKept(t *testing.T) {
	full := record{
		Me: chat.Person{ID: "me", Name: `Zoë "Z" <z>`},
		Project: project{
			Mapping: directuschat.DefaultMapping, OwnKeys: true, CanWrite: true, CanReply: true, CanEdit: true, CanDelete: true,
			CanReact: true, Moderates: true, Names: namesUsers, NameFields: []string{"first_name", "last_name"},
		},
		Email: "me@example.com", Generation: "1",
	}
	full.Project.Mapping.ClientID = directuschat.ClientIDField
	for _, want := range []record{full, {Me: chat.Person{ID: "me"}}, {}} {
		var r record
		require.NoError(t, decode(encode(want.members()), r.members()))
		assert.Equal(t, want, r)
	}

	// As earlier versions have written it, and with what none knows.
	var r record
	require.NoError(t, decode(`{"me":{"ID":"me","Name":""},"project":{"mapping":{"Collection":"notes","ID":"id","Content":"text",`+
		`"Author":"","Created":"date_created","Updated":"","Deleted":"","ReplyTo":"","Profiles":"","Reactions":""},"ownKeys":false,`+
		`"canWrite":true,"names":"row","nameFields":["first_name"]},"generation":"2","more":[{"me":1}]}`, r.members()))
	assert.Equal(t, record{
		Me: chat.Person{ID: "me"},
		Project: project{
			Mapping:  directuschat.Mapping{Collection: "notes", ID: "id", Content: "text", Created: "date_created"},
			CanWrite: true, Names: namesByRow, NameFields: []string{"first_name"},
		},
		Generation: "2",
	}, r)

	for _, broken := range []string{"", "{", `{"me":{"ID":"me"}`, "{} {}"} {
		assert.Error(t, decode(broken, new(record).members()), broken)
	}
}
