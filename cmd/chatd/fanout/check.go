package fanout

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// check asks what a client may read.
func (h *Hub) check(cl *client) {
	if cl.checking || h.ctx.Err() != nil {
		return
	}
	cl.checking = true
	token, address, room := cl.token, cl.Address(), h.later
	if cl.urgent() || len(cl.members) > 0 && cl.askedBy != cl.token {
		room = h.first
	}
	h.running.Go(func() {
		rights, err := h.ask(cl.ctx, token, address, room)
		h.mu.Lock()
		defer h.mu.Unlock()
		cl.checking = false
		if h.clients[cl.Client] == cl && h.ctx.Err() == nil {
			h.checked(cl, token, rights, err)
		}
	})
}

// ask waits for room as long as there is anybody to ask for.
func (h *Hub) ask(ctx context.Context, token, address string, room chan struct{}) (Rights, error) {
	select {
	case room <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-room }()
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return h.cfg.Rights(ctx, token, address)
}

// checked goes by what Directus has said of the bearer of a token.
func (h *Hub) checked(cl *client, token string, rights Rights, err error) {
	if cl.nobody {
		return // it will be asked anew when the client is somebody
	}
	if token != cl.token { // it is another's, perhaps
		h.sort(cl)
		h.check(cl)
		return
	}
	if errors.Is(err, ErrNobody) {
		rights, err = nil, nil
	}
	after := retryCheck
	switch {
	case err == nil:
		cl.rights, cl.asked, cl.askedBy = rights.of(h.cfg.Fields), time.Now(), token
		after = recheckEvery
	case cl.urgent() || len(cl.members) > 0 && cl.askedBy != token:
		after = retrySoon
	}
	if err != nil && time.Since(h.told) > recheckEvery {
		h.told = time.Now()
		h.cfg.Log.Warn("Directus does not tell what somebody may read; nothing new is shared with them, and soon nothing at all", "error", err)
	}
	h.sort(cl)
	h.promote(cl)
	cl.stop()
	h.recheckIn(cl, after)
}

// sort puts a client's members where they belong. Those that wait for what is not known go on waiting.
func (h *Hub) sort(cl *client) {
	for _, m := range cl.members {
		switch {
		case m.feed == nil:
			if cl.known() && !h.place(m) {
				h.demote(m)
			}
		case cl.lost() || !cl.rights.allow(m.query):
			h.demote(m)
		}
	}
}

// recheckIn has a client's rights asked for anew after some time at the latest, if anything depends on them.
func (h *Hub) recheckIn(cl *client, after time.Duration) {
	due := time.Now().Add(after)
	if !cl.waits() || !cl.due.IsZero() && !due.Before(cl.due) {
		return
	}
	cl.stop()
	cl.due = due
	after = after*9/10 + rand.N(max(after/10, 1)) // those who came together need not stay together
	cl.recheck = time.AfterFunc(after, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		cl.due = time.Time{}
		if h.clients[cl.Client] == cl && cl.waits() && !cl.nobody {
			h.check(cl)
		}
	})
}
