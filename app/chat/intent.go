package chat

// An Intent is what the user wants. Intents are Inputs.
type Intent interface {
	Input
	intent()
}

// Secret is text that never shows itself when printed.
type Secret string

// String keeps the secret out of logs and diagnostics.
func (Secret) String() string { return "[secret]" }

// GoString keeps the secret out of %#v.
func (Secret) GoString() string { return "[secret]" }

// The intents.
type (
	// LogIn signs in by e-mail and password; Code is the one-time code, "" when none was asked for.
	LogIn struct {
		Email    string
		Password Secret
		Code     Secret
		Shared   bool // on a shared computer: nothing outlives the browser's tab
	}

	// LogOut ends the session on the server and in all tabs. It asks first when messages wait to be sent.
	LogOut struct{ Unsent Unsent }

	// CancelLogOut takes back a LogOut that asks or waits.
	CancelLogOut struct{}

	// DiscardUnsent throws away what an ended session has left unsent, while nobody is signed in.
	DiscardUnsent struct{}

	// Draft keeps what stands in the composer and was not sent, "" for nothing.
	Draft struct {
		Room    RoomID
		Text    string
		ReplyTo MessageID
	}

	// Send puts a text into the outbox under a key the caller chose (a lower-case UUID v7).
	Send struct {
		Room    RoomID
		ID      MessageID
		Text    string
		ReplyTo MessageID // the message it answers, "" for none
	}

	// Edit gives a stored message another text. ID is the key of the operation, chosen as for Send.
	Edit struct {
		Room    RoomID
		ID      MessageID
		Message MessageID
		Text    string
	}

	// Delete takes the text of a stored message back for good. It stays in the outbox for UndoTime, in which Undo takes
	// it back.
	Delete struct {
		Room    RoomID
		ID      MessageID // of the operation
		Message MessageID
	}

	// Undo takes back a deletion that has not left yet.
	Undo struct {
		Room RoomID
		ID   MessageID // of the operation
	}

	// React gives a message an emoji, or takes it back.
	React struct {
		Room    RoomID
		ID      MessageID // of the operation
		Message MessageID
		Emoji   string
		On      bool
	}

	// Retry sends a failed message, or another failed operation, again: same key, same text.
	Retry struct {
		Room RoomID
		ID   MessageID
	}

	// Discard removes a failed message, or another failed operation, from the outbox.
	Discard struct {
		Room RoomID
		ID   MessageID
	}
)

// Unsent says what becomes of messages that wait to be sent when their user logs out.
type Unsent uint8

// What can become of them.
const (
	UnsentAsk     Unsent = iota // nothing yet: with messages waiting, Snapshot.Leaving asks
	UnsentWait                  // log out when the last one is stored
	UnsentDiscard               // throw them away
)

// QuickEmoji is how many emoji are at hand.
const QuickEmoji = 6

// Preferences are what a user wants on this device. They are stored.
type Preferences struct {
	Notify bool // of messages that come while nobody looks

	// Emoji are those given last, the newest first, to have them at hand; the zero value while none was given.
	Emoji [QuickEmoji]string
}

// The intents of a reader.
type (
	// ShowOlder moves the drawn window towards the past, reading an older page where none is held.
	ShowOlder struct{ Room RoomID }

	// ShowNewer moves the drawn window towards the newest message.
	ShowNewer struct{ Room RoomID }

	// ShowNewest lets the drawn window follow the newest message again.
	ShowNewest struct{ Room RoomID }

	// Open moves the drawn window to a message. One that is not held is looked up, with what was written around it.
	// RoomView.Target tells what has come of it.
	Open struct {
		Room    RoomID
		Message MessageID
	}

	// Attend tells how the room is looked at, whenever that changes; also while nobody is signed in.
	Attend struct {
		Room    RoomID
		Looking bool // the page is seen, and its window has the focus
		Newest  bool // the reader is at the newest message
	}

	// Seen says that somebody has looked at a message, and so at all before it.
	Seen struct {
		Room    RoomID
		Message MessageID
	}

	// Prefer changes what the user wants on this device.
	Prefer struct{ Preferences Preferences }

	// Find searches all of the history for a text, and FindMore goes on with it. RoomView.Search tells what was found. An
	// empty text ends it.
	Find struct {
		Room RoomID
		Text string
	}
	FindMore struct{ Room RoomID }

	// FillGap reads the page right before a message that follows a gap (Row.Gap).
	FillGap struct {
		Room   RoomID
		Before MessageID
	}

	// Audit compares what is held with the server now.
	Audit struct{}
)

func (LogIn) intent()         {}
func (LogOut) intent()        {}
func (CancelLogOut) intent()  {}
func (DiscardUnsent) intent() {}
func (Draft) intent()         {}
func (Send) intent()          {}
func (Edit) intent()          {}
func (Delete) intent()        {}
func (Undo) intent()          {}
func (React) intent()         {}
func (Retry) intent()         {}
func (Discard) intent()       {}
func (ShowOlder) intent()     {}
func (ShowNewer) intent()     {}
func (ShowNewest) intent()    {}
func (Open) intent()          {}
func (Attend) intent()        {}
func (Seen) intent()          {}
func (Prefer) intent()        {}
func (Find) intent()          {}
func (FindMore) intent()      {}
func (FillGap) intent()       {}
func (Audit) intent()         {}

func (LogIn) input()         {}
func (LogOut) input()        {}
func (CancelLogOut) input()  {}
func (DiscardUnsent) input() {}
func (Draft) input()         {}
func (Send) input()          {}
func (Edit) input()          {}
func (Delete) input()        {}
func (Undo) input()          {}
func (React) input()         {}
func (Retry) input()         {}
func (Discard) input()       {}
func (ShowOlder) input()     {}
func (ShowNewer) input()     {}
func (ShowNewest) input()    {}
func (Open) input()          {}
func (Attend) input()        {}
func (Seen) input()          {}
func (Prefer) input()        {}
func (Find) input()          {}
func (FindMore) input()      {}
func (FillGap) input()       {}
func (Audit) input()         {}
