package fanout

import (
	"context"
	"errors"
	"time"

	"directuschat/cmd/chatd/relay"
)

const (
	overlap   = 5 * time.Second // for which there are two links at least: what the old one was about to say is said
	retryLink = time.Second
	spare     = time.Second // before a token's end, when nothing may depend on it any more
)

// A feed is one subscription to Directus for many members.
type feed struct {
	key     string
	query   query
	members map[*member]struct{}
	current *link           // the one in force, or the first, on its way
	next    *link           // on its way to take over; nil: none
	refused map[string]bool // tokens with which a link was refused
	told    time.Time       // when it was logged that it cannot be handed over
	timer   *time.Timer

	ctx context.Context // ends with stop, and all links with it
	end context.CancelFunc
}

// place makes a member one of a feed, unless that must not be, or cannot.
func (h *Hub) place(m *member) bool {
	if m.client.nobody || !m.client.rights.allow(m.query) {
		return false
	}
	key := m.query.key()
	f := h.feeds[key]
	if f == nil {
		if len(h.feeds) >= maxFeeds || time.Now().Before(h.troubles[key].until) || !m.client.lasts(time.Now().Add(spare)) {
			return false
		}
		if h.alone(m) {
			return false
		}
		f = &feed{key: key, query: m.query, members: map[*member]struct{}{}, refused: map[string]bool{}}
		f.ctx, f.end = context.WithCancel(h.ctx)
		h.feeds[key] = f
	}
	m.feed = f
	f.members[m] = struct{}{}
	switch {
	case f.current == nil:
		bearer, other := m.client, h.lone[key]
		if other.client != nil {
			bearer = other.client // who has been there for longer is likelier to stay
		}
		f.current = h.link(f, bearer)
		if other.client != nil {
			h.forget(other.client, other.uid)
			h.promote(other.client)
		}
	case f.current.live:
		h.serve(m)
	}
	return true
}

// alone reports whether a member would be the only one of its feed, and notes it as such.
func (h *Hub) alone(m *member) bool {
	key := m.query.key()
	if h.cfg.Alone || h.feeds[key] != nil {
		return false
	}
	other := h.lone[key]
	if cl := other.client; cl != nil && other != (lone{m.client, m.uid}) && cl.known() && !cl.nobody && cl.rights.allow(m.query) {
		if d := cl.direct[other.uid]; d != nil && d.text != nil {
			return false
		}
	}
	if other.client != nil {
		h.forget(other.client, other.uid)
	}
	h.forget(m.client, m.uid)
	if m.client.lone == nil {
		m.client.lone = map[string]string{}
	}
	m.client.lone[m.uid] = key
	h.lone[key] = lone{m.client, m.uid}
	return true
}

// forget is for when a subscription is no lone one any more.
func (h *Hub) forget(cl *client, uid string) {
	if key, ok := cl.lone[uid]; ok {
		delete(cl.lone, uid)
		delete(h.lone, key)
	}
}

// welcome tells the client that its subscription is in force.
func (m *member) welcome() {
	m.live = true
	m.stop()
	m.client.Deliver(relay.TextFrame(addressed(initMessage, m.uid)))
}

// takeOver has a member served by its feed that Directus sees to. Its own subscription stays for a while: Directus may be
// about to read a message for it that the feed has had before, or to begin with it.
func (h *Hub) takeOver(m *member) {
	m.live = true
	m.stop()
	m.held = time.AfterFunc(inOrder, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if m.client.members[m.uid] == m && m.direct && h.ctx.Err() == nil {
			m.direct, m.said = false, time.Now()
			m.client.Forward(unsubscribeMessage(m.uid))
		}
	})
}

// serve begins to serve a member.
func (h *Hub) serve(m *member) {
	if m.direct {
		h.takeOver(m)
	} else {
		m.welcome()
	}
}

func (m *member) stop() {
	if m.held != nil {
		m.held.Stop()
	}
}

// leave ends a membership.
func (h *Hub) leave(m *member) {
	m.stop()
	if m.client.members[m.uid] == m {
		delete(m.client.members, m.uid)
		if m.direct {
			m.client.direct[m.uid] = &direct{said: m.said}
		}
	}
	f := m.feed
	if f == nil {
		return
	}
	m.feed = nil
	delete(f.members, m)
	if len(f.members) == 0 {
		h.drop(f)
		return
	}
	h.tend(f)
}

// withdraw looks for others to lead the feeds that a client leads.
func (h *Hub) withdraw(cl *client) {
	for _, f := range h.feeds {
		if f.ledBy(cl) {
			h.tend(f)
		}
	}
}

func (f *feed) stop() {
	f.end()
	if f.timer != nil {
		f.timer.Stop()
	}
}

// drop ends a feed.
func (h *Hub) drop(f *feed) {
	f.stop()
	delete(h.feeds, f.key)
}

// ledBy reports whether a feed goes by the rights of a client.
func (f *feed) ledBy(cl *client) bool {
	return f.current.bearer == cl || f.next != nil && f.next.bearer == cl
}

// choose returns the member who will be known to Directus for longest; nil: there is none.
func (f *feed) choose() (best *client) {
	least := time.Now().Add(spare)
	for m := range f.members {
		if cl := m.client; cl.lasts(least) && !f.refused[cl.token] && (best == nil || cl.expires.IsZero() || !best.expires.IsZero() && cl.expires.After(best.expires)) {
			best = cl
		}
	}
	return best
}

// leads reports whether a link has the token of a member.
func (f *feed) leads(l *link) bool {
	if l == nil || l.bearer.nobody || l.bearer.token != l.token {
		return false
	}
	for _, m := range l.bearer.members {
		if m.feed == f {
			return true
		}
	}
	return false
}

// tend finds another link for a feed whose bearer has left, or whose token is about to expire. The old one stays until
// the new one is there.
func (h *Hub) tend(f *feed) {
	if h.ctx.Err() != nil {
		return
	}
	if f.next != nil && !f.leads(f.next) {
		f.next.stop()
		f.next = nil
	}
	if f.next == nil && !f.settled() {
		h.replace(f)
	}
	h.arm(f)
}

// settled reports whether the current link can go on.
func (f *feed) settled() bool { return f.leads(f.current) && !f.current.ending() }

func (h *Hub) replace(f *feed) {
	best, l := f.choose(), f.current
	switch {
	case best == nil, l.ending() && best.token == l.token: // nobody, for now
	case best.token == l.token && best.Address() == l.bearer.Address():
		l.bearer = best // another socket of the same person
	case l.live:
		f.next = h.link(f, best)
	default:
		l.stop()
		f.current = h.link(f, best)
	}
}

// arm has the feed looked after when that is due.
func (h *Hub) arm(f *feed) {
	if f.timer != nil {
		f.timer.Stop()
	}
	due, l := retryLink, f.current
	switch settled := f.next == nil && f.settled(); {
	case settled && l.expires.IsZero():
		return
	case settled:
		due = time.Until(l.expires) - l.margin()
	case !l.expires.IsZero():
		due = min(due, time.Until(l.expires)-spare)
	}
	f.timer = time.AfterFunc(due, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.feeds[f.key] != f {
			return
		}
		if l := f.current; !l.expires.IsZero() && time.Until(l.expires) <= spare {
			h.broken(f, errUnsucceeded)
			return
		}
		h.tend(f)
	})
}

var errUnsucceeded = errors.New("its token has expired, and nobody has another one")

// opened puts a link in force.
func (h *Hub) opened(l *link) {
	f := l.feed
	if l.ctx.Err() != nil {
		return
	}
	l.live = true
	if f.next == l {
		old := f.current
		f.current, f.next = l, nil
		old.ends = time.Now().Add(overlap)
		close(old.followed)
	}
	for m := range f.members {
		if !m.live {
			h.serve(m)
		}
	}
	h.tend(f) // the bearer may have left meanwhile
}

// mayEnd reports whether a link's successor has been there for long enough.
func (h *Hub) mayEnd(l *link) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !l.ends.IsZero() && !time.Now().Before(l.ends)
}

// deliver sends an event to all members.
func (h *Hub) deliver(l *link, text []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := l.feed
	if l.ctx.Err() != nil || h.feeds[f.key] != f {
		return
	}
	if len(text) > maxEvent {
		h.broken(f, errTooLarge)
		return
	}
	frames := map[string][]byte{} // by uid: mostly all have the same
	for m := range f.members {
		if !m.live || m.client.nobody {
			continue
		}
		if time.Since(m.client.asked) > doubtful+retryCheck { // whatever has kept its rights from being asked for
			h.demote(m)
			continue
		}
		frame := frames[m.uid]
		if frame == nil {
			frame = relay.TextFrame(addressed(text, m.uid))
			frames[m.uid] = frame
		}
		m.client.Deliver(frame)
	}
}
