package provision_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// forgeries are fields that Directus and the guard fill, with values that say somebody else, or another time.
func (r room) forgeries() []object {
	return []object{
		{"user_created": r.bob.id},
		{"user_created": object{"id": r.bob.id, "first_name": "x"}},
		{"date_created": forgeDate},
		{"date_updated": forgeDate},
		{"user_created": r.bob.id, "date_created": forgeDate, "date_updated": forgeDate},
	}
}

// A forged field of something new is refused or dropped; what is stored is the truth either way.
func TestPersonCannotForge(t *testing.T) {
	inRooms(t, func(t *testing.T, r room) {
		before := r.everything(t)
		for _, forged := range append(r.forgeries(), object{"deleted_at": forgeDate}) {
			message := with(object{r.content: "forged"}, forged)
			reaction := with(object{"message": r.said, "emoji": "🎉"}, forged)
			ways := creates(r.messages, message)
			ways = append(ways, creates(r.messages, object{r.content: "true", "reply_to": message})...)
			ways = append(ways, creates(r.reactions, reaction)...)
			ways = append(ways, creates(r.reactions, object{"message": message, "emoji": "🎉"})...)
			for _, way := range ways {
				r.try(t, r.alice, way)
			}
			r.assertOnly(t, r.alice, before, "%v", forged)
		}
	})
}

// What is one's own can be edited in every way there is, and still nobody can say that somebody else wrote it, or when.
func TestPersonCannotForgeTheirOwn(t *testing.T) {
	inRooms(t, func(t *testing.T, r room) {
		before := r.everything(t)
		for _, its := range []struct {
			collection, field string
			values            [2]any
		}{
			{r.messages, r.content, [2]any{"two", "three"}},
			{r.reactions, "removed", [2]any{true, false}},
		} {
			id := r.own[[2]string{r.alice.id, its.collection}]
			edits := func(change object) []way { return r.edits(its.collection, change, id) }
			for i := range edits(nil) {
				change := object{its.field: its.values[i%2]}
				no, answer := r.try(t, r.alice, edits(change)[i])
				require.False(t, no, "%v: %s", change, answer)
				var row object
				require.NoError(t, r.admin().get(t, r.path(its.collection, id), nil, &row))
				assert.Subset(t, row, change, answer)
			}
			for _, forged := range r.forgeries() {
				for _, way := range append(edits(forged), edits(with(object{its.field: its.values[0]}, forged))...) {
					r.try(t, r.alice, way)
				}
			}
		}
		r.assertOnly(t, r.alice, before)
	})
}

// Nor can they make of a reaction what it is not: Directus takes anything for a boolean that the database lets it.
func TestReactionIsTakenBackOrNot(t *testing.T) {
	inRooms(t, func(t *testing.T, r room) {
		before := r.everything(t)
		id := r.own[[2]string{r.alice.id, r.reactions}]
		for _, change := range []object{{"removed": "x"}, {"removed": nil}, {"removed": 2}, {"emoji": "👎"}, {"message": r.deleted}} {
			for _, way := range r.edits(r.reactions, change, id) {
				no, answer := r.try(t, r.alice, way)
				assert.True(t, no, "%v: %s", way, answer)
			}
		}
		assert.Equal(t, before, r.everything(t))
	})
}
