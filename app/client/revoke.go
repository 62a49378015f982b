package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"directuschat/app/chat"
	"directuschat/app/directus"
)

const (
	logOutTimeout = 10 * time.Second // for one revocation

	// Revocations that did not reach the server are tried again after a while, for ever.
	revokeAgain  = 30 * time.Second
	revokeRarest = 10 * time.Minute
)

// revoke ends a session on the server, now or when there is a network. Until then its token is stored, so that a page
// that is closed meanwhile does it at its next start; not on a shared computer, where no token is left behind and this
// page alone can do it.
func (c *Client) revoke(refresh directus.Secret) {
	key := revokeKey + newID()
	if !c.cfg.Store.Shared() {
		_ = c.cfg.Store.Put(c.ctx, key, string(refresh))
	}
	c.mu.Lock()
	c.revoking[key] = refresh
	c.mu.Unlock()
	c.revokeSoon()
}

// revokeSoon says that there is something to revoke, or that it may work now.
func (c *Client) revokeSoon() {
	select {
	case c.revokes <- struct{}{}:
	default:
	}
}

// revokeAll works until ctx ends.
func (c *Client) revokeAll(ctx context.Context) {
	again := time.NewTimer(time.Hour)
	again.Stop()
	defer again.Stop()
	wait := revokeAgain
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.revokes:
			wait = revokeAgain
		case <-again.C:
			wait = min(2*wait, revokeRarest)
		}
		pending := c.revokeOnce(ctx)
		c.mail.put(func() { c.apply(chat.RevocationPending{Pending: pending}) })
		if pending {
			again.Reset(wait + time.Duration(rand.Float64()*float64(wait)))
		}
	}
}

// revokeOnce tries every token once and reports whether any are left.
func (c *Client) revokeOnce(ctx context.Context) (pending bool) {
	for key, refresh := range c.toRevoke(ctx) {
		attempt, cancel := context.WithTimeout(ctx, logOutTimeout)
		err := c.cfg.API.Logout(attempt, refresh)
		cancel()
		var refusal *directus.Error
		refused := errors.As(err, &refusal) && refusal.Status >= 400 && refusal.Status < 500 && !throttled(refusal)
		if err != nil && !refused { // a token that is refused is dead
			pending = true
			continue
		}
		_ = c.cfg.Store.Delete(ctx, key)
		c.mu.Lock()
		delete(c.revoking, key)
		c.mu.Unlock()
	}
	return pending
}

// toRevoke is what this tab has to revoke, and what others have left.
func (c *Client) toRevoke(ctx context.Context) map[string]directus.Secret {
	tokens := map[string]directus.Secret{}
	stored, err := c.cfg.Store.List(ctx, revokeKey)
	if err == nil {
		for key, token := range stored {
			tokens[key] = directus.Secret(token)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, token := range c.revoking {
		tokens[key] = token
	}
	return tokens
}
