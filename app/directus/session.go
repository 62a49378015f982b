package directus

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"
)

// Tokens is where the refresh token lives, shared by everything that is signed in as this user (all tabs of a browser).
type Tokens interface {
	// Load returns the stored refresh token, "" when signed out.
	Load() Secret
	// Rotate runs f while no other tab does. f gets the stored token and returns its successor, which is stored
	// before Rotate returns; an error of f is returned as it is, and nothing is stored.
	Rotate(ctx context.Context, f func(ctx context.Context, current Secret) (next Secret, err error)) error
}

// SessionConfig says what a Session works with.
type SessionConfig struct {
	API           API
	SocketURL     string // ws or wss; "" is API.SocketURL()
	Dialer        Dialer // nil is NewDialer()
	Tokens        Tokens
	Grant         Grant  // from Login; zero: the first step is a refresh of the stored token
	Server        Server // as somebody has just found it; zero: it is asked when there is a connection
	Subscriptions []Subscription
	Deliver       func(Event) // called in order, by one goroutine; must not block

	// Share is called with every grant that this session has rotated, without its refresh token, for the siblings that
	// share Tokens: each Adopts it and spares a rotation of its own. nil: there are none.
	Share func(Grant)
	Trace func(TraceEvent) // called from many goroutines; must not block; nil: nobody looks

	Jitter         func() float64 // in [0, 1); nil is math/rand/v2
	ConnectTimeout time.Duration  // for the upgrade, and again for authentication; 0 is 10 s
	RequestTimeout time.Duration  // for one answer, by socket or REST; 0 is 10 s
	ProbeInterval  time.Duration  // between two probes while visible; 0 is 20 s
	ProbeTimeout   time.Duration  // for the answer to one; 0 is 10 s
	WakeTimeout    time.Duration  // for the answer to a probe by Wake; 0 is 2 s
}

func (c SessionConfig) withDefaults() SessionConfig {
	if c.SocketURL == "" {
		c.SocketURL = c.API.SocketURL()
	}
	if c.Dialer == nil {
		c.Dialer = NewDialer()
	}
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.ConnectTimeout, 10 * time.Second},
		{&c.RequestTimeout, 10 * time.Second},
		{&c.ProbeInterval, 20 * time.Second},
		{&c.ProbeTimeout, 10 * time.Second},
		{&c.WakeTimeout, 2 * time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return c
}

// A Session is a signed-in client across many connections. Its methods may be called from any goroutine, and before Run.
type Session struct {
	cfg         SessionConfig
	requests    *hedge
	credentials *credentials
	mailbox     *mailbox // what other goroutines want of Run's
	gatherer    gatherer

	// What follows belongs to the goroutine of Run.

	ctx        context.Context // of Run
	helpers    sync.WaitGroup  // goroutines that Run waits for
	state      State
	ended      error // why state is Ended
	generation uint64
	visible    bool
	online     bool

	abandon     context.CancelFunc // gives up the attempt to connect
	begun       time.Time          // of the attempt or, in Ready, of that state
	hurried     bool               // somebody waits for the attempt: it is made anew if it takes long
	dialsFailed int                // in a row
	authsFailed int                // in a row, since a connection last proved itself
	backoff     backoff
	connection  *connection // in Authenticating and Ready

	server  Server // as it was told last
	askInfo bool   // on the next connection: nothing is known, or the server may have been replaced
	lastUID uint64

	deadline *time.Timer // Waiting, Offline: the next attempt. Else: an answer is overdue
	probe    *time.Timer // Ready: the next probe, or the answer to one is overdue
	renewal  *time.Timer // Ready: the access token should be renewed
}

// NewSession makes a session that does nothing before Run.
func NewSession(cfg SessionConfig) *Session {
	cfg = traced(cfg.withDefaults())
	requests := newHedge(cfg.API.Transport, cfg.API.URL)
	cfg.API.Transport = requests
	s := &Session{
		gatherer: gatherer{deliver: cfg.Deliver},
		cfg:      cfg, requests: requests, mailbox: newMailbox(), visible: true, online: true,
		server: cfg.Server, askInfo: cfg.Server == Server{},
		deadline: stoppedTimer(), probe: stoppedTimer(), renewal: stoppedTimer(),
	}
	s.cfg.Deliver = s.gatherer.tell
	s.credentials = &credentials{
		api:     cfg.API,
		tokens:  cfg.Tokens,
		timeout: cfg.RequestTimeout,
		notify:  func(err error) { s.mailbox.put(func() { s.refreshed(err) }) },
		share:   cfg.Share,
		news:    make(chan struct{}, 1),
	}
	if cfg.Grant.Access != "" {
		s.credentials.set(cfg.Grant)
	}
	return s
}

func stoppedTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// Run connects, and keeps connected, until ctx ends or the refresh token is gone or definitely refused: ErrSessionEnded.
// When it returns, everything it started has ended; for that it may wait for a refresh that is under way (up to three
// times RequestTimeout), because a refresh that is cut short loses the session. Run it once.
func (s *Session) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.ctx = ctx

	s.moveToConnecting()
	for s.state != Ended && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-s.mailbox.ready:
			for _, f := range s.mailbox.take() {
				f()
			}
		case r := <-s.connection.received():
			s.receiveAll(r)
		case <-s.deadline.C:
			s.overdue()
		case <-s.probe.C:
			s.probeTick()
		case <-s.renewal.C:
			s.credentials.renew()
		}
	}

	if s.state != Ended {
		s.ended = ctx.Err()
		s.leave()
		s.state = Ended // without an event: who ends ctx knows
	}
	cancel()
	s.credentials.close(s.ended)
	s.helpers.Wait()
	for _, f := range s.mailbox.close() {
		f()
	}
	return s.ended
}

// Wake says that the network or the page may be back (online, focus, thaw): a connection is probed now, and where there
// is none an attempt is made now.
func (s *Session) Wake() { s.mailbox.put(s.wake) }

// SetVisible says whether somebody can see the page; a hidden one probes and retries rarely. Becoming visible wakes.
func (s *Session) SetVisible(visible bool) {
	s.mailbox.put(func() {
		if s.visible = visible; visible {
			s.wake()
		}
	})
}

// SetOnline says whether the browser believes that there is a network. Becoming online wakes. Going offline is checked
// by a probe, since a server on the same machine is there without a network.
func (s *Session) SetOnline(online bool) {
	s.mailbox.put(func() {
		s.online = online
		switch {
		case online || s.state == Ready:
			s.wake()
		case s.state == Waiting:
			s.moveToWaiting(nil)
		}
	})
}

// now is the wall clock, as the credentials have it.
func (s *Session) now() time.Time { return s.cfg.API.now() }

func (s *Session) nextUID() string {
	s.lastUID++
	return strconv.FormatUint(s.lastUID, 10)
}

// A mailbox takes work for the goroutine that owns the session; putting never blocks.
type mailbox struct {
	mu     sync.Mutex
	work   []func()
	closed bool
	ready  chan struct{} // one slot: there is work
}

func newMailbox() *mailbox { return &mailbox{ready: make(chan struct{}, 1)} }

// put reports whether f will run.
func (m *mailbox) put(f func()) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.work = append(m.work, f)
	select {
	case m.ready <- struct{}{}:
	default:
	}
	return true
}

func (m *mailbox) take() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	work := m.work
	m.work = nil
	return work
}

// close returns the work that was left.
func (m *mailbox) close() []func() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	return m.take()
}
