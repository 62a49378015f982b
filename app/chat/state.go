package chat

import (
	"iter"
	"maps"
	"slices"
	"time"
)

// State is everything the program knows: who is signed in, how the connection stands, and the rooms. Its zero value is
// the state before anything is known. It is for one goroutine.
type State struct {
	now     time.Time
	moment  uint64   // counts inputs: the order in which things became known
	numbers uint64   // the last one given out to tell an answer from the answer to an earlier question
	effects []Effect // of the input being applied

	version uint64 // counts changes that can be seen
	beside  uint64 // see lookBeside
	drawn   Snapshot

	phase   Phase
	entered uint64 // the moment at which the user has signed in
	login   LoginView
	early   []Intent // what the user wants while entering
	me      Person
	project Project

	rediscovered time.Time // last asked for
	storage      Problem   // what is wrong with this browser's storage
	unsafe       Problem   // what of it keeps anything from being stored

	sender  sender
	shelf   shelf
	leaving leaving

	link   link
	skew   time.Duration // the server's clock minus ours, as last seen
	rooms  map[RoomID]*room
	people directory

	attention   map[RoomID]Attend // as last told
	preferences Preferences
}

// A Project is what was found out about the server's side.
type Project struct {
	CanWrite  bool
	OwnKeys   bool // messages take a key of our choice, as theirs or beside it (Message.SentAs), so a repeated send is recognised
	Dated     bool // rows tell when they were last changed
	CanReply  bool // messages can say which one they answer
	CanEdit   bool // one's own messages
	CanDelete bool // one's own messages
	Moderates bool // what can be done to one's own can be deleted of others, too
	Reactions bool // there are any
	CanReact  bool
	Directory Directory // where names come from
	Problem   Problem   // why the room cannot be used, or not written to
}

// Directory says where people's names come from.
type Directory uint8

// The directories.
const (
	DirectoryNone   Directory = iota // nowhere, or with every row
	DirectoryListed                  // people can be listed
	DirectoryByRow                   // only along with a message somebody wrote
)

// link is the connection as last told.
type link struct {
	generation uint64
	connection Connection // ConnectionCatchingUp whenever it is open
	retryAt    time.Time
	problem    Problem
	lastNews   time.Time
}

func (l link) open() bool { return l.connection == ConnectionCatchingUp }

// Apply changes the state by one input and returns what is to be done about it. Inputs that come too late (an answer to
// a question of an earlier session, news of an earlier connection) change nothing.
func (s *State) Apply(now time.Time, in Input) []Effect {
	s.now, s.effects = now.Round(0).UTC(), nil // values that compare equal when they are the same
	s.moment++
	s.lookBeside(in)
	switch in := in.(type) {
	case LogIn:
		s.logIn(in)
	case LogOut:
		s.logOut(in)
	case RoomRead:
		s.roomRead(in)
	case SignedIn:
		s.signedIn(in)
	case SignInFailed:
		s.signInFailed(in)
	case SignedOut:
		s.signedOut(in)
	case UnsentFound:
		s.unsentFound(in)
	case DiscardUnsent:
		s.discardUnsent()
	case RevocationPending:
		s.revocationPending(in)
	case Attend:
		s.attend(in)
	default:
		switch intent, wanted := in.(Intent); {
		case s.phase == PhaseSignedIn: // else what is left over from an earlier session says nothing
			s.applySignedIn(in)
		case s.phase == PhaseEntering && wanted:
			s.wantEarly(intent)
		}
	}
	return s.effects
}

func (s *State) applySignedIn(in Input) {
	s.change(in)
	s.attendLeaving()
	s.attendOutbox()
	s.attendReading(in)
}

func (s *State) change(in Input) {
	switch in := in.(type) {
	case Discovered:
		s.discovered(in)
	case ConnectionChanged:
		s.connectionChanged(in)
	case Subscribed:
		s.subscribed(in)
	case Interrupted:
		s.interrupted(in)
	case Missed:
		s.missed(in)
	case RowsChanged:
		s.rowsChanged(in)
	case RowsRemoved:
		s.rowsRemoved(in)
	case PageLoaded:
		s.pageLoaded(in)
	case LoadFailed:
		s.loadFailed(in)
	case CacheLoaded:
		s.cacheLoaded(in)
	case ShowOlder:
		s.showOlder(in)
	case ShowNewer:
		s.showNewer(in)
	case ShowNewest:
		s.showNewest(in)
	case Open:
		s.open(in)
	case Find:
		s.find(in)
	case FindMore:
		s.findMore(in)
	case Seen:
		s.seen(in)
	case MarkLoaded:
		s.markLoaded(in)
	case Prefer:
		s.prefer(in)
	case PreferencesLoaded:
		s.preferencesLoaded(in)
	case FillGap:
		s.fillGap(in)
	case Audit:
		s.auditNow()
	case OriginalsLoaded:
		s.originalsLoaded(in)
	case ReactionsChanged:
		s.reactionsChanged(in)
	case ReactionsRemoved:
		s.reactionsRemoved(in)
	case ReactionsLoaded:
		s.reactionsLoaded(in)
	case PeopleChanged:
		s.peopleChanged(in.People)
	case PeopleLoaded:
		s.peopleLoaded(in)
	case OutboxLoaded:
		s.outboxLoaded(in)
	case StorageChecked:
		s.storageAnswered(in.Problem)
	case OutboxChanged:
		s.outboxChanged(in)
	case OutboxTaken:
		s.outboxTaken(in)
	case OutboxLost:
		s.outboxLost(in)
	case Settled:
		s.settled(in)
	case CancelLogOut:
		s.cancelLogOut()
	case Draft:
		s.draft(in)
	case DraftLoaded:
		s.draftLoaded(in)
	case Send:
		s.send(in)
	case Edit:
		s.edit(in)
	case Delete:
		s.delete(in)
	case Undo:
		s.undo(in)
	case React:
		s.react(in)
	case Retry:
		s.retry(in)
	case Discard:
		s.discard(in)
	case ItemSaved:
		s.itemSaved(in)
	case Answered:
		s.answered(in)
	case Due:
		s.due(in)
	}
}

// do asks for an effect.
func (s *State) do(e Effect) { s.effects = append(s.effects, e) }

// number gives out a number that was never given out before.
func (s *State) number() uint64 {
	s.numbers++
	return s.numbers
}

// allRooms is every room, in a fixed order, so that the same inputs always give the same effects.
func (s *State) allRooms() iter.Seq[*room] {
	return func(yield func(*room) bool) {
		if len(s.rooms) == 1 { // as nearly always
			for _, r := range s.rooms {
				yield(r)
			}
			return
		}
		for _, id := range slices.Sorted(maps.Keys(s.rooms)) {
			if !yield(s.rooms[id]) {
				return
			}
		}
	}
}

// changed says that a new snapshot would differ.
func (s *State) changed() { s.version++ }

// due goes on with whatever was to be tried again.
func (s *State) due(e Due) {
	s.readShelfAgain(e.Turn)
	if r := s.rooms[e.Room]; r != nil {
		s.readAgain(r, e.Turn)
		s.resumeOutbox(r, e.Turn)
		s.holdOn(r, e.Turn)
		s.askAround(r)
	}
}

// delay is how long to wait before trying again after some failures in a row.
func delay(failures int) time.Duration {
	const longest = 30 * time.Second
	return min(time.Second<<min(failures-1, 10), longest)
}
