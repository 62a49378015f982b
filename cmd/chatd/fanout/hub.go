package fanout

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
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

	// Dial opens a socket to Directus as if from an address.
	Dial func(ctx context.Context, address string) (directus.Conn, error)
	// Rights asks Directus what the bearer of a token may read, who comes from an address. ErrNobody says that Directus
	// does not know them; after any other error nothing is known.
	Rights func(ctx context.Context, token, address string) (Rights, error)
	Log    *slog.Logger
}

const (
	// recheckEvery is for how long Directus's word counts. Asking costs it about as much as three readings of a row. Of
	// those whose tokens links have it is asked more often: all depend on their rights.
	recheckEvery = time.Minute
	recheckLink  = 10 * time.Second
	retryCheck   = 10 * time.Second
	// doubtful is how old that word may get if Directus does not answer. Then nothing is shared with them any more.
	doubtful = 2 * recheckEvery
	// askTimeout and heldFor are short: somebody waits for their subscription, for ten seconds at most if it is our page.
	askTimeout = 3 * time.Second
	heldFor    = 5 * time.Second

	checksAtOnce = 4  // when all come back together, they wait for each other here
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
	checks  chan struct{} // room for those that run

	mu       sync.Mutex
	clients  map[relay.Client]*client
	feeds    map[string]*feed   // by the key of their query
	troubles map[string]trouble // by the key of a query
	told     time.Time          // when it was logged that rights are not told
}

// A client is a socket whose token Directus has accepted.
type client struct {
	relay.Client
	token   string
	expires time.Time // zero: never
	nobody  bool      // logged out again, for now

	rights   Rights
	asked    time.Time // when they were
	askedBy  string    // token by which they were; another one may be another person's
	checking bool
	recheck  *time.Timer
	due      time.Time // when recheck fires; zero: it does not

	members map[string]*member   // by uid: those that the Hub sees to
	direct  map[string]time.Time // by uid: those that Directus sees to, and when the Hub has said so to it; zero: it did not
	full    bool                 // there were too many: Directus sees to all that come
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
}

// New makes a Hub.
func New(cfg Config) *Hub {
	h := &Hub{
		cfg: cfg, checks: make(chan struct{}, checksAtOnce),
		clients: map[relay.Client]*client{}, feeds: map[string]*feed{}, troubles: map[string]trouble{},
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

// LoggedIn asks what the client may read, unless it is known: a subscription is likely to come.
func (h *Hub) LoggedIn(c relay.Client, token string, expires time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	cl, known := h.clients[c], true
	if cl == nil {
		cl, known = &client{Client: c}, false
		h.clients[c] = cl
	}
	anew := cl.token != token || cl.nobody
	cl.token, cl.expires, cl.nobody = token, expires, false
	if anew && (!known || len(cl.members) > 0) {
		h.check(cl)
	}
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
	cl.stop()
	cl.nobody = true
	for _, m := range cl.members {
		h.leave(m)
	}
}

// Subscribe takes a subscription that may be one to share. Whether it is, may have to be asked first.
func (h *Hub) Subscribe(c relay.Client, text []byte) bool {
	s := readSubscribe(text)
	h.mu.Lock()
	defer h.mu.Unlock()
	cl := h.clients[c]
	if cl == nil || !s.hasUID {
		return false
	}
	if m := cl.members[s.uid]; m != nil { // this one is in its place
		h.leave(m)
	}
	if at, direct := cl.direct[s.uid]; direct || !s.shareable || !h.shareable(s.query) || cl.nobody || h.ctx.Err() != nil || !cl.room() {
		// Once Directus sees to it, it goes on to: of the end of one that it has it would say what nobody has asked for.
		return h.toDirectus(cl, s.uid, text, at)
	}
	if cl.members == nil {
		cl.members = map[string]*member{}
	}
	m := &member{client: cl, uid: s.uid, text: bytes.Clone(text), query: s.query}
	cl.members[m.uid] = m
	if !cl.known() {
		h.check(cl)
		h.hold(m)
		return true
	}
	if !h.place(m) {
		delete(cl.members, m.uid)
		return h.toDirectus(cl, m.uid, text, time.Time{})
	}
	h.hold(m)
	h.recheckIn(cl, recheckEvery-time.Since(cl.asked))
	return true
}

// Unsubscribe ends a subscription, or all. It is Directus that answers.
func (h *Hub) Unsubscribe(c relay.Client, text []byte) bool {
	uid, one := readUnsubscribe(text)
	h.mu.Lock()
	defer h.mu.Unlock()
	cl := h.clients[c]
	if cl == nil {
		return false
	}
	for _, m := range cl.members {
		if !one || m.uid == uid {
			h.leave(m)
		}
	}
	forward := false
	for other, at := range cl.direct {
		if !one || other == uid {
			delete(cl.direct, other)
			forward = forward || time.Since(at) < inOrder
		}
	}
	if forward {
		cl.Forward(bytes.Clone(text))
	}
	return forward
}

// shareable reports whether a query may be shared.
func (h *Hub) shareable(q query) bool {
	for name := range q.names() {
		if !slices.Contains(h.cfg.Fields[q.collection], name) {
			return false
		}
	}
	return true
}

func (cl *client) room() bool { return !cl.full && len(cl.members)+len(cl.direct) < maxOfAClient }

// known reports whether what Directus has said of the client's rights counts.
func (cl *client) known() bool {
	return cl.askedBy == cl.token && time.Since(cl.asked) <= recheckEvery+askTimeout
}

// lost reports whether nothing can be said of the client's rights.
func (cl *client) lost() bool { return cl.askedBy != cl.token || time.Since(cl.asked) > doubtful }

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

// toDirectus notes that Directus sees to a subscription, and sends it there if it must not overtake what the Hub has said
// at some time. Else it goes its own way.
func (h *Hub) toDirectus(cl *client, uid string, text []byte, said time.Time) (sent bool) {
	if _, direct := cl.direct[uid]; !direct && !cl.room() {
		cl.full = true
		return false
	}
	cl.note(uid, said)
	if time.Since(said) < inOrder {
		cl.Forward(bytes.Clone(text))
		return true
	}
	return false
}

func (cl *client) note(uid string, said time.Time) {
	if cl.direct == nil {
		cl.direct = map[string]time.Time{}
	}
	cl.direct[uid] = said
}

// demote has Directus see to a subscription after all. If it has been in force, something may be missed between the two,
// or may have been already: so the client connects again. If not, it has just to wait for Directus's answer.
func (h *Hub) demote(m *member) {
	h.leave(m)
	if m.live {
		m.client.Interrupt()
		return
	}
	m.client.note(m.uid, time.Now())
	m.client.Forward(m.text)
}

// hold bounds the time that a member waits.
func (h *Hub) hold(m *member) {
	if m.live {
		return
	}
	m.held = time.AfterFunc(heldFor, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if m.client.members[m.uid] == m && !m.live {
			h.demote(m)
		}
	})
}
