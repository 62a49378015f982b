package chat

import "time"

// An Effect is something that State.Apply asks to be done outside. Its outcome comes back as an Event. Effects are
// carried out in the order they are returned as far as they touch the same item of storage; otherwise in any order.
type Effect interface{ effect() }

// The effects of a session.
type (
	// SignIn logs in and finds out whether the project works for this user: SignedIn or SignInFailed.
	SignIn struct {
		Email    string
		Password Secret
		Code     Secret
		Shared   bool
	}

	// SignOut revokes the session on the server as far as that is possible now, closes the connection, and wipes all
	// that is stored for its user, in every tab. Nothing comes back.
	SignOut struct{}

	// Discover finds out anew what the project and the user may do: Discovered, or nothing if that cannot be found out now.
	Discover struct{}
)

// The effects that read.
type (
	// Load reads a page of rows: PageLoaded or LoadFailed.
	Load struct {
		Room  RoomID
		Load  uint64
		Query Query
	}

	// LoadPeople reads the whole directory: PeopleLoaded.
	LoadPeople struct{}

	// LoadNames reads the names of people by a message of each: PeopleLoaded, with an entry also for those who have
	// no name.
	LoadNames struct{ Messages map[UserID]MessageID }

	// LoadOriginals reads messages that others answer, by their keys: OriginalsLoaded.
	LoadOriginals struct {
		Room     RoomID
		Load     uint64
		Messages []MessageID
	}

	// LoadReactions reads all that was given to some messages: ReactionsLoaded.
	LoadReactions struct {
		Room     RoomID
		Load     uint64
		Messages []MessageID
	}
)

// A Query selects the rows of a page. They come in the server's order, or, when Newest is set, from its end.
type Query struct {
	Newest bool
	Limit  int

	ChangedSince time.Time   // created or updated at or after this time; zero is any
	From, To     time.Time   // created between, both included; zero is open
	Except       []MessageID // rows that are known already, at From or, for Newest, at To
	ID           MessageID   // only the row with this key; "" is any
	Containing   string      // only rows with this in their text, in whatever case, that are not deleted; "" is any
	Skip         int         // their number, instead of Except, when there are too many to name

	Detail Detail
}

// Detail says how much of each row is read.
type Detail uint8

// The details.
const (
	DetailWhole      Detail = iota
	DetailWithout           // everything but the text
	DetailKeyAndDate        // ID and Created
)

// The effects of the outbox.
type (
	// LoadOutbox reads what is stored for a user: OutboxLoaded.
	LoadOutbox struct {
		User UserID
		Load uint64
	}

	// Save stores an item under the user: ItemSaved. Was is the state that it replaces, the zero Item if there is none: if
	// another is stored, or nothing any more, another tab has been there first and nothing is to be stored. Comparing
	// and storing are one step, in which no other tab has a part.
	Save struct {
		User UserID
		Item Item
		Was  Item
	}

	// TakeOutbox asks to be the one tab that sends: OutboxTaken, as soon as no other tab is; much later perhaps, or
	// never. Where tabs cannot agree at all, it is granted.
	TakeOutbox struct {
		User UserID
		Take uint64
	}

	// ReleaseOutbox lets another tab send, or takes back a TakeOutbox. It comes into force after what was to be saved and
	// forgotten before it. Nothing comes back.
	ReleaseOutbox struct{ User UserID }

	// DiscardOutbox removes what an ended session has left unsent: UnsentFound.
	DiscardOutbox struct{}

	// Forget removes an item from storage. Nothing comes back.
	Forget struct {
		User UserID
		Room RoomID
		ID   MessageID
	}

	// Transmit sends an item to the server: Answered. Again means that an earlier attempt got no answer; then it should
	// go the way on which every refusal is told.
	Transmit struct {
		Item    Item
		Attempt uint64
		Again   bool
	}

	// LookUp asks the server for a message, to settle an attempt: Answered.
	LookUp struct {
		Room    RoomID
		ID      MessageID // of the item
		Message MessageID // the key; of an OpSend, that of the item (Message.Item)
		Attempt uint64
	}

	// After asks for Due after some time.
	After struct {
		Delay time.Duration
		Due   Due
	}
)

// The effects that keep something for the next start, and the one that tells the operator.
type (
	// LoadCache reads what was kept of a room: CacheLoaded. State.Cache is what to keep; when, is the program's choice.
	LoadCache struct {
		User UserID
		Room RoomID
	}

	// SaveDraft keeps, at once, what stands in the composer, "" for nothing, and the items that are not known to be
	// stored. Nothing comes back.
	SaveDraft struct {
		User    UserID
		Room    RoomID
		Pending []Item
		Text    string
		ReplyTo MessageID
	}

	// LoadDraft reads it: DraftLoaded.
	LoadDraft struct {
		User UserID
		Room RoomID
	}

	// SaveMark keeps how far a room has been read. It may be put off for a moment. Nothing comes back.
	SaveMark struct {
		User UserID
		Room RoomID
		Mark Mark
	}

	// LoadMark reads it: MarkLoaded.
	LoadMark struct {
		User UserID
		Room RoomID
	}

	// SavePreferences keeps what the user wants on this device. Nothing comes back.
	SavePreferences struct {
		User        UserID
		Preferences Preferences
	}

	// LoadPreferences reads it: PreferencesLoaded.
	LoadPreferences struct{ User UserID }

	// Notify shows a notification, one for all tabs together, unless a tab is looked at or has shown it already. Nothing
	// comes back.
	Notify struct {
		Room    RoomID
		Message MessageID // the newest one that is unread
		Mark    Mark      // its place
		Author  UserID
		Name    string // as in Row
		Text    string
		Count   int // of all that are unread, at most MaxUnread
	}

	// Report tells the operator of an audit that has found something, now repaired. Nothing comes back.
	Report struct{ Checked, Missing, Doubled int }
)

func (SignIn) effect()          {}
func (SignOut) effect()         {}
func (Discover) effect()        {}
func (Load) effect()            {}
func (LoadPeople) effect()      {}
func (LoadNames) effect()       {}
func (LoadOriginals) effect()   {}
func (LoadReactions) effect()   {}
func (LoadOutbox) effect()      {}
func (Save) effect()            {}
func (Forget) effect()          {}
func (Transmit) effect()        {}
func (LookUp) effect()          {}
func (After) effect()           {}
func (TakeOutbox) effect()      {}
func (ReleaseOutbox) effect()   {}
func (DiscardOutbox) effect()   {}
func (LoadCache) effect()       {}
func (SaveDraft) effect()       {}
func (LoadDraft) effect()       {}
func (SaveMark) effect()        {}
func (LoadMark) effect()        {}
func (SavePreferences) effect() {}
func (LoadPreferences) effect() {}
func (Notify) effect()          {}
func (Report) effect()          {}
