package chat

import (
	"cmp"
	"strings"
	"time"
)

// An entry is a held message. All of the history that was looked at is held, so an entry is small: its key and its text
// are one string, who wrote it is told once of all their messages, and its times are numbers.
type entry struct {
	moments
	words            string // the key, and behind it the text
	key              uint32 // length of the key
	deleted          bool
	truncated        bool
	by               *signature
	created, updated instant
	replyTo          MessageID
}

// Moments say how much is known of a message: what an input told is known since then. 0 is never.
type moments struct {
	told  uint64 // when the stream last told of it
	seen  uint64 // when the last page that shows it was asked for
	given uint64 // since when all is told that is given to it
}

// A signature is who wrote a message, as it came with the row.
type signature struct {
	author UserID
	name   string
}

// signatures has one of each.
type signatures map[signature]*signature

func (all signatures) of(m Message) *signature {
	s := all[signature{m.Author, m.AuthorName}]
	if s == nil { // cloned: what was decoded may be part of something large
		s = &signature{UserID(strings.Clone(string(m.Author))), strings.Clone(m.AuthorName)}
		all[*s] = s
	}
	return s
}

// put has the entry hold a message.
func (e *entry) put(m Message, by *signature) {
	e.words, e.key = string(m.ID)+m.Text, uint32(len(m.ID))
	e.by = by
	e.created, e.updated = instantOf(m.Created), instantOf(m.Updated)
	e.deleted, e.truncated = m.Deleted, m.Truncated
	e.replyTo = m.ReplyTo
}

func (e *entry) message() Message {
	return Message{
		ID:         e.id(),
		Author:     e.by.author,
		AuthorName: e.by.name,
		Text:       e.text(),
		Created:    e.created.time(),
		Updated:    e.updated.time(),
		Deleted:    e.deleted,
		ReplyTo:    e.replyTo,
		Truncated:  e.truncated,
	}
}

func (e *entry) id() MessageID { return MessageID(e.words[:e.key]) }

func (e *entry) text() string { return e.words[e.key:] }

func (e *entry) place() place { return place{e.created.time(), e.id()} }

func compareEntries(a, b *entry) int {
	return cmp.Or(cmp.Compare(a.created, b.created), a.id().Compare(b.id()))
}

// An instant is a time in microseconds of the Unix epoch, a third as large as a time.Time. No database that Directus
// knows is finer.
type instant int64

func instantOf(t time.Time) instant { return instant(t.UnixMicro()) }

func (i instant) time() time.Time { return time.UnixMicro(int64(i)).UTC() }
