package provision_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/provision"
)

// What users of the chat, and the public, can do with a project that setup has made, straight at Directus: by REST and
// by WebSocket, on both kinds of permissions.

const (
	someID    = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b" // of a message by bob
	forgeDate = "2001-02-03T04:05:06.000Z"
)

// forbidden is what neither a user of the chat nor the public must get through.
func (r room) forbidden() []way {
	edit := object{r.content: "mine now"}
	var ways []way
	for _, all := range [][]way{
		r.edits(r.messages, edit, r.said),
		r.removals(r.messages, r.said),
		r.removals(r.reactions, r.reaction),
		creates("chat_profiles", object{"id": someID, "name": "x"}),
		r.edits("chat_profiles", object{"name": "x"}, r.bob.id),
		r.removals("chat_profiles", r.bob.id),
	} {
		ways = append(ways, all...)
	}
	return append(ways, []way{
		{"PATCH", "items/" + r.messages, object{"query": object{"filter": object{}}, "data": edit}},
		{"DELETE", "items/" + r.messages, object{"query": object{"filter": object{}}}},
		{"DELETE", "items/" + r.reactions, object{"query": object{"filter": object{}}}},
		{"PATCH", "items/chat_profiles", object{"query": object{}, "data": object{"name": "x"}}},
		frame("update", r.messages, object{"id": "", "data": edit}),
		frame("update", r.messages, object{"query": object{}, "data": edit}),
		frame("delete", r.messages, object{"query": object{}}),
		frame("delete", r.reactions, object{"query": object{}}),
		{"PATCH", "users/" + r.bob.id, object{"first_name": "x"}},
		{"PATCH", "users/me", object{"role": nil}},
		{"POST", "users", object{"email": "x@example.com"}},
		{"POST", "permissions", object{"policy": provision.PolicyID, "collection": r.messages, "action": "delete", "fields": []string{"*"}}},
		{"POST", "access", object{"user": r.bob.id, "policy": provision.PolicyID}},
		{"POST", "comments", object{"collection": r.messages, "item": r.said, "comment": "x"}},
		{"POST", "shares", object{"collection": r.messages, "item": r.said}},
		{"SEARCH", "users", object{"query": object{"fields": []string{"email"}}}},
		{"GET", "users/" + r.bob.id, nil},
		{"GET", "activity", nil}, {"GET", "revisions", nil}, {"GET", "flows", nil}, {"GET", "notifications", nil},
	}...)
}

func TestPersonCannotChangeWhatIsStored(t *testing.T) {
	inRooms(t, func(t *testing.T, r room) {
		before := r.everything(t)
		for _, way := range r.forbidden() {
			no, answer := r.try(t, r.alice, way)
			assert.True(t, no, "%v: %s", way, answer)
			assert.NotContains(t, answer, "example.com", "%v", way)
		}
		assert.Equal(t, before, r.everything(t))
	})
}

// Flows are off for a moment whenever one is changed. Who wrote and when is protected all the same, also from those who
// may write every field.
func TestStampsDoNotDependOnFlows(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		_, bob := p.talk(t)
		admin := p.admin()
		var flows []struct{ ID string }
		require.NoError(t, admin.get(t, "flows", nil, &flows))
		for _, f := range flows {
			admin.must(t, "DELETE", "flows/"+f.ID, nil)
		}
		for field, value := range map[string]any{"user_created": bob.id, "date_created": forgeDate, "date_updated": forgeDate} {
			_, err := admin.raw(t, "PATCH", "items/messages/"+someID, nil, map[string]any{field: value})
			assert.True(t, directus.IsCode(err, directus.CodeFailedValidation), "update of %s: %v", field, err)
			_, err = admin.raw(t, "POST", "items/messages", nil, map[string]any{"content": "x", field: value})
			assert.True(t, directus.IsCode(err, directus.CodeFailedValidation), "create with %s: %v", field, err)
		}
	})
}

func TestPersonWritesWithinLimits(t *testing.T) {
	inTalk(t, func(t *testing.T, p *project, alice, _ person) {
		for _, c := range []struct {
			what    string
			content any
			refused bool
		}{
			{"longest", strings.Repeat("x", 4000), false},
			{"longest in two units each", strings.Repeat("😀", 2000), false},
			{"line breaks", "a\nb\r\nc\u2028d", false},
			{"too long", strings.Repeat("x", 4001), true},
			{"too long in two units each", strings.Repeat("😀", 2000) + "x", true},
			{"null", nil, true},
			{"a number", 5, true},
			{"an object", map[string]any{"a": strings.Repeat("x", 5000)}, true},
			{"a list", []string{strings.Repeat("x", 5000)}, true},
		} {
			_, err := alice.raw(t, "POST", "items/messages", nil, map[string]any{"content": c.content})
			assert.Equal(t, c.refused, directus.IsCode(err, directus.CodeFailedValidation), "%s: %v", c.what, err)
		}
		_, err := alice.raw(t, "POST", "items/messages", nil, map[string]any{"id": "no uuid", "content": "x"})
		assert.Error(t, err, "a key that is no uuid")
		_, err = alice.raw(t, "POST", "items/messages", nil, map[string]any{})
		assert.Error(t, err, "no content")
	})
}

// Answers to the same question about a right and a wrong guess are the same: nothing can be learned about an address.
func TestPersonCannotLearnAnAddress(t *testing.T) {
	inTalk(t, func(t *testing.T, p *project, alice, bob person) {
		s := alice.dial(t)
		for _, path := range []string{
			"users?fields=email&filter[email][_eq]=GUESS", "users?search=GUESS", "users?filter[id][_eq]=" + bob.id,
			"users/me?fields=email,role.users.email",
			"items/messages?fields=*.*.*", "items/messages?fields=user_created.email", "items/messages?fields=user_created.*",
			"items/messages?fields=id&filter[user_created][email][_starts_with]=GUESS",
			"items/messages?fields=id&filter[_or][0][user_created][email][_eq]=GUESS",
			"items/messages?fields=id&filter[user_created][_some][email][_eq]=GUESS",
			"items/messages?fields=id&filter[reply_to][user_created][email][_eq]=GUESS",
			"items/messages?fields=id&search=GUESS", "items/messages?fields=*,user_created.*&search=GUESS",
			"items/messages?fields=id&sort=user_created.email&search=GUESS",
			"items/messages?fields=id&deep[user_created][_filter][email][_eq]=GUESS",
			"items/messages?fields=id,user_created.id&deep[user_created][_filter][email][_eq]=GUESS",
			"items/messages?alias[x]=user_created&fields=x.email&deep[x][_filter][email][_eq]=GUESS",
			"items/messages?aggregate[max]=user_created.email", "items/messages?aggregate[count]=*&groupBy=user_created.email",
			"items/messages?export=json&fields=user_created.email", "items/messages?export=csv&fields=*.*",
			"items/chat_profiles?fields=*.*.*", "items/chat_profiles?fields=user.email",
			"items/chat_profiles?fields=id&filter[user][email][_starts_with]=GUESS",
			"items/chat_profiles?fields=id&filter[id][email][_starts_with]=GUESS",
			"items/chat_profiles?fields=id&search=GUESS",
			"graphql?query=" + url.QueryEscape(`{messages{user_created{email}}}`),
			"graphql?query=" + url.QueryEscape(`{messages(filter:{user_created:{email:{_eq:"GUESS"}}}){id}}`),
			"server/specs/graphql/system", "roles?fields=users.email", "policies?fields=users.user.email", "shares", "presets",
		} {
			answer := func(guess string) string {
				where, query, _ := strings.Cut(strings.ReplaceAll(path, "GUESS", guess), "?")
				values, err := url.ParseQuery(query)
				require.NoError(t, err)
				body, _ := alice.raw(t, "GET", where, values, nil)
				return string(body)
			}
			right := answer("bob@example.com")
			assert.NotContains(t, right, "example.com", path)
			assert.Equal(t, answer("bod@example.com"), right, path)
		}
		for _, query := range []string{
			`{"fields":["id","user_created.email"]}`, `{"fields":["*.*.*"]}`,
			`{"fields":["id"],"filter":{"user_created":{"email":{"_starts_with":"GUESS"}}}}`,
			`{"fields":["id"],"sort":["user_created.email"],"search":"GUESS"}`,
			`{"fields":["id","user_created.id"],"deep":{"user_created":{"_filter":{"email":{"_eq":"GUESS"}}}}}`,
			`{"aggregate":{"max":"user_created.email"}}`,
		} {
			for _, frame := range []map[string]any{
				{"type": "items", "action": "read", "collection": "messages"},
				{"type": "subscribe", "collection": "messages"},
				{"type": "subscribe", "collection": "directus_users"},
			} {
				answer := func(guess string) string {
					frame["query"] = json.RawMessage(strings.ReplaceAll(query, "GUESS", guess))
					got := s.ask(t, frame)
					return strings.ReplaceAll(got, frame["uid"].(string), "")
				}
				right := answer("bob")
				assert.NotContains(t, right, "example.com", "%v %s", frame, query)
				assert.Equal(t, answer("bod"), right, "%v %s", frame, query)
			}
		}
	})
}

func TestPublicCanDoNothing(t *testing.T) {
	inRooms(t, func(t *testing.T, r room) {
		public := r.as("")
		before := r.everything(t)
		said := r.path(r.messages, r.said)
		for _, path := range []string{"items/" + r.messages, "items/chat_profiles", "users", said, "users/" + r.bob.id} {
			_, err := public.raw(t, "GET", path, nil, nil)
			assert.True(t, directus.IsCode(err, directus.CodeForbidden), "%s: %v", path, err)
		}
		for _, way := range r.forbidden() {
			if way.method != "" { // the public gets no socket
				no, answer := r.try(t, public, way)
				assert.True(t, no, "%v: %s", way, answer)
			}
		}
		_, err := public.raw(t, "POST", "items/"+r.messages, nil, object{r.content: "x"})
		assert.True(t, directus.IsCode(err, directus.CodeForbidden), "%v", err)
		assert.Equal(t, before, r.everything(t))
	})
}

// talk provides a project with two people, of whom bob has written someID.
func (p *project) talk(t *testing.T) (alice, bob person) {
	t.Helper()
	p.apply(t, provision.Options{})
	return p.people(t)
}

// people are the two of a talk.
func (p *project) people(t *testing.T) (alice, bob person) {
	t.Helper()
	alice, bob = p.chatter(t, "alice"), p.chatter(t, "bob")
	bob.must(t, "POST", "items/messages", map[string]any{"id": someID, "content": "hello"})
	return alice, bob
}

// stored is everything in messages, as the administrator sees it.
func (p *project) stored(t *testing.T) (rows []map[string]any) {
	t.Helper()
	require.NoError(t, p.admin().get(t, "items/messages", url.Values{"sort": {"id"}, "limit": {"-1"}}, &rows))
	return rows
}
