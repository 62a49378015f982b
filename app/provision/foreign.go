package provision

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	directuschat "directuschat"
)

// A collection that others made stays as it is, unless setup is asked to complete it. Then it gets what it lacks, each
// with a note by which undo finds it; nothing that is there is changed but for an index on a date.

// indexMark in the note of a field says that its index is ours.
const indexMark = "Index made by chatd setup."

// adapt fits the mapping to the collection that is there: an optional field that is not there, and will not be, is not
// mapped.
func (p *Project) adapt() {
	p.keyType = "uuid"
	have, found := p.collections[p.mapping.Collection]
	if !found {
		return
	}
	if key, ok := have.fields[p.mapping.ID]; ok {
		p.keyType = fmt.Sprint(key["type"])
	}
	if have.ours() || p.Complete {
		return
	}
	for _, name := range []*string{&p.mapping.Updated, &p.mapping.Deleted, &p.mapping.ReplyTo} {
		if _, ok := have.fields[*name]; !ok {
			*name = ""
		}
	}
}

// ownKeys reports whether clients choose the key of a message.
func (p *Project) ownKeys() bool { return p.keyType == "uuid" }

// guardsMessages reports whether the messages are ours to guard: we made them, or were asked to complete them, now or
// earlier.
func (p *Project) guardsMessages() bool {
	have, found := p.collections[p.mapping.Collection]
	if !found || have.ours() || p.Complete {
		return true
	}
	options, _ := p.flows[p.guardID()]["options"].(row)
	guarded, _ := options["collections"].([]any)
	return slices.Contains(guarded, any(p.mapping.Collection))
}

// checkMapping says all that does not fit the mapping in the collection that others made for the messages.
func (p *Project) checkMapping(have foundCollection) error {
	m := p.mapping
	var problems []error
	check := func(name, flag string, fits func(field row) bool, want string) {
		f, found := have.fields[name]
		if name == "" || found && fits(f) {
			return
		}
		what := fmt.Sprintf("%s.%s is not %s", m.Collection, name, want)
		if !found {
			what = fmt.Sprintf("%s has no field %q, which should be %s", m.Collection, name, want)
		}
		problems = append(problems, fmt.Errorf("%s: name the right field with -field %s=NAME, or make it in Data Studio", what, flag))
	}
	special := func(word string) func(row) bool {
		return func(f row) bool {
			meta, _ := f["meta"].(row)
			specials, _ := meta["special"].([]any)
			return slices.Contains(specials, any(word))
		}
	}
	kind := func(kinds ...string) func(row) bool {
		return func(f row) bool { return slices.Contains(kinds, fmt.Sprint(f["type"])) }
	}
	check(m.ID, "id", func(f row) bool {
		schema, _ := f["schema"].(row)
		return schema["is_primary_key"] == true && kind("uuid", "integer", "bigInteger")(f)
	}, "a primary key of type uuid or integer")
	check(m.Content, "content", kind("text", "string"), "a text")
	check(m.Author, "author", special("user-created"), `a field of the kind "User Created", which Directus fills`)
	// Of a dateTime Directus tells less than it compares: messages of one second would be in no order, and missed by a page.
	stamp := func(word string) func(row) bool {
		return func(f row) bool { return special(word)(f) && kind("timestamp")(f) }
	}
	check(m.Created, "created", stamp("date-created"), `a field of the kind "Date Created" and of type timestamp, which Directus fills`)
	if _, found := have.fields[m.Updated]; found {
		check(m.Updated, "updated", stamp("date-updated"), `a field of the kind "Date Updated" and of type timestamp, which Directus fills`)
	}
	if _, found := have.fields[m.Deleted]; found {
		check(m.Deleted, "deleted", kind("timestamp", "dateTime"), "a timestamp")
	}
	if _, found := have.fields[m.ReplyTo]; found {
		check(m.ReplyTo, "reply-to", kind(p.keyType), "of the type of the primary key")
	}
	return errors.Join(problems...)
}

// planForeign maps onto a collection that others made; want is what setup would have made.
func (p *Project) planForeign(have foundCollection, want collection) ([]Step, error) {
	if !p.mapped && !p.Complete {
		return nil, fmt.Errorf("there is a collection %s that setup did not make: to chat in it say -collection %s, and -complete to add the fields it lacks; "+
			"or name another one with -collection", want.name, want.name)
	}
	if err := p.checkMapping(have); err != nil {
		return nil, err
	}
	steps := []Step{{What: "collection " + want.name + ", which setup did not make"}}
	if !p.guardsMessages() {
		if missing := p.missing(have); len(missing) > 0 {
			steps = append(steps, Step{What: fmt.Sprintf("%s has no %s, so some of the chat cannot work: -complete adds what is missing", want.name, strings.Join(missing, ", ")), Change: Advise})
		}
		return steps, nil
	}
	if p.Kind == Core && have.sort != "" {
		steps = append(steps, Step{What: fmt.Sprintf("people of the chat can change the order of %s: past every guard, this Directus lets whoever may change a row write the sort field, %s; "+
			"if that matters, take it out of the collection's settings", want.name, have.sort), Change: Advise})
	}
	add := want.fields
	if !p.ownKeys() {
		add = append(add, field(clientIDField, "uuid", row{"interface": "input", "readonly": true, "hidden": true}, row{"is_unique": true}, nil))
	}
	for _, f := range add {
		name := f["field"].(string)
		what := fmt.Sprintf("field %s.%s", want.name, name)
		there, found := have.fields[name]
		switch {
		case !found:
			if name != SealField {
				f["meta"].(row)["note"] = mark
			}
			steps = append(steps, Step{what, Add, []Call{{Method: "POST", Path: "fields/" + want.name, Body: f}}})
		case name == clientIDField && !isClientID(there):
			steps = append(steps, Step{What: what + " is not a uuid that is unique: rename it, and run setup again, for the chat to recognise a message whose answer was lost", Change: Advise})
		case name == SealField:
			if essence := essence(f); !covers(plain(there), plain(essence)) {
				steps = append(steps, Step{what, Mend, []Call{{Method: "PATCH", Path: "fields/" + want.name + "/" + name, Body: essence}}})
			}
		case name == p.mapping.Created || name == p.mapping.Updated:
			if schema, _ := there["schema"].(row); schema["is_indexed"] != true {
				steps = append(steps, Step{"index on " + want.name + "." + name, Add, []Call{{Method: "PATCH", Path: "fields/" + want.name + "/" + name, Body: row{
					"schema": row{"is_indexed": true}, "meta": row{"note": strings.TrimSpace(noteOf(there) + " " + indexMark)}}}}})
			}
		}
	}
	return steps, nil
}

// missing are the fields, by their usual names, that a full chat has and this collection has not.
func (p *Project) missing(have foundCollection) (names []string) {
	m := directuschat.DefaultMapping
	for usual, name := range map[string]string{m.Updated: p.mapping.Updated, m.Deleted: p.mapping.Deleted, m.ReplyTo: p.mapping.ReplyTo} {
		if name == "" {
			names = append(names, usual)
		}
	}
	if _, found := have.fields[clientIDField]; !found && !p.ownKeys() {
		names = append(names, clientIDField)
	}
	slices.Sort(names)
	return names
}

func noteOf(field row) string {
	meta, _ := field["meta"].(row)
	note, _ := meta["note"].(string)
	return note
}
