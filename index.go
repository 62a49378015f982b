// Package directuschat is a realtime chat for any Directus project: a browser program in Go, compiled to WebAssembly,
// that speaks to Directus itself over a WebSocket, and a small Go server that serves it and proxies /directus.
//
// This package holds what both programs must agree on and nothing else: the paths of the site, and the mapping that
// says where in a Directus project the chat lives. It imports value packages of the standard library only.
//
// # A map of the code
//
//	cmd/chat                    the browser program: wires everything and starts go-app
//	cmd/chatd                   the server: serve, setup, doctor, probe, version
//	cmd/chatd/relay             WebSockets between browsers and Directus, frame by frame
//	cmd/chatd/fanout            one subscription to Directus for many sockets
//	cmd/directus-dev            a real Directus by hand, and make run
//	app/chat                    the domain, a pure state machine: Apply(now, input) → effects, Snapshot
//	app/directus                the Directus client: REST, frames, the session as a state machine
//	app/directus/directustest   a Directus in the test's process that misbehaves on demand
//	app/directus/directuslab    a real Directus for development and tests
//	app/provision               what a Directus project needs for the chat: survey, plan, apply, undo
//	app/doctor                  what is wrong with a project and the chat in front of it: chatd doctor
//	app/client                  the one goroutine that owns the state; the only place that knows chat and directus
//	app/store                   durable storage in the browser
//	app/rehearsal               a log-in that nobody sees, for the engine to compile before somebody logs in
//	app/markup                  the formatting people type: text → tree
//	app/texts                   what the chat says, in each of its languages
//	app/uuid                    identifiers: random, by time, by name
//	app/ui                      go-app components, one per file
//	app/deptest                 import rules as tests
//	app/npm                     packages of npm's for tests and benchmarks
//	app/e2e                     two people in real browsers
//	web                         page, style, loader, worker, icons, emoji; web/bundle builds web/dist
//	web/wasm                    compiles programs for the browser, with a lean copy of go-app
//
// Imports go one way: ui → chat ← client → directus. News and wishes go one way too:
//
//	socket ─▶ directus.Event ─▶ client loop ─▶ chat.State.Apply ─▶ Snapshot ─▶ ui ─▶ Render
//	user   ─▶ chat.Intent   ─▶ client loop ─▶ chat.State.Apply ─▶ Effects: Save, Transmit, Load, … ─▶ store, socket
//
// To read it all, begin with app/chat (message.go, intent.go, event.go, effect.go say what there is; state.go what
// happens), then app/client/mapping.go, then app/directus/session.go, then app/ui/page.go.
package directuschat

// Paths of the site, relative to the base path ("/" unless chatd runs below a sub-path).
const (
	// ProxyPath is where chatd proxies the few Directus endpoints the chat uses.
	ProxyPath = "directus"
	// AuditPath is where the page reports what an audit of its timeline has found, for the operator's metrics:
	// {"checked":12431,"missing":1,"doubled":0}, by POST, answered with 204.
	AuditPath = "audit"
	// MessagePath, followed by a message's key, is the link to it: see Routes.
	MessagePath = "m/"
	// AssetsPath holds the built files under content-hashed names, served as immutable.
	AssetsPath = "assets"
	// WorkerPath is the service worker; it stands at the base so that its scope is the whole site.
	WorkerPath = "worker.js"
	// ManifestPath is the web app manifest.
	ManifestPath = "manifest.webmanifest"
)

// Routes are the patterns of net/http's ServeMux, below the base path, that answer with the page. The browser program
// draws all of them; chatd answers 404 to any other path.
var Routes = []string{
	"{$}",    // the room
	"m/{id}", // the room, opened at one message
}

// A Mapping says which collection and fields of a Directus project hold the chat. The zero value of a field name means
// "not there"; the client finds out at log-in which of the optional ones a user can really read.
//
// It reaches the page as data-* attributes of the html element, under the names in the comments.
type Mapping struct {
	Collection string // data-collection: the messages

	ID      string // data-field-id: the primary key, a uuid or an integer
	Content string // data-field-content: the text
	Author  string // data-field-author: many-to-one to directus_users, stamped by Directus
	Created string // data-field-created: timestamp, stamped by Directus

	Updated string // data-field-updated: timestamp, stamped by Directus; optional
	Deleted string // data-field-deleted: timestamp, set when deleted; optional
	ReplyTo string // data-field-reply-to: many-to-one to Collection; optional

	// ClientID is ClientIDField where messages have one and their ID is the database's. That is for the client to find out.
	ClientID string

	Profiles  string // data-profiles: collection with id (a user's) and name, readable by chat users; optional
	Reactions string // data-reactions: collection of the reactions to these messages, as chatd setup makes it; optional
}

// ClientIDField is a uuid, unique, that the client chooses where the primary key is the database's: a message whose answer
// was lost is recognised by it. `chatd setup -complete` makes it.
const ClientIDField = "client_id"

// DefaultMapping is what `chatd setup` makes. On the tutorials' schema the optional fields are missing, and the client
// goes on without them.
var DefaultMapping = Mapping{
	Collection: "messages",
	ID:         "id",
	Content:    "content",
	Author:     "user_created",
	Created:    "date_created",
	Updated:    "date_updated",
	Deleted:    "deleted_at",
	ReplyTo:    "reply_to",
	Profiles:   "chat_profiles",
	Reactions:  "message_reactions",
}

// ReadMapping builds the mapping from the page's attributes; get returns the value of an attribute by its name, or "".
func ReadMapping(get func(attribute string) string) Mapping {
	return Mapping{
		Collection: get("data-collection"),
		ID:         get("data-field-id"),
		Content:    get("data-field-content"),
		Author:     get("data-field-author"),
		Created:    get("data-field-created"),
		Updated:    get("data-field-updated"),
		Deleted:    get("data-field-deleted"),
		ReplyTo:    get("data-field-reply-to"),
		Profiles:   get("data-profiles"),
		Reactions:  get("data-reactions"),
	}
}

// MaxLength is the longest text of a message, in UTF-16 code units: the unit Directus's field validation counts in.
const MaxLength = 4000
