package client

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat"
	"directuschat/app/chat"
	"directuschat/app/directus"
)

// A sketch is a Directus as discover sees it.
type sketch struct {
	me          string              // "" is {"id":"u"}
	permissions string              // "" refuses to tell
	integer     bool                // keys are numbers
	reference   bool                // client_id is one, too: of something else
	message     string              // one that is there, "" for none
	fields      map[string][]string // of the collections that can be read

	asked *atomic.Int32 // requests
}

func (s sketch) call(_ context.Context, r directus.Request) (directus.Response, error) {
	if s.asked != nil {
		s.asked.Add(1)
	}
	ok := func(data string) (directus.Response, error) {
		return directus.Response{Status: 200, Body: []byte(`{"data":` + data + `}`)}, nil
	}
	refuse := func(status int, code, message string) (directus.Response, error) {
		return directus.Response{}, &directus.Error{Status: status, Code: code, Message: message}
	}
	switch r.Path {
	case "users/me":
		if s.me == "" {
			return ok(`{"id":"u"}`)
		}
		return ok(s.me)
	case "permissions/me":
		if s.permissions == "" {
			return refuse(404, "ROUTE_NOT_FOUND", "no")
		}
		return ok(s.permissions)
	}
	collection, _ := url.PathUnescape(strings.TrimPrefix(r.Path, "items/"))
	fields, there := s.fields[collection]
	if !there {
		return refuse(403, "FORBIDDEN", "no "+collection)
	}
	for name := range strings.SplitSeq(r.Query.Get("fields"), ",") {
		if !slices.Contains(fields, name) {
			return refuse(403, "FORBIDDEN", "no "+name)
		}
	}
	number := s.integer
	if strings.Contains(r.Query.Get("filter"), "client_id") {
		number = s.reference
	}
	if strings.Contains(r.Query.Get("filter"), "_gt") && !number {
		return refuse(400, "INVALID_QUERY", "no _gt")
	}
	if collection == "messages" {
		return ok(`[` + s.message + `]`)
	}
	return ok(`[]`)
}

const (
	everything = `{"read":{"access":"full","fields":["*"]},"create":{"access":"full","fields":["*"]}}`
	changes    = `{"read":{"access":"full","fields":["*"]},"create":{"access":"full","fields":["*"]},"update":{"access":"full","fields":["*"]}}`
	moderation = `{"read":{"access":"full","fields":["*"]},"create":{"access":"full","fields":["*"]},"update":{"access":"full","fields":["*"]},"share":{"access":"full","fields":["*"]}}`
)

func TestDiscover(t *testing.T) {
	ours := []string{"id", "content", "user_created", "date_created", "date_updated", "deleted_at", "reply_to"}
	tutorials := []string{"id", "content", "user_created", "date_created", "user_created.first_name", "user_created.last_name"}
	without := func(fields ...string) directuschat.Mapping {
		m := directuschat.DefaultMapping
		m.Reactions = ""
		for _, f := range optional(&m) {
			if slices.Contains(fields, *f) {
				*f = ""
			}
		}
		return m
	}
	bare := without("date_updated", "deleted_at", "reply_to")
	beside := bare
	beside.ClientID = "client_id"
	completed := append(slices.Clone(tutorials), "client_id")
	names := []string{"first_name", "last_name"}

	tests := map[string]struct {
		sketch  sketch
		want    project
		problem chat.Problem
	}{
		"what setup makes": {
			sketch: sketch{
				permissions: `{"messages":` + everything + `,"chat_profiles":{"read":{"access":"full","fields":["*"]}}}`,
				fields:      map[string][]string{"messages": ours, "chat_profiles": {"id", "name"}},
			},
			want: project{Mapping: without(), OwnKeys: true, CanWrite: true, CanReply: true, Names: namesProfiles},
		},
		"with changes": {
			sketch: sketch{
				permissions: `{"messages":` + changes + `,"message_reactions":` + changes + `}`,
				fields:      map[string][]string{"messages": ours, "message_reactions": reactionFields},
			},
			want: project{Mapping: directuschat.DefaultMapping, OwnKeys: true, CanWrite: true,
				CanReply: true, CanEdit: true, CanDelete: true, CanReact: true},
		},
		"a moderator, and reactions that are not there": {
			sketch: sketch{permissions: `{"messages":` + moderation + `,"message_reactions":` + changes + `}`, fields: map[string][]string{"messages": ours}},
			want:   project{Mapping: without(), OwnKeys: true, CanWrite: true, CanReply: true, CanEdit: true, CanDelete: true, Moderates: true},
		},
		"no date would tell of a change": {
			sketch: sketch{permissions: `{"messages":` + moderation + `}`, fields: map[string][]string{"messages": {"id", "content", "user_created", "date_created", "deleted_at"}}},
			want:   project{Mapping: without("date_updated", "reply_to"), OwnKeys: true, CanWrite: true, Moderates: true},
		},
		"with rules": {
			sketch: sketch{
				permissions: `{"messages":{"read":{"access":"full","fields":["*"]},"create":{"access":"full","fields":["id","content","reply_to"]},"update":{"access":"partial","fields":["content"]}},
					"directus_users":{"read":{"access":"full","fields":["id","first_name","last_name","avatar"]}}}`,
				fields: map[string][]string{"messages": ours, "users": {"id", "first_name", "last_name"}},
			},
			want: project{Mapping: without(), OwnKeys: true, CanWrite: true, CanReply: true, CanEdit: true, Names: namesUsers, NameFields: names},
		},
		"tutorials": {
			sketch: sketch{integer: true,
				permissions: `{"messages":` + everything + `,"directus_users":{"read":{"access":"full","fields":["first_name","last_name"]}}}`,
				fields:      map[string][]string{"messages": tutorials},
			},
			want: project{Mapping: bare, CanWrite: true, Names: namesByRow, NameFields: names},
		},
		"a key that is a number, written as a text": {
			sketch: sketch{integer: true, message: `{"id":"9007199254740993"}`, permissions: `{"messages":` + everything + `}`, fields: map[string][]string{"messages": tutorials}},
			want:   project{Mapping: bare, CanWrite: true},
		},
		"a key of ours beside the number": {
			sketch: sketch{integer: true, message: `{"id":1}`, permissions: `{"messages":` + everything + `}`, fields: map[string][]string{"messages": completed}},
			want:   project{Mapping: beside, OwnKeys: true, CanWrite: true},
		},
		"likewise, in an empty room, with rules": {
			sketch: sketch{integer: true,
				permissions: `{"messages":{"read":{"access":"full","fields":["id","content","user_created","date_created","client_id"]},"create":{"access":"full","fields":["content","client_id"]}}}`,
				fields:      map[string][]string{"messages": completed},
			},
			want: project{Mapping: beside, OwnKeys: true, CanWrite: true},
		},
		"a key beside the number that may not be written": {
			sketch: sketch{integer: true,
				permissions: `{"messages":{"read":{"access":"full","fields":["*"]},"create":{"access":"full","fields":["content"]}}}`,
				fields:      map[string][]string{"messages": completed},
			},
			want: project{Mapping: bare, CanWrite: true},
		},
		"something else of that name": {
			sketch: sketch{integer: true, reference: true, permissions: `{"messages":` + everything + `}`, fields: map[string][]string{"messages": completed}},
			want:   project{Mapping: bare, CanWrite: true},
		},
		"a key that only looks like a number": {
			sketch: sketch{message: `{"id":"01890000-0000-7000-8000-000000000001"}`, permissions: `{"messages":` + everything + `}`, fields: map[string][]string{"messages": tutorials}},
			want:   project{Mapping: bare, OwnKeys: true, CanWrite: true},
		},
		"a key that shows what it is": { // nothing else is asked
			sketch: sketch{integer: true, message: `{"id":"0189fe00-0000-7000-8000-000000000001"}`, permissions: `{"messages":` + everything + `}`, fields: map[string][]string{"messages": ours}},
			want:   project{Mapping: without(), OwnKeys: true, CanWrite: true, CanReply: true},
		},
		"fields by name": {
			sketch: sketch{
				permissions: `{"messages":{"read":{"access":"full","fields":["id","content","date_created"]},"create":{"access":"none"}}}`,
				fields:      map[string][]string{"messages": {"id", "content", "date_created"}},
			},
			want: project{Mapping: without("user_created", "date_updated", "deleted_at", "reply_to")},
		},
		"a key of ours is not taken": {
			sketch: sketch{
				permissions: `{"messages":{"read":{"access":"full","fields":["*"]},"create":{"access":"full","fields":["content"]}}}`,
				fields:      map[string][]string{"messages": ours},
			},
			want: project{Mapping: without(), CanWrite: true},
		},
		"profiles that are not there": {
			sketch: sketch{
				permissions: `{"messages":` + everything + `,"chat_profiles":` + everything + `}`,
				fields:      map[string][]string{"messages": ours},
			},
			want: project{Mapping: without(), OwnKeys: true, CanWrite: true, CanReply: true},
		},
		"names of an author nobody may see": {
			sketch: sketch{
				permissions: `{"messages":` + everything + `,"directus_users":{"read":{"access":"full","fields":["first_name"]}}}`,
				fields:      map[string][]string{"messages": {"id", "content", "date_created", "user_created.first_name"}},
			},
			want: project{Mapping: without("user_created", "date_updated", "deleted_at", "reply_to"), OwnKeys: true, CanWrite: true},
		},
		"users without names": {
			sketch: sketch{
				permissions: `{"messages":` + everything + `,"directus_users":{"read":{"access":"full","fields":["id"]}}}`,
				fields:      map[string][]string{"messages": ours, "users": {"id"}},
			},
			want: project{Mapping: without(), OwnKeys: true, CanWrite: true, CanReply: true},
		},
		"nobody tells the permissions": {
			sketch: sketch{fields: map[string][]string{"messages": ours, "chat_profiles": {"id", "name"}}},
			want:   project{Mapping: without(), OwnKeys: true, CanWrite: true, CanReply: true, CanEdit: true, CanDelete: true, Names: namesProfiles},
		},
		"no rights at all":    {sketch: sketch{permissions: `{}`}, problem: chat.Problem{Code: chat.ProblemReadForbidden}},
		"no right to read":    {sketch: sketch{permissions: `{"messages":{"read":{"access":"none"}}}`}, problem: chat.Problem{Code: chat.ProblemReadForbidden}},
		"rights elsewhere":    {sketch: sketch{permissions: `{"blog":` + everything + `}`}, problem: chat.Problem{Code: chat.ProblemReadForbidden}},
		"a chat without room": {sketch: sketch{permissions: `{"chat_profiles":` + everything + `}`}, problem: chat.Problem{Code: chat.ProblemCollectionMissing}},
		"an administrator": {sketch: sketch{permissions: `{"directus_settings":{"update":{"access":"full","fields":["*"]}}}`},
			problem: chat.Problem{Code: chat.ProblemCollectionMissing}},
		"granted and gone": {sketch: sketch{permissions: `{"messages":` + everything + `}`},
			problem: chat.Problem{Code: chat.ProblemCollectionMissing, Detail: "no messages"}},
		"another text field": {sketch: sketch{permissions: `{"messages":` + everything + `}`, fields: map[string][]string{"messages": {"id", "text", "date_created"}}},
			problem: chat.Problem{Code: chat.ProblemReadForbidden, Detail: "no content"}},
		"no dates": {sketch: sketch{permissions: `{"messages":` + everything + `}`, fields: map[string][]string{"messages": {"id", "content"}}},
			problem: chat.Problem{Code: chat.ProblemReadForbidden, Detail: "no date_created"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.sketch.asked = new(atomic.Int32)
			me, found, err := discover(t.Context(), test.sketch.call, directuschat.DefaultMapping)
			if test.problem != (chat.Problem{}) {
				require.Error(t, err)
				assert.Equal(t, test.problem, requestProblem(err))
				return
			}
			require.NoError(t, err)
			assert.Equal(t, chat.Person{ID: "u"}, me)
			assert.Equal(t, test.want, found)
			assert.LessOrEqual(t, test.sketch.asked.Load(), int32(7+8), "requests of a log-in")
		})
	}
}

// Ensure that an answer which tells nobody's id is not taken for somebody's.
func TestDiscoverWithoutMe(t *testing.T) {
	for _, me := range []string{`null`, `{}`, `[]`, `"u"`, `{"id":null}`, `[{"id":"u"},{"id":"v"}]`, `{"id":`} {
		_, _, err := discover(t.Context(), sketch{me: me, permissions: `{}`}.call, directuschat.DefaultMapping)
		assert.ErrorIs(t, err, directus.ErrNotDirectus, me)
	}
}

// Ensure that a request which gets no answer is no finding, wherever it happens.
func TestDiscoverWithoutAnswers(t *testing.T) {
	whole := sketch{permissions: `{"messages":` + everything + `}`, fields: map[string][]string{"messages": {"id", "content", "date_created"}}}
	for _, broken := range []string{"users/me", "permissions/me", "items/messages"} {
		call := func(ctx context.Context, r directus.Request) (directus.Response, error) {
			if r.Path == broken {
				return directus.Response{}, directus.ErrUnreachable
			}
			return whole.call(ctx, r)
		}
		_, _, err := discover(t.Context(), call, directuschat.DefaultMapping)
		require.ErrorIs(t, err, directus.ErrUnreachable, broken)
		assert.Equal(t, chat.ProblemUnreachable, requestProblem(err).Code)
	}
}
