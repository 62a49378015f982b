package provision

import (
	"fmt"
	"slices"

	directuschat "directuschat"
)

// planPolicy makes the policy, the role and who has them. None of it gives a right yet, the first time.
func (p *Project) planPolicy() []Step {
	policy := Step{What: "policy Chat"}
	if !p.policy {
		policy.Change, policy.Calls = Add, []Call{{Method: "POST", Path: "policies", Body: row{
			"id": PolicyID, "name": "Chat", "icon": "chat", "description": mark + " Who has it may use the chat.",
			"app_access": false, "admin_access": false, "enforce_tfa": false}}}
	}
	role := Step{What: "role Chat user"}
	if !p.role {
		role.Change, role.Calls = Add, []Call{{Method: "POST", Path: "roles", Body: row{
			"id": RoleID, "name": "Chat user", "icon": "chat", "description": mark + " For people who only chat."}}}
	}
	steps := []Step{policy, role}
	grants := append([]grant{{"role Chat user", access{Role: RoleID}}}, p.grants...)
	for _, g := range grants {
		step := Step{What: "policy Chat for " + g.label}
		has := func(a access) bool { return a.User == g.User && a.Role == g.Role }
		if !slices.ContainsFunc(p.access, has) {
			body := row{"policy": PolicyID}
			if g.User != "" {
				body["user"] = g.User
			} else {
				body["role"] = g.Role
			}
			step.Change, step.Calls = Add, []Call{{Method: "POST", Path: "access", Body: body}}
		}
		steps = append(steps, step)
	}
	return steps
}

// rights are what the policy allows, the least dangerous first. There is no update and no delete: the chat cannot edit
// yet. There is nothing of directus_users either, of whatever kind permissions are: names come from the profiles, so that
// an e-mail address cannot be read, sorted by or guessed.
func (k Kind) rights() []permission {
	m := directuschat.DefaultMapping
	rights := []permission{
		{Collection: profiles, Action: "read", Fields: []string{"id", "name"}},
		{Collection: messages, Action: "read", Fields: []string{m.ID, m.Content, m.Author, m.Created, m.Updated, m.Deleted, m.ReplyTo}},
		{Collection: messages, Action: "create", Fields: createFields()},
	}
	for i := range rights {
		rights[i].Policy = PolicyID
		if k == Core {
			rights[i].Fields = []string{"*"}
		}
	}
	return rights
}

// createFields are all that a new message may bring along.
func createFields() []string {
	m := directuschat.DefaultMapping
	return []string{m.ID, m.Content, m.ReplyTo}
}

func (p *Project) planRights() []Step {
	var steps []Step
	for _, want := range p.Kind.rights() {
		step := Step{What: fmt.Sprintf("right to %s %s", want.Action, want.Collection)}
		have, found := p.right(want.Collection, want.Action)
		missing := slices.DeleteFunc(slices.Clone(want.Fields), func(f string) bool { return slices.Contains(have.Fields, f) })
		switch {
		case !found:
			step.Change = Add
			if p.needsGuard() && want.Action == "create" {
				step.Calls = append(step.Calls, guardWorks())
			}
			step.Calls = append(step.Calls, Call{Method: "POST", Path: "permissions", Body: want})
		case len(missing) > 0 && !slices.Contains(have.Fields, "*"):
			step.Change, step.Calls = Mend, []Call{{Method: "PATCH", Path: fmt.Sprintf("permissions/%d", have.ID),
				Body: row{"fields": slices.Concat(have.Fields, missing)}}}
		}
		steps = append(steps, step)
	}
	return steps
}

// right is what our policy allows already. Directus adds up several rows for the same action; the first one is ours.
func (p *Project) right(collection, action string) (right permission, found bool) {
	for _, have := range p.permissions {
		if have.Collection != collection || have.Action != action {
			continue
		}
		if !found {
			right, found = have, true
			continue
		}
		right.Fields = append(slices.Clone(right.Fields), have.Fields...)
	}
	return right, found
}
