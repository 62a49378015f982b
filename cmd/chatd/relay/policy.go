package relay

// A Policy says which messages of clients pass: those of Directus's realtime protocol that read, subscribe to, create
// and update rows of the named collections by keys, and log in by an access token. Members it does not know, duplicate
// ones and escaped names are refused, so that Directus cannot read a message in another way than it was read here.
type Policy struct {
	Read  []string // collections that may be read and subscribed to
	Write []string // collections whose rows may be created and updated as well
}

// A message is what a client's message asks for, as far as a socket has to know.
type message struct {
	kind  messageKind
	token []byte // of an auth message: the access token, part of the checked text
}

type messageKind byte

const (
	another messageKind = iota
	subscribes
	unsubscribes
)

// A refusal is the answer to a message that does not pass, in the shape of Directus's errors.
type refusal struct {
	kind    string // type of the frame
	code    string
	message string
	uid     []byte // as it was written; nil: none
}

const maxUID = 128 // bytes of a uid that is sent back

// frame is the refusal as a frame for the client.
func (r *refusal) frame() []byte {
	p := make([]byte, 0, 128+len(r.message)+len(r.uid))
	p = append(p, `{"type":"`...)
	p = append(p, r.kind...)
	p = append(p, `","status":"error","error":{"code":"`...)
	p = append(p, r.code...)
	p = append(p, `","message":"`...)
	p = append(p, r.message...) // ours: it needs no escapes
	p = append(p, `"}`...)
	if r.uid != nil {
		p = append(p, `,"uid":`...)
		p = append(p, r.uid...)
	}
	return TextFrame(append(p, '}'))
}

// check reads a message and says what it asks, or why it does not pass.
func (p *Policy) check(text []byte) (message, *refusal) {
	f, err := readFields(text)
	if err != nil {
		return message{}, &refusal{"server", "INVALID_PAYLOAD", "This is not a message that passes here.", nil}
	}
	kind, why := p.judge(&f)
	if why != "" {
		code := "INVALID_PAYLOAD"
		if why == notHere {
			code = "FORBIDDEN"
		}
		return message{}, &refusal{kind, code, why, f.uid}
	}
	switch string(f.kind) {
	case `"auth"`:
		return message{token: f.token[1 : len(f.token)-1]}, nil
	case `"subscribe"`:
		return message{kind: subscribes}, nil
	case `"unsubscribe"`:
		return message{kind: unsubscribes}, nil
	}
	return message{}, nil
}

// Why a message does not pass.
const (
	notHere      = "This collection cannot be used that way here."
	badMembers   = "The message has members that do not pass here, or lacks some."
	badKey       = "Keys must not be empty."
	badKind      = "Messages of this type do not pass here."
	badAction    = "Items can be read, created and updated here."
	badData      = "The data must be a row."
	noToken      = "Log in with an access token."
	badEventName = "The event must be create, update or delete."
)

// judge returns the type for an answer, and why not, or "".
func (p *Policy) judge(f *fields) (kind, why string) {
	only := func(required, optional int) bool {
		return f.set&required == required && f.set&^(required|optional) == 0
	}
	switch string(f.kind) {
	case `"ping"`, `"pong"`, `"unsubscribe"`:
		if !only(0, 0) {
			return "server", badMembers
		}
		return "", ""
	case `"auth"`:
		if !only(hasToken, 0) || len(f.token) < len(`"t"`) {
			return "auth", noToken
		}
		return "", ""
	case `"subscribe"`:
		kind = "subscribe"
		switch {
		case !only(hasCollection, hasQuery|hasEvent|hasItem):
			return kind, badMembers
		case !named(p.Read, f.collection) && !named(p.Write, f.collection):
			return kind, notHere
		case f.set&hasItem != 0 && !isKey(f.key):
			return kind, badKey
		case f.set&hasEvent != 0 && !named(events, f.event):
			return kind, badEventName
		}
		return "", ""
	case `"items"`:
		return "items", p.judgeItems(f, only)
	default:
		return "server", badKind
	}
}

var events = []string{"create", "update", "delete"}

func (p *Policy) judgeItems(f *fields, only func(required, optional int) bool) (why string) {
	readable := named(p.Write, f.collection)
	writable := readable
	readable = readable || named(p.Read, f.collection)
	if f.set&hasID != 0 && !isKey(f.key) || f.set&hasIDs != 0 && !f.goodIDs {
		return badKey // an update of rows without keys is one of all rows to Directus
	}
	const base = hasAction | hasCollection
	switch string(f.action) {
	case `"read"`:
		switch {
		case !only(base, hasQuery|hasID) && !only(base, hasQuery|hasIDs):
			return badMembers
		case !readable:
			return notHere
		}
	case `"create"`:
		switch {
		case !only(base|hasData, hasQuery):
			return badMembers
		case !writable:
			return notHere
		case f.data != '{' && f.data != '[':
			return badData
		}
	case `"update"`:
		switch {
		case !only(base|hasData|hasID, hasQuery) && !only(base|hasData|hasIDs, hasQuery):
			return badMembers
		case !writable:
			return notHere
		case f.data != '{':
			return badData
		}
	default:
		return badAction
	}
	return ""
}

// named reports whether a JSON string is one of the names, which need no escapes.
func named(names []string, quoted []byte) bool {
	for _, name := range names {
		if len(quoted) == len(name)+2 && string(quoted[1:len(quoted)-1]) == name {
			return true
		}
	}
	return false
}
