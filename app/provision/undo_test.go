package provision_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat"
	"directuschat/app/provision"
)

func (p *project) undo(t *testing.T, deleteData bool) (steps []provision.Step) {
	t.Helper()
	admin := p.connect(t)
	steps, err := provision.PlanUndo(t.Context(), admin, deleteData)
	require.NoError(t, err)
	require.NoError(t, provision.Undo(t.Context(), admin, steps, func(provision.Step) {}))
	return steps
}

// inventory is what there is of a project, without what Directus counts up.
func (p *project) inventory(t *testing.T) (all []string) {
	t.Helper()
	for _, list := range []string{"collections", "fields", "relations", "flows", "operations", "policies", "roles", "permissions", "access"} {
		var rows []map[string]any
		require.NoError(t, p.admin().get(t, list, url.Values{"limit": {"-1"}}, &rows))
		for _, r := range rows {
			key := list
			for _, name := range []string{"collection", "field", "name", "action", "role", "user", "policy"} {
				if text, ok := r[name].(string); ok {
					key += " " + text
				}
			}
			if schema, ok := r["schema"].(map[string]any); ok && schema["is_indexed"] == true {
				key += " indexed"
			}
			all = append(all, key)
		}
	}
	return all
}

func TestPreviewWritesNothing(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		before := p.inventory(t)
		p.transport.writes = 0
		steps, err := provision.Preview(t.Context(), p.connect(t), provision.Options{})
		require.NoError(t, err)
		assert.Zero(t, p.transport.writes)
		assert.Equal(t, before, p.inventory(t))
		applied := changes(p.apply(t, provision.Options{}))
		assert.Subset(t, applied, changes(steps), "what it says is what is done")
	})
}

func TestUndo(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		before := p.inventory(t)
		p.apply(t, provision.Options{})
		p.undo(t, false)
		assert.ElementsMatch(t, before, p.inventory(t), "nothing was written, so nothing stays")

		alice, _ := p.talk(t)
		stored := p.stored(t)
		p.undo(t, false)
		kept := p.stored(t)
		require.Len(t, kept, len(stored))
		assert.Equal(t, stored[0]["content"], kept[0]["content"])
		assert.Error(t, alice.get(t, "items/messages", nil, nil), "nobody has a right to it")
		p.transport.lose = 1
		for err := errLost; err != nil; { // every run loses the answer to its first removal, and ends there
			p.transport.writes = 0
			admin := p.connect(t)
			steps, planErr := provision.PlanUndo(t.Context(), admin, true)
			require.NoError(t, planErr)
			err = provision.Undo(t.Context(), admin, steps, func(provision.Step) {})
			require.True(t, err == nil || errors.Is(err, errLost), "%v", err)
			assert.Error(t, alice.call(t, "PATCH", "items/messages/"+someID, nil, object{"content": "mine"}, nil), "open in between")
		}
		p.transport.lose = 0
		assert.ElementsMatch(t, before, p.inventory(t))
		assert.Empty(t, p.undo(t, true), "and there is nothing more")
	})
}

// tutorial makes the collection of Directus's tutorials, with a row.
func (p *project) tutorial(t *testing.T) {
	t.Helper()
	p.admin().must(t, "POST", "collections", object{"collection": "notes", "schema": object{}, "meta": object{}, "fields": []object{
		{"field": "id", "type": "integer", "schema": object{"is_primary_key": true, "has_auto_increment": true}, "meta": object{}},
		{"field": "text", "type": "text", "schema": object{}, "meta": object{}},
		{"field": "user_created", "type": "uuid", "schema": object{}, "meta": object{"special": []string{"user-created"}}},
		{"field": "date_created", "type": "timestamp", "schema": object{}, "meta": object{"special": []string{"date-created"}, "note": "When."}},
	}})
	p.admin().must(t, "POST", "items/notes", object{"text": "from before"})
}

// TestDatesWithoutFractions: such a collection cannot be chatted in, and is left alone.
func TestDatesWithoutFractions(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		p.tutorial(t)
		p.admin().must(t, "POST", "fields/notes", object{"field": "since", "type": "dateTime", "schema": object{}, "meta": object{"special": []string{"date-created"}}})
		before := p.inventory(t)
		mapping := directuschat.DefaultMapping
		mapping.Collection, mapping.Content, mapping.Created = "notes", "text", "since"
		err := provision.Apply(t.Context(), p.connect(t), provision.Options{Mapping: mapping, Complete: true}, func(provision.Step) {})
		assert.ErrorContains(t, err, "since")
		assert.ErrorContains(t, err, "of type timestamp")
		assert.ElementsMatch(t, before, p.inventory(t))
	})
}

func TestCompleteAndUndo(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		p.tutorial(t)
		before := p.inventory(t)
		mapping := directuschat.DefaultMapping
		mapping.Collection, mapping.Content = "notes", "text"

		first := p.apply(t, provision.Options{Mapping: mapping})
		assert.NotContains(t, strings.Join(changes(first), "\n"), "field notes", "unasked, nothing is added")
		steps := p.apply(t, provision.Options{Mapping: mapping, Complete: true})
		for _, want := range []string{"field notes.date_updated", "field notes.client_id", "field notes.deleted_at", "index on notes.date_created"} {
			assert.Contains(t, changes(steps), "made "+want)
		}
		assert.Empty(t, changes(p.apply(t, provision.Options{Mapping: mapping})), "once completed, it stays so")

		alice, bob := p.chatter(t, "alice"), p.chatter(t, "bob")
		const key = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a70"
		alice.must(t, "POST", "items/notes", object{"text": "hello", "client_id": key})
		assert.Error(t, alice.call(t, "POST", "items/notes", nil, object{"text": "hello", "client_id": key}, nil), "a repeated send")
		alice.must(t, "PATCH", "items/notes/2", object{"text": "hello again"})
		assert.Error(t, bob.call(t, "PATCH", "items/notes/2", nil, object{"text": "mine"}, nil))
		assert.Error(t, alice.call(t, "PATCH", "items/notes/1", nil, object{"text": "mine"}, nil))
		alice.must(t, "POST", "items/notes_reactions", object{"id": someID, "message": 2, "emoji": "+"})

		p.undo(t, true)
		assert.ElementsMatch(t, before, p.inventory(t))
		var rows []object
		require.NoError(t, p.admin().get(t, "items/notes", url.Values{"sort": {"id"}}, &rows))
		require.Len(t, rows, 2)
		assert.Equal(t, "from before", rows[0]["text"])
		assert.Equal(t, "hello again", rows[1]["text"])
	})
}

func TestPublic(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		p.apply(t, provision.Options{})
		const public = "abf8a154-5b1c-4a46-ac9c-7300570f4f17"
		var right struct{ ID int }
		require.NoError(t, p.admin().call(t, "POST", "permissions", nil, object{"policy": public, "collection": "messages", "action": "read", "fields": []string{"*"}}, &right))
		require.NoError(t, p.as("").get(t, "items/messages", nil, nil))
		warned := false
		for _, s := range p.apply(t, provision.Options{}) {
			warned = warned || s.Change == provision.Advise && strings.Contains(s.What, "Public's right to read messages")
		}
		assert.True(t, warned)
		require.NoError(t, p.as("").get(t, "items/messages", nil, nil), "a warning takes nothing away")
		p.apply(t, provision.Options{RevokePublic: true})
		assert.Error(t, p.as("").get(t, "items/messages", nil, nil))
	})
}
