package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	directuschat "directuschat"
	"directuschat/app/directus"
)

// mended is the fix for a part of the collection: setup's, or an operator's own where the collection is.
func (x *exam) mended(inStudio string) string {
	if x.Mapping == directuschat.DefaultMapping {
		return x.setupAgain()
	}
	return "in Data Studio, under Settings, Data Model, " + x.Mapping.Collection + ": " + inStudio
}

func collectionMissing(_ context.Context, x *exam) (*Finding, error) {
	if x.fields != nil {
		return nil, nil
	}
	return &Finding{
		What:  "there is no collection " + x.Mapping.Collection,
		Means: "there is no place for messages",
		Fix:   "run chatd setup, or name the collection that holds them with -collection",
	}, nil
}

func fieldMissing(_ context.Context, x *exam) (*Finding, error) {
	m := x.Mapping
	var missing []string
	for _, name := range []string{m.ID, m.Content, m.Author, m.Created, m.Updated, m.Deleted, m.ReplyTo} {
		if name != "" && !x.has(name) {
			missing = append(missing, name)
		}
	}
	if missing == nil {
		return nil, nil
	}
	fix := x.setupAgain()
	if m != directuschat.DefaultMapping {
		fix = "say with -field what the fields are called, such as content=text, and nothing after the = of an optional one that is not there"
	}
	return &Finding{
		What:  fmt.Sprintf("the collection %s has no field %s", m.Collection, strings.Join(missing, ", ")),
		Means: "the chat does without what these are for; without id, content, author or created it does not work",
		Fix:   fix,
	}, nil
}

func keyNotUUID(_ context.Context, x *exam) (*Finding, error) {
	if key, has := x.fields[x.Mapping.ID]; !has || key.Type == "uuid" {
		return nil, nil
	}
	beside, has := x.fields[directuschat.ClientIDField]
	// What setup makes is a string to Directus where the database has no uuids.
	ours := has && slices.Contains([]string{"uuid", "string"}, beside.Type) && beside.Schema != nil && beside.Schema.Unique
	rights := x.rights[x.Mapping.Collection]
	switch {
	case has && !ours:
		return &Finding{
			What:  "the keys of messages are given by the database, and " + directuschat.ClientIDField + " beside them is not of the type UUID, or not unique",
			Means: "the chat takes it for a key of its own: a message may be refused, or stored twice when its answer was lost",
			Fix:   x.mended("rename " + directuschat.ClientIDField + " if it is for something else, else switch on Unique for it"),
		}, nil
	case ours && (x.me == "" || rights["create"].field(directuschat.ClientIDField) && rights["read"].field(directuschat.ClientIDField)):
		return nil, nil
	}
	return &Finding{
		What:  "the keys of messages are given by the database, not by who writes",
		Means: "a message whose answer was lost may be stored twice when it is sent again; people are told that it may be stored, and decide",
		Fix:   "run " + x.setup() + " -complete, which adds " + directuschat.ClientIDField + ", a second key that people's browsers choose, and the right to it; the keys themselves cannot be changed later",
	}, nil
}

// datesCoarse looks for dates without a zone and without fractions of a second.
func datesCoarse(_ context.Context, x *exam) (*Finding, error) {
	var coarse []string
	for _, name := range []string{x.Mapping.Created, x.Mapping.Updated} {
		if f, has := x.fields[name]; has && f.Type != "timestamp" {
			coarse = append(coarse, name)
		}
	}
	if coarse == nil {
		return nil, nil
	}
	names := strings.Join(coarse, " and ")
	return &Finding{
		What:  names + " of " + x.Mapping.Collection + " is not of the type Timestamp",
		Means: "Directus tells less of such a date than it compares: messages of one second stand in no order, and some are missed after a lost connection",
		Fix:   "make a field of the type Timestamp that Directus fills, copy the dates into it, and name it with -field; the type of a field cannot be changed later",
	}, nil
}

func indexMissing(_ context.Context, x *exam) (*Finding, error) {
	var missing []string
	for _, name := range []string{x.Mapping.Created, x.Mapping.Updated} {
		if f, has := x.fields[name]; has && (f.Schema == nil || !f.Schema.Indexed) {
			missing = append(missing, name)
		}
	}
	if missing == nil {
		return nil, nil
	}
	return &Finding{
		What:  "there is no index on " + strings.Join(missing, " and "),
		Means: "with many messages every page, and every return after a lost connection, gets slower",
		Fix:   x.mended("switch on Index for " + strings.Join(missing, " and ")),
	}, nil
}

// lengthUnlimited tries a message that is too long. Validation comes before the refusal of its key, which is no UUID;
// where keys are numbers, the attempt could succeed, so the rule is read.
func lengthUnlimited(ctx context.Context, x *exam) (*Finding, error) {
	m := x.Mapping
	if !x.has(m.ID) || !x.has(m.Content) {
		return nil, nil
	}
	limited := x.fields[m.Content].Meta.Validation != nil
	if x.fields[m.ID].Type == "uuid" {
		code, err := x.tryNew(ctx, x.operator, m.Collection, map[string]any{m.ID: noKey, m.Content: strings.Repeat("x", directuschat.MaxLength+1)})
		if err != nil {
			return nil, err
		}
		limited = code == directus.CodeFailedValidation
	}
	if limited {
		return nil, nil
	}
	return &Finding{
		What:  fmt.Sprintf("messages may be longer than %d characters", directuschat.MaxLength),
		Means: "one person can send millions of characters into everybody's browser at once",
		Fix:   x.mended(fmt.Sprintf(`give %s a validation: matches the regular expression ^[\s\S]{0,%d}$`, m.Content, directuschat.MaxLength)),
	}, nil
}

// stampOpen looks for fields that Directus fills and the user may fill too. Directus overrides what is sent only when it
// fills them: an author or a date of creation can be changed later, a date of change set at creation.
func stampOpen(_ context.Context, x *exam) (*Finding, error) {
	m := x.Mapping
	if m != directuschat.DefaultMapping && isSealed(x.fields) {
		return nil, nil // what others made, setup leaves without validations: nothing gets past the guard, which drops these fields
	}
	update, create := x.rights[m.Collection]["update"], x.rights[m.Collection]["create"]
	var open []string
	for name, right := range map[string]may{m.Author: update, m.Created: update, m.Updated: create} {
		if x.has(name) && right.field(name) && !refusesAll(x.fields[name].Meta.Validation, name) {
			open = append(open, name)
		}
	}
	if open == nil {
		return nil, nil
	}
	slices.Sort(open)
	names := strings.Join(open, " and ")
	return &Finding{
		What:  "no validation keeps people from writing " + names,
		Means: "people can make messages look as if others had written them, or at another time; a date in the future hides later changes from everybody",
		Fix:   x.mended("give " + names + " a validation: is null"),
	}, nil
}

// refusesAll reports whether a validation lets no value for the field pass: one that must be null, alone or with others.
func refusesAll(validation any, name string) bool {
	rule, _ := validation.(map[string]any)
	if field, ok := rule[name].(map[string]any); ok {
		return field["_null"] == true
	}
	parts, _ := rule["_and"].([]any)
	return slices.ContainsFunc(parts, func(part any) bool { return refusesAll(part, name) })
}

// setupUnfinished is for what no check of its own is for.
func setupUnfinished(_ context.Context, x *exam) (*Finding, error) {
	return &Finding{
		What:  "setup would make or mend: " + strings.Join(x.pending, ", "),
		Means: "the chat is not as safe or complete as it could be",
		Fix:   x.setupAgain(),
	}, nil
}
