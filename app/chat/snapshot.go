package chat

import (
	"slices"
	"time"
)

// A Snapshot is an immutable picture of the state for drawing: what is shown, and counts, never the whole history.
// What its slices hold is never edited; those of two Versions may be in one array.
type Snapshot struct {
	Version uint64 // grows with every change

	Phase Phase
	Login LoginView
	Me    Person

	Connection Connection
	LastNews   time.Time // when the room was last known to be up to date; zero if never. It may be newer in the same Version
	RetryAt    time.Time // when Connection is ConnectionWaiting: the next attempt

	Problem  Problem // what keeps the room from working, the zero Problem if nothing
	Storage  Problem // what is wrong with this browser's storage, also when Problem is another: it puts at risk what is written
	CanWrite bool

	Preferences Preferences

	Leaving LeavingView
	Audit   AuditView

	Room RoomView
}

// LeavingView is a log-out that is not carried out yet, because messages wait to be sent.
type LeavingView struct {
	Asking  bool // the user has to say what becomes of them
	Waiting bool // it will be carried out when the last one is stored
	Unsent  int
}

// AuditView is the newest comparison of what is held with the server.
type AuditView struct {
	Running bool
	At      time.Time // when the last one ended; zero if none has
	Held    int       // messages compared
	Stored  int       // what the server has in the same range
	Missing int       // found in it and repaired: not held
	Doubled int       // found in it and repaired: held, and not, or not once, on the server
}

// Phase is where the user stands.
type Phase uint8

// The phases, in the order of a session's life.
const (
	PhaseStarting  Phase = iota // not known yet whether somebody is signed in
	PhaseSignedOut              // the log-in form is shown
	PhaseSigningIn              // a log-in is under way; the form is still shown
	PhaseEntering               // the room is shown, as it was read for a log-in that is still under way
	PhaseSignedIn               // the room is entered
)

// LoginView is the state of the log-in form.
type LoginView struct {
	Attempt   int     // counts finished attempts, so that a repeated problem can be announced again
	Problem   Problem // why the last attempt failed or the session ended
	NeedsCode bool    // Directus asked for a one-time code
	Email     string  // whose session has ended, "" after a log-out

	Unsent     int    // messages that an ended session has left; they are sent when their user logs in again
	UnsentName string // of that user
	Revoking   bool   // a log-out has not reached the server yet; it will be told as soon as possible
}

// Connection is what the status line says.
type Connection uint8

// The connection states. Live is claimed only after the catch-up has finished.
const (
	ConnectionSignedOut Connection = iota
	ConnectionConnecting
	ConnectionCatchingUp
	ConnectionLive
	ConnectionWaiting // between two attempts
	ConnectionOffline // the browser says there is no network
)

// String is the value of data-connection.
func (c Connection) String() string {
	return [...]string{"signed-out", "connecting", "catching-up", "live", "waiting", "offline"}[c]
}

// RoomView is what is drawn of a room.
type RoomView struct {
	ID     RoomID
	Loaded bool  // the newest page has been read at least once: an empty Rows means an empty room
	Count  int   // messages held, of which Rows are the drawn window
	Rows   []Row // oldest first; outbox items last

	Earlier bool // there are messages before the first of Rows, held or on the server
	Reading bool // an older page is being read
	Later   int  // messages behind the last of Rows, held or waiting to be sent; 0 when the window reaches to the newest
	Torn    bool // there may be more of these than Later: a part of them is not held

	Target Target
	Unread Unread
	Search Search

	Arrived Arrivals

	Draft        string // what stood in the composer when the program ended; for the first drawing of a signed-in room
	DraftReplyTo Quote  // what it answers

	// Kept is the key of the message that storage has taken last, or could not take: the box it was written in may be
	// cleared. It stays when the message is stored, under another key perhaps.
	Kept MessageID
}

// Arrivals are messages of others that came while the room was up to date, as its newest. What was missed, or was there
// before, does not arrive.
type Arrivals struct {
	Count int // since the user has signed in
	Last  Row // the zero Row if it is gone again
}

// A Target is what Open was asked for last.
type Target struct {
	ID      MessageID
	Opening bool    // it is being looked for
	Opened  int     // counts the ends of that, so that the same message can be shown once more
	Problem Problem // why it cannot be shown; the zero Problem if it is among Rows
}

// A Row is one message as drawn.
type Row struct {
	ID        MessageID
	Author    UserID
	Name      string // as shown; "" when nobody knows: the interface chooses the words
	Text      string
	Time      time.Time // UTC; for an outbox item, when Send was pressed
	Delivery  Delivery
	Problem   Problem // why Delivery is Failed
	Mine      bool
	Edited    bool
	Deleted   bool
	Truncated bool
	Gap       Gap  // right before this row
	Unread    bool // the first that was not read: the line stands above it

	Reply     Quote      // what it answers; the zero Quote if nothing
	Reactions []Reaction // in the order in which the emoji were first given
	Can       Can
	Change    Change // an edit or a deletion that waits in the outbox: the row is drawn as if it had come true
}

// Equal reports whether the other one is the same in everything.
func (r *Row) Equal(other *Row) bool {
	return r.ID == other.ID && r.Author == other.Author && r.Name == other.Name && r.Text == other.Text &&
		r.Time.Equal(other.Time) && r.Delivery == other.Delivery && r.Problem == other.Problem && r.Mine == other.Mine &&
		r.Edited == other.Edited && r.Deleted == other.Deleted && r.Truncated == other.Truncated && r.Gap == other.Gap && r.Unread == other.Unread &&
		r.Reply == other.Reply && r.Can == other.Can && r.Change == other.Change &&
		slices.EqualFunc(r.Reactions, other.Reactions, Reaction.equal)
}

// A Quote is a message as shown in one that answers it.
type Quote struct {
	ID      MessageID
	Author  UserID
	Name    string
	Text    string // the beginning
	Deleted bool
	Known   bool // else only ID is: it is being read, or cannot be
}

// A Reaction is an emoji that people have given a message.
type Reaction struct {
	Emoji  string
	People []Person // who have given it, in that order; the user as the last
	Mine   bool
	ID     MessageID // of the user's operation that waits in the outbox, "" if none does
	Failed Problem   // why that has failed: Retry and Discard are offered
}

func (r Reaction) equal(other Reaction) bool {
	return r.Emoji == other.Emoji && r.Mine == other.Mine && r.ID == other.ID && r.Failed == other.Failed &&
		slices.Equal(r.People, other.People)
}

// Can says what the server would let the user do with a message now.
type Can struct{ Reply, Edit, Delete, React bool }

// A Change is an Edit or a Delete in the outbox.
type Change struct {
	Op       Op        // OpEdit or OpDelete; the zero Op for none
	ID       MessageID // of the operation
	Delivery Delivery
	Problem  Problem // why Delivery is Failed: Retry and Discard are offered
	Undo     bool    // a deletion that has not left yet
}

// Gap says whether messages may be missing between two rows.
type Gap uint8

// The states of a gap.
const (
	GapNone    Gap = iota
	GapKnown       // there may be messages; FillGap reads them
	GapReading     // they are being read
)

// Delivery is how far a message has come.
type Delivery uint8

// The delivery states of a message.
const (
	Queued  Delivery = iota // durable in the outbox
	Sending                 // left for the server, no answer yet
	Stored                  // the server has it
	Failed                  // refused; Retry and Discard are offered
)

// String is the value of data-state.
func (d Delivery) String() string {
	return [...]string{"queued", "sending", "stored", "failed"}[d]
}
