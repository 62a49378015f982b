//go:build linux || darwin

package directus_test

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
)

var restFacts = []fact{
	{"log-in gives tokens and their lifetime", func(t *testing.T, d *subject) {
		before := time.Now()
		g := d.login(t)
		assert.NotEmpty(t, g.Access)
		assert.NotEmpty(t, g.Refresh)
		assert.WithinRange(t, g.Expires, before.Add(d.lives.token).Round(0), time.Now().Add(d.lives.token).Round(0))
	}},
	{"log-in with a wrong password", func(t *testing.T, d *subject) {
		_, err := d.api.Login(t.Context(), alice, "wrong", "")
		assertRefused(t, err, 401, directus.CodeInvalidCredentials)
	}},
	{"log-in as nobody", func(t *testing.T, d *subject) {
		_, err := d.api.Login(t.Context(), "nobody@example.com", "password", "")
		assertRefused(t, err, 401, directus.CodeInvalidCredentials)
	}},
	{"a suspended user looks like a wrong password", func(t *testing.T, d *subject) {
		g, err := d.api.Login(t.Context(), suspended, "password", "")
		require.NoError(t, err)
		d.admin.suspend(t)
		_, err = d.api.Login(t.Context(), suspended, "password", "")
		assertRefused(t, err, 401, directus.CodeInvalidCredentials)
		_, err = d.api.Refresh(t.Context(), g.Refresh)
		assertRefused(t, err, 401, directus.CodeInvalidCredentials)
		_, err = d.as(t, g.Access, directus.Request{Path: "users/me"})
		assert.NoError(t, err, "until the access token expires")
	}},
	{"a one-time code is asked for behind a right password only", func(t *testing.T, d *subject) {
		_, err := d.api.Login(t.Context(), guarded, "password", "")
		assertRefused(t, err, 401, directus.CodeInvalidOTP)
		_, err = d.api.Login(t.Context(), guarded, "password", "000000")
		assertRefused(t, err, 401, directus.CodeInvalidOTP)
		_, err = d.api.Login(t.Context(), guarded, "wrong", "")
		assertRefused(t, err, 401, directus.CodeInvalidCredentials)
		_, err = d.api.Login(t.Context(), guarded, "password", d.admin.code())
		if directus.IsCode(err, directus.CodeInvalidOTP) { // its half minute may have ended on the way
			_, err = d.api.Login(t.Context(), guarded, "password", d.admin.code())
		}
		assert.NoError(t, err)
	}},
	{"log-in with something that is no address", func(t *testing.T, d *subject) {
		_, err := d.api.Login(t.Context(), "alice", "password", "")
		assertRefused(t, err, 400, directus.CodeInvalidPayload)
	}},
	{"a one-time code that nobody asked for is ignored", func(t *testing.T, d *subject) {
		_, err := d.api.Login(t.Context(), alice, "password", "123456")
		assert.NoError(t, err)
	}},
	{"a refresh replaces the token at once", func(t *testing.T, d *subject) {
		first := d.login(t)
		second, err := d.api.Refresh(t.Context(), first.Refresh)
		require.NoError(t, err)
		assert.NotEqual(t, first.Refresh, second.Refresh)
		_, err = d.api.Refresh(t.Context(), first.Refresh)
		assertRefused(t, err, 401, directus.CodeInvalidCredentials)
		_, err = d.api.Refresh(t.Context(), second.Refresh)
		assert.NoError(t, err)
	}},
	{"a refresh without a token", func(t *testing.T, d *subject) {
		_, err := d.api.Refresh(t.Context(), "")
		assertRefused(t, err, 400, directus.CodeInvalidPayload)
	}},
	{"log-out revokes the refresh token and not the access token", func(t *testing.T, d *subject) {
		g := d.login(t)
		require.NoError(t, d.api.Logout(t.Context(), g.Refresh))
		assert.NoError(t, d.api.Logout(t.Context(), g.Refresh), "and an unknown one is no error")
		_, err := d.api.Refresh(t.Context(), g.Refresh)
		assertRefused(t, err, 401, directus.CodeInvalidCredentials)
		_, err = d.as(t, g.Access, directus.Request{Path: "users/me"})
		assert.NoError(t, err)
	}},
	{"a made-up access token", func(t *testing.T, d *subject) {
		_, err := d.as(t, "made-up", directus.Request{Path: "items/messages"})
		assertRefused(t, err, 401, directus.CodeInvalidCredentials)
	}},
	{"nobody reads and creates nothing", func(t *testing.T, d *subject) {
		_, err := d.as(t, "", directus.Request{Path: "items/messages"})
		assertRefused(t, err, 403, directus.CodeForbidden)
		_, err = d.as(t, "", directus.Request{Method: "POST", Path: "items/messages", Body: item(newID(), "x")})
		assertRefused(t, err, 403, directus.CodeForbidden)
		_, err = d.as(t, "", directus.Request{Path: "users/me"})
		assertRefused(t, err, 401, directus.CodeInvalidCredentials)
	}},
	{"server/info tells the version to those who are logged in", func(t *testing.T, d *subject) {
		var info struct {
			Version   string
			WebSocket struct {
				REST      struct{ Path string }
				Heartbeat int
			}
		}
		data, err := d.as(t, "", directus.Request{Path: "server/info"})
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &info))
		assert.Empty(t, info.Version)
		data, err = d.as(t, d.login(t).Access, directus.Request{Path: "server/info"})
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &info))
		assert.Equal(t, d.version, info.Version)
		assert.Equal(t, "/websocket", info.WebSocket.REST.Path)
		assert.EqualValues(t, d.lives.heartbeat.Seconds(), info.WebSocket.Heartbeat)
	}},
	{"server/ping", func(t *testing.T, d *subject) {
		resp, err := d.api.Call(t.Context(), directus.Request{Path: "server/ping"})
		require.NoError(t, err)
		assert.Equal(t, "pong", string(resp.Body))
		assert.WithinDuration(t, time.Now(), resp.Date, time.Minute)
	}},
	{"users/me tells at least the id", func(t *testing.T, d *subject) {
		data, err := d.as(t, d.login(t).Access, directus.Request{Path: "users/me"})
		require.NoError(t, err)
		var me struct{ ID string }
		require.NoError(t, json.Unmarshal(data, &me))
		assert.NotEmpty(t, me.ID)
	}},
	{"permissions/me", func(t *testing.T, d *subject) {
		data, err := d.as(t, d.login(t).Access, directus.Request{Path: "permissions/me"})
		require.NoError(t, err)
		var all map[string]map[string]struct {
			Access string
			Fields []string
		}
		require.NoError(t, json.Unmarshal(data, &all))
		assert.Equal(t, "full", all["messages"]["create"].Access)
		assert.Equal(t, []string{"*"}, all["messages"]["read"].Fields)
		assert.Contains(t, []string{"", "none"}, all["messages"]["update"].Access)
		assert.Contains(t, []string{"", "none"}, all["secrets"]["read"].Access)
	}},
	{"an unknown route", func(t *testing.T, d *subject) {
		_, err := d.as(t, "", directus.Request{Path: "nowhere"})
		assertRefused(t, err, 404, "ROUTE_NOT_FOUND")
	}},
	{"a created row has the client's key and the server's author and date", func(t *testing.T, d *subject) {
		token, id := d.login(t).Access, newID()
		data, err := d.as(t, token, directus.Request{Method: "POST", Path: "items/messages", Body: []byte(
			`{"id":"` + id + `","content":"hello","date_created":"1999-01-01T00:00:00Z","user_created":"` + newID() + `"}`)})
		require.NoError(t, err)
		var row struct {
			ID, Content string
			Author      string    `json:"user_created"`
			Created     time.Time `json:"date_created"`
		}
		require.NoError(t, json.Unmarshal(data, &row))
		assert.Equal(t, id, row.ID)
		assert.Equal(t, "hello", row.Content)
		assert.WithinDuration(t, time.Now(), row.Created, time.Minute)
		data, err = d.as(t, token, directus.Request{Path: "users/me"})
		require.NoError(t, err)
		assert.Contains(t, string(data), row.Author)
	}},
	{"the same key again", func(t *testing.T, d *subject) {
		id := d.admin.insert(t, map[string]any{"content": "taken"})
		_, err := d.as(t, d.login(t).Access, directus.Request{Method: "POST", Path: "items/messages", Body: item(id, "x")})
		assertRefused(t, err, 400, directus.CodeRecordNotUnique)
	}},
	{"a required field is missing", func(t *testing.T, d *subject) {
		_, err := d.as(t, d.login(t).Access, directus.Request{Method: "POST", Path: "items/messages", Body: []byte(`{}`)})
		assertRefused(t, err, 400, directus.CodeFailedValidation)
	}},
	{"unknown rows, fields and collections, and what may not be read, look alike", func(t *testing.T, d *subject) {
		token := d.login(t).Access
		for _, path := range []string{"items/messages/" + newID(), "items/messages/not-a-uuid", "items/nothing", "items/secrets"} {
			_, err := d.as(t, token, directus.Request{Path: path})
			assertRefused(t, err, 403, directus.CodeForbidden)
		}
		for _, q := range []directus.Query{{Fields: []string{"nothing"}}, {Sort: []string{"nothing"}}, {Filter: `{"nothing":{"_eq":1}}`}} {
			_, err := d.as(t, token, directus.Request{Path: "items/messages", Query: q.Values()})
			assertRefused(t, err, 403, directus.CodeForbidden)
		}
	}},
	{"a page of history", func(t *testing.T, d *subject) {
		token := d.login(t).Access
		var ids []string
		for _, date := range []string{"2001-01-01T00:00:00.000Z", "2001-01-01T00:00:01.000Z", "2001-01-01T00:00:01.000Z", "2001-01-01T00:00:02.000Z"} {
			id := d.admin.insert(t, map[string]any{"id": newID(), "content": "old"})
			d.admin.update(t, map[string]any{"date_created": date}, id) // a create would be stamped
			ids = append(ids, id)
		}
		const all = `{"date_created":{"_gte":"2001-01-01T00:00:00Z"}},{"date_created":{"_lte":"2001-01-02T00:00:00Z"}}`
		assert.Equal(t, []string{ids[3], ids[2]}, d.ids(t, token, directus.Query{
			Fields: []string{"id"}, Filter: `{"_and":[` + all + `]}`, Sort: []string{"-date_created", "-id"}, Limit: 2}))
		assert.Equal(t, []string{ids[1], ids[0]}, d.ids(t, token, directus.Query{
			Fields: []string{"id"}, Sort: []string{"-date_created", "-id"},
			Filter: `{"_and":[{"date_created":{"_lte":"2001-01-01T00:00:01.000Z"}},{"id":{"_nin":["` + ids[2] + `"]}},` + all + `]}`}))
		assert.ElementsMatch(t, ids[:2], d.ids(t, token, directus.Query{
			Fields: []string{"id"}, Filter: `{"id":{"_in":["` + ids[0] + `","` + ids[1] + `","` + newID() + `"]}}`}))

		resp, err := d.api.Call(t.Context(), directus.Request{Path: "items/messages", Token: token, Query: directus.Query{
			Filter: `{"_and":[` + all + `]}`, Limit: 1, Fields: []string{"id"}, Meta: []string{"filter_count"}}.Values()})
		require.NoError(t, err)
		assert.Contains(t, string(resp.Body), `"filter_count":4`)
		data, err := d.as(t, token, directus.Request{Path: "items/messages", Query: directus.Query{
			Filter: `{"_and":[` + all + `]}`, Aggregate: `{"count":"*"}`}.Values()})
		require.NoError(t, err)
		assert.JSONEq(t, `[{"count":4}]`, string(data))
	}},
	{"an order of uuids cannot be asked for", func(t *testing.T, d *subject) {
		_, err := d.as(t, d.login(t).Access, directus.Request{Path: "items/messages",
			Query: directus.Query{Filter: `{"id":{"_lt":"` + newID() + `"}}`}.Values()})
		assertRefused(t, err, 400, directus.CodeInvalidQuery)
	}},
	{"an author who may not be read is left out", func(t *testing.T, d *subject) {
		id := newID()
		data, err := d.as(t, d.login(t).Access, directus.Request{Method: "POST", Path: "items/messages", Body: item(id, "x"),
			Query: url.Values{"fields": {"id,user_created.first_name"}}})
		require.NoError(t, err)
		assert.JSONEq(t, `{"id":"`+id+`"}`, string(data))
	}},
}

// ids reads the keys of a page.
func (d *subject) ids(t *testing.T, token directus.Secret, q directus.Query) []string {
	t.Helper()
	data, err := d.as(t, token, directus.Request{Path: "items/messages", Query: q.Values()})
	require.NoError(t, err)
	var rows []struct{ ID string }
	require.NoError(t, json.Unmarshal(data, &rows))
	ids := []string{}
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return ids
}
