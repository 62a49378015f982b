package provision_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/provision"
)

func TestApplyTwice(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		first := p.apply(t, provision.Options{})
		assert.NotEmpty(t, changes(first))

		p.transport.writes = 0
		second := p.apply(t, provision.Options{})
		assert.Empty(t, changes(second))
		assert.Zero(t, p.transport.writes, "a run with nothing to do must not write, not even the same")
		assert.Len(t, second, len(first), "what is there is said too")
	})
}

// Setup completes what is ours and leaves alone what an operator has made of it.
func TestApplyKeepsWhatOthersMade(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		p.apply(t, provision.Options{})
		admin := p.admin()
		admin.must(t, "PATCH", "policies/"+provision.PolicyID, map[string]any{"name": "Plaudern", "icon": "sms"})
		admin.must(t, "POST", "fields/messages", map[string]any{"field": "pinned", "type": "boolean"})
		admin.must(t, "PATCH", "fields/messages/content", map[string]any{"meta": map[string]any{"note": "ours"}})
		admin.must(t, "POST", "permissions", map[string]any{"policy": provision.PolicyID, "collection": "directus_files", "action": "read", "fields": []string{"*"}})
		admin.must(t, "PATCH", "fields/messages/date_created", map[string]any{"schema": map[string]any{"is_indexed": false}})
		admin.must(t, "PATCH", "fields/messages/user_created", map[string]any{"meta": map[string]any{"validation": nil}})
		admin.must(t, "DELETE", "fields/messages/deleted_at", nil)

		steps := p.apply(t, provision.Options{})
		want := []string{"mended field messages.user_created", "mended field messages.date_created", "made field messages.deleted_at"}
		if p.version != core { // Directus takes a deleted field out of permissions that name it
			want = append(want, "mended right to read messages", "mended right to update messages", "mended right to update messages as a moderator")
		}
		assert.Equal(t, want, changes(steps))
		assert.Empty(t, changes(p.apply(t, provision.Options{})))

		var policy struct{ Name string }
		require.NoError(t, admin.get(t, "policies/"+provision.PolicyID, nil, &policy))
		assert.Equal(t, "Plaudern", policy.Name)
		var field struct {
			Meta   struct{ Note string }
			Schema struct {
				Indexed bool `json:"is_indexed"`
			}
		}
		require.NoError(t, admin.get(t, "fields/messages/content", nil, &field))
		assert.Equal(t, "ours", field.Meta.Note)
		require.NoError(t, admin.get(t, "fields/messages/date_created", nil, &field))
		assert.True(t, field.Schema.Indexed)
		require.NoError(t, admin.get(t, "fields/messages/pinned", nil, nil))
	})
}

func TestApplyRefusesAForeignCollection(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		p.admin().must(t, "POST", "collections", map[string]any{"collection": "messages", "schema": map[string]any{}, "meta": map[string]any{}})
		p.transport.writes = 0
		err := provision.Apply(t.Context(), p.connect(t), provision.Options{}, func(provision.Step) {})
		assert.ErrorContains(t, err, "a collection messages that setup did not make")
		assert.Zero(t, p.transport.writes)
	})
}

// Every run loses the answer to its first write and ends there. Whatever it has left behind, nobody can forge a message
// with it, and the next run goes on from there until all is done.
func TestApplyFinishesInterruptedRuns(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		var early person
		p.transport.lose = 1
		for runs := 1; ; runs++ {
			require.Less(t, runs, 60, "runs must come to an end")
			p.transport.writes = 0
			err := provision.Apply(t.Context(), p.connect(t), provision.Options{}, func(provision.Step) {})
			if err == nil {
				assert.Greater(t, runs, 10, "one run for each write")
				break
			}
			require.ErrorIs(t, err, errLost)
			if early.id != "" {
				assertNoForgery(t, early)
			} else if p.admin().get(t, "roles/"+provision.RoleID, nil, &struct{}{}) == nil {
				early = p.chatter(t, "early")
			}
		}
		p.transport.lose = 0
		assert.Empty(t, changes(p.apply(t, provision.Options{})))
		assertNoForgery(t, early)
		assert.NoError(t, early.call(t, "POST", "items/messages", nil, map[string]any{"content": "hello"}, nil))
		assert.Equal(t, "early Example", profiles(t, early)[early.id])
	})
}

// assertNoForgery tries to store a message with dates of one's own.
func assertNoForgery(t *testing.T, who person) {
	t.Helper()
	var stored map[string]any
	forged := map[string]any{"content": "forged", "deleted_at": "2001-01-01T00:00:00Z"}
	if err := who.call(t, "POST", "items/messages", nil, forged, &stored); err != nil {
		assert.True(t, directus.IsCode(err, directus.CodeForbidden), "%v", err)
	}
	assert.Nil(t, stored["deleted_at"])
}

// Without a licence Directus 12 lets five Flows be active. The guard is not negotiable, the names are.
func TestApplyWithFewFlows(t *testing.T) {
	p := freshProject(t, core)
	var own []string
	for i := range 5 {
		var flow struct{ ID string }
		require.NoError(t, p.admin().call(t, "POST", "flows", nil, map[string]any{"name": fmt.Sprint("own ", i), "trigger": "manual", "status": "active"}, &flow))
		own = append(own, flow.ID)
	}
	free := func(i int) { p.admin().must(t, "PATCH", "flows/"+own[i], map[string]any{"status": "inactive"}) }

	p.transport.writes = 0
	err := provision.Apply(t.Context(), p.connect(t), provision.Options{}, func(provision.Step) {})
	assert.ErrorContains(t, err, "set one of the active Flows to inactive")
	assert.Zero(t, p.transport.writes, "nothing is made that could not be made safe")

	free(0)
	steps := p.apply(t, provision.Options{})
	assert.Contains(t, changes(steps), "made right to create messages")
	var advice []string
	for _, s := range steps {
		if s.Change == provision.Advise {
			advice = append(advice, s.What)
		}
	}
	require.Len(t, advice, 2)
	assert.Contains(t, advice[1], "names")
	assertNoForgery(t, p.chatter(t, "alice"))

	free(1)
	free(2)
	assert.Equal(t, []string{"made Flow Chat: keep one name", "made Flow Chat: whose name may have changed", "made names of chat users (1)"}, changes(p.apply(t, provision.Options{})))
	assert.Empty(t, changes(p.apply(t, provision.Options{})), "five of five are active, and all is well")
}

func TestGrants(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		var staff struct{ ID string }
		require.NoError(t, p.admin().call(t, "POST", "roles", nil, map[string]any{"name": "Staff"}, &staff))
		alice := p.join(t, "alice", nil)
		bob := p.join(t, "bob", map[string]any{"role": staff.ID, "first_name": "Bob"})
		stranger := p.join(t, "stranger", nil)
		options := provision.Options{GrantUsers: []string{"Alice@example.com", alice.id}, GrantRoles: []string{"Staff"}}

		steps := p.apply(t, options)
		assert.Contains(t, changes(steps), "made policy Chat for user alice@example.com")
		assert.Contains(t, changes(steps), "made policy Chat for role Staff")
		assert.NotContains(t, changes(steps), "made policy Chat for user "+alice.id, "she is in already")
		assert.Empty(t, changes(p.apply(t, options)))

		for _, who := range []person{alice, bob} {
			assert.NoError(t, who.call(t, "POST", "items/messages", nil, map[string]any{"content": "hello"}, nil))
		}
		assert.Error(t, stranger.call(t, "POST", "items/messages", nil, map[string]any{"content": "hello"}, nil))
		assert.Equal(t, map[string]string{alice.id: "", bob.id: "Bob"}, profiles(t, alice))

		for _, wrong := range []provision.Options{{GrantUsers: []string{"nobody@example.com"}}, {GrantRoles: []string{"Nobody"}}} {
			p.transport.writes = 0
			err := provision.Apply(t.Context(), p.connect(t), wrong, func(provision.Step) {})
			assert.ErrorContains(t, err, "make it in Data Studio first")
			assert.Zero(t, p.transport.writes)
		}
	})
}

// profiles are the names that somebody may read, by user.
func profiles(t *testing.T, who person) map[string]string {
	t.Helper()
	var rows []struct{ ID, Name string }
	require.NoError(t, who.get(t, "items/chat_profiles", url.Values{"limit": {"-1"}}, &rows))
	names := map[string]string{}
	for _, r := range rows {
		names[r.ID] = r.Name
	}
	return names
}
