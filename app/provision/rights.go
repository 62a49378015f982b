package provision

import (
	"fmt"
	"slices"
)

// planPolicy makes the policies, the roles and who has them. None of it gives a right yet, the first time.
func (p *Project) planPolicy() []Step {
	var steps []Step
	for _, want := range []struct{ id, name, icon, description string }{
		{PolicyID, "Chat", "chat", "Who has it may use the chat."},
		{ModeratorPolicyID, "Chat moderator", "shield_person", "Who has it beside the policy Chat may delete what others wrote."},
	} {
		step := Step{What: "policy " + want.name}
		if !p.policies[want.id] {
			step.Change, step.Calls = Add, []Call{{Method: "POST", Path: "policies", Body: row{
				"id": want.id, "name": want.name, "icon": want.icon, "description": mark + " " + want.description,
				"app_access": false, "admin_access": false, "enforce_tfa": false}}}
		}
		steps = append(steps, step)
	}
	for _, want := range []struct{ id, name, icon, description string }{
		{RoleID, "Chat user", "chat", "For people who only chat."},
		{ModeratorRoleID, "Chat moderator", "shield_person", "For people who only chat, and keep order."},
	} {
		step := Step{What: "role " + want.name}
		if !p.roles[want.id] {
			step.Change, step.Calls = Add, []Call{{Method: "POST", Path: "roles", Body: row{
				"id": want.id, "name": want.name, "icon": want.icon, "description": mark + " " + want.description}}}
		}
		steps = append(steps, step)
	}
	grants := append([]grant{
		{"role Chat user", access{Role: RoleID}, false},
		{"role Chat moderator", access{Role: ModeratorRoleID}, true},
	}, p.grants...)
	planned := slices.Clone(p.access)
	give := func(policy, name string, g grant) {
		want := access{Policy: policy, User: g.User, Role: g.Role}
		step := Step{What: "policy " + name + " for " + g.label}
		has := func(a access) bool { return a.Policy == want.Policy && a.User == want.User && a.Role == want.Role }
		if !slices.ContainsFunc(planned, has) {
			step.Change, step.Calls = Add, []Call{{Method: "POST", Path: "access", Body: want}}
			planned = append(planned, want)
		}
		steps = append(steps, step)
	}
	for _, g := range grants {
		give(PolicyID, "Chat", g)
		if g.moderator {
			give(ModeratorPolicyID, "Chat moderator", g)
		}
	}
	return steps
}

// ModeratorAction is the right by which somebody knows, from permissions/me, that they are a moderator: the policy gives
// it for the messages, and the chat makes no other use of it. Of all rights it is the one that allows nothing by itself:
// sharing a row takes the right to create directus_shares as well. (That a moderator may update messages does not tell:
// so may everybody. What the guard looks for, the policy, only administrators can read.) Administrators have it too.
const ModeratorAction = "share"

// rights are what the policies allow, the least dangerous first. Nobody gets delete: a row that goes leaves nothing to
// tell others by. There is nothing of directus_users either, of whatever kind permissions are: names come from the
// profiles, so that an e-mail address cannot be read, sorted by or guessed.
func (p *Project) rights() []permission {
	m := p.mapping
	own := func(author string) row { return row{author: row{"_eq": "$CURRENT_USER"}} }
	reaction := []string{"id", ReactionMessage, ReactionEmoji, ReactionRemoved, "user_created", "date_created", "date_updated"}
	rights := []permission{
		{Policy: PolicyID, Collection: m.Profiles, Action: "read", Fields: []string{"id", "name"}},
		{Policy: PolicyID, Collection: m.Collection, Action: "read", Fields: p.readFields()},
		{Policy: PolicyID, Collection: p.reactions, Action: "read", Fields: reaction},
	}
	if p.Kind == Rules || p.guardsMessages() {
		rights = append(rights, permission{Policy: PolicyID, Collection: m.Collection, Action: "create", Fields: p.createFields(m.Collection)})
	}
	rights = append(rights,
		permission{Policy: PolicyID, Collection: p.reactions, Action: "create", Fields: p.createFields(p.reactions)},
		permission{Policy: PolicyID, Collection: p.reactions, Action: "update", Fields: []string{ReactionRemoved}, Rule: own("user_created")})
	if p.canChange() {
		there := row{m.Deleted: row{"_null": true}}
		change := []string{m.Content, m.Deleted}
		rights = append(rights,
			permission{Policy: ModeratorPolicyID, Collection: m.Collection, Action: ModeratorAction, Fields: []string{"*"}},
			permission{Policy: PolicyID, Collection: m.Collection, Action: "update", Fields: change, Rule: row{"_and": []row{own(m.Author), there}}})
		if p.Kind == Rules { // else the policy itself is what the guard looks for
			rights = append(rights, permission{Policy: ModeratorPolicyID, Collection: m.Collection, Action: "update", Fields: change, Rule: there})
		}
	}
	if p.Kind == Core {
		for i := range rights {
			rights[i].Fields, rights[i].Rule = []string{"*"}, nil
		}
	}
	return rights
}

// canChange reports whether messages can be edited and deleted, and others hear of it.
func (p *Project) canChange() bool {
	return p.guardsMessages() && p.mapping.Deleted != "" && p.mapping.Updated != ""
}

func (p *Project) readFields() []string {
	m := p.mapping
	fields := []string{m.ID, m.Content, m.Author, m.Created, m.Updated, m.Deleted, m.ReplyTo}
	if p.hasClientID() {
		fields = append(fields, clientIDField)
	}
	return slices.DeleteFunc(fields, func(f string) bool { return f == "" })
}

// createFields are all that a new row of a collection may bring along.
func (p *Project) createFields(collection string) []string {
	if collection == p.reactions {
		return []string{"id", ReactionMessage, ReactionEmoji}
	}
	m := p.mapping
	fields := []string{m.ID, m.Content}
	if !p.ownKeys() {
		fields = []string{m.Content}
	}
	if p.hasClientID() {
		fields = append(fields, clientIDField)
	}
	if m.ReplyTo != "" {
		fields = append(fields, m.ReplyTo)
	}
	return fields
}

// hasClientID reports whether messages have a key chosen by the client beside their own, or will.
func (p *Project) hasClientID() bool {
	f, found := p.collections[p.mapping.Collection].fields[clientIDField]
	return !p.ownKeys() && (found && isClientID(f) || !found && p.guardsMessages())
}

// isClientID reports whether a field is what its name says, and not something else of others. A uuid without a special of
// its own comes back as a string where the database has no uuids.
func isClientID(f row) bool {
	schema, _ := f["schema"].(row)
	return (f["type"] == "uuid" || f["type"] == "string") && schema["is_unique"] == true
}

func (p *Project) planRights() []Step {
	var steps []Step
	for _, want := range p.rights() {
		step := Step{What: fmt.Sprintf("right to %s %s", want.Action, want.Collection)}
		if want.Policy == ModeratorPolicyID {
			step.What += " as a moderator"
		}
		if want.Action == ModeratorAction {
			step.What += ", by which the chat knows one; nobody can share anything with it"
		}
		have, found := p.right(want.Policy, want.Collection, want.Action)
		missing := slices.DeleteFunc(slices.Clone(want.Fields), func(f string) bool { return slices.Contains(have.Fields, f) })
		switch {
		case !found:
			step.Change = Add
			if p.isSealed() && want.Action == "create" {
				step.Calls = append(step.Calls, p.createWorks(want.Collection))
			}
			if want.Action == "update" {
				step.Calls = append(step.Calls, p.updateWorks(want.Collection))
			}
			step.Calls = append(step.Calls, Call{Method: "POST", Path: "permissions", Body: want})
		case len(missing) > 0 && !slices.Contains(have.Fields, "*"):
			step.Change, step.Calls = Mend, []Call{{Method: "PATCH", Path: fmt.Sprintf("permissions/%d", have.ID),
				Body: row{"fields": slices.Concat(have.Fields, missing)}}}
		}
		steps = append(steps, step)
	}
	if p.Kind == Core && !p.guardsMessages() {
		steps = append(steps, Step{What: fmt.Sprintf("without a licence for custom rules, the right to write to %s is safe only behind a guard, which setup makes when -complete is given: "+
			"until then nobody gets it from the policy Chat", p.mapping.Collection), Change: Advise})
	}
	return steps
}

// right is what a policy of ours allows already. Directus adds up several rows for the same action; the first one is ours.
func (p *Project) right(policy, collection, action string) (right permission, found bool) {
	for _, have := range p.permissions {
		if have.Policy != policy || have.Collection != collection || have.Action != action {
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
