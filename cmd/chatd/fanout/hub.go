package fanout

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"directuschat/app/directus"
	"directuschat/cmd/chatd/relay"
)

// A Config says what a Hub may share, and how it gets to Directus. Both functions must end with their context.
type Config struct {
	// Fields are, by collection, those that a shared subscription may ask for. They have to be columns of the row itself:
	// what stands in them depends on nothing but the right to read them.
	Fields map[string][]string
	// Alone has a feed serve one subscription alone, too. Else it is left to Directus until there is a second one.
	Alone bool

	// Dial opens a socket to Directus as if from an address.
	Dial func(ctx context.Context, address string) (directus.Conn, error)
	// Rights asks Directus what the bearer of a token may read, who comes from an address. ErrNobody says that Directus
	// does not know them; after any other error nothing is known.
	Rights func(ctx context.Context, token, address string) (Rights, error)
	Log    *slog.Logger
}

const (
	// recheckEvery is for how long Directus's word counts. Asking costs it about as much as three readings of a row. A link
	// asks for itself more often: all depend on the rights of its token.
	recheckEvery = time.Minute
	recheckLink  = 10 * time.Second
	retryCheck   = 20 * time.Second
	retrySoon    = time.Second // while somebody waits, or has a token of which nothing is known
	askTimeout   = 5 * time.Second
	// doubtful is how old that word may get if Directus does not answer. Then nothing is shared with them any more.
	doubtful = 2 * recheckEvery
	// strange is for how long what is known of a token counts for the next one of the same socket.
	strange = 10 * time.Second
	// heldFor is how long a subscription waits for the Hub. Our page waits for ten seconds.
	heldFor = 5 * time.Second

	// When all come back together, they wait for each other here; who waits for a subscription goes first.
	checksAtOnce   = 8
	rechecksAtOnce = 2

	maxFeeds     = 64 // each costs Directus what a subscription costs; clients can ask for as many different ones as there are
	maxOfAClient = 4  // subscriptions of one client that are looked after, shared or not; a page has three

	// inOrder is for how long what a client says of a subscription goes the same way as what the Hub has said of it, so
	// that it does not overtake that.
	inOrder = 10 * time.Second
)

// A Hub is a relay.Sharer.
type Hub struct {
	cfg     Config
	ctx     context.Context // ends with stop
	stop    context.CancelFunc
	running sync.WaitGroup
	first   chan struct{} // room for questions that somebody waits for
	later   chan struct{} // and for others

	mu       sync.Mutex
	clients  map[relay.Client]*client
	feeds    map[string]*feed   // by the key of their query
	lone     map[string]lone    // by the key of their query
	troubles map[string]trouble // by the key of a query
	told     time.Time          // when it was logged that rights are not told
}

// A client is a socket whose token Directus has accepted.
type client struct {
	relay.Client
	token   string
	expires time.Time       // zero: never
	nobody  bool            // logged out again, for now
	ctx     context.Context // ends with gone
	gone    context.CancelFunc

	rights   Rights
	asked    time.Time // when they were
	askedBy  string    // token by which they were; another one may be another person's
	since    time.Time // when the token came
	checking bool
	recheck  *time.Timer
	due      time.Time // when recheck fires; zero: it does not

	members map[string]*member // by uid: those that the Hub sees to
	direct  map[string]*direct // by uid: those that Directus sees to
	full    bool               // there were too many: Directus sees to all that come
	lone    map[string]string  // by uid: keys of queries under which it stands there
}

// A direct is a subscription of a client that Directus sees to.
type direct struct {
	said time.Time // when the Hub has told Directus of it; zero: the client has
	text []byte    // the message that it began with, if the Hub is to see to it as soon as it can; nil: it is not
}

// A lone is a direct that would be shared if there were another one to the same.
type lone struct {
	client *client
	uid    string
}

// A member is a subscription of a client that the Hub sees to.
type member struct {
	client *client
	uid    string
	text   []byte // the message that it began with
	query  query
	held   *time.Timer // ends the wait for an answer
	feed   *feed       // nil: the rights are not known yet
	live   bool        // the client has been told that it is in force
	direct bool        // Directus sees to it, too: until it is live, and for some time then
	said   time.Time   // when the Hub has told Directus that it need not; zero: it did not
}

// New makes a Hub.
func New(cfg Config) *Hub {
	h := &Hub{
		cfg: cfg, first: make(chan struct{}, checksAtOnce), later: make(chan struct{}, rechecksAtOnce),
		clients: map[relay.Client]*client{}, feeds: map[string]*feed{}, lone: map[string]lone{}, troubles: map[string]trouble{},
	}
	h.ctx, h.stop = context.WithCancel(context.Background())
	return h
}

// Drain ends all feeds. It is for when the sockets are told to come back: without it, one after the other would get a feed
// for the rest.
func (h *Hub) Drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stop()
	for _, cl := range h.clients {
		cl.stop()
	}
	for _, f := range h.feeds {
		f.stop()
	}
}

// Close drains, and waits until nothing runs any more, at most until ctx ends.
func (h *Hub) Close(ctx context.Context) error {
	h.Drain()
	done := make(chan struct{})
	go func() {
		h.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Len is how many feeds there are, and how many subscriptions they serve.
func (h *Hub) Len() (feeds, served int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.feeds {
		served += len(f.members)
	}
	return len(h.feeds), served
}

// LoggedIn asks what the client may read, if anything depends on it, or is likely to.
func (h *Hub) LoggedIn(c relay.Client, token string, expires time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	cl, known := h.clients[c], true
	if cl == nil {
		cl, known = &client{Client: c}, false
		cl.ctx, cl.gone = context.WithCancel(h.ctx)
		h.clients[c] = cl
	}
	anew := cl.token != token || cl.nobody
	if cl.token != token {
		cl.since = time.Now()
	}
	cl.token, cl.expires, cl.nobody = token, expires, false
	if !anew {
		return
	}
	if !known || cl.waits() {
		h.check(cl)
	}
	h.withdraw(cl) // a feed may have the token before
}

// LoggedOut delivers nothing more to the client until it logs in.
func (h *Hub) LoggedOut(c relay.Client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if cl := h.clients[c]; cl != nil {
		cl.nobody = true
		h.withdraw(cl)
	}
}

// Closed forgets the client.
func (h *Hub) Closed(c relay.Client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	cl := h.clients[c]
	if cl == nil {
		return
	}
	delete(h.clients, c)
	cl.gone()
	cl.stop()
	cl.nobody = true
	for _, m := range cl.members {
		h.leave(m)
	}
	for uid := range cl.lone {
		h.forget(cl, uid)
	}
}

// known reports whether what Directus has said of the client's rights counts for something new.
func (cl *client) known() bool {
	return cl.askedBy == cl.token && time.Since(cl.asked) <= recheckEvery+askTimeout
}

// lost reports whether what Directus has said counts for nothing any more.
func (cl *client) lost() bool {
	return cl.askedBy != cl.token && time.Since(cl.since) > strange || time.Since(cl.asked) > doubtful
}

// waits reports whether anything depends on what the client may read.
func (cl *client) waits() bool {
	for _, d := range cl.direct {
		if d.text != nil {
			return true
		}
	}
	return len(cl.members) > 0
}

// urgent reports whether somebody waits for that.
func (cl *client) urgent() bool {
	for _, m := range cl.members {
		if m.feed == nil {
			return true
		}
	}
	return cl.asked.IsZero() && len(cl.direct) == 0
}

func (cl *client) stop() {
	if cl.recheck != nil {
		cl.recheck.Stop()
	}
	cl.due = time.Time{}
}

// lasts reports whether Directus will know the client until some time.
func (cl *client) lasts(until time.Time) bool {
	return !cl.nobody && (cl.expires.IsZero() || cl.expires.After(until))
}
