package fanout

import (
	"bytes"
	"slices"
	"time"

	"directuschat/cmd/chatd/relay"
)

// Subscribe takes a subscription that may be one to share. Whether it is, may have to be asked first.
func (h *Hub) Subscribe(c relay.Client, text []byte) bool {
	s := readSubscribe(text)
	h.mu.Lock()
	defer h.mu.Unlock()
	cl := h.clients[c]
	if cl == nil || !s.hasUID {
		return false
	}
	var said time.Time
	h.forget(cl, s.uid)
	if m := cl.members[s.uid]; m != nil { // this one is in its place
		said = m.said
		h.leave(m)
	}
	shareable := s.shareable && h.shareable(s.query)
	if d := cl.direct[s.uid]; d != nil { // Directus goes on with it: of its end it would say what nobody has asked for
		return h.toDirectus(cl, s.uid, text, d.said, shareable && d.text != nil)
	}
	if !shareable || cl.nobody || h.ctx.Err() != nil || !cl.room() {
		return h.toDirectus(cl, s.uid, text, said, false)
	}
	m := &member{client: cl, uid: s.uid, text: bytes.Clone(text), query: s.query, said: said}
	if cl.members == nil {
		cl.members = map[string]*member{}
	}
	cl.members[m.uid] = m
	switch {
	case h.alone(m):
		delete(cl.members, m.uid)
		if !cl.known() {
			h.check(cl)
		}
		return h.toDirectus(cl, m.uid, text, said, true)
	case !cl.known():
		h.check(cl)
		h.hold(m)
		return true
	case !h.place(m):
		delete(cl.members, m.uid)
		return h.toDirectus(cl, m.uid, text, said, cl.rights.allow(m.query))
	}
	h.hold(m)
	h.recheckIn(cl, recheckEvery-time.Since(cl.asked))
	return true
}

// Unsubscribe ends a subscription, or all. It is Directus that answers.
func (h *Hub) Unsubscribe(c relay.Client, text []byte) bool {
	uid, all := readUnsubscribe(text)
	h.mu.Lock()
	defer h.mu.Unlock()
	cl := h.clients[c]
	if cl == nil {
		return false
	}
	forward := false
	for _, m := range cl.members {
		if all || m.uid == uid {
			forward = forward || time.Since(m.said) < inOrder
			h.leave(m)
		}
	}
	for other, d := range cl.direct {
		if all || other == uid {
			forward = forward || time.Since(d.said) < inOrder
			delete(cl.direct, other)
			h.forget(cl, other)
		}
	}
	if forward {
		cl.Forward(bytes.Clone(text))
	}
	return forward
}

// shareable reports whether a query may be shared.
func (h *Hub) shareable(q query) bool {
	for name := range q.names() {
		if !slices.Contains(h.cfg.Fields[q.collection], name) {
			return false
		}
	}
	return true
}

func (cl *client) room() bool { return !cl.full && len(cl.members)+len(cl.direct) < maxOfAClient }

// toDirectus notes that Directus sees to a subscription, for the time being or for good, and sends it there if it must not
// overtake what the Hub has said at some time. Else it goes its own way.
func (h *Hub) toDirectus(cl *client, uid string, text []byte, said time.Time, forNow bool) (sent bool) {
	if cl.direct[uid] == nil && !cl.room() {
		cl.full = true
	} else {
		d := &direct{said: said}
		if forNow {
			d.text = bytes.Clone(text)
		}
		h.note(cl, uid, d)
	}
	if time.Since(said) < inOrder {
		cl.Forward(bytes.Clone(text))
		return true
	}
	return false
}

func (h *Hub) note(cl *client, uid string, d *direct) {
	if cl.direct == nil {
		cl.direct = map[string]*direct{}
	}
	cl.direct[uid] = d
	h.recheckIn(cl, recheckEvery)
}

// demote has Directus see to a subscription after all. If it has been in force, something may be missed between the two,
// or may have been already: so the client connects again. If not, it has just to wait for Directus's answer. If it could
// be shared, as far as is known, that is tried again.
func (h *Hub) demote(m *member) {
	h.leave(m)
	if m.live {
		m.client.Interrupt()
		return
	}
	cl := m.client
	d := &direct{text: m.text, said: m.said}
	if cl.known() && !cl.rights.allow(m.query) {
		d.text = nil
	}
	if !m.direct {
		d.said = time.Now()
		cl.Forward(m.text)
	}
	h.note(cl, m.uid, d)
}

// promote sees to the subscriptions that Directus sees to for the time being.
func (h *Hub) promote(cl *client) {
	if !cl.known() {
		return
	}
	for uid, d := range cl.direct {
		if d.text == nil {
			continue
		}
		m := &member{client: cl, uid: uid, text: d.text, query: readSubscribe(d.text).query, direct: true, said: d.said}
		if !cl.rights.allow(m.query) {
			d.text = nil // it is not asked about any more
			continue
		}
		if cl.members == nil {
			cl.members = map[string]*member{}
		}
		delete(cl.direct, uid)
		cl.members[uid] = m
		if !h.place(m) {
			delete(cl.members, uid)
			cl.direct[uid] = d
		}
	}
}

// hold bounds the time that a member waits.
func (h *Hub) hold(m *member) {
	if m.live || m.direct {
		return
	}
	m.held = time.AfterFunc(heldFor, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if m.client.members[m.uid] == m && !m.live {
			h.demote(m)
		}
	})
}
