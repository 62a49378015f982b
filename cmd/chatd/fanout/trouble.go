package fanout

import (
	"errors"
	"math/rand/v2"
	"time"
)

// ended sees to the end of a link. It is nil for one that another has followed, and that has said all that it had to.
func (h *Hub) ended(l *link, err error) {
	f := l.feed
	if h.feeds[f.key] != f || l.ctx.Err() != nil { // nothing depends on it
		return
	}
	var refusal refusedError
	if errors.As(err, &refusal) && !l.live {
		f.refused[l.token] = true
	}
	switch {
	case f.current == l && !l.live && refusal != "" && f.choose() != nil:
		f.current = h.link(f, f.choose())
	case f.next == l:
		f.next = nil
		if time.Since(f.told) > time.Minute {
			f.told = time.Now()
			h.cfg.Log.Warn("a subscription could not be handed over, and is tried again", "collection", f.query.collection, "error", err)
		}
		h.arm(f)
	case err != nil:
		h.broken(f, err)
	}
}

// broken ends a feed that may have missed something.
func (h *Hub) broken(f *feed, err error) {
	h.cfg.Log.Warn("a shared subscription has ended; those whom it served connect again", "collection", f.query.collection,
		"served", len(f.members), "error", err)
	h.drop(f)
	h.remember(f, err)
	for m := range f.members {
		m.feed = nil
		if !m.live {
			h.demote(m)
			continue
		}
		delete(m.client.members, m.uid)
		// Not all in the same moment: what they may have missed they will read as soon as they are back.
		time.AfterFunc(rand.N(1+time.Duration(len(f.members))*pause), m.client.Interrupt)
	}
}

const (
	pause    = 5 * time.Millisecond // between two sockets that are ended together
	maxEvent = 256 << 10            // bytes: a copy of it may have to wait for each member. So many rows are better read
)

var errTooLarge = errors.New("so much has changed at once that it is better read")

// A trouble is what a query has brought that was shared.
type trouble struct {
	refused time.Time // when Directus refused to go on with it
	until   time.Time // it is not shared
}

const (
	restUnopened = 2 * time.Second
	restUnwanted = 10 * time.Second
	restRefused  = 10 * time.Minute
)

// remember has a query not shared for a while that could not be. What Directus has refused to go on with twice may be
// refused each time, and all would connect again for each message; once, and the bearer may have lost a right.
func (h *Hub) remember(f *feed, err error) {
	now := time.Now()
	for key, t := range h.troubles {
		if now.After(t.until) && now.After(t.refused.Add(restRefused)) {
			delete(h.troubles, key)
		}
	}
	t := h.troubles[f.key]
	var refusal refusedError
	switch refusedNow := errors.As(err, &refusal); {
	case !f.current.live && !refusedNow:
		t.until = now.Add(restUnopened)
	case !f.current.live:
		t.until = now.Add(restUnwanted)
	case !refusedNow:
		return
	case now.Before(t.refused.Add(restRefused)):
		t.until = now.Add(restRefused)
	}
	if refusal != "" {
		t.refused = now
	}
	h.troubles[f.key] = t
}
