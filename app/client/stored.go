package client

import "directuschat/app/chat"

// What follows are the members of what is kept, and of what tabs tell each other. Programs of other versions read it, too:
// names stay as they are, and what is new has another one.

func itemMembers(i *chat.Item) []member {
	return []member{
		{"Op", (*string)(&i.Op)}, {"Room", (*string)(&i.Room)}, {"ID", (*string)(&i.ID)}, {"Message", (*string)(&i.Message)},
		{"Text", &i.Text}, {"ReplyTo", (*string)(&i.ReplyTo)}, {"Off", &i.Off}, {"Pressed", &i.Pressed},
		{"Attempted", &i.Attempted},
		{"Problem", []member{{"Code", (*string)(&i.Problem.Code)}, {"Detail", &i.Problem.Detail}}},
	}
}

func messageMembers(m *chat.Message) []member {
	return []member{
		{"ID", (*string)(&m.ID)}, {"Author", (*string)(&m.Author)}, {"AuthorName", &m.AuthorName}, {"Text", &m.Text},
		{"Created", &m.Created}, {"Updated", &m.Updated}, {"Deleted", &m.Deleted}, {"ReplyTo", (*string)(&m.ReplyTo)},
		{"Truncated", &m.Truncated}, {"SentAs", (*string)(&m.SentAs)},
	}
}

func personMembers(p *chat.Person) []member {
	return []member{{"ID", (*string)(&p.ID)}, {"Name", &p.Name}}
}

func givenMembers(g *chat.Given) []member {
	return []member{
		{"ID", (*string)(&g.ID)}, {"Message", (*string)(&g.Message)}, {"By", (*string)(&g.By)}, {"Emoji", &g.Emoji},
		{"Off", &g.Off}, {"Changed", &g.Changed},
	}
}

func cacheMembers(c *chat.Cache) []member {
	return []member{
		{"Messages", listOf(&c.Messages, messageMembers)}, {"More", &c.More}, {"Cursor", &c.Cursor},
		{"People", listOf(&c.People, personMembers)}, {"Given", listOf(&c.Given, givenMembers)},
	}
}

func markMembers(m *chat.Mark) []member {
	return []member{{"date", &m.Date}, {"id", (*string)(&m.ID)}}
}

func settledMembers(s *chat.Settled) []member {
	return []member{
		{"Room", (*string)(&s.Room)}, {"ID", (*string)(&s.ID)}, {"Message", messageMembers(&s.Message)},
		{"Reactions", listOf(&s.Reactions, givenMembers)},
	}
}

// preferences are chat.Preferences as they are kept.
type preferences struct {
	notify bool
	emoji  []string
}

func (p *preferences) members() []member {
	return []member{{"notify", &p.notify}, {"emoji", &p.emoji}}
}

func (d *draft) members() []member {
	return []member{
		{"pending", listOf(&d.Pending, itemMembers)}, {"text", &d.Text}, {"replyTo", (*string)(&d.ReplyTo)}, {"at", &d.At},
	}
}

func (n *news) members() []member {
	all := []member{{"user", (*string)(&n.User)}, {"outbox", &n.Outbox}}
	if n.Grant != nil {
		all = append(all, member{"grant", n.Grant.members()})
	}
	if n.Settled != nil {
		all = append(all, member{"settled", settledMembers(n.Settled)})
	}
	return all
}

func (g *sharedGrant) members() []member {
	return []member{{"access", &g.Access}, {"expires", &g.Expires}, {"mark", &g.Mark}}
}
