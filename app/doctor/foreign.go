package doctor

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"directuschat/app/provision"
)

// A foreign is an item of somebody else to try things on; without a key if there is none.
type foreign struct {
	collection string
	key        string
	uuids      bool            // what keys there are
	content    json.RawMessage // of the field that is tried
}

// readForeign finds a message to try things on.
func (x *exam) readForeign(ctx context.Context) (err error) {
	m := x.Mapping
	if x.me == "" || !x.has(m.ID) || !x.has(m.Author) {
		return nil
	}
	query := url.Values{}
	if x.has(m.Deleted) {
		query.Set("filter["+m.Deleted+"][_null]", "true")
	}
	x.foreign, err = x.findForeign(ctx, m.Collection, m.ID, m.Author, m.Content, query)
	x.foreign.uuids = x.fields[m.ID].Type == "uuid"
	return err
}

// readReaction finds a reaction to try things on.
func (x *exam) readReaction(ctx context.Context) (err error) {
	if x.me == "" || x.reactionFields == nil {
		return nil
	}
	x.reaction, err = x.findForeign(ctx, x.Mapping.Reactions, "id", "user_created", provision.ReactionRemoved, url.Values{})
	x.reaction.uuids = true
	return err
}

func (x *exam) findForeign(ctx context.Context, collection, key, author, content string, query url.Values) (foreign, error) {
	query.Set("filter["+author+"][_neq]", x.me)
	query.Set("fields", key+","+content)
	query.Set("limit", "1")
	var found []map[string]json.RawMessage
	if err := x.operator.get(ctx, "items/"+collection, query, &found); err != nil || len(found) == 0 {
		return foreign{}, err
	}
	// The key is a uuid or a number.
	return foreign{collection: collection, key: strings.Trim(string(found[0][key]), `"`), content: found[0][content]}, nil
}
