package provision_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/provision"
)

// actions are what somebody may do to the messages, as permissions/me says it; the client decides by it what to offer.
func (w person) actions(t *testing.T) (actions []string) {
	t.Helper()
	var mine map[string]map[string]struct{ Access string }
	require.NoError(t, w.get(t, "permissions/me", nil, &mine))
	for action, right := range mine["messages"] {
		if right.Access != "none" {
			actions = append(actions, action)
		}
	}
	return actions
}

func TestModeratorsAreKnown(t *testing.T) {
	inTalk(t, func(t *testing.T, p *project, alice, _ person) {
		moderator := p.join(t, "moderator", object{"role": provision.ModeratorRoleID})
		assert.ElementsMatch(t, []string{"read", "create", "update"}, alice.actions(t))
		assert.ElementsMatch(t, []string{"read", "create", "update", provision.ModeratorAction}, moderator.actions(t))
		assert.Contains(t, p.admin().actions(t), provision.ModeratorAction)
	})
}

// What a moderator is known by is a right to share messages that shares nothing.
func TestModeratorsShareNothing(t *testing.T) {
	inRooms(t, func(t *testing.T, r room) {
		share := object{"collection": r.messages, "item": fmt.Sprint(r.said), "role": provision.RoleID}
		var made []object
		require.NoError(t, r.admin().call(t, "POST", "shares", nil, []object{share}, &made), "an administrator can, so it is not for the attempt's form")
		require.Len(t, made, 1)
		id := made[0]["id"].(string)
		defer r.admin().must(t, "DELETE", "shares/"+id, nil)

		for _, attempt := range []struct {
			method, path string
			body         any
		}{
			{"POST", "shares", share},
			{"POST", "shares", []object{share}},
			{"PATCH", "shares/" + id, object{"item": fmt.Sprint(r.deleted)}},
			{"POST", "shares/invite", object{"share": id, "emails": []string{"stranger@example.com"}}},
			{"GET", "shares/" + id, nil},
		} {
			body, err := r.moderator.raw(t, attempt.method, attempt.path, nil, attempt.body)
			assert.Error(t, err, "%v: %s", attempt, body)
		}
		var all []object
		require.NoError(t, r.admin().get(t, "shares", nil, &all))
		require.Len(t, all, 1)
		assert.Equal(t, fmt.Sprint(r.said), all[0]["item"])
	})
}
