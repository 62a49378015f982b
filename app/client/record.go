package client

import (
	"context"
	"slices"
	"strings"

	"github.com/mailru/easyjson/jlexer"
	"github.com/mailru/easyjson/jwriter"

	"directuschat/app/chat"
	"directuschat/app/directus"
)

// A record says whose the stored refresh token is, and what was found out for them. Without it a token is not used: what
// is stored for one user must never be sent as another.
type record struct {
	Me      chat.Person
	Project project
	Email   string // as typed at the log-in: when the session ends, only the password is asked for

	Generation string // of the home
}

func (r record) home() home { return home{r.Me.ID, r.Generation} }

func (r *record) members() []member {
	return []member{
		{"me", []member{{"ID", (*string)(&r.Me.ID)}, {"Name", &r.Me.Name}}},
		{"project", r.Project.members()},
		{"email", &r.Email},
		{"generation", &r.Generation},
	}
}

func (p *project) members() []member {
	m := &p.Mapping
	return []member{
		{"mapping", []member{
			{"Collection", &m.Collection}, {"ID", &m.ID}, {"Content", &m.Content}, {"Author", &m.Author}, {"Created", &m.Created},
			{"Updated", &m.Updated}, {"Deleted", &m.Deleted}, {"ReplyTo", &m.ReplyTo}, {"ClientID", &m.ClientID},
			{"Profiles", &m.Profiles}, {"Reactions", &m.Reactions},
		}},
		{"ownKeys", &p.OwnKeys}, {"canWrite", &p.CanWrite}, {"canReply", &p.CanReply}, {"canEdit", &p.CanEdit},
		{"canDelete", &p.CanDelete}, {"canReact", &p.CanReact}, {"moderates", &p.Moderates},
		{"names", (*string)(&p.Names)}, {"nameFields", &p.NameFields},
	}
}

// same reports whether two records are stored alike.
func (r record) same(other record) bool {
	mine, err := encode(r.members())
	others, otherErr := encode(other.members())
	return err == nil && otherErr == nil && mine == others
}

// readRecord reads the record that is stored; ok is false when none is, or none that says what it must.
func readRecord(ctx context.Context, store Store) (r record, ok bool) {
	text, err := store.Get(ctx, sessionKey)
	if err != nil || r.decode(text) != nil {
		return record{}, false
	}
	return r, r.Me.ID != "" && r.Project.Mapping.Collection != ""
}

func (r *record) decode(text string) error {
	l := jlexer.Lexer{Data: []byte(text)}
	readMembers(&l, r.members())
	l.Consumed()
	return l.Error()
}

// keepRecord makes a record durable.
func (c *Client) keepRecord(r record) error {
	text, err := encode(r.members())
	if err != nil {
		return err
	}
	return c.cfg.Store.Put(c.ctx, sessionKey, text)
}

// A member is one of a JSON object's: its name, and where its value is, a *string, *bool or *[]string, or the members of
// an object. What every start and log-in reads and writes has them. The functions of encoding/json are so large that the
// engine, which compiles anew what runs often, takes a processor from whoever waits for the room, for longer than all else
// that it does for them takes.
type member struct {
	name  string
	value any
}

func encode(members []member) (string, error) {
	var w jwriter.Writer
	writeMembers(&w, members)
	text, err := w.BuildBytes()
	return string(text), err
}

// writeMembers writes an object without what is empty.
func writeMembers(w *jwriter.Writer, members []member) {
	before := byte('{')
	for _, m := range members {
		if m.empty() {
			continue
		}
		w.RawByte(before)
		writeText(w, m.name)
		w.RawByte(':')
		switch value := m.value.(type) {
		case *string:
			writeText(w, *value)
		case *bool:
			w.Bool(*value)
		case *[]string:
			writeList(w, *value)
		case []member:
			writeMembers(w, value)
		}
		before = ','
	}
	if before == '{' {
		w.RawByte(before)
	}
	w.RawByte('}')
}

func (m member) empty() bool {
	switch value := m.value.(type) {
	case *string:
		return *value == ""
	case *bool:
		return !*value
	case *[]string:
		return len(*value) == 0
	default:
		return false
	}
}

// writeList writes an array.
func writeList[S ~string](w *jwriter.Writer, list []S) {
	w.RawByte('[')
	for i, text := range list {
		if i > 0 {
			w.RawByte(',')
		}
		writeText(w, string(text))
	}
	w.RawByte(']')
}

// writeText writes a string. Most have nothing in them that JSON writes in another way, such as keys.
func writeText(w *jwriter.Writer, text string) {
	if strings.ContainsFunc(text, special) {
		w.String(text)
		return
	}
	w.RawByte('"')
	w.RawString(text)
	w.RawByte('"')
}

func special(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' }

// readMembers reads an object. What has another name, or is of another type, is left out.
func readMembers(l *jlexer.Lexer, members []member) {
	directus.ReadObject(l, func(name string) {
		i := slices.IndexFunc(members, func(m member) bool { return m.name == name })
		if i < 0 {
			l.SkipRecursive()
			return
		}
		switch value := members[i].value.(type) {
		case *string:
			*value = directus.ReadText(l)
		case *bool:
			*value = directus.ReadText(l) == "true"
		case *[]string:
			directus.ReadArray(l, func() { *value = append(*value, directus.ReadText(l)) })
		case []member:
			readMembers(l, value)
		}
	})
}
