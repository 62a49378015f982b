package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// changedNamesFlow runs for every user who is made or changed, and asks oneNameFlow about those whose name, or whose right
// to chat, may be affected. One change can concern many users, and a Flow has no other loop than calling another Flow.
func (p *Project) changedNamesFlow() flow {
	return flow{
		id: namesID, name: "Chat: whose name may have changed", trigger: "event",
		description: mark + " Keeps " + p.mapping.Profiles + " up to date.",
		options:     row{"type": "action", "scope": []string{"items.create", "items.update"}, "collections": []string{"directus_users"}},
		operations: []operation{
			{
				key: "users", name: "Which users", kind: "exec", resolve: "settle",
				options: row{"code": lines(
					// Directus updates a user also for every page opened in Data Studio.
					`module.exports = function (data) {`,
					`	const change = data.$trigger;`,
					`	if (change.key) return [change.key];`,
					`	const matters = ["first_name", "last_name", "role", "policies"].some((field) => field in change.payload);`,
					`	return matters ? change.keys : [];`,
					`};`)},
			},
			// Of a list of changes (PATCH users) Directus tells before it has committed them, and PostgreSQL, unlike SQLite, lets
			// us read what was there before. Nothing tells when it has; what takes longer is found when setup is run again.
			{key: "settle", name: "Wait until it is committed", kind: "sleep", resolve: "each", options: row{"milliseconds": 1000}},
			{key: "each", name: "Keep each name", kind: "trigger", options: row{"flow": nameID, "payload": "{{users}}", "iterationMode": "serial"}},
		},
	}
}

// oneNameFlow writes the profile of one user, if the chat is for that user. Who may no longer chat keeps the profile: old
// messages have an author.
func (p *Project) oneNameFlow() flow {
	profile := func(extra row) row {
		options := row{"collection": p.mapping.Profiles, "permissions": "$full", "emitEvents": true, "payload": "{{profile}}"}
		for name, v := range extra {
			options[name] = v
		}
		return options
	}
	return flow{
		id: nameID, name: "Chat: keep one name", trigger: "operation",
		description: mark + " Copies a chat user's name, and nothing else, to " + p.mapping.Profiles + ".",
		options:     row{},
		operations: []operation{
			{
				key: "found", name: "Is this a user of the chat?", kind: "item-read", resolve: "profile",
				options: row{"collection": "directus_users", "permissions": "$full", "emitEvents": false, "query": row{
					"fields": nameFields,
					"filter": row{"_and": []row{{"id": row{"_eq": "{{$trigger}}"}}, holders(PolicyID)}}}},
			},
			{
				key: "profile", name: "How the name is written (fails for others)", kind: "exec", resolve: "add",
				options: row{"code": lines(
					`module.exports = function (data) {`,
					`	const user = data.found[0];`,
					`	const name = [user.first_name, user.last_name].filter(Boolean).join(" ");`,
					`	return { id: user.id, user: user.id, name };`,
					`};`)},
			},
			{key: "add", name: "Add it", kind: "item-create", reject: "change", options: profile(nil)},
			{key: "change", name: "Or change it", kind: "item-update", options: profile(row{"key": "{{profile.id}}"})},
		},
	}
}

// nameFields are all that is read of a user.
var nameFields = []string{"id", "first_name", "last_name"}

// holders is the filter for users who have a policy: themselves, by their role, or by one of two roles above it.
func holders(policy string) row {
	has := row{"policies": row{"policy": row{"_eq": policy}}}
	return row{"_or": []row{
		has,
		{"role": has},
		{"role": row{"parent": has}},
		{"role": row{"parent": row{"parent": has}}},
	}}
}

// Moderates reports whether a user has the policy of moderators, alone or by a role.
func Moderates(ctx context.Context, admin *Admin, user string) (bool, error) {
	filter, err := json.Marshal(row{"_and": []row{{"id": row{"_eq": user}}, holders(ModeratorPolicyID)}})
	if err != nil {
		return false, err
	}
	found, err := List[struct{ ID string }](ctx, admin.get, "users", url.Values{"fields": {"id"}, "filter": {string(filter)}})
	return len(found) > 0, err
}

// A profile is a row of the profiles: what users of the chat may know of each other.
type profile struct {
	ID   string `json:"id"`
	User string `json:"user"`
	Name string `json:"name"`
}

// planNames brings the profiles up to date with the users who have the policy now. The Flows do the same from then on;
// this is for those who were there before them, and for what nobody noticed: a policy given to a whole role.
func (p *Project) planNames(ctx context.Context, admin *Admin) ([]Step, error) {
	filter, err := json.Marshal(holders(PolicyID))
	if err != nil {
		return nil, err
	}
	type user struct {
		ID    string
		First string `json:"first_name"`
		Last  string `json:"last_name"`
	}
	users, err := List[user](ctx, admin.get, "users", url.Values{"filter": {string(filter)}, "fields": {strings.Join(nameFields, ",")}})
	if err != nil {
		return nil, fmt.Errorf("failed to read who may chat: %w", err)
	}
	have, err := List[profile](ctx, admin.get, "items/"+p.mapping.Profiles, nil)
	if err != nil {
		return nil, fmt.Errorf("failed to read the profiles: %w", err)
	}
	known := map[string]profile{}
	for _, person := range have {
		known[person.ID] = person
	}
	var add, change []profile
	for _, u := range users {
		want := profile{ID: u.ID, User: u.ID, Name: fullName(u.First, u.Last)}
		switch has, found := known[u.ID]; {
		case !found:
			add = append(add, want)
		case has != want:
			change = append(change, want)
		}
	}
	step := Step{What: fmt.Sprintf("names of chat users (%d)", len(users))}
	const batch = 500 // keeps a request well below Directus's limit of 1 MB
	for rows := range slices.Chunk(add, batch) {
		step.Change, step.Calls = Add, append(step.Calls, Call{Method: "POST", Path: "items/" + p.mapping.Profiles, Body: rows})
	}
	for rows := range slices.Chunk(change, batch) {
		step.Change, step.Calls = Mend, append(step.Calls, Call{Method: "PATCH", Path: "items/" + p.mapping.Profiles, Body: rows})
	}
	return []Step{step}, nil
}

// fullName writes a name exactly as oneNameFlow's script does, or the two would take turns at changing it.
func fullName(first, last string) string {
	if first == "" || last == "" {
		return first + last
	}
	return first + " " + last
}
