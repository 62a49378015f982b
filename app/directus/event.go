package directus

import "time"

// An Event is what a Session tells its owner: one of StateChanged, Subscribed, Changed, Gap, Resumed and
// SubscriptionFailed. Every event carries the Generation of the connection it belongs to: 1 for the first attempt to
// connect, and one more for each following one. What belongs to an older generation is out of date.
type Event interface{ event() }

// StateChanged says that the session has moved.
type StateChanged struct {
	Generation uint64
	State      State
	RetryAt    time.Time // in Waiting and Offline: the next attempt by itself
	Err        error     // in Waiting, Offline and Ended: why; ErrRealtimeDisabled and *Error among them
}

// Subscribed says that a subscription is in force: what changes from now on arrives as Changed. History read before
// this moment may lack something; history read after it does not.
type Subscribed struct {
	Generation uint64
	UID        string // of the Subscription
}

// Changed is a change of rows of a subscription.
//
// Directus guarantees neither order nor completeness nor that it comes once: an update may precede its create, and the
// rows are as they were when Directus read them back, not when they changed. Treat an update as an upsert. Changes that
// come together may be one, with the rows in the order in which they were told.
type Changed struct {
	Generation uint64
	UID        string // of the Subscription
	Kind       Kind
	Data       []byte // raw JSON: an array of rows; for Delete of keys, which are strings or numbers (see Keys)
}

// Gap says that changes may have been lost on a connection that goes on, or is about to be replaced. Catch up: at once,
// but for GapTokenExpired at Resumed.
type Gap struct {
	Generation uint64
	Reason     GapReason
	UID        string // of the Subscription, "" for all
	Err        error  // the server's words for GapSubscriptionError
}

// Resumed ends a Gap by token expiry: events flow again, catch up now.
type Resumed struct{ Generation uint64 }

// SubscriptionFailed says that Directus refuses a subscription: no right to read, no such collection or field. The
// connection goes on without it.
type SubscriptionFailed struct {
	Generation uint64
	UID        string
	Err        *Error
}

func (StateChanged) event()       {}
func (Subscribed) event()         {}
func (Changed) event()            {}
func (Gap) event()                {}
func (Resumed) event()            {}
func (SubscriptionFailed) event() {}

// Kind is what happened to rows.
type Kind uint8

// The kinds of change.
const (
	Create Kind = iota + 1
	Update
	Delete
)

// String is Directus's word for the kind.
func (k Kind) String() string { return [...]string{"", "create", "update", "delete"}[k] }

// GapReason says how changes may have been lost.
type GapReason uint8

// The reasons of a Gap.
const (
	GapTokenExpired      GapReason = iota + 1 // Directus sends nothing usable between expiry and re-authentication
	GapSubscriptionError                      // an event could not be read for us
	GapOverflow                               // frames came faster than they were read
	GapTooLarge                               // a frame over the limit was skipped
	GapClockJump                              // the machine slept, or its clock was set
)

// String names the reason for diagnostics.
func (r GapReason) String() string {
	return [...]string{"", "token expired", "subscription error", "overflow", "frame too large", "clock jump"}[r]
}

// State is where a session stands. See Session for the diagram.
type State uint8

// The states of a session.
const (
	Connecting     State = iota + 1 // getting a token if need be, and dialling
	Authenticating                  // the socket is open, no "ok" yet
	Ready                           // authenticated; subscriptions and requests go through
	Waiting                         // between two attempts
	Offline                         // Waiting while the browser says there is no network: attempts are rare
	Ended                           // the token was refused for good
)

// String names the state for diagnostics.
func (s State) String() string {
	return [...]string{"new", "connecting", "authenticating", "ready", "waiting", "offline", "ended"}[s]
}
