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
// The user must not be an administrator, and the project should have messages by somebody else, or there are no e-mail
// addresses to look for.
func Check(ctx context.Context, api directus.API, token directus.Secret) ([]Finding, error) {
	c := checker{ctx: ctx, client: client{api: api, token: token}}
	if c.get("users/me", nil, &c.me); c.err != nil {
		return nil, explain(api.URL, c.err)
	}
	c.rights()
	c.forging()
	c.addresses()
	return c.findings, c.err
}

type checker struct {
	ctx context.Context
	client
	me       struct{ ID string }
	findings []Finding
	err      error // what kept the check itself from working
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
	for _, right := range []struct {
		action, collection string
		needed             bool
	}{
		{"read", messages, true}, {"create", messages, true}, {"update", messages, false}, {"delete", messages, false},
		{"read", profiles, true}, {"create", profiles, false}, {"update", profiles, false}, {"delete", profiles, false},
	} {
		switch has := may(right.action, right.collection); {
		case right.needed && !has:
			c.found("run chatd setup again, with -grant-user or -grant-role for this user", "this user may not %s %s", right.action, right.collection)
		case has && !right.needed:
			c.found(fixPolicy, "this user may %s %s, also what belongs to others", right.action, right.collection)
		}
	}
}

// forging finds out whether a date that the user puts into a new message comes through to where it is validated. What is
// not validated, such as the date of deletion, would then be stored.
func (c *checker) forging() {
	if c.err != nil {
		return
	}
	switch err := c.call(c.ctx, "POST", "items/"+messages, nil, probe(), nil); {
	case directus.IsCode(err, directus.CodeFailedValidation):
		c.found(fixSetup, "this user can fill every field of a new message, such as %s", directuschat.DefaultMapping.Deleted)
	case !directus.IsCode(err, directus.CodeForbidden):
		c.err = fmt.Errorf("failed to try a forged message: %w", err)
	}
}

// addresses looks for e-mail addresses: read plainly, through an author, or guessed letter by letter with a filter.
func (c *checker) addresses() {
	m := directuschat.DefaultMapping
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
	if c.get("items/"+messages, others, &authors); len(authors) > 0 {
		if author, ok := authors[0][m.Author].(row); ok && author["email"] != nil {
			c.found(fixPolicy, "this user can read the e-mail addresses of those who write")
		}
	}
	others.Set("fields", m.ID)
	others.Set("filter["+m.Author+"][email][_nnull]", "true")
	var guessed []row
	if c.get("items/"+messages, others, &guessed); len(guessed) > 0 {
		c.found(fixPolicy, "this user can guess the e-mail addresses of those who write, by filtering messages")
	}
}
