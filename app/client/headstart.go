package client

import (
	"context"
	"sync"
	"time"

	"directuschat/app/directus"
)

// A log-in has much to wait for, one thing after the other: its answer, what this user may do, the browser's storage, a
// socket, the subscriptions, and the history behind them. But a socket can be dialled before there is a token, and
// mostly the project is as the page says. So as soon as there is a token, the newest messages and the names of their
// authors are asked for and shown (firstread.go), and the session of the log-in begins, in a project in which all that is
// mapped is there. What the session tells is held until the user can enter; then it comes in the order in which it was
// told, as if it were told then, behind what was read. Where the project turns out to be another one, that is thrown away,
// and the session begins when the user enters.

// expected is the project in which all that is mapped is there, and a user may do what a user of the chat may.
func (c *Client) expected() project {
	p := project{Mapping: c.cfg.Mapping, OwnKeys: true, CanWrite: true}
	p.findChanges(permissions{}) // nothing is known that would forbid any
	if p.Mapping.Profiles != "" {
		p.Names = namesProfiles
	}
	return p
}

// begin lets the session of a log-in begin, with the socket that is dialled for it and what is read for it.
func (c *Client) begin(grant directus.Grant, socket *dialled, first *firstRead) {
	c.giveUpStart() // another tab's log-in may have come between two of this one's
	c.early = c.newLink(&tokens{store: c.cfg.Store}, c.expected(), directus.SessionConfig{Dialer: socket, Grant: grant})
	c.early.access, c.early.first = grant.Access, first
	c.run(c.early)
	c.enterSoon(c.early, socket)
	stop := c.early.stop
	c.early.stop = func() {
		stop()
		socket.drop() // the session may not have come to dial
	}
}

// giveUpStart throws away what has begun, if anything has.
func (c *Client) giveUpStart() {
	if c.early != nil {
		c.early.stop()
		c.early = nil
	}
}

// maxHeld is how many events are kept until the user can enter.
const maxHeld = 20_000

// hold keeps what the session has told for later. A session that has ended would end the user's, and has only missed its
// tokens; one that tells more than anybody keeps is too long under way.
func (c *Client) hold(l *link, e directus.Event) {
	state, moved := e.(directus.StateChanged)
	if moved && state.State == directus.Ended || len(l.held) == maxHeld {
		c.giveUpStart()
		return
	}
	l.held = append(l.held, e)
}

// enterPatience is how long nobody is let in because the newest messages, or the names of their authors, are not there
// yet: to draw the room without them first would keep them waiting.
const enterPatience = 250 * time.Millisecond

// whenRead does something in Run's goroutine when messages and names have been read for this log-in, or after a while; at
// once if none are.
func (c *Client) whenRead(grant directus.Grant, p project, f func()) {
	if !c.startedFor(grant, p) {
		f()
		return
	}
	read := c.early.first.done
	c.jobs.Go(func() {
		select {
		case <-read:
		case <-time.After(enterPatience):
		case <-c.ctx.Done():
		}
		c.mail.put(f)
	})
}

// startedFor reports whether a session has begun for this log-in, and is what it needs.
func (c *Client) startedFor(grant directus.Grant, p project) bool {
	return c.early != nil && c.early.access == grant.Access && sameSubscriptions(c.early.project, p)
}

// takeStart makes the session that has begun the user's, if it is theirs and what they need.
func (c *Client) takeStart(grant directus.Grant) bool {
	u, l := c.user, c.early
	if !c.startedFor(grant, u.record.Project) {
		c.giveUpStart()
		return false
	}
	c.early = nil
	l.tokens.belongTo(u.home.user)
	l.base = c.generation
	u.link = l
	c.adoptOffered()
	c.show(l)
	for _, e := range l.held {
		c.handle(l, e)
	}
	l.held, l.first = nil, nil
	return true
}

// A dialled is a Dialer that has dialled once before it is asked to. Any goroutine may use it.
type dialled struct {
	directus.Dialer
	now    func() time.Time
	cancel context.CancelFunc
	done   chan struct{} // closed when the attempt has ended

	mu      sync.Mutex
	conn    directus.Conn // until somebody has it
	at      time.Time     // when it was opened; zero if it was not
	dropped bool
}

// dialledFor is how long a socket may be open without a word: Directus closes it after ten seconds.
const dialledFor = 5 * time.Second

// dialAhead dials.
func (c *Client) dialAhead() *dialled {
	ctx, cancel := context.WithTimeout(c.ctx, logInTimeout)
	d := &dialled{Dialer: c.cfg.Dialer, now: c.cfg.Now, cancel: cancel, done: make(chan struct{})}
	c.jobs.Go(func() {
		defer cancel()
		defer close(d.done)
		conn, err := d.Dialer.Dial(ctx, c.cfg.SocketURL)
		if err != nil {
			return
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.dropped {
			conn.Close()
			return
		}
		d.conn, d.at = conn, d.now()
	})
	return d
}

// opened reports whether the socket has been opened.
func (d *dialled) opened() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.at.IsZero()
}

// Dial returns the socket that was dialled, or dials when there is none to be had.
func (d *dialled) Dial(ctx context.Context, url string) (directus.Conn, error) {
	select {
	case <-d.done:
	case <-ctx.Done():
	}
	d.mu.Lock()
	conn, age := d.conn, d.now().Sub(d.at)
	d.conn = nil
	d.mu.Unlock()
	if conn != nil && age.Abs() < dialledFor {
		return conn, nil
	}
	if conn != nil {
		conn.Close()
	}
	return d.Dialer.Dial(ctx, url)
}

// drop gives the socket up, unless somebody has it.
func (d *dialled) drop() {
	d.cancel()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dropped = true
	if d.conn != nil {
		d.conn.Close()
		d.conn = nil
	}
}
