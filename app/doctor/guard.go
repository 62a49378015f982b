package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	directuschat "directuschat"
	"directuschat/app/directus"
	"directuschat/app/provision"
)

// isSealed reports whether a collection, of these fields, takes only what setup's guard has let through.
func isSealed(fields map[string]field) bool {
	return fields[provision.SealField].Meta.Validation != nil
}

// readStuck finds out which sealed collections take nothing, because the guard is not there to add the word that the seal
// asks for. It tries as the operator, of whom the guard keeps every field, so that Directus refuses the key in the end,
// whatever it is.
func (x *exam) readStuck(ctx context.Context) error {
	m := x.Mapping
	for _, c := range []struct {
		name   string
		fields map[string]field
		item   map[string]any
	}{
		{m.Collection, x.fields, map[string]any{m.ID: noKey, m.Content: ""}},
		{m.Reactions, x.reactionFields, map[string]any{"id": noKey, provision.ReactionMessage: noKey, provision.ReactionEmoji: "+"}},
	} {
		if !isSealed(c.fields) {
			continue
		}
		code, err := x.tryNew(ctx, x.operator, c.name, c.item)
		if err != nil {
			return err
		}
		if code == directus.CodeFailedValidation {
			x.stuck = append(x.stuck, c.name)
		}
	}
	return nil
}

// isStuck reports whether nobody can write to a collection.
func (x *exam) isStuck(collection string) bool { return slices.Contains(x.stuck, collection) }

func guardOff(_ context.Context, x *exam) (*Finding, error) {
	if x.stuck == nil {
		return nil, nil
	}
	means := "nobody can write: every message is refused, and every change of one"
	if !x.isStuck(x.Mapping.Collection) {
		means = "nobody can react to a message"
	}
	return &Finding{
		What:  "the Flow that lets the chat write is off, or not as setup made it: " + strings.Join(x.stuck, " and ") + " takes nothing",
		Means: means,
		Fix: fmt.Sprintf(`%s: it makes the Flow "Chat: what may be written" what it was, and active; if it finds no room for it, set another active Flow `+
			`to inactive in Data Studio, under Settings, Flows`, x.setupAgain()),
	}, nil
}

// setupAgain is the fix for what setup has made.
func (x *exam) setupAgain() string {
	command := x.setup()
	if isSealed(x.fields) && x.Mapping != directuschat.DefaultMapping {
		command += " -complete" // finds a guard that is gone altogether
	}
	return "run " + command + " again, which makes and mends what is missing and changes nothing else"
}

// setup is the command for the collection and the fields of this chat.
func (x *exam) setup() string {
	m, usual := x.Mapping, directuschat.DefaultMapping
	command := "chatd setup"
	if m.Collection != usual.Collection {
		command += " -collection " + m.Collection
	}
	var fields []string
	for _, f := range []struct{ flag, name, usual string }{
		{"id", m.ID, usual.ID}, {"content", m.Content, usual.Content}, {"author", m.Author, usual.Author}, {"created", m.Created, usual.Created},
		{"updated", m.Updated, usual.Updated}, {"deleted", m.Deleted, usual.Deleted}, {"reply-to", m.ReplyTo, usual.ReplyTo},
	} {
		if f.name != f.usual && f.name != "" { // what serve goes without, setup may have made all the same
			fields = append(fields, f.flag+"="+f.name)
		}
	}
	if fields != nil {
		command += " -field " + strings.Join(fields, ",")
	}
	return command
}
