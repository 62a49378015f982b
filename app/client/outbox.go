package client

import (
	"context"
	"errors"
	"maps"
	"path"
	"runtime"
	"strings"
	"time"

	"directuschat/app/chat"
)

// outboxPatience is how long a tab may keep the others from sending: longer than the answers to a message take that is
// answered at all, short enough for a user who waits because another tab hangs.
const outboxPatience = 30 * time.Second

// decodeItem reads a stored item; not ok if that is none.
func decodeItem(text string) (item chat.Item, ok bool) {
	err := decode(text, itemMembers(&item))
	return item, err == nil && item.ID != ""
}

func (c *Client) saveItem(e chat.Save) {
	u, h := c.user, c.user.home
	c.disk.put(func() {
		runtime.Gosched() // a browser may take milliseconds to begin: the line and the screen go first
		saved := chat.ItemSaved{Room: e.Item.Room, ID: e.Item.ID}
		err := c.storeItem(h, e.Item, e.Was)
		if err != nil && !c.stands(h) {
			c.admit(u) // nothing goes on without storage because its user has logged out
			return
		}
		saved.Late = errors.Is(err, errLate)
		if err != nil && !saved.Late {
			saved.Problem = chat.Problem{Code: chat.ProblemStorageFailing}
		}
		c.mail.put(func() { c.apply(saved) })
		c.tell(news{User: h.user, Outbox: true})
	})
}

// errLate: what is stored is not any more what somebody who wants to change it believes.
var errLate = errors.New("another tab has changed the item")

// storeItem stores an item in place of the state it was in, in one step with finding out whether it still is.
func (c *Client) storeItem(h home, item, was chat.Item) error {
	text := encode(itemMembers(&item))
	key := h.of(outboxKey) + string(item.ID)
	if was == (chat.Item{}) {
		return c.putRecord(h, key, text)
	}
	for {
		before, err := c.cfg.Records.Get(c.ctx, key)
		if err != nil {
			return err
		}
		if stored, _ := decodeItem(before); stored != was {
			return errLate
		}
		err = c.cfg.Records.PutIf(c.ctx, key, before, key, text)
		if err == nil {
			return nil
		}
		if now, errNow := c.cfg.Records.Get(c.ctx, key); errNow != nil || now == before {
			return err // it was not for being changed in between
		}
	}
}

// putRecord stores something in a home, if it stands.
func (c *Client) putRecord(h home, key, value string) error {
	return c.cfg.Records.PutIf(c.ctx, endedKey+h.generation, "", key, value)
}

func (c *Client) forgetItem(e chat.Forget) {
	h := c.user.home
	c.disk.put(func() {
		_ = c.cfg.Records.Delete(c.ctx, h.of(outboxKey)+string(e.ID)) // if it stays, its key is known to the server
		c.tell(news{User: h.user, Outbox: true})
	})
}

// loadOutbox reads what is stored, after what this tab has written so far.
func (c *Client) loadOutbox(e chat.LoadOutbox) {
	u := c.user
	c.disk.put(func() {
		c.mail.put(func() { u.rereading = false }) // what changes from now on, this may miss
		loaded := chat.OutboxLoaded{User: e.User, Load: e.Load}
		texts, err := c.cfg.Records.List(c.ctx, u.home.of(outboxKey))
		if err != nil {
			loaded.Problem = chat.Problem{Code: chat.ProblemStorageFailing}
		}
		for _, text := range texts {
			if item, ok := decodeItem(text); ok {
				loaded.Items = append(loaded.Items, item)
			}
		}
		c.mail.put(func() { c.apply(loaded) })
	})
}

// outboxChanged hears of what another tab has stored. Many changes are read at once.
func (c *Client) outboxChanged() {
	if u := c.user; !u.rereading {
		u.rereading = true
		c.apply(chat.OutboxChanged{User: u.home.user})
	}
}

// checkStorage tells whether anything can be stored, before somebody relies on it.
func (c *Client) checkStorage(u *user) {
	var checked chat.StorageChecked
	if c.cfg.Records.Check(c.ctx) != nil {
		checked.Problem.Code = chat.ProblemStorageFailing
	}
	c.mail.put(func() {
		if c.user == u {
			c.apply(checked)
		}
	})
}

// oldOutbox is where the first version of this program stored items, in the Store.
func oldOutbox(user chat.UserID) string { return outboxKey + string(user) + "/" }

// moveIn makes a home the one that its user finds at the next log-in, and takes there what lies elsewhere: the browser may
// have lost where the home was, or not have told.
func (c *Client) moveIn(h home) {
	if c.putRecord(h, generationKey+string(h.user), h.generation) != nil {
		return
	}
	c.takeOver(h, c.cfg.Store.List, c.cfg.Store.Delete)
	records := c.cfg.Records
	c.takeOver(h, records.List, func(ctx context.Context, key string) error { return records.Delete(ctx, key) })
}

// takeOver moves items that the first version has left, or that are in another home of the user, one tab at a time: an
// item that another tab has taken over and sent must not come back.
func (c *Client) takeOver(
	h home,
	list func(ctx context.Context, start string) (map[string]string, error),
	remove func(ctx context.Context, key string) error,
) {
	all := oldOutbox(h.user)
	elsewhere := func(ctx context.Context) (map[string]string, error) {
		items, err := list(ctx, all)
		maps.DeleteFunc(items, func(key, _ string) bool {
			place, _ := path.Split(strings.TrimPrefix(key, all))
			generation := strings.TrimSuffix(place, "/")
			return generation == h.generation || !c.stands(home{h.user, generation})
		})
		return items, err
	}
	if items, err := elsewhere(c.ctx); err != nil || len(items) == 0 {
		return
	}
	_ = c.cfg.Store.Exclusive(c.ctx, all, outboxPatience, func(ctx context.Context) error {
		items, err := elsewhere(ctx)
		for key, text := range items {
			item, ok := decodeItem(text)
			if !ok || ctx.Err() != nil || c.putRecord(h, h.of(outboxKey)+string(item.ID), text) != nil {
				continue
			}
			_ = remove(ctx, key)
		}
		return err
	})
}

// takeOutbox waits for this tab's turn with the outbox, and holds it.
func (c *Client) takeOutbox(e chat.TakeOutbox) {
	ctx, end := context.WithCancel(c.ctx)
	c.user.endTurn = end
	c.jobs.Go(func() {
		defer end()
		taken := false
		take := func() {
			taken = true
			c.mail.put(func() { c.apply(chat.OutboxTaken{Take: e.Take}) })
		}
		err := c.cfg.Store.Exclusive(ctx, outboxKey+string(e.User), outboxPatience, func(ctx context.Context) error {
			take()
			<-ctx.Done()
			return nil
		})
		switch {
		case ctx.Err() != nil: // this tab has ended it
		case taken:
			c.mail.put(func() { c.apply(chat.OutboxLost{Take: e.Take}) })
		case err != nil: // where nothing can be locked, nothing is shared
			take()
		}
	})
}

// releaseOutbox ends the turn when everything is written: who is next must not find what has been sent.
func (c *Client) releaseOutbox() {
	if c.user != nil && c.user.endTurn != nil {
		c.disk.put(c.user.endTurn)
		c.user.endTurn = nil
	}
}
