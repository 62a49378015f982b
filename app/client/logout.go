package client

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"directuschat/app/chat"
	"directuschat/app/directus"
)

// signOut wipes everything of the user, here and in every tab, and revokes the session.
func (c *Client) signOut() {
	if c.user == nil {
		return
	}
	h := c.user.home
	c.removeRecord(h) // before anybody sees that they are out: the rest takes a moment, and the page may be reloaded in it
	c.exit()
	c.disk.put(func() {
		c.wipe(h)
		c.cfg.Store.SetShared(false)
		c.takeStock()
	})
}

// wipe removes a home and the session in it. That it has ended goes first: from then on nobody writes anything more into
// it. Then the record, before the token: so other tabs know that it was done on purpose.
func (c *Client) wipe(h home) {
	unsaid := c.end(h)
	c.removeRecord(h)
	c.clearToken(func(directus.Secret) bool {
		_, another := readRecord(c.ctx, c.cfg.Store)
		return !another
	})
	kept := []string{h.of(outboxKey), oldOutbox(h.user)}
	for _, kind := range slices.Concat(keptInStore, readInRecords) {
		kept = append(kept, h.of(kind))
	}
	_ = c.cfg.Store.Wipe(c.ctx, kept...)
	if unsaid != nil {
		_ = c.end(h) // now there is room
	}
}

// end says that somebody has logged out of a home, in words that tell nothing of them. Of a shared computer no other tab
// would hear it.
func (c *Client) end(h home) error {
	var err error
	if !c.cfg.Store.Shared() {
		err = c.cfg.Records.Put(c.ctx, endedKey+h.generation, c.cfg.Now().Format(time.RFC3339))
	}
	key := generationKey + string(h.user)
	if now, _ := c.cfg.Records.Get(c.ctx, key); now == h.generation {
		_ = c.cfg.Records.Delete(c.ctx, key, nameKey+string(h.user))
	}
	return err
}

// removeRecord removes a record, unless somebody has logged in since.
func (c *Client) removeRecord(h home) {
	if stored, ok := readRecord(c.ctx, c.cfg.Store); ok && stored.home() == h {
		_ = c.cfg.Store.Delete(c.ctx, sessionKey)
	}
}

// stands reports whether nobody has logged out of a home. It asks the Records, which are never behind the times as a
// value of the Store may be in a tab that was frozen.
func (c *Client) stands(h home) bool {
	ended, err := c.cfg.Records.Get(c.ctx, endedKey+h.generation)
	return err != nil || ended == ""
}

// atHome reports whether the user has neither logged out in another tab nor in as somebody else, as far as the Store tells:
// where it cannot be read, nobody can have.
func (c *Client) atHome() bool {
	text, err := c.cfg.Store.Get(c.ctx, sessionKey)
	if err != nil || text != "" && text == c.user.session {
		return true
	}
	var r record
	if decode(text, r.members()) != nil || r.home() != c.user.home {
		return false
	}
	c.user.session = text // not read once more: every message that is sent asks twice
	return true
}

// admit ends a session at once that was logged out of while nobody looked.
func (c *Client) admit(u *user) {
	if c.stands(u.home) {
		return
	}
	c.mail.put(func() {
		if c.user != u {
			return
		}
		c.removeRecord(u.home)
		if _, ok := c.stored(); ok {
			c.followStore()
		} else {
			c.signedOut(chat.Problem{Code: chat.ProblemLoggedOutByOther})
		}
	})
}

// endedFor is how long it is remembered that a home has ended: no tab is frozen longer.
const endedFor = 60 * 24 * time.Hour

// takeStock looks at what is stored while nobody is signed in. What log-outs have left is removed: a tab may have been
// closed in the middle of one. What an ended session has left unsent is told. It gives way to somebody who logs in, until
// that has failed, or until nobody is signed in again.
func (c *Client) takeStock() {
	records := func(ctx context.Context, start string) (map[string]string, error) {
		if c.signingIn.Load() {
			return nil, errGivesWay
		}
		return c.cfg.Records.List(ctx, start)
	}
	// Whose home is where is read last: what is there while its home is not belongs to nobody.
	items, err := records(c.ctx, outboxKey)
	rooms, errRooms := listKeys(c.ctx, records, readInRecords)
	small, errSmall := listKeys(c.ctx, c.cfg.Store.List, keptInStore)
	generations, errGenerations := records(c.ctx, generationKey)
	ended, errEnded := records(c.ctx, endedKey)
	if errors.Join(err, errRooms, errSmall, errGenerations, errEnded) != nil {
		return
	}
	last, _ := readRecord(c.ctx, c.cfg.Store)
	if ended[endedKey+last.Generation] != "" {
		c.removeRecord(last.home())
	}
	c.clearLeftToken()
	valid := func(key string) (h home, ok bool) {
		parts := strings.SplitN(key, "/", 4)
		if len(parts) < 4 {
			return home{}, false
		}
		h = home{chat.UserID(parts[1]), parts[2]}
		known := generations[generationKey+parts[1]] == h.generation || last.home() == h
		return h, known && ended[endedKey+h.generation] == ""
	}
	var orphans []string
	for key, generation := range generations {
		if ended[endedKey+generation] != "" {
			orphans = append(orphans, key, nameKey+strings.TrimPrefix(key, generationKey))
		}
	}
	for _, key := range rooms {
		if _, ok := valid(key); !ok {
			orphans = append(orphans, key)
		}
	}
	for _, key := range small {
		// Nobody is to see the conversation who could not read it now.
		if _, ok := valid(key); !ok || strings.HasPrefix(key, pictureKey) {
			_ = c.cfg.Store.Delete(c.ctx, key)
		}
	}
	for key, at := range ended {
		if at, err := time.Parse(time.RFC3339, at); err != nil || c.cfg.Now().Sub(at) > endedFor {
			orphans = append(orphans, key)
		}
	}
	unsent := map[home]int{}
	for key, text := range items {
		if h, ok := valid(key); !ok {
			orphans = append(orphans, key)
		} else if _, ok := decodeItem(text); ok {
			unsent[h]++
		}
	}
	_ = c.cfg.Records.Delete(c.ctx, orphans...)
	c.tellUnsent(unsent, last.home())
}

// errGivesWay: somebody logs in.
var errGivesWay = errors.New("stock is taken later")

// listKeys returns the keys of some kinds.
func listKeys(ctx context.Context, list func(ctx context.Context, start string) (map[string]string, error), kinds []string) (keys []string, err error) {
	for _, kind := range kinds {
		some, errList := list(ctx, kind)
		keys, err = slices.AppendSeq(keys, maps.Keys(some)), errors.Join(err, errList)
	}
	return keys, err
}

// clearLeftToken removes a token that is nobody's, because its log-out had to wait for the token and never got it. A
// log-in stores its record before its token.
func (c *Client) clearLeftToken() {
	if c.cfg.Store.Load() != "" {
		c.clearToken(func(directus.Secret) bool {
			text, err := c.cfg.Store.Get(c.ctx, sessionKey)
			return err == nil && text == ""
		})
	}
}

// tellUnsent tells of one user's messages: of whose session was there last, or of anybody's.
func (c *Client) tellUnsent(unsent map[home]int, last home) {
	whose := last
	if unsent[whose] == 0 {
		for h := range unsent {
			if unsent[whose] == 0 || h.user < whose.user {
				whose = h
			}
		}
	}
	found := chat.UnsentFound{Count: unsent[whose]}
	if found.Count > 0 {
		found.Name, _ = c.cfg.Records.Get(c.ctx, nameKey+string(whose.user))
	}
	c.mail.put(func() {
		if c.user == nil {
			c.unsent = whose.of(outboxKey)
			c.apply(found)
		}
	})
}

// saveName keeps the name of who is signed in, for the time when they are not: it may become known late, and change.
func (c *Client) saveName(name string) {
	u := c.user
	if name == u.named {
		return
	}
	u.named = name
	c.disk.put(func() { _ = c.putRecord(u.home, nameKey+string(u.home.user), name) }) // nice to have
}

// discardUnsent removes what tellUnsent has told of.
func (c *Client) discardUnsent() {
	place := c.unsent
	c.disk.put(func() {
		if place != "" {
			_ = c.cfg.Store.Wipe(c.ctx, place)
		}
		c.takeStock()
	})
}

// dropToken forgets a token that was refused.
func (c *Client) dropToken(refused directus.Secret) {
	c.clearToken(func(stored directus.Secret) bool { return stored == refused })
}

// clearToken removes the stored token, if it is one of those, and revokes it.
func (c *Client) clearToken(which func(directus.Secret) bool) {
	ctx, cancel := context.WithTimeout(c.ctx, rotateTimeout)
	defer cancel()
	_ = c.cfg.Store.Rotate(ctx, func(_ context.Context, current string) (string, error) {
		if current == "" || !which(directus.Secret(current)) {
			return "", errNotIt
		}
		c.revoke(directus.Secret(current))
		return "", nil
	})
}

var errNotIt = errors.New("another token is stored")
