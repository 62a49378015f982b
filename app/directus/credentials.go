package directus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Shares of an access token's life: it is renewed at some point between renewFrom and renewTo, so that of many tabs one
// comes first and spares the others the work; it is no longer given out after staleShare, so that it does not expire on
// its way.
const (
	renewFrom  = 0.7
	renewTo    = 0.8
	staleShare = 0.9

	soonestRenewal = time.Second // or a token that is born expired would be renewed without a pause
)

// credentials keep a valid access token, one refresh at a time. Any goroutine may use them.
//
// A refresh, once begun, is never cut short by who asked for it: the server kills the old refresh token when it
// answers, so a lost answer is a lost session.
type credentials struct {
	api     API
	tokens  Tokens
	timeout time.Duration // of the refresh call; waiting for other tabs may take twice as long
	notify  func(error)   // after every refresh
	share   func(Grant)   // tells siblings of a rotation; nil if there are none

	mu      sync.Mutex
	grant   Grant
	offered Grant // by a sibling, for a refresh token that is not the stored one as yet
	renewal window
	staleAt time.Time
	flight  *flight
	closed  error // why nothing is given out any more

	unanswered bool // the last refresh; it may have been carried out

	news chan struct{} // one slot: a sibling has offered a grant
}

// A window is when to renew a token.
type window struct{ from, to time.Time }

func (w window) pick(jitter func() float64) time.Time {
	return w.from.Add(part(w.to.Sub(w.from), jitter))
}

// A flight is one refresh under way.
type flight struct {
	done  chan struct{}
	token Secret
	err   error
}

// set takes a grant into use.
func (c *credentials) set(g Grant) {
	if g.Mark == "" {
		g.Mark = markOf(g.Refresh)
	}
	now := c.api.now()
	life := float64(g.Expires.Sub(now))
	after := func(share float64) time.Time { return now.Add(max(time.Duration(share*life), soonestRenewal)) }
	c.grant = g
	c.renewal = window{after(renewFrom), after(renewTo)}
	c.staleAt = now.Add(time.Duration(staleShare * life))
}

// access returns a token that is good for a while, after a refresh if need be.
func (c *credentials) access(ctx context.Context) (Secret, error) {
	c.mu.Lock()
	if c.closed != nil {
		defer c.mu.Unlock()
		return "", c.closed
	}
	if c.api.now().Before(c.staleAt) {
		defer c.mu.Unlock()
		return c.grant.Access, nil
	}
	f := c.refreshLocked()
	c.mu.Unlock()

	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// current returns the newest token, valid or not, and when to renew it.
func (c *credentials) current() (token Secret, renewal window) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.grant.Access, c.renewal
}

// renew starts a refresh unless one is under way.
func (c *credentials) renew() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed == nil {
		c.refreshLocked()
	}
}

// discard says that the server did not accept a token. A newer one stays.
func (c *credentials) discard(token Secret) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.grant.Access == token {
		c.staleAt, c.renewal = time.Time{}, window{}
	}
}

// close makes every later access fail with err, and waits for a refresh that is under way.
func (c *credentials) close(err error) {
	c.mu.Lock()
	if c.closed == nil {
		c.closed = err
	}
	f := c.flight
	c.mu.Unlock()
	if f != nil {
		<-f.done
	}
}

func (c *credentials) refreshLocked() *flight {
	if c.flight == nil {
		f := &flight{done: make(chan struct{})}
		c.flight = f
		had := c.grant.Mark
		go func() {
			err := c.refresh(had)
			c.mu.Lock()
			c.flight = nil
			f.token, f.err = c.grant.Access, err
			c.mu.Unlock()
			c.notify(err)
			close(f.done)
		}()
	}
	return c.flight
}

// refresh replaces the grant with the mark had: by a sibling's, if one has rotated meanwhile, or by rotating the stored
// token, whichever it is. A refused token may have been rotated by a sibling that could not take the lock, so the store
// is read once more before the refusal counts.
func (c *credentials) refresh(had string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*c.timeout)
	defer cancel()
	waits := 0
	if c.share != nil && had != "" { // without a grant there may be no sibling at all, and a page waits to start
		waits = siblingWaits
	}
	for retried := false; ; {
		used, grant, err := c.rotate(ctx, had, waits > 0)
		switch {
		case errors.Is(err, errInherited):
			return nil
		case errors.Is(err, errSibling):
			waits--
			c.await(ctx, markOf(used))
		case grant.Access != "" && (retried || !c.overtaken(used, grant, err)):
			return c.keep(ctx, grant, err)
		case grant.Access == "" && !refusesToken(err):
			return err
		case grant.Access == "" && (retried || !c.succeeded(ctx, used)):
			return fmt.Errorf("%w: %w", ErrSessionEnded, err)
		default:
			retried = true
		}
	}
}

// rotate is one turn with the lock. used is the token that was stored. A patient one leaves when a sibling has rotated
// whose grant is not there yet.
func (c *credentials) rotate(ctx context.Context, had string, patient bool) (used Secret, grant Grant, err error) {
	err = c.tokens.Rotate(ctx, func(ctx context.Context, stored Secret) (Secret, error) {
		used = stored
		mark := markOf(stored)
		switch {
		case stored == "":
			return "", ErrSessionEnded
		case mark != had && c.has(mark):
			return "", errInherited
		case mark != had && patient:
			return "", errSibling
		}
		// Not cut short when the lock is lost: the answer is the only one that there will be.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout)
		defer cancel()
		var err error
		grant, err = c.api.Refresh(ctx, stored)
		c.answered(err)
		return grant.Refresh, err
	})
	return used, grant, err
}

// overtaken reports whether a sibling has rotated although the lock was ours: one that lost patience with us, because
// we were frozen. Its grant is the one to have.
func (c *credentials) overtaken(used Secret, grant Grant, err error) bool {
	stored := c.tokens.Load()
	return err != nil && stored != "" && stored != used && stored != grant.Refresh
}

// keep takes a new grant into use, and tells the siblings if its refresh token was stored. If not, this much is good
// until it expires.
func (c *credentials) keep(ctx context.Context, grant Grant, err error) error {
	if err != nil && c.tokens.Load() == "" { // what was stored a moment ago may be unreadable; that is no log-out
		// Another tab has logged out meanwhile, with a token that was already dead.
		_ = c.api.Logout(ctx, grant.Refresh)
		return ErrSessionEnded
	}
	c.mu.Lock()
	c.set(grant)
	c.mu.Unlock()
	if err == nil && c.share != nil {
		c.share(Grant{Access: grant.Access, Expires: grant.Expires, Mark: grant.Mark})
	}
	return nil
}

// answered notes whether something definite has come back from a refresh.
func (c *credentials) answered(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unanswered = err != nil && !refusesToken(err)
}

// isUnanswered reports whether the last refresh may have been carried out without our knowing its result.
func (c *credentials) isUnanswered() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.unanswered
}
