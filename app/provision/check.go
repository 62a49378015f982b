package provision

import (
	"context"
	"fmt"
	"net/url"

	directuschat "directuschat"
	"directuschat/app/directus"
)

// A Finding is something that is not as it should be in a project.
type Finding struct {
	What string // what is wrong, as it concerns the users of the chat
	Fix  string // what to do
}

// Check tries what a user of the chat can do, as that user, and returns what is not as it should be. It stores nothing.
// The user must be neither an administrator nor a moderator, and the project should have messages by somebody else, or
// there is nothing to try an edit on and no e-mail address to look for. The zero mapping is directuschat.DefaultMapping.
func Check(ctx context.Context, api directus.API, token directus.Secret, mapping directuschat.Mapping) ([]Finding, error) {
	p := newProject("", Options{Mapping: mapping})
	c := checker{ctx: ctx, client: client{api: api, token: token}, m: p.mapping, reactions: p.reactions}
	if c.get("users/me", nil, &c.me); c.err != nil {
		return nil, explain(api.URL, c.err)
	}
	c.rights()
	c.forging()
	c.editing()
	c.addresses()
	return c.findings, c.err
}

type checker struct {
	ctx context.Context
	client
	m         directuschat.Mapping
	reactions string
	me        struct{ ID string }
	findings  []Finding
	err       error // what kept the check itself from working
}

const (
	fixSetup  = "run chatd setup again"
	fixPolicy = "take it away from every policy of this user in Data Studio"
)

func (c *checker) found(fix, what string, args ...any) {
	c.findings = append(c.findings, Finding{What: fmt.Sprintf(what, args...), Fix: fix})
}

// get reads as the user; a refusal is an answer, anything else ends the check.
func (c *checker) get(path string, query url.Values, out any) (granted bool) {
	if c.err != nil {
		return false
	}
	err := c.client.get(c.ctx, path, query, out)
	if err != nil && !directus.IsCode(err, directus.CodeForbidden) {
		c.err = err
	}
	return err == nil
}

// rights compares what Directus says the user may do with what chatting takes.
func (c *checker) rights() {
	var mine map[string]map[string]struct{ Access string }
	c.get("permissions/me", nil, &mine)
	if c.err != nil {
		return
	}
	may := func(action, collection string) bool {
		access := mine[collection][action].Access
		return access != "" && access != "none"
	}
	const asked, allowed, refused = 1, 0, -1
	for _, right := range []struct {
		action, collection string
		expect             int
	}{
		{"read", c.m.Collection, asked}, {"create", c.m.Collection, asked}, {"update", c.m.Collection, allowed}, {"delete", c.m.Collection, refused},
		{"read", c.reactions, allowed}, {"create", c.reactions, allowed}, {"update", c.reactions, allowed}, {"delete", c.reactions, refused},
		{"read", c.m.Profiles, asked}, {"create", c.m.Profiles, refused}, {"update", c.m.Profiles, refused}, {"delete", c.m.Profiles, refused},
	} {
		switch has := may(right.action, right.collection); {
		case right.expect == asked && !has:
			c.found("run chatd setup again, with -grant-user or -grant-role for this user", "this user may not %s %s", right.action, right.collection)
		case right.expect == refused && has:
			c.found(fixPolicy, "this user may %s %s, also what belongs to others", right.action, right.collection)
		}
	}
}

// forging finds out whether a date that the user puts into a new message comes through to where it is validated. What is
// not validated, such as the date of deletion, would then be stored. The key is none, so that nothing is; where the
// database makes the keys there is no such probe.
func (c *checker) forging() {
	if !c.ownKeys() {
		return
	}
	probe := row{c.m.ID: "no key", c.m.Content: ""}
	switch err := c.call(c.ctx, "POST", "items/"+c.m.Collection, nil, probe, nil); {
	case directus.IsCode(err, directus.CodeFailedValidation):
		c.found(fixSetup, "the Flow that guards the chat is not active, so nobody can write")
		return
	case !directus.IsCode(err, directus.CodeForbidden):
		c.err = fmt.Errorf("failed to try a new message: %w", err)
		return
	}
	probe[c.m.Updated] = "2001-01-01T00:00:00Z"
	switch err := c.call(c.ctx, "POST", "items/"+c.m.Collection, nil, probe, nil); {
	case directus.IsCode(err, directus.CodeFailedValidation):
		c.found(fixSetup, "this user can fill every field of a new message, such as %s", c.m.Deleted)
	case !directus.IsCode(err, directus.CodeForbidden):
		c.err = fmt.Errorf("failed to try a forged message: %w", err)
	}
}

// ownKeys reports whether the client chooses the keys of messages: those it sees are no numbers, or there are none.
func (c *checker) ownKeys() bool {
	var messages []row
	c.get("items/"+c.m.Collection, url.Values{"fields": {c.m.ID}, "limit": {"1"}}, &messages)
	if c.err != nil || len(messages) == 0 {
		return c.err == nil && c.m.Updated != ""
	}
	_, text := messages[0][c.m.ID].(string)
	return text && c.m.Updated != ""
}

// editing tries to write over the message of somebody else what stands there already. The list of changes ends with one
// that is none, at which Directus takes back all of them.
func (c *checker) editing() {
	var others []row
	if !c.get("items/"+c.m.Collection, url.Values{"fields": {c.m.ID + "," + c.m.Content}, "filter[" + c.m.Author + "][_neq]": {c.me.ID}, "limit": {"1"}}, &others) || len(others) == 0 {
		return
	}
	switch err := c.call(c.ctx, "PATCH", "items/"+c.m.Collection, nil, []row{others[0], {}}, nil); {
	case directus.IsCode(err, directus.CodeForbidden):
	case directus.IsCode(err, directus.CodeInvalidPayload):
		c.found(fixSetup, "this user can write over the messages of others")
	case directus.IsCode(err, directus.CodeFailedValidation):
		c.found(fixSetup, "the Flow that guards the chat is not active, so nobody can edit or delete")
	default:
		c.err = fmt.Errorf("failed to try an edit: %w", err)
	}
}

// addresses looks for e-mail addresses: read plainly, through an author, or guessed letter by letter with a filter.
func (c *checker) addresses() {
	m := c.m
	var users []struct{ ID, Email string }
	c.get("users", url.Values{"fields": {"id,email"}, "limit": {"2"}}, &users)
	for _, u := range users {
		if u.ID != c.me.ID && u.Email != "" {
			c.found(fixPolicy, "this user can read the e-mail addresses of others")
			break
		}
	}
	others := url.Values{"filter[" + m.Author + "][_neq]": {c.me.ID}, "limit": {"1"}}
	var authors []map[string]any
	others.Set("fields", m.ID+","+m.Author+".email")
	if c.get("items/"+m.Collection, others, &authors); len(authors) > 0 {
		if author, ok := authors[0][m.Author].(row); ok && author["email"] != nil {
			c.found(fixPolicy, "this user can read the e-mail addresses of those who write")
		}
	}
	others.Set("fields", m.ID)
	others.Set("filter["+m.Author+"][email][_nnull]", "true")
	var guessed []row
	if c.get("items/"+m.Collection, others, &guessed); len(guessed) > 0 {
		c.found(fixPolicy, "this user can guess the e-mail addresses of those who write, by filtering messages")
	}
}
