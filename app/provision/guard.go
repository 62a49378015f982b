package provision

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/google/uuid"

	"directuschat/app/directus"
)

// The guard is a Flow that stands before every write to the collections of one chat. Administrators, and Directus itself,
// write what they like. From others it takes what their right is for, and drops the rest:
//
//   - a new row may have the fields that its author has a say in
//   - a message may get another text, from its author, or be deleted, by its author or a moderator; once deleted it stays
//     as it is
//   - a reaction may be taken back, or given again, by whose it is
//
// Where permissions have rules, they say the same, and the guard sees to updates only: a rule cannot say that a moderator
// may empty a text and not rewrite it.

func (p *Project) guardID() string {
	return key("flow: what may be written to " + p.mapping.Collection)
}

// A writing is what the guard's scripts know of a collection.
type writing struct {
	Create  []string `json:"create"`
	Author  string   `json:"author"`
	Content string   `json:"content,omitempty"` // of a message
	Deleted string   `json:"deleted,omitempty"`
	Removed string   `json:"removed,omitempty"` // of a reaction
}

func (p *Project) guardFlow() flow {
	m := p.mapping
	writings := map[string]writing{p.reactions: {Create: p.createFields(p.reactions), Author: "user_created", Removed: ReactionRemoved}}
	collections := []string{p.reactions}
	if p.guardsMessages() {
		writings[m.Collection] = writing{Create: p.createFields(m.Collection), Author: m.Author, Content: m.Content, Deleted: m.Deleted}
		collections = []string{m.Collection, p.reactions}
	}
	scope, pass := []string{"items.update"}, row{}
	if p.isSealed() {
		scope, pass = []string{"items.create", "items.update"}, row{SealField: p.seal}
	}
	known := lines(
		`	const collections = `+literal(writings)+`;`,
		`	const pass = `+literal(pass)+`;`,
		`	const { payload, keys, collection } = data.$trigger;`,
		`	const fields = collections[collection];`,
		`	const who = data.$accountability;`,
		`	const trusted = !who || who.admin;`)
	return flow{
		id: p.guardID(), name: "Chat: what may be written", trigger: "event",
		description: mark + " Setup puts it back as it was: to do more, make a Flow of your own. Without it nobody can write in the chat, or only by the rules of permissions.",
		options:     row{"type": "filter", "scope": scope, "collections": collections, "return": "$last"},
		operations: []operation{
			{
				key: "new", name: "Is it new, or Directus's own?", kind: "condition", resolve: "clean", reject: "rows",
				options: row{"filter": row{"_or": []row{
					{"$trigger": row{"event": row{"_ends_with": ".create"}}},
					{"$accountability": row{"_null": true}}}}},
			},
			{
				key: "clean", name: "Keep what its author may say", kind: "exec",
				options: row{"code": lines(
					`module.exports = function (data) {`, known,
					`	const kept = Object.entries(payload).filter(([field]) => trusted || fields.create.includes(field));`,
					`	return Object.assign(Object.fromEntries(kept), pass);`,
					`};`)},
			},
			{
				key: "rows", name: "What is to be changed", kind: "item-read", resolve: "moderator",
				options: row{"collection": "{{$trigger.collection}}", "key": "{{$trigger.keys}}", "permissions": "$full", "emitEvents": false,
					"query": row{"fields": []string{"*"}}},
			},
			{
				key: "moderator", name: "Is this a moderator?", kind: "item-read", resolve: "judge",
				options: row{"collection": "directus_users", "permissions": "$full", "emitEvents": false, "query": row{
					"fields": []string{"id"},
					"filter": row{"_and": []row{{"id": row{"_eq": "{{$accountability.user}}"}}, holders(ModeratorPolicyID)}}}},
			},
			{
				key: "judge", name: "Keep what may be changed (fails for what may not)", kind: "exec", reject: "deny",
				options: row{"code": lines(
					`module.exports = function (data) {`, known,
					`	if (trusted) return Object.assign({}, payload, pass);`,
					`	const rows = [].concat(data.rows);`,
					`	if (!who.user || rows.length !== new Set(keys).size) throw new Error("not found");`,
					`	const own = rows.every((row) => row[fields.author] === who.user);`,
					`	const changed = Object.assign({}, pass);`,
					`	if (fields.removed) {`,
					// Directus stores whatever a boolean is said to be, where the database lets it.
					`		if (!own || typeof payload[fields.removed] !== "boolean") throw new Error("not to be changed");`,
					`		changed[fields.removed] = payload[fields.removed];`,
					`		return changed;`,
					`	}`,
					`	if (rows.some((row) => row[fields.deleted])) throw new Error("deleted for good");`,
					`	if (fields.deleted && payload[fields.deleted]) {`,
					`		if (!own && data.moderator.length === 0) throw new Error("somebody else's");`,
					`		changed[fields.content] = "";`,
					`		changed[fields.deleted] = new Date().toISOString();`,
					`		return changed;`,
					`	}`,
					`	if (!own || !(fields.content in payload)) throw new Error("not to be changed");`,
					`	changed[fields.content] = payload[fields.content];`,
					`	return changed;`,
					`};`)},
			},
			{
				key: "deny", name: "Refuse it", kind: "throw-error",
				options: row{"code": directus.CodeForbidden, "status": "403", "message": "You may change only what you wrote, and nothing that was deleted."},
			},
		},
	}
}

// literal writes a value as JavaScript; on many lines, for there must not be two braces in a row.
func literal(v any) string {
	b, err := json.MarshalIndent(v, "\t", "\t")
	if err != nil {
		panic(err) // strings
	}
	return string(b)
}

// isSealed reports whether users may fill every field, or could in a time without a licence, so that nothing but the
// guard stands before them.
func (p *Project) isSealed() bool {
	if p.Kind == Core {
		return true
	}
	return slices.ContainsFunc(p.permissions, func(have permission) bool {
		return (have.Action == "create" || have.Action == "update") && slices.Contains(have.Fields, "*")
	})
}

// sealed adds the field that makes a row invalid unless the guard has seen it. The word is not stored, so nobody can read
// it from a row: after the validation Directus puts the user who writes into its place. The pattern keeps it out of the
// error that names what is wrong.
func (p *Project) sealed(c collection) collection {
	if !p.isSealed() {
		return c
	}
	f := field(SealField, "uuid", row{
		"special": []string{"user-created", "user-updated"}, "interface": "input", "readonly": true, "hidden": true,
		"note": mark + " Who wrote last.", "validation_message": "The Flow that guards the chat is not active: run chatd setup."}, row{}, nil)
	f["meta"].(row)["validation"] = row{"_and": []row{
		{SealField: row{"_submitted": true}},
		{SealField: row{"_regex": "^" + p.seal + "$"}},
	}}
	c.fields = append(c.fields, f)
	return c
}

var sealPattern = regexp.MustCompile(`"_regex":"\^([0-9a-f-]{36})\$"`)

// findSeal takes the word from a field that is there, or makes one up.
func (p *Project) findSeal() {
	for _, name := range []string{p.mapping.Collection, p.reactions} {
		b, err := json.Marshal(p.collections[name].fields[SealField])
		if found := sealPattern.FindSubmatch(b); err == nil && found != nil {
			p.seal = string(found[1])
			return
		}
	}
	p.seal = uuid.NewString()
}

// createWorks waits until a new row gets past the seal, which only the guard can do. It stores nothing: the key is none,
// and Directus says FORBIDDEN to that.
func (p *Project) createWorks(collection string) Call {
	body := row{"id": "no key", ReactionMessage: uuid.Nil, ReactionEmoji: "+"}
	if collection == p.mapping.Collection {
		body = row{p.mapping.ID: "no key", p.mapping.Content: ""}
	}
	return Call{Method: "POST", Path: "items/" + collection, Body: body, Until: directus.CodeForbidden}
}

// updateWorks waits until the guard does not find what is to be changed. Without the guard, the date from outside would
// be invalid.
func (p *Project) updateWorks(collection string) Call {
	missing, updated := uuid.Nil.String(), "date_updated"
	if collection == p.mapping.Collection {
		updated = p.mapping.Updated
		if !p.ownKeys() {
			missing = "0"
		}
	}
	return Call{Method: "PATCH", Path: fmt.Sprintf("items/%s/%s", collection, missing), Body: row{updated: "2001-01-01T00:00:00Z"}, Until: directus.CodeForbidden}
}
