package doctor_test

import (
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	directuschat "directuschat"
	"directuschat/app/provision"
)

// A plant puts a fault, or something that might be taken for one, into a project.
type plant = func(t *testing.T, p *patient) (cure func())

const publicPolicy = "abf8a154-5b1c-4a46-ac9c-7300570f4f17"

var noValidation = map[string]any{"meta": map[string]any{"validation": nil}}

func nothing(*testing.T, *patient) func() { return func() {} }

// all plants several, and takes them away from the last to the first.
func all(plants ...plant) plant {
	return func(t *testing.T, p *patient) func() {
		var cures []func()
		for _, plant := range plants {
			cures = append([]func(){plant(t, p)}, cures...)
		}
		return func() {
			for _, cure := range cures {
				cure()
			}
		}
	}
}

// right gives a policy a right to everything in a collection.
func right(policy, action, collection string) plant {
	return permission(map[string]any{"policy": policy, "action": action, "collection": collection, "fields": []string{"*"}})
}

// rule gives the people of the chat a right to some messages.
func rule(action string, which map[string]any) plant {
	return permission(map[string]any{"policy": provision.PolicyID, "action": action, "collection": "messages",
		"fields": []string{"content"}, "permissions": which})
}

func permission(body map[string]any) plant {
	return func(t *testing.T, p *patient) func() {
		id := p.made(t, "permissions", body)
		return func() { p.must(t, "DELETE", "permissions/"+id, nil) }
	}
}

// patch changes something, and back.
func patch(path string, fault, cure map[string]any) plant {
	return func(t *testing.T, p *patient) func() {
		p.must(t, "PATCH", path, fault)
		return func() { p.must(t, "PATCH", path, cure) }
	}
}

// field changes a field of the messages; setup mends it.
func field(name string, body map[string]any) plant { return fieldOf("messages", name, body) }

func fieldOf(collection, name string, body map[string]any) plant {
	return func(t *testing.T, p *patient) func() {
		p.must(t, "PATCH", "fields/"+collection+"/"+name, body)
		return func() {
			assert.NoError(t, provision.Apply(t.Context(), p.connect(t), provision.Options{}, func(provision.Step) {}))
		}
	}
}

// guardFlow stands before every write; on a Directus without rules the seal makes sure that nothing passes without it.
const guardFlow = "Chat: what may be written"

var (
	unguarded          = all(flow(guardFlow), field(provision.SealField, noValidation))
	unguardedReactions = all(flow(guardFlow), fieldOf("message_reactions", provision.SealField, noValidation))
)

// flow switches one of setup's off, of those of a name the one for some collections.
func flow(name string, collections ...string) plant {
	return func(t *testing.T, p *patient) func() {
		return patch("flows/"+p.flow(t, name, collections...), map[string]any{"status": "inactive"}, map[string]any{"status": "active"})(t, p)
	}
}

func (p *patient) flow(t *testing.T, name string, collections ...string) (id string) {
	t.Helper()
	var found []struct {
		ID      string
		Options struct{ Collections []string }
	}
	require.NoError(t, p.Admin(t.Context(), "GET", "/flows?"+url.Values{"filter[name][_eq]": {name}}.Encode(), nil, &found))
	for _, f := range found {
		if !slices.ContainsFunc(collections, func(c string) bool { return !slices.Contains(f.Options.Collections, c) }) {
			id = f.ID
		}
	}
	require.NotEmpty(t, id, name)
	return id
}

// roleOf moves somebody, who is put back into the role of the chat.
func roleOf(u provision.User, role any) plant {
	return func(t *testing.T, p *patient) func() {
		id, err := provision.EnsureUser(t.Context(), p.connect(t), u)
		require.NoError(t, err)
		return patch("users/"+id, map[string]any{"role": role}, map[string]any{"role": provision.RoleID})(t, p)
	}
}

// guard makes a Flow that refuses what is done to other people's messages; keys is where it finds theirs.
func guard(action, keys string) plant {
	return func(t *testing.T, p *patient) func() {
		id := p.made(t, "flows", map[string]any{"name": "guard", "status": "inactive", "trigger": "event", "accountability": nil,
			"options": map[string]any{"type": "filter", "scope": []string{"items." + action}, "collections": []string{"messages"}}})
		operation := func(key, kind, resolve, reject string, options map[string]any) string {
			body := map[string]any{"flow": id, "key": key, "name": key, "type": kind, "position_x": 1, "position_y": 1, "options": options}
			if resolve != "" {
				body["resolve"] = resolve
			}
			if reject != "" {
				body["reject"] = reject
			}
			return p.made(t, "operations", body)
		}
		deny := operation("deny", "throw-error", "", "", map[string]any{"code": "FORBIDDEN", "status": "403", "message": "You may only change your own messages."})
		only := operation("only_own", "condition", "", deny, map[string]any{"filter": map[string]any{"n": map[string]any{"foreign": map[string]any{"_eq": 0}}}})
		n := operation("n", "transform", only, "", map[string]any{"json": map[string]any{"foreign": "{{foreign[0].count}}"}})
		foreign := operation("foreign", "item-read", n, "", map[string]any{"collection": "messages", "permissions": "$full", "emitEvents": false,
			"query": map[string]any{"aggregate": map[string]any{"count": "*"}, "filter": map[string]any{"_and": []any{
				map[string]any{"id": map[string]any{"_in": "{{" + keys + "}}"}},
				map[string]any{"user_created": map[string]any{"_neq": "{{$accountability.user}}"}}}}}})
		p.must(t, "PATCH", "flows/"+id, map[string]any{"operation": foreign, "status": "active"})
		return func() { p.must(t, "DELETE", "flows/"+id, nil) }
	}
}

// talk makes the collection of a Directus tutorial.
func (p *patient) talk(t *testing.T, date string) {
	t.Helper()
	stamp := func(name, kind string) map[string]any {
		return map[string]any{"field": name + "_created", "type": kind, "meta": map[string]any{"special": []string{name + "-created"}}, "schema": map[string]any{}}
	}
	p.must(t, "POST", "collections", map[string]any{"collection": "talk", "schema": map[string]any{}, "meta": map[string]any{}, "fields": []any{
		map[string]any{"field": "id", "type": "integer", "meta": map[string]any{}, "schema": map[string]any{"is_primary_key": true, "has_auto_increment": true}},
		map[string]any{"field": "content", "type": "text", "meta": map[string]any{}, "schema": map[string]any{}},
		stamp("user", "uuid"), stamp("date", date)}})
}

// tutorial makes that collection as open as they leave it, with a message of bob.
func tutorial(date string) plant {
	return func(t *testing.T, p *patient) func() {
		p.talk(t, date)
		var plants []plant
		for _, action := range []string{"create", "read", "update", "delete"} {
			plants = append(plants, right(provision.PolicyID, action, "talk"), right(publicPolicy, action, "talk"))
		}
		cure := all(plants...)(t, p)
		p.write(t, bob, "talk")
		return func() {
			cure()
			p.must(t, "DELETE", "collections/talk", nil)
		}
	}
}

// completed makes that collection, limits its messages and lets setup complete it; bob has written, and reacted.
func completed(t *testing.T, p *patient) func() {
	p.talk(t, "timestamp")
	p.must(t, "PATCH", "fields/talk/content", limit)
	mapping := directuschat.DefaultMapping
	mapping.Collection = "talk"
	require.NoError(t, provision.Apply(t.Context(), p.connect(t), provision.Options{Mapping: mapping, Complete: true}, func(provision.Step) {}))
	message := p.write(t, bob, "talk")
	p.store(t, bob, "talk_reactions", map[string]any{"id": uuid.NewString(), provision.ReactionMessage: message, provision.ReactionEmoji: "👍"})
	guard := p.flow(t, guardFlow, "talk")
	return func() {
		for _, path := range []string{"flows/" + guard, "collections/talk_reactions", "fields/talk/reply_to", "collections/talk"} {
			p.must(t, "DELETE", path, nil)
		}
	}
}

// limit limits the length of the messages there, as doctor says.
var limit = map[string]any{"meta": map[string]any{"validation": map[string]any{"_and": []any{map[string]any{"content": map[string]any{"_regex": `^[\s\S]{0,4000}$`}}}}}}

func unique(is bool) map[string]any { return map[string]any{"schema": map[string]any{"is_unique": is}} }

// editor gives alice another policy, with Data Studio.
func editor(t *testing.T, p *patient) func() {
	user, err := provision.EnsureUser(t.Context(), p.connect(t), alice)
	require.NoError(t, err)
	policy := p.made(t, "policies", map[string]any{"name": "Editors", "app_access": true})
	p.made(t, "access", map[string]any{"policy": policy, "user": user})
	return func() { p.must(t, "DELETE", "policies/"+policy, nil) }
}

// clientID gives the tutorials' collection a key of the client's, which goes with it.
func clientID(unique bool) plant {
	return func(t *testing.T, p *patient) func() {
		p.must(t, "POST", "fields/talk", map[string]any{"field": "client_id", "type": "uuid", "meta": map[string]any{},
			"schema": map[string]any{"is_unique": unique}})
		return func() {}
	}
}

// behindPlainProxy puts a proxy in front of Directus that forwards requests and no upgrades.
func behindPlainProxy(t *testing.T, p *patient) func() {
	target, err := url.Parse(p.URL)
	require.NoError(t, err)
	server := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Header.Del("Upgrade")
		r.Out.Header.Del("Connection")
	}})
	p.front = server.URL
	return func() {
		p.front = ""
		server.Close()
	}
}
