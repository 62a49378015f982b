// Package chat is the domain: what a room, its timeline and its outbox are, and how each input changes them.
//
// It is a pure state machine. State.Apply takes the time and one Input (an Intent of the user, or an Event from
// outside) and returns the Effects somebody else has to carry out; State.Snapshot is what to draw. Nothing here waits,
// locks, reads a clock or makes an ID, so a recorded script of inputs replays exactly.
//
// It must not know Directus, sockets, storage, JSON, go-app or the browser: it imports value packages only.
package chat

import (
	"cmp"
	"strings"
	"time"
)

// RoomID names a room. The empty one is the only room for now; state is keyed by it so that more can come.
type RoomID string

// MessageID is a message's primary key, as text: a lower-case UUID chosen by the client, or a database's integer.
type MessageID string

// Compare orders keys as the server's database does: integers by value, everything else as text. Where one table has
// both, which none should, integers come first.
func (id MessageID) Compare(other MessageID) int {
	switch a, b := isInteger(id), isInteger(other); {
	case a && b && len(id) != len(other):
		return cmp.Compare(len(id), len(other))
	case a && !b:
		return -1
	case b && !a:
		return 1
	default:
		return strings.Compare(string(id), string(other))
	}
}

func isInteger(id MessageID) bool {
	for i := range len(id) {
		if id[i] < '0' || id[i] > '9' {
			return false
		}
	}
	return id != ""
}

// UserID is a person's key.
type UserID string

// A Message is one row of the room, as the server last told it.
type Message struct {
	ID         MessageID
	Author     UserID    // "" when the server did not say
	AuthorName string    // the name that came with the row, "" when names come from the directory
	Text       string    // as stored, possibly cut: see Truncated
	Created    time.Time // by the server's clock, in microseconds, UTC; zero when the row has no date
	Updated    time.Time // by the server's clock, in microseconds, UTC; zero when never changed, or when the project does not record it
	Deleted    bool      // the author or a moderator took the text back
	ReplyTo    MessageID // "" when it answers nothing
	Truncated  bool      // Text is only the beginning: the row is too large to hold
	SentAs     MessageID // the key of the item it was sent as, where rows tell that beside a key of the database's
}

// Item is the key of the item that the message was sent as, if it was sent by this program.
func (m Message) Item() MessageID { return cmp.Or(m.SentAs, m.ID) }

// Compare puts messages into the server's order, the same for every reader: by date, then by key. Rows without a date
// come first.
func (m Message) Compare(other Message) int {
	if order := m.Created.Compare(other.Created); order != 0 {
		return order
	}
	return m.ID.Compare(other.ID)
}

// A Person is an entry of the directory: somebody who may write in the room.
type Person struct {
	ID   UserID
	Name string // "" when unknown
}
