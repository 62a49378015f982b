package directus_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directustest"
)

const alice = "alice@example.com"

var messages = directus.Subscription{
	UID: "messages", Collection: "messages",
	Query: directus.Query{Fields: []string{"id", "content"}},
}

// A tab is a session under test, on virtual time.
type tab struct {
	t      *testing.T
	srv    *directustest.Server
	tokens *directustest.Tokens
	*directus.Session
	stop  context.CancelFunc
	ended chan error
	clock clock       // its wall clock
	stuck atomic.Bool // while true, nothing can be written to its sockets

	mu     sync.Mutex
	events []directus.Event
}

// onVirtualTime runs a test in a bubble whose clock jumps whenever everybody waits: time.Sleep there takes no time, and
// when it returns, everything that was due has happened.
func onVirtualTime(t *testing.T, cfg directustest.Config, test func(t *testing.T, srv *directustest.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv := directustest.New(cfg)
		t.Cleanup(srv.Close)
		test(t, srv)
	})
}

// open starts a session of alice's.
func open(t *testing.T, srv *directustest.Server, options ...func(*directus.SessionConfig)) *tab {
	grant := srv.Grant(alice)
	return join(t, srv, grant, directustest.NewTokens(grant.Refresh), options...)
}

// join starts a session of whoever the tokens are.
func join(t *testing.T, srv *directustest.Server, grant directus.Grant, tokens *directustest.Tokens, options ...func(*directus.SessionConfig)) *tab {
	tab := &tab{t: t, srv: srv, tokens: tokens, ended: make(chan error, 1)}
	cfg := directus.SessionConfig{
		API:           srv.API(),
		Tokens:        tab.tokens,
		Grant:         grant,
		Subscriptions: []directus.Subscription{messages},
		Deliver: func(e directus.Event) {
			tab.mu.Lock()
			defer tab.mu.Unlock()
			tab.events = append(tab.events, e)
		},
	}
	cfg.API.Now = tab.clock.now
	cfg.Dialer = dialerFunc(func(ctx ctx, url string) (directus.Conn, error) {
		conn, err := srv.Dialer().Dial(ctx, url)
		if err != nil {
			return nil, err
		}
		return &stickyConn{Conn: conn, stuck: &tab.stuck, closed: make(chan struct{})}, nil
	})
	for _, option := range options {
		option(&cfg)
	}
	tab.Session = directus.NewSession(cfg)
	ctx, stop := context.WithCancel(t.Context())
	tab.stop = stop
	go func() { tab.ended <- tab.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		srv.Thaw()
		<-tab.ended
	})
	synctest.Wait()
	return tab
}

// settle lets everything happen that needs no time to pass.
func settle() { synctest.Wait() }

// take returns the events since the last call, as text.
func (tab *tab) take() []string {
	settle()
	tab.mu.Lock()
	defer tab.mu.Unlock()
	lines := []string{}
	for _, e := range tab.events {
		lines = append(lines, line(e))
	}
	tab.events = nil
	return lines
}

// line is an event in short, such as "1 ready".
func line(e directus.Event) string {
	switch e := e.(type) {
	case directus.StateChanged:
		return fmt.Sprint(e.Generation, " ", e.State)
	case directus.Subscribed:
		return fmt.Sprint(e.Generation, " subscribed ", e.UID)
	case directus.Changed:
		return fmt.Sprint(e.Generation, " ", e.UID, " ", e.Kind, " ", string(e.Data))
	case directus.Gap:
		return fmt.Sprint(e.Generation, " gap: ", e.Reason)
	case directus.Resumed:
		return fmt.Sprint(e.Generation, " resumed")
	case directus.SubscriptionFailed:
		return fmt.Sprint(e.Generation, " failed ", e.UID, " ", e.Err.Code)
	default:
		return fmt.Sprintf("%T", e)
	}
}

// state is where the session stands now.
func (tab *tab) state() (last directus.StateChanged) {
	settle()
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, e := range tab.events {
		if e, ok := e.(directus.StateChanged); ok {
			last = e
		}
	}
	return last
}

// until lets time pass until the session has entered the state anew, and returns how much.
func (tab *tab) until(state directus.State, within time.Duration) time.Duration {
	tab.t.Helper()
	start := time.Now()
	for tab.state().State != state {
		require.Less(tab.t, time.Since(start), within, "%v did not come; so far: %v", state, tab.lines())
		time.Sleep(50 * time.Millisecond)
	}
	return time.Since(start)
}

// untilNot lets time pass until the session has left the state.
func (tab *tab) untilNot(state directus.State, within time.Duration) {
	tab.t.Helper()
	start := time.Now()
	for {
		if last := tab.state().State; last != 0 && last != state {
			return
		}
		require.Less(tab.t, time.Since(start), within, "still %v; since then: %v", state, tab.lines())
		time.Sleep(50 * time.Millisecond)
	}
}

func (tab *tab) lines() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	var lines []string
	for _, e := range tab.events {
		lines = append(lines, line(e))
	}
	return lines
}

// start is what a session says on its way to work.
func start(generation int) []string {
	return []string{
		fmt.Sprint(generation, " connecting"), fmt.Sprint(generation, " authenticating"),
		fmt.Sprint(generation, " ready"), fmt.Sprint(generation, " subscribed messages"),
	}
}

func lines(parts ...[]string) []string { return slices.Concat(parts...) }

func fixedJitter(v float64) func(*directus.SessionConfig) {
	return func(c *directus.SessionConfig) { c.Jitter = func() float64 { return v } }
}

func withoutGrant(c *directus.SessionConfig) { c.Grant = directus.Grant{} }

type ctx = context.Context

type dialerFunc func(ctx ctx, url string) (directus.Conn, error)

func (f dialerFunc) Dial(ctx ctx, url string) (directus.Conn, error) { return f(ctx, url) }

// A failing connection reports err in place of the next frame.
type failing struct {
	directus.Conn
	err error
}

func (c *failing) Read(ctx ctx) ([]byte, error) {
	frame, err := c.Conn.Read(ctx)
	if c.err != nil {
		return nil, c.err
	}
	return frame, err
}

// A clock is a wall clock that can be set. A machine that sleeps does no more to a program than that: timers stand
// still, and the wall clock goes on.
type clock struct{ ahead atomic.Int64 }

func (c *clock) set(ahead time.Duration) { c.ahead.Add(int64(ahead)) }
func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }

// On a sticky connection writes may hang, as they do natively when the other side does not take any more.
type stickyConn struct {
	directus.Conn
	stuck  *atomic.Bool
	once   sync.Once
	closed chan struct{}
}

func (c *stickyConn) Write(ctx ctx, frame []byte) error {
	if !c.stuck.Load() {
		return c.Conn.Write(ctx, frame)
	}
	select {
	case <-c.closed:
		return directus.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *stickyConn) Close() {
	c.once.Do(func() { close(c.closed) })
	c.Conn.Close()
}
