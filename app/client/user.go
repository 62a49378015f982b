package client

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"directuschat/app/chat"
	"directuschat/app/directus"
)

// Keys of the Store and of its Records. The refresh token has one of its own. What is kept for a user stands in their
// home, and is only written while nobody has logged out of it: so it is gone after a log-out, whatever a tab still writes
// that was frozen all the time. A browser that loses the Records and not the Store has logged nobody out.
const (
	sessionKey    = "session"     // in the Store: a record
	draftKey      = "draft/"      // in the Store, in the home: the room, "/" and the tab
	readingKey    = "reading/"    // in the Store, in the home: see reading.go
	pictureKey    = "picture/"    // in the Store, in the home: what the page paints first
	revokeKey     = "revoke/"     // in the Store, and anything behind: a refresh token to revoke
	generationKey = "generation/" // in the Records, followed by the user: that of their home
	endedKey      = "ended/"      // in the Records, followed by a generation: when its home was logged out of
	nameKey       = "name/"       // in the Records, followed by the user: their name
	outboxKey     = "outbox/"     // in the Records, in the home: the item's ID
	cacheKey      = "cache/"      // in the Records, in the home: collection, "/" and the room
	notifiedKey   = "notified/"   // in the Records, in the home: the room; the newest message of a notification
)

// keptInStore are the kinds of what is kept for a user in the Store.
var keptInStore = []string{draftKey, readingKey, pictureKey}

// readInRecords are the kinds of what was read, or told, of the rooms. What was written stays until somebody decides.
var readInRecords = []string{cacheKey, notifiedKey}

// A home is where things are kept for a user, from their first log-in to their log-out: a session that ends leaves it,
// because what is typed and queued stays, too. The generation tells one from the next.
type home struct {
	user       chat.UserID
	generation string
}

// of is where things of a kind are.
func (h home) of(kind string) string { return kind + string(h.user) + "/" + h.generation + "/" }

// A user is somebody being signed in, from log-in or start to log-out.
type user struct {
	ctx       context.Context
	leave     context.CancelFunc
	home      home
	record    record
	link      *link
	verified  bool // the record has been found to be still true
	verifying bool

	rereading bool           // the outbox is about to be read
	endTurn   func()         // with the outbox; nil when it was not asked for
	mark      *chat.SaveMark // waits to be stored
	cached    string         // the room as it was stored last
	named     string         // what is stored as their name
	session   string         // the record as it was stored when it was last found to be theirs
}

// A link is a directus.Session in use. A user has one after the other when the subscriptions have to change.
type link struct {
	session    Session
	project    project // whose subscriptions it has
	tokens     *tokens
	stop       context.CancelFunc
	base       uint64              // added to its generations, so that they go on counting from one to the next
	settled    map[string]bool     // the subscriptions that are answered, in this generation
	later      map[string][]func() // what waits for one of them to be
	problem    chat.Problem        // why the last attempt to connect failed
	refusal    *directus.Error     // of the subscription to messages
	waiting    atomic.Int64        // bytes of changes that are yet to be applied
	overflowed atomic.Bool         // events were thrown away, and that is yet to be dealt with

	// While nobody has it: see headstart.go.
	access directus.Secret  // of the log-in that it began with
	first  *firstRead       // for that
	held   []directus.Event // what it has told
}

// resume signs in whoever is stored. It works without a network.
func (c *Client) resume() {
	c.revokeSoon()
	r, ok := c.stored()
	switch {
	case !ok:
		c.signedOut(chat.Problem{})
	case r.Generation == "": // of an earlier version of this program
		c.disk.put(func() {
			r.Generation = c.generationOf(r.Me)
			_ = c.keepRecord(r)
			c.mail.put(func() { c.enter(r, directus.Grant{}, directus.Server{}) })
		})
	default:
		c.enter(r, directus.Grant{}, directus.Server{})
	}
}

// stored is the session in the Store; ok is false when there is none.
func (c *Client) stored() (r record, ok bool) {
	r, ok = readRecord(c.ctx, c.cfg.Store)
	return r, ok && c.cfg.Store.Load() != ""
}

// keepFound makes durable what was found out about a session that goes on. If another tab logs out at this moment, either
// it removes this, or this finds out that it has begun to.
func (c *Client) keepFound(r record) {
	if stored, ok := c.stored(); !ok || stored.home() != r.home() {
		return
	}
	_ = c.keepRecord(r) // the next visit finds it out again
	if !c.stands(r.home()) {
		c.removeRecord(r.home())
	}
}

// storeChanged hears of what other tabs do.
func (c *Client) storeChanged(key string) {
	switch {
	case strings.HasPrefix(key, readingKey):
		c.mail.put(func() { c.readingChanged(key) })
	case strings.HasPrefix(key, draftKey), strings.HasPrefix(key, revokeKey):
	default:
		c.mail.put(c.followStore)
	}
}

// followStore does what another tab has done: logged out, or in.
func (c *Client) followStore() {
	r, ok := c.stored()
	switch {
	case ok && (c.user == nil || c.user.home != r.home()):
		c.enter(r, directus.Grant{}, directus.Server{})
	case !ok && c.user != nil:
		why := chat.ProblemLoggedOutByOther
		if r.Me.ID != "" { // only the token is gone: it was refused
			why = chat.ProblemSessionEnded
		}
		c.signedOut(chat.Problem{Code: why})
	}
}

// enter signs somebody in, with a fresh grant and what a log-in has found of the server, or with the stored token.
func (c *Client) enter(r record, grant directus.Grant, server directus.Server) {
	c.exit()
	c.signingIn.Store(false)
	ctx, cancel := context.WithCancel(c.ctx)
	u := &user{
		ctx: ctx, leave: cancel, home: r.home(), record: r, verified: grant.Access != "",
	}
	c.user = u
	c.disk.put(func() {
		c.admit(u)
		c.moveIn(u.home)
	})
	c.noteLooking(u.home)
	c.apply(chat.SignedIn{Me: r.Me, Project: r.Project.domain()})
	c.disk.put(func() { c.checkStorage(u) }) // behind what is to be shown
	if !c.takeStart(grant) {
		c.connect(grant, server)
	}
	c.tellGrant(r.Me.ID, grant)
}

// signedOut ends the session without touching what is stored, and looks what there is.
func (c *Client) signedOut(why chat.Problem) {
	c.exit()
	last, _ := readRecord(c.ctx, c.cfg.Store) // none after a log-out
	c.apply(chat.SignedOut{Problem: why, Email: last.Email})
	c.disk.put(c.takeStock)
}

// exit ends everything that runs for the user.
func (c *Client) exit() {
	if c.user != nil {
		c.releaseOutbox()
		c.user.leave()
		c.user.link.stop()
		c.user, c.offered = nil, news{}
		c.frames.clear()
	}
}

// connect begins a session for the user, in place of the one there may be.
func (c *Client) connect(grant directus.Grant, server directus.Server) {
	u := c.user
	if u.link != nil {
		u.link.stop()
	}
	t := &tokens{store: c.cfg.Store, user: u.home.user}
	u.link = c.newLink(t, u.record.Project, directus.SessionConfig{Dialer: c.cfg.Dialer, Grant: grant, Server: server})
	c.adoptOffered()
	c.run(u.link)
}

// adoptOffered takes the grant that a sibling has told of before there was a session to take it.
func (c *Client) adoptOffered() {
	if u := c.user; c.offered.User == u.home.user {
		u.link.session.Adopt(c.offered.grant())
	}
}

// newLink makes a link with a session that is yet to run. Of its config the caller says how it begins.
func (c *Client) newLink(t *tokens, p project, cfg directus.SessionConfig) *link {
	l := &link{project: p, tokens: t, base: c.generation, later: map[string][]func(){}}
	cfg.API, cfg.SocketURL, cfg.Tokens, cfg.Subscriptions = c.cfg.API, c.cfg.SocketURL, t, p.subscriptions()
	cfg.Deliver = func(e directus.Event) { c.deliver(l, e) }
	cfg.Share = func(g directus.Grant) { c.tellGrant(t.owner(), g) }
	cfg.Trace = c.note
	l.session = c.cfg.NewSession(cfg)
	if !c.visible { // else it knows; telling it would wake it, and have it doubt connections that have just been made
		l.session.SetVisible(false)
	}
	if !c.online {
		l.session.SetOnline(false)
	}
	return l
}

// run lets a link's session run until it is stopped.
func (c *Client) run(l *link) {
	ctx, stop := context.WithCancel(c.ctx)
	l.stop = stop
	c.jobs.Go(func() {
		defer stop()
		_ = l.session.Run(ctx) // why it ended has been delivered
	})
}

// ended deals with the definite refusal of the refresh token. What is typed and queued stays.
func (c *Client) ended() {
	last := c.user.link.tokens.lastUsed()
	switch r, ok := c.stored(); {
	case ok && c.user.home != r.home():
		c.followStore()
	case ok && directus.Secret(c.cfg.Store.Load()) != last: // another tab has logged in again meanwhile
		c.connect(directus.Grant{}, directus.Server{})
	default:
		c.disk.put(func() { c.dropToken(last) })
		c.signedOut(chat.Problem{Code: chat.ProblemSessionEnded})
	}
}

// verify finds out whether what is known of the project is still true. It is tried on every connection until it works.
func (c *Client) verify() {
	u := c.user
	if u.verified || u.verifying {
		return
	}
	u.verifying = true
	l := u.link
	c.start(discoverTimeout, func(ctx context.Context) func() {
		me, found, err := discover(ctx, l.session.Call, c.cfg.Mapping)
		return func() {
			u.verifying = false
			c.verifiedAs(me, found, err)
		}
	})
}

func (c *Client) verifiedAs(me chat.Person, found project, err error) {
	u := c.user
	refusal := u.link.refusal
	if err != nil {
		if problem := requestProblem(err); isOfProject(problem) {
			known := u.record.Project.domain()
			known.Problem = problem
			c.apply(chat.Discovered{Me: u.record.Me, Project: known})
		}
		return
	}
	if me.ID != u.record.Me.ID {
		return // the token has become somebody else's; followStore will see to it
	}
	u.verified = true
	before := u.record
	u.record.Me, u.record.Project = me, found
	domain := found.domain()
	changed := !sameSubscriptions(before.Project, found)
	if refusal != nil && !changed {
		domain.Problem = chat.Problem{Code: chat.ProblemReadForbidden, Detail: refusal.Message}
	}
	c.apply(chat.Discovered{Me: me, Project: domain})
	if r := u.record; !r.same(before) {
		c.disk.put(func() { c.keepFound(r) })
	}
	if changed {
		c.connect(directus.Grant{}, directus.Server{})
	}
}

func sameSubscriptions(a, b project) bool {
	return slices.EqualFunc(a.subscriptions(), b.subscriptions(), directus.Subscription.Same)
}

// isOfProject tells what is wrong with the project from trouble that passes.
func isOfProject(p chat.Problem) bool {
	switch p.Code {
	case chat.ProblemReadForbidden, chat.ProblemCollectionMissing, chat.ProblemRealtimeDisabled:
		return true
	default:
		return false
	}
}

// tokens are the Store's, as long as they are this user's.
type tokens struct {
	store Store
	mu    sync.Mutex
	user  chat.UserID // "" as long as that is not known: then there are none
	last  directus.Secret
}

// belongTo makes them somebody's.
func (t *tokens) belongTo(user chat.UserID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.user = user
}

// owner is whose they are.
func (t *tokens) owner() chat.UserID {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.user
}

func (t *tokens) Load() directus.Secret {
	if !t.mine(context.Background()) {
		return ""
	}
	return directus.Secret(t.store.Load())
}

func (t *tokens) Rotate(ctx context.Context, f func(context.Context, directus.Secret) (directus.Secret, error)) error {
	return t.store.Rotate(ctx, func(ctx context.Context, current string) (string, error) {
		if !t.mine(ctx) {
			return "", directus.ErrSessionEnded
		}
		t.mu.Lock()
		t.last = directus.Secret(current)
		t.mu.Unlock()
		next, err := f(ctx, directus.Secret(current))
		return string(next), err
	})
}

func (t *tokens) mine(ctx context.Context) bool {
	r, ok := readRecord(ctx, t.store)
	return ok && r.Me.ID == t.owner()
}

// lastUsed is the token that was tried last.
func (t *tokens) lastUsed() directus.Secret {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}
