package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"directuschat"
	"directuschat/app/provision"
)

// TestTheTutorialsProject: the schema and the rights that Directus's own tutorials make. Keys are integers, the text is in
// "text" or "content", and names are readable only along with a message, without an id.
func TestTheTutorialsProject(t *testing.T) {
	for _, field := range []string{"text", "content"} {
		t.Run(field, func(t *testing.T) {
			s := newSite(t, tutorial(field))
			a, b := newPerson(t), newPerson(t)
			a.enter(s, alice)
			b.enter(s, bob)
			a.say("Hello Bob")
			a.awaitMessage("Hello Bob", "stored")
			b.awaitMessage("Hello Bob", "stored")
			b.say("Hello Alice")
			a.awaitMessage("Hello Alice", "stored")
			b.awaitMessage("Hello Alice", "stored")

			assert.Equal(t, []string{"Hello Bob", "Hello Alice"}, a.messages())
			assert.Equal(t, []string{"Hello Bob", "Hello Alice"}, b.messages())
			assert.Equal(t, "Alice Example", b.author("Hello Bob"))
			assert.Equal(t, "Alice Example", a.author("Hello Bob"))
			a.reload()
			a.awaitConnection("live")
			a.awaitMessage("Hello Alice", "stored")
			a.requireNoTroubles()
			b.requireNoTroubles()
		})
	}
}

// tutorial is a site as the tutorials make it.
func tutorial(field string) siteOptions {
	return siteOptions{
		Version: "11.17.4", // names limited to two fields: a rule that an unlicensed 12 does not have
		Bare:    true,
		Setup:   func(t *testing.T, s *site) { s.provisionAsTutorial(t, field) },
		Chatd:   []string{"-profiles", "none", "-field", "content=" + field},
	}
}

// completed is the same with all that setup adds to it.
func completed(version string) siteOptions {
	const field = "text"
	return siteOptions{
		Version: version,
		Bare:    true,
		Setup: func(t *testing.T, s *site) {
			s.makeTutorial(t, field)
			mapping := directuschat.DefaultMapping
			mapping.Content = field
			s.provision(t, provision.Options{Mapping: mapping, Complete: true})
		},
		Chatd: []string{"-field", "content=" + field},
	}
}

// provisionAsTutorial makes the collection and the rights of the tutorials, with the text in a field of that name.
func (s *site) provisionAsTutorial(t *testing.T, field string) {
	t.Helper()
	s.makeTutorial(t, field)
	var policy struct{ ID string }
	type object = map[string]any
	s.admin(t, "POST", "/policies", object{"name": "Users", "app_access": false, "admin_access": false}, &policy)
	for _, permission := range []object{
		{"collection": "messages", "action": "create", "fields": []string{"*"}},
		{"collection": "messages", "action": "read", "fields": []string{"*"}},
		{"collection": "directus_users", "action": "read", "fields": []string{"first_name", "last_name"}},
	} {
		permission["policy"] = policy.ID
		s.admin(t, "POST", "/permissions", permission, nil)
	}
	for _, who := range []account{alice, bob} {
		s.admin(t, "POST", "/access", object{"user": s.users[who.Email], "policy": policy.ID}, nil)
	}
}

// makeTutorial makes the collection.
func (s *site) makeTutorial(t *testing.T, field string) {
	t.Helper()
	s.text, s.integers = field, true
	type object = map[string]any
	s.admin(t, "POST", "/collections", object{
		"collection": "messages", "schema": object{}, "meta": object{},
		"fields": []object{
			{"field": "id", "type": "integer", "meta": object{"hidden": true, "readonly": true},
				"schema": object{"is_primary_key": true, "has_auto_increment": true}},
			{"field": field, "type": "text", "meta": object{"interface": "input-multiline"}, "schema": object{}},
			{"field": "user_created", "type": "uuid", "meta": object{"special": []string{"user-created"}, "readonly": true}, "schema": object{}},
			{"field": "date_created", "type": "timestamp", "meta": object{"special": []string{"date-created"}, "readonly": true}, "schema": object{}},
		},
	}, nil)
	s.admin(t, "POST", "/relations", object{
		"collection": "messages", "field": "user_created", "related_collection": "directus_users", "schema": object{"on_delete": "SET NULL"},
	}, nil)
}
