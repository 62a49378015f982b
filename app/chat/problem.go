package chat

// A Problem is something the user must be told. The zero Problem is none. The interface turns codes into sentences.
type Problem struct {
	Code   ProblemCode
	Detail string // a server's own words, shown beside the sentence; never a secret
}

// ProblemCode says what is wrong, in the user's terms.
type ProblemCode string

// The problems.
const (
	// At log-in.
	ProblemEmailInvalid     ProblemCode = "email-invalid"       // not an e-mail address
	ProblemPasswordMissing  ProblemCode = "password-missing"    // empty
	ProblemWrongPassword    ProblemCode = "wrong-password"      // e-mail and password do not match
	ProblemCodeNeeded       ProblemCode = "code-needed"         // a one-time code is asked for
	ProblemCodeWrong        ProblemCode = "code-wrong"          // the one-time code was refused
	ProblemSuspended        ProblemCode = "suspended"           // the account is suspended
	ProblemTooManyAttempts  ProblemCode = "too-many-attempts"   // throttled; try later
	ProblemAccountGuarded   ProblemCode = "account-guarded"     // too many tries failed for this account; it is closed to new places
	ProblemSessionEnded     ProblemCode = "session-ended"       // the stored session was refused; type the password again
	ProblemLoggedOutByOther ProblemCode = "logged-out-by-other" // another tab logged out

	// Of the project or the network.
	ProblemUnreachable       ProblemCode = "unreachable"        // no answer
	ProblemServerFailing     ProblemCode = "server-failing"     // answers, with errors of its own (5xx)
	ProblemNotDirectus       ProblemCode = "not-directus"       // answers, but not as Directus does
	ProblemRealtimeDisabled  ProblemCode = "realtime-disabled"  // WEBSOCKETS_ENABLED is not true
	ProblemReadForbidden     ProblemCode = "read-forbidden"     // may not read the messages
	ProblemWriteForbidden    ProblemCode = "write-forbidden"    // may read but not write
	ProblemCollectionMissing ProblemCode = "collection-missing" // there is no such collection
	ProblemStorageFailing    ProblemCode = "storage-failing"    // the browser's storage is full or forbidden

	// Of one message.
	ProblemTooLong  ProblemCode = "too-long"  // over the limit
	ProblemRefused  ProblemCode = "refused"   // the server's answer stands in Detail
	ProblemKeyTaken ProblemCode = "key-taken" // the key belongs to somebody else's message
	ProblemGone     ProblemCode = "gone"      // the message has been deleted
	ProblemUnsure   ProblemCode = "unsure"    // no answer, and no key to ask by: it may have been stored
	ProblemMissing  ProblemCode = "missing"   // what was to be opened is not there, or not for this user
)
