package provision

import (
	"fmt"
	"slices"

	directuschat "directuschat"
)

// mark in the note of what setup has made says that it is ours to complete, and to remove. It is what an operator reads
// in Data Studio.
const mark = "Made by chatd setup."

// Fields whose names are not part of a mapping.
const (
	SealField     = "chat_guard" // of messages and reactions, on a Directus without rules: see sealed
	clientIDField = directuschat.ClientIDField

	// Of reactions.
	ReactionMessage = "message"
	ReactionEmoji   = "emoji"
	ReactionRemoved = "removed" // taken back; the row stays, so that a change is what everybody hears of
)

// A collection is what we want of one.
type collection struct {
	name      string
	meta      row
	fields    []row
	relations []row
}

func (p *Project) messages() collection {
	m := p.mapping
	c := collection{
		name: m.Collection,
		meta: row{"icon": "chat", "note": mark, "accountability": nil}, // null: no activity row per message
		fields: []row{
			primaryKey(m.ID),
			field(m.Content, "text",
				row{"interface": "input-multiline", "required": true, "validation_message": fmt.Sprintf("At most %d characters.", directuschat.MaxLength)},
				row{"is_nullable": false},
				row{"_regex": fmt.Sprintf(`^[\s\S]{0,%d}$`, directuschat.MaxLength)}),
			stamp(m.Author, "uuid", "user-created"),
			stamp(m.Created, "timestamp", "date-created"),
			stamp(m.Updated, "timestamp", "date-updated"),
			field(m.Deleted, "timestamp", row{"interface": "datetime", "display": "datetime"}, row{}, nil),
			field(m.ReplyTo, p.keyType, row{"interface": "select-dropdown-m2o", "special": []string{"m2o"}}, row{}, nil),
		},
		relations: []row{
			relation(m.Collection, m.Author, "directus_users", "SET NULL"),
			relation(m.Collection, m.ReplyTo, m.Collection, "SET NULL"),
		},
	}
	absent := func(r row) bool { return r["field"] == "" } // optional, and not mapped
	c.fields, c.relations = slices.DeleteFunc(c.fields, absent), slices.DeleteFunc(c.relations, absent)
	return p.sealed(c)
}

// reactionRows hold one row for each user, message and emoji. The client derives the key from the three, so a repeated
// request finds its row.
func (p *Project) reactionRows() collection {
	return p.sealed(collection{
		name: p.reactions,
		meta: row{"icon": "add_reaction", "note": mark, "accountability": nil},
		fields: []row{
			primaryKey("id"),
			field(ReactionMessage, p.keyType,
				row{"interface": "select-dropdown-m2o", "special": []string{"m2o"}, "required": true}, row{"is_nullable": false, "is_indexed": true}, nil),
			field(ReactionEmoji, "string", row{"interface": "input", "required": true}, row{"max_length": 64, "is_nullable": false}, row{"_regex": `^\S{1,64}$`}),
			field(ReactionRemoved, "boolean", row{"interface": "boolean", "special": []string{"cast-boolean"}}, row{"default_value": false, "is_nullable": false}, nil),
			stamp("user_created", "uuid", "user-created"),
			stamp("date_created", "timestamp", "date-created"),
			stamp("date_updated", "timestamp", "date-updated"),
		},
		relations: []row{
			relation(p.reactions, ReactionMessage, p.mapping.Collection, "CASCADE"),
			relation(p.reactions, "user_created", "directus_users", "CASCADE"),
		},
	})
}

// people are the profiles. They have the id of a user, so that clients need no join. A primary key cannot be a relation in Directus, hence the
// second field: it makes the name go when the user goes.
func (p *Project) people() collection {
	return collection{
		name: p.mapping.Profiles,
		meta: row{"icon": "badge", "note": mark + " Who writes in the chat; kept up to date by Flows.", "accountability": nil},
		fields: []row{
			primaryKey("id"),
			field("name", "string", row{"interface": "input", "readonly": true}, row{"max_length": 255}, nil),
			field("user", "uuid", row{"interface": "select-dropdown-m2o", "special": []string{"m2o"}, "hidden": true}, row{}, nil),
		},
		relations: []row{relation(p.mapping.Profiles, "user", "directus_users", "CASCADE")},
	}
}

func primaryKey(name string) row {
	return field(name, "uuid",
		row{"special": []string{"uuid"}, "interface": "input", "hidden": true, "readonly": true},
		row{"is_primary_key": true, "length": 36, "has_auto_increment": false}, nil)
}

// stamp is a field that Directus fills. Its specials ignore what a client sends only when they fill: anybody who may
// update a message could rewrite its author, and anybody who may create one its date_updated, were it not for the
// validation, which refuses every value from outside. Dates are what clients ask by, so they have an index.
func stamp(name, kind, special string) row {
	meta := row{"special": []string{special}, "readonly": true, "validation_message": "Directus sets this.",
		"interface": "datetime", "display": "datetime"}
	if kind == "uuid" {
		meta["interface"], meta["display"] = "select-dropdown-m2o", "user"
	}
	return field(name, kind, meta, row{"is_indexed": kind == "timestamp"}, row{"_null": true})
}

// field makes a field; rule is what its values must satisfy, nil for none.
func field(name, kind string, meta, schema, rule row) row {
	if rule != nil {
		meta["validation"] = row{"_and": []row{{name: rule}}}
	}
	return row{"field": name, "type": kind, "meta": meta, "schema": schema}
}

func relation(collection, field, related, onDelete string) row {
	return row{"collection": collection, "field": field, "related_collection": related, "schema": row{"on_delete": onDelete}}
}

// essence is the part of a field that safety and speed depend on; how it looks in Data Studio is for the operator to
// change.
func essence(field row) row {
	essence := row{}
	if rule, ok := field["meta"].(row)["validation"]; ok {
		essence["meta"] = row{"validation": rule}
	}
	if schema, _ := field["schema"].(row); schema["is_indexed"] == true {
		essence["schema"] = row{"is_indexed": true}
	}
	return essence
}

// planSchema makes the collections, and completes those that are ours, or that it is asked to complete.
func (p *Project) planSchema() ([]Step, error) {
	var steps []Step
	for _, want := range []collection{p.messages(), p.reactionRows(), p.people()} {
		have, found := p.collections[want.name]
		what := "collection " + want.name
		switch {
		case !found:
			steps = append(steps, Step{what, Add, []Call{{Method: "POST", Path: "collections", Body: row{
				"collection": want.name, "schema": row{}, "meta": want.meta, "fields": want.fields}}}})
		case have.ours():
			steps = append(steps, Step{What: what})
			steps = append(steps, have.planFields(want)...)
		case want.name != p.mapping.Collection:
			return nil, fmt.Errorf("there is a collection %s that setup did not make: rename it, or use a project without one", want.name)
		default:
			foreign, err := p.planForeign(have, want)
			if err != nil {
				return nil, err
			}
			steps = append(steps, foreign...)
			want.relations = slices.DeleteFunc(want.relations, func(r row) bool { return !p.Complete || r["field"] != p.mapping.ReplyTo })
		}
		for _, r := range want.relations {
			step := Step{What: fmt.Sprintf("relation from %s.%s to %s", r["collection"], r["field"], r["related_collection"])}
			if !have.relations[r["field"].(string)] {
				step.Change, step.Calls = Add, []Call{{Method: "POST", Path: "relations", Body: r}}
			}
			steps = append(steps, step)
		}
	}
	return steps, nil
}

// planFields completes the fields of a collection of ours.
func (c foundCollection) planFields(want collection) []Step {
	var steps []Step
	for _, f := range want.fields {
		name := f["field"].(string)
		what := fmt.Sprintf("field %s.%s", want.name, name)
		if have, found := c.fields[name]; !found {
			steps = append(steps, Step{what, Add, []Call{{Method: "POST", Path: "fields/" + want.name, Body: f}}})
		} else if essence := essence(f); !covers(plain(have), plain(essence)) {
			steps = append(steps, Step{what, Mend, []Call{{Method: "PATCH", Path: "fields/" + want.name + "/" + name, Body: essence}}})
		}
	}
	return steps
}
