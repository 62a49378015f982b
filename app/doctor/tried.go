package doctor

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"directuschat/app/directus"
	"directuschat/app/provision"
)

// othersEdited tries to change a message of somebody else.
func othersEdited(ctx context.Context, x *exam) (*Finding, error) {
	same := map[string]any{x.Mapping.Content: x.foreign.content} // what it is already
	if open, err := x.trespass(ctx, x.foreign, "PATCH", "update", same); err != nil || !open {
		return nil, err
	}
	if x.isStuck(x.Mapping.Collection) { // Directus looks for the rows before it looks at the seal, so trespass does not get there
		return nil, nil
	}
	return &Finding{
		What:  "this user can change the messages of others",
		Means: "nobody can trust what somebody is said to have written",
		Fix:   "take the right to update " + x.Mapping.Collection + " away from the policies of this user in Data Studio, unless it is meant (a moderator); then " + x.setupAgain(),
	}, nil
}

// othersDeleted tries to delete one.
func othersDeleted(ctx context.Context, x *exam) (*Finding, error) {
	if open, err := x.trespass(ctx, x.foreign, "DELETE", "delete", nil); err != nil || !open {
		return nil, err
	}
	return &Finding{
		What:  "this user can delete the messages of others, for good",
		Means: "the conversation can be wiped by anybody in it",
		Fix:   "take the right to delete " + x.Mapping.Collection + " away from every policy but the administrators' in Data Studio; the chat does not need it",
	}, nil
}

// reactionsChanged tries to take back somebody else's reaction, and to delete it.
func reactionsChanged(ctx context.Context, x *exam) (*Finding, error) {
	same := map[string]any{provision.ReactionRemoved: x.reaction.content}
	open, err := x.trespass(ctx, x.reaction, "PATCH", "update", same)
	open = open && !x.isStuck(x.reaction.collection)
	if err == nil && !open {
		open, err = x.trespass(ctx, x.reaction, "DELETE", "delete", nil)
	}
	if err != nil || !open {
		return nil, err
	}
	return &Finding{
		What:  "this user can take back the reactions of others",
		Means: "what people think of a message can be made to look different",
		Fix: "take the rights to update and delete " + x.reaction.collection + " away from the policies of this user in Data Studio, but for what chatd setup " +
			"gives; then " + x.setupAgain(),
	}, nil
}

// trespass tries an action on somebody else's item, and on one that is not there in the same request, so that Directus
// refuses it whatever happens. Permissions that know rows are asked about this one. Where they let it pass, what is left is
// Flows, which see the request first, so the words of the refusal tell who has refused: Directus says what was not allowed
// on which collection, in quotes.
func (x *exam) trespass(ctx context.Context, on foreign, method, action string, data map[string]any) (open bool, err error) {
	var permitted map[string]struct{ Access bool }
	if _, err := x.user.find(ctx, "permissions/me/"+on.collection+"/"+on.key, nil, &permitted); err != nil {
		return false, err
	}
	if !permitted[action].Access {
		return false, nil
	}
	nobodys := uuid.NewString()
	if !on.uuids {
		nobodys = "2147483647"
	}
	body := map[string]any{"keys": []string{on.key, nobodys}}
	if data != nil {
		body["data"] = data
	}
	_, err = x.user.send(ctx, method, "items/"+on.collection, nil, body)
	code, words := refusal(err)
	switch {
	case err == nil:
		return true, nil
	case code == "":
		return false, err
	default:
		return code == directus.CodeForbidden && strings.Contains(words, `"`+action+`"`) && strings.Contains(words, `"`+on.collection+`"`), nil
	}
}

// newForged finds out whether a date that the user puts into a new message comes through to where it is validated. What is
// not validated, such as the date of deletion, would then be stored.
func newForged(ctx context.Context, x *exam) (*Finding, error) {
	m := x.Mapping
	if x.fields[m.ID].Type != "uuid" || !refusesAll(x.fields[m.Updated].Meta.Validation, m.Updated) {
		return nil, nil // the attempt could succeed, or would tell nothing; stampOpen is for that
	}
	if x.isStuck(m.Collection) {
		return nil, nil
	}
	code, err := x.tryNew(ctx, x.user, m.Collection, map[string]any{m.ID: noKey, m.Content: "", m.Updated: "2001-01-01T00:00:00Z"})
	if err != nil || code != directus.CodeFailedValidation {
		return nil, err
	}
	return &Finding{
		What:  "this user can fill every field of a new message, such as the date of its deletion",
		Means: "people can store messages that others do not see, or that look changed or deleted",
		Fix:   x.setupAgain(),
	}, nil
}

// noKey is no UUID.
const noKey = "no uuid"

// tryNew tries to store an item under noKey, which Directus refuses in the end, and returns the code of the refusal.
func (x *exam) tryNew(ctx context.Context, who caller, collection string, item map[string]any) (code string, err error) {
	_, err = who.send(ctx, "POST", "items/"+collection, nil, item)
	if code, _ = refusal(err); code == "" {
		return "", fmt.Errorf("failed to try what must be refused: %w", err)
	}
	return code, nil
}

// emailsReadable looks for e-mail addresses: read plainly, through an author, or guessed letter by letter with a filter.
func emailsReadable(ctx context.Context, x *exam) (*Finding, error) {
	m := x.Mapping
	var how []string
	look := func(way, path string, query url.Values, is func(map[string]any) bool) error {
		var found []map[string]any
		query.Set("limit", "1")
		err := x.user.get(ctx, path, query, &found)
		if code, _ := refusal(err); err != nil && code == "" {
			return err // refusals are what one hopes for
		}
		if len(found) > 0 && is(found[0]) {
			how = append(how, way)
		}
		return nil
	}
	err := look("read them", "users", url.Values{"fields": {"email"}, "filter[id][_neq]": {x.me}}, func(row map[string]any) bool {
		return row["email"] != nil
	})
	others := func(fields string) url.Values {
		return url.Values{"fields": {fields}, "filter[" + m.Author + "][_neq]": {x.me}}
	}
	if err == nil {
		err = look("read them in messages", "items/"+m.Collection, others(m.ID+","+m.Author+".email"), func(row map[string]any) bool {
			author, _ := row[m.Author].(map[string]any)
			return author["email"] != nil
		})
	}
	if err == nil {
		guess := others(m.ID)
		guess.Set("filter["+m.Author+"][email][_nnull]", "true")
		err = look("guess them by filtering messages", "items/"+m.Collection, guess, func(map[string]any) bool { return true })
	}
	if err != nil || how == nil {
		return nil, err
	}
	return &Finding{
		What:  "this user can find out the e-mail addresses of others: " + strings.Join(how, ", "),
		Means: "everybody in the chat has everybody's address, and half of their log-in",
		Fix: "take the right to read directus_users away from every policy of this user in Data Studio, or limit its fields to id, first_name and " +
			"last_name; chatd setup keeps names in chat_profiles instead",
	}, nil
}
