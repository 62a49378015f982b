// Package client is where the chat meets Directus: one goroutine owns chat.State, applies to it whatever the user wants
// and whatever Directus and the browser's other tabs say, and carries out the effects.
//
//	Do(Intent) ─────────────┐
//	directus.Event ─────────┼─▶ mailbox ─▶ Run ─▶ chat.State.Apply ─▶ Changed; Snapshot when it is asked for
//	what other tabs tell ───┤               └──▶ effects: what writes to storage in one goroutine,
//	answers of effects ─────┘                    in order; every other in one of its own
//
// Decisions are chat's, the protocol is directus's; this package only translates (mapping.go and row.go) and waits.
// It must not know go-app, the browser, or where and how things are stored.
package client

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"directuschat"
	"directuschat/app/chat"
	"directuschat/app/directus"
)

// Config says what a Client works with.
type Config struct {
	Mapping directuschat.Mapping
	API     directus.API
	Store   Store
	Records Records

	SocketURL string                              // "" is API.SocketURL()
	Dialer    directus.Dialer                     // nil is the platform's
	Notify    func(chat.Notify)                   // shows a notification, on any goroutine; nil shows none
	Picture   func(chat.UserID, time.Time) string // takes the picture of what that user sees then, "" for none; nil takes none
	ReportURL string                              // where audits that have found something are reported; "" is nowhere

	NewSession func(directus.SessionConfig) Session // nil is directus.NewSession
	Now        func() time.Time                     // nil is time.Now
}

// A Session is what the Client needs of directus.Session.
type Session interface {
	Run(ctx context.Context) error
	Call(ctx context.Context, r directus.Request) (directus.Response, error)
	CreateItem(ctx context.Context, collection string, data []byte) ([]byte, error)
	CreateItemOnce(ctx context.Context, collection string, data []byte) ([]byte, error)
	Adopt(directus.Grant)
	Wake()
	SetVisible(bool)
	SetOnline(bool)
}

// A Client is a running chat. Its methods may be called from any goroutine.
type Client struct {
	cfg     Config
	mail    *mailbox                // what Run has to do
	disk    *mailbox                // what the storage goroutine has to do, in order
	revokes chan struct{}           // one slot: there may be sessions to revoke, or a network to do it
	project atomic.Pointer[project] // the user's, for Diagnostics; nil before the first

	signingIn atomic.Bool // somebody logs in, and will wait for the storage goroutine

	states trace // for Diagnostics
	frames trace

	mu       sync.Mutex
	watchers map[watcher]bool
	revoking map[string]directus.Secret // refresh tokens, by their key in the Store

	owned sync.Mutex // of the state: Run's goroutine changes it, others draw it
	state chat.State

	// What follows belongs to Run's goroutine.

	ctx        context.Context // of Run
	jobs       sync.WaitGroup  // goroutines that Run waits for
	published  uint64          // the version of the state that was last told of
	acted      bool            // the user has done something since
	sent       bool            // and that was a message
	told       crowd           // of what Directus has told since
	user       *user           // nil when nobody is signed in
	early      *link           // of a log-in under way, nil when there is none: see headstart.go
	unsent     string          // while nobody is: where what an ended session has left unsent is stored
	offered    news            // the newest grant that a sibling has told of
	quiet      *time.Timer     // until the room is kept for the next start
	generation uint64          // the last of any session
	visible    bool
	online     bool
	looking    bool // somebody looks at this tab
}

// A watcher hears of changes: tick of any, urgent of those that are to be drawn soon.
type watcher struct {
	tick   chan struct{}
	urgent chan bool
}

// signal lets the one who waits for a channel with one slot go on.
func signal[T any](slot chan T, what T) {
	select {
	case slot <- what:
	default:
	}
}

// New makes a Client that does nothing before Run.
func New(cfg Config) *Client {
	if cfg.NewSession == nil {
		cfg.NewSession = func(cfg directus.SessionConfig) Session { return directus.NewSession(cfg) }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Dialer == nil {
		cfg.Dialer = directus.NewDialer()
	}
	if cfg.SocketURL == "" {
		cfg.SocketURL = cfg.API.SocketURL()
	}
	c := &Client{
		cfg: cfg, mail: newMailbox(), disk: newMailbox(), revokes: make(chan struct{}, 1),
		states: trace{limit: keptStates}, frames: trace{limit: keptFrames},
		watchers: map[watcher]bool{}, revoking: map[string]directus.Secret{},
		visible: true, online: true,
	}
	return c
}

// Run works until ctx ends. When it returns, everything it started has ended. Run it once.
func (c *Client) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	c.ctx = ctx
	defer c.jobs.Wait()
	defer cancel()
	c.jobs.Go(func() { c.disk.serve(ctx, func() {}) })
	c.jobs.Go(func() { c.revokeAll(ctx) })
	c.quiet = time.AfterFunc(time.Hour, func() { c.mail.put(c.saveCache); c.mail.put(c.savePicture) })
	c.quiet.Stop()
	defer c.quiet.Stop()
	defer c.cfg.Store.Watch(c.storeChanged)()
	defer c.cfg.Store.Listen(c.hear)()

	c.resume()
	c.publish()
	c.mail.serve(ctx, c.publish)
	return ctx.Err()
}

// Snapshot is the newest picture of the state. It is drawn only when somebody asks for it: in a burst, once for many
// messages.
func (c *Client) Snapshot() chat.Snapshot {
	c.owned.Lock()
	defer c.owned.Unlock()
	return c.state.Snapshot()
}

// Changed returns two channels: one gets a tick when there is a new Snapshot, the other one, too, when that comes of what
// the user has done, or of what Directus has told alone, and not as one of many; true, if it is a message that is leaving:
// then it leaves the sooner, the less is done before the next frame. They have one slot each: many changes may be one
// tick. stop ends them.
func (c *Client) Changed() (tick <-chan struct{}, urgent <-chan bool, stop func()) {
	w := watcher{make(chan struct{}, 1), make(chan bool, 1)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watchers[w] = true
	return w.tick, w.urgent, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.watchers, w)
	}
}

// Do queues what the user wants. It never blocks.
func (c *Client) Do(intent chat.Intent) {
	c.mail.put(func() {
		switch intent := intent.(type) {
		case chat.Attend:
			c.attended(intent)
		case chat.Seen, chat.Draft:
		case chat.Send:
			c.acted, c.sent = true, true
		default:
			c.acted = true
		}
		c.apply(intent)
	})
}

// Wake says that the network or the page may be back: on focus, on resume from a freeze.
func (c *Client) Wake() {
	c.mail.put(func() {
		c.followStore() // a page that stood still may have missed what other tabs did
		c.revokeSoon()
		c.everySession(Session.Wake)
	})
}

// SetVisible says whether somebody can see the page.
func (c *Client) SetVisible(visible bool) {
	c.mail.put(func() {
		c.visible = visible
		c.everySession(func(s Session) { s.SetVisible(visible) })
		if !visible { // it may never be seen again
			if c.user != nil {
				c.keepMark(c.user)
			}
			c.saveCache()
			c.savePicture()
		}
	})
}

// SetOnline says whether the browser believes that there is a network.
func (c *Client) SetOnline(online bool) {
	c.mail.put(func() {
		c.online = online
		c.revokeSoon()
		c.everySession(func(s Session) { s.SetOnline(online) })
	})
}

// everySession tells the session of the user something, and that of a log-in under way.
func (c *Client) everySession(tell func(Session)) {
	if c.user != nil {
		tell(c.user.link.session)
	}
	if c.early != nil {
		tell(c.early.session)
	}
}

// apply changes the state by one input and sees to its effects. Run's goroutine only.
func (c *Client) apply(in chat.Input) {
	c.owned.Lock()
	effects := c.state.Apply(c.cfg.Now(), in)
	c.owned.Unlock()
	for _, effect := range effects {
		c.carryOut(effect)
	}
}

// publish tells of what has changed. It is called once for many inputs.
func (c *Client) publish() {
	if c.state.Version() == c.published {
		c.told.new, c.acted, c.sent = 0, false, false // one's own message, told after it was answered for
		return
	}
	urgent, sent := c.told.alone(c.cfg.Now()) || c.acted, c.sent
	c.acted, c.sent = false, false
	c.published = c.state.Version()
	if c.user != nil {
		p := c.user.record.Project
		c.project.Store(&p)
		c.saveName(c.state.Me().Name)
	} else {
		c.project.Store(nil)
	}
	c.quiet.Reset(cacheQuiet)
	c.mu.Lock()
	defer c.mu.Unlock()
	for w := range c.watchers {
		if urgent {
			signal(w.urgent, sent)
		}
		signal(w.tick, struct{}{})
	}
}

// start runs f in a goroutine of its own, for the user. What f returns is done in Run's, unless the user has left.
func (c *Client) start(timeout time.Duration, f func(ctx context.Context) (then func())) {
	u := c.user
	if u == nil {
		return
	}
	c.jobs.Go(func() {
		ctx, cancel := context.WithTimeout(u.ctx, timeout)
		defer cancel()
		then := f(ctx)
		c.mail.put(func() {
			if c.user == u {
				then()
			}
		})
	})
}
