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

// forbidden are requests that a user of the chat must not get through.
func forbidden(bob person) []struct {
	method, path string
	body         any
} {
	type any_ = map[string]any
	edit := any_{"content": "mine now"}
	return []struct {
		method, path string
		body         any
	}{
		{"PATCH", "items/messages/" + someID, edit},
		{"PATCH", "items/messages", any_{"keys": []string{someID}, "data": edit}},
		{"PATCH", "items/messages", any_{"query": any_{"filter": any_{}}, "data": edit}},
		{"PATCH", "items/messages", []any_{{"id": someID, "content": "mine now"}}},
		{"POST", "items/messages", any_{"content": "x", "reply_to": any_{"id": someID, "content": "mine now"}}},
		{"POST", "items/messages", any_{"id": someID, "content": "mine now"}},
		{"DELETE", "items/messages/" + someID, nil},
		{"DELETE", "items/messages", []string{someID}},
		{"DELETE", "items/messages", any_{"query": any_{"filter": any_{}}}},
		{"DELETE", "items/messages", any_{"keys": []string{someID}}},
		{"POST", "items/chat_profiles", any_{"id": someID, "name": "x"}},
		{"PATCH", "items/chat_profiles/" + bob.id, any_{"name": "x"}},
		{"PATCH", "items/chat_profiles", any_{"query": any_{}, "data": any_{"name": "x"}}},
		{"DELETE", "items/chat_profiles/" + bob.id, nil},
		{"PATCH", "users/" + bob.id, any_{"first_name": "x"}},
		{"PATCH", "users/me", any_{"role": nil}},
		{"POST", "users", any_{"email": "x@example.com"}},
		{"POST", "permissions", any_{"policy": provision.PolicyID, "collection": "messages", "action": "delete", "fields": []string{"*"}}},
		{"POST", "access", any_{"user": bob.id, "policy": provision.PolicyID}},
		{"POST", "comments", any_{"collection": "messages", "item": someID, "comment": "x"}},
		{"POST", "shares", any_{"collection": "messages", "item": someID}},
		{"SEARCH", "users", any_{"query": any_{"fields": []string{"email"}}}},
		{"GET", "users/" + bob.id, nil},
		{"GET", "activity", nil}, {"GET", "revisions", nil}, {"GET", "flows", nil}, {"GET", "notifications", nil},
	}
}

func TestPersonCannotChangeWhatIsStored(t *testing.T) {
	inTalk(t, func(t *testing.T, p *project, alice, bob person) {
		before := p.stored(t)
		for _, f := range forbidden(bob) {
			body, err := alice.raw(t, f.method, f.path, nil, f.body)
			assert.Error(t, err, "%s %s %v: %s", f.method, f.path, f.body, body)
			assert.NotContains(t, string(body), "example.com", "%s %s", f.method, f.path)
		}
		s := alice.dial(t)
		for _, frame := range []map[string]any{
			{"action": "update", "id": someID, "data": map[string]any{"content": "x"}},
			{"action": "update", "ids": []string{someID}, "data": map[string]any{"content": "x"}},
			{"action": "update", "id": "", "data": map[string]any{"content": "x"}},
			{"action": "update", "data": []map[string]any{{"id": someID, "content": "x"}}},
			{"action": "update", "query": map[string]any{}, "data": map[string]any{"content": "x"}},
			{"action": "create", "data": map[string]any{"content": "x", "reply_to": map[string]any{"id": someID, "content": "x"}}},
			{"action": "delete", "id": someID},
			{"action": "delete", "ids": []string{someID}},
			{"action": "delete", "query": map[string]any{}},
			{"collection": "chat_profiles", "action": "create", "data": map[string]any{"id": someID, "name": "x"}},
			{"collection": "chat_profiles", "action": "update", "id": bob.id, "data": map[string]any{"name": "x"}},
			{"collection": "chat_profiles", "action": "delete", "id": bob.id},
		} {
			frame["type"] = "items"
			if frame["collection"] == nil {
				frame["collection"] = "messages"
			}
			assert.Contains(t, s.ask(t, frame), `"FORBIDDEN"`, "%v", frame)
		}
		assert.Equal(t, before, p.stored(t))
	})
}

// A forged field is refused or dropped; what is stored is the truth either way.
func TestPersonCannotForge(t *testing.T) {
	inTalk(t, func(t *testing.T, p *project, alice, bob person) {
		s := alice.dial(t)
		for field, value := range map[string]any{
			"user_created": bob.id,
			"date_created": forgeDate,
			"date_updated": forgeDate,
			"deleted_at":   forgeDate,
		} {
			forged := map[string]any{"content": "forged", field: value}
			nested := map[string]any{"content": "true", "reply_to": forged}
			for _, data := range []any{forged, []any{forged, forged}, nested} {
				_, err := alice.raw(t, "POST", "items/messages", nil, data)
				assert.True(t, err == nil || directus.IsCode(err, directus.CodeForbidden, directus.CodeFailedValidation), "%v", err)
				s.ask(t, map[string]any{"type": "items", "collection": "messages", "action": "create", "data": data})
			}
		}
		_, err := alice.raw(t, "POST", "items/messages", nil, map[string]any{"content": "forged", "user_created": map[string]any{"id": bob.id, "first_name": "x"}})
		assert.True(t, err == nil || directus.IsCode(err, directus.CodeForbidden), "%v", err)

		for _, m := range p.stored(t) {
			if m["id"] != someID {
				assert.Equal(t, alice.id, m["user_created"], "%v", m)
			}
			assert.NotEqual(t, forgeDate, m["date_created"], "%v", m)
			assert.Nil(t, m["date_updated"], "%v", m)
			assert.Nil(t, m["deleted_at"], "%v", m)
		}
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
	inTalk(t, func(t *testing.T, p *project, _, bob person) {
		public := p.as("")
		before := p.stored(t)
		for _, path := range []string{"items/messages", "items/chat_profiles", "users", "items/messages/" + someID, "users/" + bob.id} {
			_, err := public.raw(t, "GET", path, nil, nil)
			assert.True(t, directus.IsCode(err, directus.CodeForbidden), "%s: %v", path, err)
		}
		for _, f := range forbidden(bob) {
			_, err := public.raw(t, f.method, f.path, nil, f.body)
			assert.Error(t, err, "%s %s", f.method, f.path)
		}
		_, err := public.raw(t, "POST", "items/messages", nil, map[string]any{"content": "x"})
		assert.True(t, directus.IsCode(err, directus.CodeForbidden), "%v", err)
		assert.Equal(t, before, p.stored(t))
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
