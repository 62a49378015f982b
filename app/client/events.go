package client

import (
	"slices"

	"directuschat/app/chat"
	"directuschat/app/directus"
)

// maxWaiting is how many bytes of changes may wait to be applied. A burst that long is cheaper to read from the server
// again.
const maxWaiting = 8 << 20

// deliver takes an event from a session's goroutine. Beyond maxWaiting rows are thrown away, but never silently: what
// was lost is then read again, as after any other gap.
func (c *Client) deliver(l *link, e directus.Event) {
	changed, ok := e.(directus.Changed)
	switch size := int64(len(changed.Data)); {
	case !ok:
		c.mail.put(func() { c.handle(l, e) })
	case l.waiting.Load() < maxWaiting:
		l.waiting.Add(size)
		c.mail.put(func() {
			l.waiting.Add(-size)
			c.handle(l, e)
		})
	case l.overflowed.CompareAndSwap(false, true):
		c.mail.put(func() {
			l.overflowed.Store(false)
			c.handle(l, directus.Gap{Generation: changed.Generation, Reason: directus.GapOverflow})
		})
	}
}

// handle translates an event of a session.
func (c *Client) handle(l *link, e directus.Event) {
	switch {
	case l == c.early:
		c.hold(l, e)
		return
	case c.user == nil || c.user.link != l:
		return
	}
	switch e := e.(type) {
	case directus.StateChanged:
		c.stateChanged(l, e)
	case directus.Subscribed:
		c.settled(l, e.Generation, e.UID)
	case directus.SubscriptionFailed:
		if e.UID == messagesUID {
			l.refusal = e.Err
			c.user.verified = false
			c.verify()
			return
		}
		c.settled(l, e.Generation, e.UID) // names go on without being live
	case directus.Changed:
		c.told.new += c.rowsChanged(l, e)
	case directus.Gap:
		if e.Reason == directus.GapTokenExpired {
			c.apply(chat.Interrupted{Generation: l.base + e.Generation, Reason: chat.GapTokenExpired})
		} else {
			c.apply(chat.Missed{Generation: l.base + e.Generation, Reason: gapReason(e.Reason)})
		}
	case directus.Resumed:
		c.apply(chat.Missed{Generation: l.base + e.Generation, Reason: chat.GapTokenExpired})
	}
}

func (c *Client) stateChanged(l *link, e directus.StateChanged) {
	if e.State == directus.Ended {
		c.ended()
		return
	}
	c.generation = l.base + e.Generation
	// What was wrong stays wrong while the next attempt is under way.
	if e.Err != nil || e.State == directus.Ready {
		l.problem = connectionProblem(e.Err)
	}
	c.apply(chat.ConnectionChanged{
		Generation: c.generation,
		Connection: connection(e.State),
		RetryAt:    e.RetryAt,
		Problem:    l.problem,
	})
	if e.State == directus.Ready {
		l.settled, l.refusal = map[string]bool{}, nil
		c.verify()
	}
}

// settled notes that a subscription is in force, or never will be: what it tells of can be read.
func (c *Client) settled(l *link, generation uint64, uid string) {
	again := l.settled[uid]
	l.settled[uid] = true
	switch {
	case again: // it was made again
		c.apply(chat.Missed{Generation: l.base + generation, Reason: chat.GapSubscription})
	case uid == messagesUID:
		c.apply(chat.Subscribed{Generation: l.base + generation})
	}
	later := l.later[uid]
	delete(l.later, uid)
	for _, f := range later {
		f()
	}
}

// whenSettled does something when a subscription is settled, or now if it is, or there is none.
func (l *link) whenSettled(uid string, f func()) {
	is := func(s directus.Subscription) bool { return s.UID == uid }
	if l.settled[uid] || !slices.ContainsFunc(l.project.subscriptions(), is) {
		f()
	} else {
		l.later[uid] = append(l.later[uid], f)
	}
}

// rowsChanged returns of how many rows a change tells.
func (c *Client) rowsChanged(l *link, e directus.Changed) int {
	generation := l.base + e.Generation
	switch {
	case e.UID == peopleUID && e.Kind == directus.Delete: // whoever is gone keeps their name in what they wrote
		return 0
	case e.UID == peopleUID:
		people, err := decodePeople(e.Data)
		if err == nil {
			c.apply(chat.PeopleChanged{People: people})
		}
		return len(people)
	case e.Kind == directus.Delete:
		return c.rowsRemoved(generation, e)
	case e.UID == reactionsUID:
		given, err := decodeReactions(e.Data)
		if err == nil {
			c.apply(chat.ReactionsChanged{Generation: generation, Reactions: given})
		} else {
			c.apply(chat.Missed{Generation: generation, Reason: chat.GapUnreadable})
		}
		return len(given)
	default:
		rows, _, err := decodeRows(e.Data, c.user.record.Project.Mapping)
		if err != nil {
			c.apply(chat.Missed{Generation: generation, Reason: chat.GapUnreadable})
			return 0
		}
		c.tellSettled(rows)
		c.apply(chat.RowsChanged{Generation: generation, Messages: rows})
		return len(rows)
	}
}

func (c *Client) rowsRemoved(generation uint64, e directus.Changed) int {
	keys, err := directus.Keys(e.Data)
	switch {
	case err != nil:
		c.apply(chat.Missed{Generation: generation, Reason: chat.GapUnreadable})
	case e.UID == reactionsUID:
		c.apply(chat.ReactionsRemoved{Generation: generation, IDs: keysAs[chat.GivenID](keys)})
	default:
		c.apply(chat.RowsRemoved{Generation: generation, IDs: keysAs[chat.MessageID](keys)})
	}
	return len(keys)
}

func keysAs[ID ~string](keys []string) []ID {
	ids := make([]ID, len(keys))
	for i, key := range keys {
		ids[i] = ID(key)
	}
	return ids
}
