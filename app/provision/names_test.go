package provision_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/provision"
)

func TestNamesFollowTheUsers(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		stranger := p.join(t, "stranger", map[string]any{"first_name": "Not", "last_name": "Here"})
		p.apply(t, provision.Options{})
		admin, alice, bob := p.admin(), p.chatter(t, "alice"), p.chatter(t, "bob")
		nameless := p.join(t, "nameless", map[string]any{"role": provision.RoleID})
		become := func(what string, want map[string]string) {
			t.Helper()
			eventually(t, what, func() bool { return maps.Equal(want, profiles(t, alice)) })
		}
		names := map[string]string{alice.id: "alice Example", bob.id: "bob Example", nameless.id: ""}
		become("new users, and only those of the chat, have a profile", names)

		s := alice.dial(t)
		s.ask(t, map[string]any{"type": "subscribe", "collection": "chat_profiles", "query": map[string]any{"fields": []string{"id", "name"}}})
		admin.must(t, "PATCH", "users/"+bob.id, map[string]any{"first_name": "Robert"})
		s.await(t, func(frame string) bool { return strings.Contains(frame, "Robert Example") })
		names[bob.id] = "Robert Example"
		become("a new name arrives live and is stored", names)

		admin.must(t, "PATCH", "users", map[string]any{"keys": []string{alice.id, bob.id, stranger.id}, "data": map[string]any{"last_name": "Same"}})
		names[alice.id], names[bob.id] = "alice Same", "Robert Same"
		become("one change may concern many users", names)

		admin.must(t, "PATCH", "users", []map[string]any{{"id": alice.id, "first_name": nil}, {"id": bob.id, "last_name": nil}})
		names[alice.id], names[bob.id] = "Same", "Robert"
		become("half a name is a name", names)

		admin.must(t, "PATCH", "users/"+stranger.id, map[string]any{"role": provision.RoleID})
		names[stranger.id] = "Not Same"
		become("who is let in has a profile", names)

		admin.must(t, "PATCH", "users/"+stranger.id, map[string]any{"role": nil})
		admin.must(t, "DELETE", "users/"+nameless.id, nil)
		delete(names, nameless.id)
		become("who is deleted has none; who only leaves has written messages", names)
		assert.Empty(t, changes(p.apply(t, provision.Options{})), "setup and the Flows agree")
	})
}

// Who is let in the moment setup is done has a name: Directus answers before it has loaded a Flow.
func TestSetupEndsWithFlowsLoaded(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		for i := range 5 {
			p.apply(t, provision.Options{})
			alice := p.join(t, fmt.Sprint("alice", i), map[string]any{"role": provision.RoleID, "first_name": "Alice"})
			eventually(t, "the name is there", func() bool { return profiles(t, p.admin())[alice.id] == "Alice" })
			p.admin().must(t, "DELETE", "flows", map[string]any{"query": map[string]any{"limit": -1}})
		}
	})
}

// Whatever the Flows have missed, setup finds: here the names of a whole role, and more of them than fit one page.
func TestSetupCatchesUpOnNames(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		p.apply(t, provision.Options{})
		admin := p.admin()
		var above, staff struct{ ID string }
		require.NoError(t, admin.call(t, "POST", "roles", nil, map[string]any{"name": "Above"}, &above))
		require.NoError(t, admin.call(t, "POST", "roles", nil, map[string]any{"name": "Staff", "parent": above.ID}, &staff))
		var people []map[string]any
		for i := range 130 {
			people = append(people, map[string]any{"first_name": string(rune('A' + i%26)), "role": staff.ID})
		}
		admin.must(t, "POST", "users", people)
		alice := p.chatter(t, "alice")
		eventually(t, "alice has a profile", func() bool { return len(profiles(t, alice)) == 1 })

		steps := p.apply(t, provision.Options{GrantRoles: []string{"Above"}})
		assert.Equal(t, []string{"made policy Chat for role Above", "made names of chat users (131)"}, changes(steps))
		assert.Len(t, profiles(t, alice), 131)

		admin.must(t, "PATCH", "items/chat_profiles/"+alice.id, map[string]any{"name": "somebody else"})
		assert.Equal(t, []string{"mended names of chat users (131)"}, changes(p.apply(t, provision.Options{GrantRoles: []string{"Above"}})))
		assert.Equal(t, "alice Example", profiles(t, alice)[alice.id])
	})
}
