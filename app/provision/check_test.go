package provision_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat"
	"directuschat/app/directus"
	"directuschat/app/provision"
)

// check returns what is wrong for somebody, in one text.
func (p *project) check(t *testing.T, who person) string {
	t.Helper()
	findings, err := provision.Check(t.Context(), directus.API{URL: p.URL, Transport: p.transport}, who.token, directuschat.Mapping{})
	require.NoError(t, err)
	var all []string
	for _, f := range findings {
		assert.NotEmpty(t, f.Fix)
		all = append(all, f.What)
	}
	return strings.Join(all, "\n")
}

func TestCheckFindsNothingInAHealthyProject(t *testing.T) {
	inTalk(t, func(t *testing.T, p *project, alice, _ person) {
		before := p.stored(t)
		assert.Empty(t, p.check(t, alice))
		assert.Equal(t, before, p.stored(t), "a check stores nothing")
	})
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		stranger := p.join(t, "stranger", nil)
		alice, _ := p.talk(t)
		admin := p.admin()
		allow := func(action, collection string) {
			t.Helper()
			admin.must(t, "POST", "permissions", map[string]any{"policy": provision.PolicyID, "collection": collection, "action": action, "fields": []string{"*"}})
		}
		found := p.check(t, stranger)
		assert.Contains(t, found, "may not read messages")
		assert.Contains(t, found, "may not create messages")
		assert.Contains(t, found, "may not read chat_profiles")

		allow("delete", "messages")
		allow("delete", "chat_profiles")
		found = p.check(t, alice)
		assert.Contains(t, found, "may delete messages")
		assert.Contains(t, found, "may delete chat_profiles")
		assert.NotContains(t, found, "e-mail")

		allow("read", "directus_users")
		found = p.check(t, alice)
		assert.Contains(t, found, "read the e-mail addresses of others")
		assert.Contains(t, found, "read the e-mail addresses of those who write")
		assert.Contains(t, found, "guess the e-mail addresses")
		assert.NotContains(t, found, "every field")

		if p.version == core {
			admin.must(t, "PATCH", "flows", map[string]any{"query": map[string]any{}, "data": map[string]any{"status": "inactive"}})
			eventually(t, "Directus forgets the guard", func() bool { return strings.Contains(p.check(t, alice), "nobody can write") })
			assert.Contains(t, p.check(t, alice), "nobody can edit")
			admin.must(t, "PATCH", "fields/messages/chat_guard", map[string]any{"meta": map[string]any{"validation": nil}})
		} else {
			allow("create", "messages")
			allow("update", "messages")
			admin.must(t, "PATCH", "flows", map[string]any{"query": map[string]any{}, "data": map[string]any{"status": "inactive"}})
		}
		before := p.stored(t)
		eventually(t, "neither guard nor seal are left", func() bool { return strings.Contains(p.check(t, alice), "every field") })
		assert.Contains(t, p.check(t, alice), "write over the messages of others")
		assert.Equal(t, before, p.stored(t), "a check stores nothing, also when it could")

		p.apply(t, provision.Options{})
		healed := func() bool {
			return !strings.Contains(p.check(t, alice), "every field") && !strings.Contains(p.check(t, alice), "write over")
		}
		eventually(t, "setup brings the guard back", healed)
		assert.Contains(t, p.check(t, alice), "may delete messages", "setup takes away nothing that it has not given")
		var rights []struct{ ID int }
		require.NoError(t, admin.get(t, "permissions", url.Values{"filter[policy][_eq]": {provision.PolicyID}}, &rights))
		assert.GreaterOrEqual(t, len(rights), 6)
	})
}
