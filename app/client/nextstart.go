package client

import (
	"context"
	"maps"
	"strings"
	"time"

	"directuschat/app/chat"
)

// What follows keeps something for the next start: the newest messages of a room, and what stands in its composer.

// cacheQuiet is how long nothing must have changed before the room is kept.
const cacheQuiet = 2 * time.Second

// cacheKeyOf names the collection, too: a project may move its chat to another one.
func (u *user) cacheKeyOf(room chat.RoomID) string {
	return u.home.of(cacheKey) + u.record.Project.Mapping.Collection + "/" + string(room)
}

// saveCache keeps the room if it has changed, but not on a computer of many.
func (c *Client) saveCache() {
	u := c.user
	if u == nil || c.cfg.Store.Shared() {
		return
	}
	cache, ok := c.state.Cache("")
	if !ok {
		return
	}
	text := encode(cacheMembers(&cache))
	if text == u.cached {
		return
	}
	u.cached = text
	h, key, value := u.home, u.cacheKeyOf(""), u.cached
	c.disk.put(func() { _ = c.putRecord(h, key, value) }) // the next start reads it from the server
}

func (c *Client) loadCache(e chat.LoadCache) {
	key := c.user.cacheKeyOf(e.Room)
	c.start(readTimeout, func(ctx context.Context) func() {
		loaded := chat.CacheLoaded{User: e.User, Room: e.Room}
		text, err := c.cfg.Records.Get(ctx, key)
		if err != nil || decode(text, cacheMembers(&loaded.Cache)) != nil {
			loaded.Cache = chat.Cache{}
		}
		return func() { c.apply(loaded) }
	})
}

// savePicture keeps what is seen of the room, for the page to paint before the program runs. It writes at once, as
// saveDraft: the page may be closing.
func (c *Client) savePicture() {
	u := c.user
	if u == nil || c.cfg.Picture == nil || c.cfg.Store.Shared() {
		return
	}
	at := c.cfg.Now()
	if snap := c.Snapshot(); snap.Connection != chat.ConnectionLive {
		at = snap.LastNews
	}
	picture := c.cfg.Picture(u.home.user, at)
	if stored, ok := c.stored(); picture != "" && ok && stored.home() == u.home {
		_ = c.cfg.Store.Put(c.ctx, u.home.of(pictureKey), picture) // the next visit does without
	}
}

// A draft is what stands in a composer, and what has left it and is not known to be in the outbox. Every tab has its own.
type draft struct {
	Pending []chat.Item
	Text    string
	ReplyTo chat.MessageID
	At      time.Time
}

func (u *user) draftsOf(room chat.RoomID) string {
	return u.home.of(draftKey) + string(room) + "/"
}

// saveDraft writes at once: the page may be closing.
func (c *Client) saveDraft(e chat.SaveDraft) {
	key := c.user.draftsOf(e.Room) + c.cfg.Store.Tab()
	if !c.atHome() { // nobody's drafts stay behind a log-out
		e.Pending, e.Text, e.ReplyTo = nil, "", ""
	}
	_ = c.putDraft(c.ctx, key, draft{Pending: e.Pending, Text: e.Text, ReplyTo: e.ReplyTo, At: c.cfg.Now()}) // it is still in this program
}

func (c *Client) putDraft(ctx context.Context, key string, d draft) error {
	if d.Text == "" && d.ReplyTo == "" && len(d.Pending) == 0 {
		return c.cfg.Store.Delete(ctx, key)
	}
	return c.cfg.Store.Put(ctx, key, encode(d.members()))
}

// loadDraft finds this tab's draft or, where there is none, takes over those of tabs that are gone.
func (c *Client) loadDraft(e chat.LoadDraft) {
	place := c.user.draftsOf(e.Room)
	c.start(readTimeout, func(ctx context.Context) func() {
		found, mine := c.drafts(ctx, place)[place+c.cfg.Store.Tab()]
		if !mine {
			// One tab at a time: two that open together must not both take over the same one.
			_ = c.cfg.Store.Exclusive(ctx, place, readTimeout, func(ctx context.Context) error {
				found = c.takeDrafts(ctx, place)
				return nil
			})
		}
		return func() {
			c.apply(chat.DraftLoaded{User: e.User, Room: e.Room, Pending: found.Pending, Text: found.Text, ReplyTo: found.ReplyTo})
		}
	})
}

// drafts are those of all tabs, by key.
func (c *Client) drafts(ctx context.Context, place string) map[string]draft {
	drafts := map[string]draft{}
	stored, _ := c.cfg.Store.List(ctx, place)
	for key, text := range stored {
		var d draft
		if decode(text, d.members()) == nil {
			drafts[key] = d
		}
	}
	return drafts
}

// takeDrafts takes the newest text that a tab has left which is gone, and whatever such tabs have not brought into the
// outbox. It is this tab's before it is not theirs any more.
func (c *Client) takeDrafts(ctx context.Context, place string) (mine draft) {
	left := c.drafts(ctx, place)
	maps.DeleteFunc(left, func(key string, _ draft) bool {
		return c.cfg.Store.Alive(ctx, strings.TrimPrefix(key, place))
	})
	if len(left) == 0 {
		return draft{}
	}
	var newest string
	for key, d := range left {
		mine.Pending = append(mine.Pending, d.Pending...)
		if d.Text != "" && d.At.After(mine.At) {
			newest, mine.Text, mine.At = key, d.Text, d.At
		}
	}
	if c.putDraft(ctx, place+c.cfg.Store.Tab(), mine) != nil {
		return mine
	}
	for key, d := range left {
		if key == newest {
			d.Text = ""
		}
		if key == newest || len(d.Pending) > 0 {
			d.Pending = nil
			_ = c.putDraft(ctx, key, d)
		}
	}
	return mine
}
