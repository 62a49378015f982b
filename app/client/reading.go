package client

import (
	"context"
	"strings"
	"time"

	"directuschat/app/chat"
)

// What follows keeps what belongs to a user on one device: how far they have read, and what they prefer. It is in the
// Store, in their home; all tabs hear of it when one of them changes it.

// The keys, behind readingKey and the home.
const (
	markKey        = "mark/"  // the room: how far it has been read
	lookedKey      = "looked" // the tab that is looked at
	preferencesKey = "preferences"
)

func (h home) reading(key string) string { return h.of(readingKey) + key }

// markQuiet is how long a mark may wait to be stored: it moves with every message that is seen.
const markQuiet = 300 * time.Millisecond

// saveMark keeps a mark soon.
func (c *Client) saveMark(e chat.SaveMark) {
	u := c.user
	first := u.mark == nil
	u.mark = &e
	if first {
		time.AfterFunc(markQuiet, func() { c.mail.put(func() { c.keepMark(u) }) })
	}
}

// keepMark keeps the newest mark that waits, unless another tab has read further meanwhile.
func (c *Client) keepMark(u *user) {
	if c.user != u || u.mark == nil {
		return
	}
	e := *u.mark
	u.mark = nil
	if e.Mark.After(c.storedMark(e.Room)) {
		c.remember(u.home.reading(markKey)+string(e.Room), encode(markMembers(&e.Mark)))
	}
}

func (c *Client) storedMark(room chat.RoomID) chat.Mark {
	return readMark(c.recall(c.user.home.reading(markKey) + string(room)))
}

// readMark reads what was kept of one: the zero mark where nothing can be read.
func readMark(text string) (m chat.Mark) {
	if decode(text, markMembers(&m)) != nil {
		return chat.Mark{}
	}
	return m
}

func (c *Client) loadMark(room chat.RoomID) {
	c.apply(chat.MarkLoaded{User: c.user.home.user, Room: room, Mark: c.storedMark(room)})
}

func (c *Client) savePreferences(e chat.SavePreferences) {
	p := preferences{notify: e.Preferences.Notify}
	if e.Preferences.Emoji != ([chat.QuickEmoji]string{}) {
		p.emoji = e.Preferences.Emoji[:]
	}
	c.remember(c.user.home.reading(preferencesKey), encode(p.members()))
}

func (c *Client) loadPreferences() {
	loaded := chat.PreferencesLoaded{User: c.user.home.user}
	var p preferences
	_ = decode(c.recall(c.user.home.reading(preferencesKey)), p.members())
	loaded.Preferences.Notify = p.notify
	copy(loaded.Preferences.Emoji[:], p.emoji)
	c.apply(loaded)
}

// remember keeps something for the user, unless they have logged out.
func (c *Client) remember(key, text string) {
	if c.atHome() {
		_ = c.cfg.Store.Put(c.ctx, key, text) // the next visit does without
	}
}

// recall reads what was kept: "" for what is not there, or cannot be read.
func (c *Client) recall(key string) string {
	text, err := c.cfg.Store.Get(c.ctx, key)
	if err != nil {
		return ""
	}
	return text
}

// readingChanged hears that another tab has changed what was kept.
func (c *Client) readingChanged(key string) {
	if c.user == nil {
		return
	}
	if room, mine := strings.CutPrefix(key, c.user.home.reading(markKey)); mine {
		c.loadMark(chat.RoomID(room))
	} else if key == c.user.home.reading(preferencesKey) {
		c.loadPreferences()
	}
}

// attended notes which tab is looked at: no other is to notify anybody then.
func (c *Client) attended(in chat.Attend) {
	if c.looking = in.Looking; c.user != nil {
		c.noteLooking(c.user.home)
	}
}

func (c *Client) noteLooking(h home) {
	key, tab := h.reading(lookedKey), c.cfg.Store.Tab()
	if c.looking {
		c.remember(key, string(quoted(tab)))
		return
	}
	if unquoted(c.recall(key)) == tab {
		_ = c.cfg.Store.Delete(c.ctx, key)
	}
}

// notifyPatience is how long one tab may keep the others from notifying.
const notifyPatience = 10 * time.Second

// notify shows a notification, unless a tab is looked at or another one has shown it, or a newer one. One tab at a time
// decides that. What the last one was is in the Records: of the Store a tab may be given the lock before it sees what the
// tab before it has written.
func (c *Client) notify(e chat.Notify) {
	if c.cfg.Notify == nil {
		return
	}
	u := c.user
	c.start(readTimeout, func(ctx context.Context) func() {
		_ = c.cfg.Store.Exclusive(ctx, u.home.of(notifiedKey), notifyPatience, func(ctx context.Context) error {
			if looked := unquoted(c.recall(u.home.reading(lookedKey))); looked != "" && c.cfg.Store.Alive(ctx, looked) {
				return nil
			}
			key := u.home.of(notifiedKey) + string(e.Room)
			before, err := c.cfg.Records.Get(ctx, key)
			if err != nil {
				return err
			}
			read := readMark(c.recall(u.home.reading(markKey) + string(e.Room)))
			if !e.Mark.After(readMark(before)) || !e.Mark.After(read) {
				return nil
			}
			err = c.putRecord(u.home, key, encode(markMembers(&e.Mark)))
			if err == nil { // else each tab would
				c.cfg.Notify(e)
			}
			return err
		})
		return func() {}
	})
}
