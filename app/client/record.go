package client

import (
	"context"

	"directuschat/app/chat"
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
	return encode(r.members()) == encode(other.members())
}

// readRecord reads the record that is stored; ok is false when none is, or none that says what it must.
func readRecord(ctx context.Context, store Store) (r record, ok bool) {
	text, err := store.Get(ctx, sessionKey)
	if err != nil || decode(text, r.members()) != nil {
		return record{}, false
	}
	return r, r.Me.ID != "" && r.Project.Mapping.Collection != ""
}

// keepRecord makes a record durable.
func (c *Client) keepRecord(r record) error {
	return c.cfg.Store.Put(c.ctx, sessionKey, encode(r.members()))
}
