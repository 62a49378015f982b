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

// isSealed reports whether the guard is gone, and the seal refuses whatever somebody writes. The key is none, so nothing
// is stored: with the guard, Directus says FORBIDDEN to that.
func (w person) isSealed(t *testing.T) bool {
	t.Helper()
	err := w.call(t, "POST", "items/messages", nil, object{"id": "no key", "content": "x"}, nil)
	require.True(t, directus.IsCode(err, directus.CodeForbidden, directus.CodeFailedValidation), "%v", err)
	return directus.IsCode(err, directus.CodeFailedValidation)
}

// forges reports whether somebody can fill a field of a new message that is not theirs to fill.
func (w person) forges(t *testing.T) bool {
	t.Helper()
	var stored object
	err := w.call(t, "POST", "items/messages", nil, object{"content": "forged", "deleted_at": forgeDate}, &stored)
	return err == nil && stored["deleted_at"] != nil
}

// rewrites reports whether somebody can change a message by bob.
func (w person) rewrites(t *testing.T) bool {
	t.Helper()
	return w.call(t, "PATCH", "items/messages/"+someID, nil, object{"content": "mine now"}, nil) == nil
}

// rights are what the policy of the chat gives.
func (p *project) rights(t *testing.T) (all []string) {
	t.Helper()
	var rights []struct {
		Action, Collection string
		Fields             []string
	}
	require.NoError(t, p.admin().get(t, "permissions", url.Values{"filter[policy][_eq]": {provision.PolicyID}}, &rights))
	for _, r := range rights {
		all = append(all, fmt.Sprint(r))
	}
	return all
}

// Setup puts back guard and seal where they have been taken away, and takes away nothing that it has not given.
func TestApplyHeals(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		alice, _ := p.talk(t)
		admin := p.admin()
		allow := func(action, collection string) {
			admin.must(t, "POST", "permissions", object{"policy": provision.PolicyID, "collection": collection, "action": action, "fields": []string{"*"}})
		}
		allow("delete", "messages")
		allow("delete", "chat_profiles")
		allow("read", "directus_users")
		assert.False(t, alice.isSealed(t))
		assert.False(t, alice.forges(t))
		assert.False(t, alice.rewrites(t))

		admin.must(t, "PATCH", "flows", object{"query": object{}, "data": object{"status": "inactive"}})
		if p.version == core {
			eventually(t, "Directus forgets the guard", func() bool { return alice.isSealed(t) })
			assert.False(t, alice.forges(t))
			assert.False(t, alice.rewrites(t))
			admin.must(t, "PATCH", "fields/messages/"+provision.SealField, object{"meta": object{"validation": nil}})
		} else {
			allow("create", "messages")
			allow("update", "messages")
		}
		eventually(t, "neither guard nor seal are left", func() bool { return alice.forges(t) && alice.rewrites(t) })

		given := p.rights(t)
		p.apply(t, provision.Options{})
		eventually(t, "setup brings them back", func() bool { return !alice.forges(t) && !alice.rewrites(t) })
		assert.Subset(t, p.rights(t), given)
		admin.must(t, "PATCH", "flows", object{"query": object{}, "data": object{"status": "inactive"}})
		eventually(t, "the seal too", func() bool { return alice.isSealed(t) })
	})
}
