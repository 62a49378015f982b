package chat

import "time"

// An Event is what happened outside: in storage, on the connection, on the server. Events are Inputs.
type Event interface {
	Input
	event()
}

// The events of a session.
type (
	// SignedIn says that there is a session: after LogIn, or stored and found at the start.
	SignedIn struct {
		Me      Person
		Project Project
	}

	// RoomRead brings what can be shown of the room before the log-in that is under way has ended: who will probably be in it,
	// and what they may probably do.
	RoomRead struct {
		Me      Person
		Project Project
		Cache   Cache
	}

	// SignInFailed answers LogIn.
	SignInFailed struct{ Problem Problem }

	// SignedOut says that there is no session, or no longer: none was stored, it was refused, another tab logged out.
	SignedOut struct {
		Problem Problem
		Email   string // of whom a session has ended that was not left on purpose: only the password is asked for
	}

	// Discovered tells anew what the project and the user may do; it may have changed since SignedIn.
	Discovered struct {
		Me      Person
		Project Project
	}
)

// The events of a connection. Generation counts connections up: what belongs to an older one is ignored.
type (
	// ConnectionChanged tells how the connection stands: ConnectionConnecting, ConnectionCatchingUp when it is open,
	// ConnectionWaiting or ConnectionOffline.
	ConnectionChanged struct {
		Generation uint64
		Connection Connection
		RetryAt    time.Time
		Problem    Problem // why it does not work; most failures pass by themselves and are no Problem
	}

	// Subscribed says that from now on every change is told: time to read what was missed before.
	Subscribed struct{ Generation uint64 }

	// Interrupted says that changes are being lost, until Missed.
	Interrupted struct {
		Generation uint64
		Reason     GapReason
	}

	// Missed says that changes may have been lost although the connection stands: time to read them.
	Missed struct {
		Generation uint64
		Reason     GapReason
	}

	// RowsChanged tells of rows created or updated, possibly again and in any order.
	RowsChanged struct {
		Generation uint64
		Room       RoomID
		Messages   []Message
	}

	// RowsRemoved tells of rows deleted, not all of them of this room.
	RowsRemoved struct {
		Generation uint64
		Room       RoomID
		IDs        []MessageID
	}

	// ReactionsChanged tells of reactions given or taken back, possibly again and in any order.
	ReactionsChanged struct {
		Generation uint64
		Room       RoomID
		Reactions  []Given
	}

	// ReactionsRemoved tells of reactions whose rows were deleted, which only an administrator does.
	ReactionsRemoved struct {
		Generation uint64
		Room       RoomID
		IDs        []GivenID
	}

	// PeopleChanged tells of entries of the directory that were made or changed.
	PeopleChanged struct{ People []Person }

	// PeopleLoaded answers LoadPeople and LoadNames; nobody's name when it could not be read.
	PeopleLoaded struct{ People []Person }
)

// The answers to Load.
type (
	// PageLoaded brings the rows that were asked for.
	PageLoaded struct {
		Room       RoomID
		Load       uint64 // as in the Load
		Messages   []Message
		More       bool      // the page was full: there is probably more
		ServerTime time.Time // when it was answered, by the server's clock; zero if not told
	}

	// LoadFailed says that there is no page.
	LoadFailed struct {
		Room     RoomID
		Load     uint64
		TooLarge bool    // ask for less
		Problem  Problem // the server's final answer; the zero Problem for trouble that passes
	}

	// OriginalsLoaded answers LoadOriginals: what there is of the messages.
	OriginalsLoaded struct {
		Room     RoomID
		Load     uint64
		Messages []Message
		Failed   bool
	}

	// ReactionsLoaded answers LoadReactions: all that there is.
	ReactionsLoaded struct {
		Room      RoomID
		Load      uint64
		Reactions []Given
		Failed    bool
	}
)

// The events of the outbox.
type (
	// OutboxLoaded answers LoadOutbox: this was stored at some time after the question.
	OutboxLoaded struct {
		User    UserID
		Load    uint64 // as in the LoadOutbox
		Items   []Item
		Problem Problem // storage cannot be read
	}

	// StorageChecked says, once after SignedIn, whether storage takes anything; what is stored may be readable even if not.
	StorageChecked struct{ Problem Problem }

	// OutboxChanged says that another tab has changed what is stored.
	OutboxChanged struct{ User UserID }

	// OutboxTaken answers TakeOutbox: of all tabs, this one sends from now on, until OutboxLost or ReleaseOutbox.
	OutboxTaken struct{ Take uint64 }

	// OutboxLost says that another tab sends now: this one had kept everybody waiting, as a frozen one does.
	OutboxLost struct{ Take uint64 }

	// Settled tells of an item that another tab has settled; Message is its row, zero if the server did not show it.
	Settled struct {
		Room    RoomID
		ID      MessageID
		Message Message
		// Reactions are those rows that it has written.
		Reactions []Given
	}

	// UnsentFound tells, while nobody is signed in, what an ended session has left unsent; a Count of 0 is nothing.
	UnsentFound struct {
		Name  string // of whoever wrote it
		Count int
	}

	// RevocationPending says whether sessions that were logged out here still have to be revoked on the server.
	RevocationPending struct{ Pending bool }

	// ItemSaved answers Save.
	ItemSaved struct {
		Room    RoomID
		ID      MessageID
		Late    bool    // Save.Was is not what was stored, so nothing was
		Problem Problem // storage has failed, so nothing was stored
	}

	// Answered says how a Transmit or a LookUp ended.
	Answered struct {
		Room    RoomID
		ID      MessageID
		Attempt uint64 // as in the effect
		Answer  Answer
		Message Message // for AnswerStored: the row; the zero Message if the server did not show it
		// Reactions are for AnswerStored of an OpReact: the rows that were written.
		Reactions []Given
		Problem   Problem // for AnswerRefused, AnswerDisputed and AnswerUnclear: the server's words, if it had any
	}

	// Due comes back from After.
	Due struct {
		Room RoomID
		Turn uint64 // as in the effect
	}
)

// What was kept for the next start.
type (
	// CacheLoaded answers LoadCache. The zero Cache is none.
	CacheLoaded struct {
		User  UserID
		Room  RoomID
		Cache Cache
	}

	// MarkLoaded answers LoadMark, and comes whenever another tab has read on. The zero Mark is none.
	MarkLoaded struct {
		User UserID
		Room RoomID
		Mark Mark
	}

	// PreferencesLoaded answers LoadPreferences, and comes whenever another tab has changed them.
	PreferencesLoaded struct {
		User        UserID
		Preferences Preferences
	}

	// DraftLoaded answers LoadDraft.
	DraftLoaded struct {
		User    UserID
		Room    RoomID
		Pending []Item
		Text    string
		ReplyTo MessageID
	}
)

// GapReason says how changes came to be missed.
type GapReason string

// The reasons.
const (
	GapConnection   GapReason = "connection"    // there was none, or it is a new one
	GapTokenExpired GapReason = "token-expired" // the server held changes back until it got a new token
	GapSubscription GapReason = "subscription"  // it had to be made again, or failed at an event
	GapClockJump    GapReason = "clock-jump"    // the machine slept, the page was frozen, or the clock was set
	GapOverflow     GapReason = "overflow"      // more came than could be queued
	GapTooLarge     GapReason = "too-large"     // a frame was over the limit
	GapUnreadable   GapReason = "unreadable"    // a frame could not be understood
)

// An Answer is what is known of a row after an attempt to store it, or to find it.
type Answer uint8

// The answers.
const (
	AnswerUnsent   Answer = iota // it certainly did not reach the server, or the server asked to wait: try again
	AnswerUnclear                // no usable answer: it may be stored now, later or never
	AnswerDisputed               // refused in words that also fit a row that is there already, so look
	AnswerRefused                // refused, not stored
	AnswerStored                 // stored
	AnswerMissing                // looked for, not there
)

func (SignedIn) event()          {}
func (RoomRead) event()          {}
func (SignInFailed) event()      {}
func (SignedOut) event()         {}
func (Discovered) event()        {}
func (ConnectionChanged) event() {}
func (Subscribed) event()        {}
func (Interrupted) event()       {}
func (Missed) event()            {}
func (RowsChanged) event()       {}
func (RowsRemoved) event()       {}
func (PeopleChanged) event()     {}
func (PeopleLoaded) event()      {}
func (ReactionsChanged) event()  {}
func (ReactionsRemoved) event()  {}
func (OriginalsLoaded) event()   {}
func (ReactionsLoaded) event()   {}
func (PageLoaded) event()        {}
func (LoadFailed) event()        {}
func (OutboxLoaded) event()      {}
func (ItemSaved) event()         {}
func (Answered) event()          {}
func (Due) event()               {}

func (SignedIn) input()          {}
func (RoomRead) input()          {}
func (SignInFailed) input()      {}
func (SignedOut) input()         {}
func (Discovered) input()        {}
func (ConnectionChanged) input() {}
func (Subscribed) input()        {}
func (Interrupted) input()       {}
func (Missed) input()            {}
func (RowsChanged) input()       {}
func (RowsRemoved) input()       {}
func (PeopleChanged) input()     {}
func (PeopleLoaded) input()      {}
func (ReactionsChanged) input()  {}
func (ReactionsRemoved) input()  {}
func (OriginalsLoaded) input()   {}
func (ReactionsLoaded) input()   {}
func (PageLoaded) input()        {}
func (LoadFailed) input()        {}
func (OutboxLoaded) input()      {}
func (ItemSaved) input()         {}
func (Answered) input()          {}
func (Due) input()               {}

func (OutboxChanged) event()     {}
func (StorageChecked) event()    {}
func (OutboxTaken) event()       {}
func (OutboxLost) event()        {}
func (Settled) event()           {}
func (UnsentFound) event()       {}
func (RevocationPending) event() {}
func (CacheLoaded) event()       {}
func (DraftLoaded) event()       {}
func (MarkLoaded) event()        {}
func (PreferencesLoaded) event() {}

func (OutboxChanged) input()     {}
func (StorageChecked) input()    {}
func (OutboxTaken) input()       {}
func (OutboxLost) input()        {}
func (Settled) input()           {}
func (UnsentFound) input()       {}
func (RevocationPending) input() {}
func (CacheLoaded) input()       {}
func (DraftLoaded) input()       {}
func (MarkLoaded) input()        {}
func (PreferencesLoaded) input() {}
