package directus

import (
	"context"
	"errors"
	"time"

	"directuschat/app/uuid"
)

// Every rotation of the refresh token gives an access token that all tabs can use. The one that rotated tells the
// others over a channel, never through storage; the refresh token itself they find stored. A mark says which of them
// belong together: with messages that come late, doubled, old or never, a grant is taken up only if it came with the
// token that is stored now.

// A tab that finds a sibling's token waits for the grant that came with it, since the message may come a little behind
// the lock; and once more, for when another one was quicker to give up waiting.
const (
	siblingPatience = time.Second
	siblingWaits    = 2
)

// markOf tells refresh tokens apart without giving them away.
func markOf(refresh Secret) string {
	if refresh == "" {
		return ""
	}
	return uuid.NewV5(uuid.UUID{}, string(refresh)).String()
}

// A sibling has rotated, and its grant has come, or not yet.
var (
	errInherited = errors.New("another tab has renewed the token")
	errSibling   = errors.New("another tab has renewed the token and not told of it yet")
)

// Adopt takes a grant that a sibling's Share was called with, if it belongs to the stored refresh token, and into a
// connection silently. One that does not is kept for when the store catches up with it. It may call Tokens.Load.
func (s *Session) Adopt(g Grant) {
	if s.credentials.offer(g) {
		s.mailbox.put(func() {
			if s.state == Ready {
				s.useNewestToken()
			}
		})
	}
}

// offer takes a sibling's grant, or keeps it in mind. It reports whether it is in use now.
func (c *credentials) offer(g Grant) bool {
	if g.Access == "" || g.Mark == "" || !c.api.now().Before(g.Expires) {
		return false
	}
	stored := markOf(c.tokens.Load())
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offered = g
	taken := c.takeOffered(stored)
	select {
	case c.news <- struct{}{}:
	default:
	}
	return taken
}

// takeOffered takes what a sibling has offered, if it came with the refresh token of that mark.
func (c *credentials) takeOffered(mark string) bool {
	if c.offered.Mark != mark || c.grant.Mark == mark || mark == "" {
		return false
	}
	c.set(c.offered)
	c.offered = Grant{}
	return true
}

// has reports whether the grant that came with the refresh token of that mark is in use now.
func (c *credentials) has(mark string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.takeOffered(mark)
	return c.grant.Mark == mark
}

// await waits a moment for the grant that came with the refresh token of that mark. The lock is free meanwhile: of many
// tabs that wait one is first to give up, and serves the others.
func (c *credentials) await(ctx context.Context, mark string) {
	ctx, cancel := context.WithTimeout(ctx, siblingPatience)
	defer cancel()
	for !c.has(mark) {
		select {
		case <-c.news:
		case <-ctx.Done():
			return
		}
	}
}

// succeeded reports whether the store holds another token than the one that was refused, or soon does: what siblings
// write takes a moment to be seen, and nothing is lost by a second look before a session ends.
func (c *credentials) succeeded(ctx context.Context, refused Secret) bool {
	ctx, cancel := context.WithTimeout(ctx, siblingPatience)
	defer cancel()
	for c.tokens.Load() == refused {
		if c.share == nil {
			return false
		}
		select {
		case <-time.After(siblingPatience / 10):
		case <-ctx.Done():
			return false
		}
	}
	return true
}
