package fanout

import (
	"context"
	"errors"
	"time"

	"directuschat/app/directus"
)

const (
	openTimeout = 5 * time.Second
	silence     = 10 * time.Second // after which a link asks for a sign of life
	probeAnswer = 9 * time.Second  // a busy Directus may let everybody wait
	handOver    = 30 * time.Second
)

// A link is a socket to Directus with the subscription of a feed, logged in with the token of one of the members.
type link struct {
	feed    *feed
	bearer  *client
	token   string
	began   time.Time
	expires time.Time // zero: never
	live    bool      // in force
	ends    time.Time // when it may end, because another one has followed; zero: none has

	followed chan struct{} // closed when another has

	ctx  context.Context
	stop context.CancelFunc
}

// ending reports whether it is time for a successor.
func (l *link) ending() bool { return !l.expires.IsZero() && time.Until(l.expires) <= l.margin() }

// margin is how long before its token's end a link looks for a successor. Clients renew tokens after three quarters of
// their lives, so that there is one.
func (l *link) margin() time.Duration { return min(handOver, l.expires.Sub(l.began)/8) }

// link opens a link.
func (h *Hub) link(f *feed, bearer *client) *link {
	l := &link{feed: f, bearer: bearer, token: bearer.token, expires: bearer.expires, began: time.Now(), followed: make(chan struct{})}
	l.ctx, l.stop = context.WithCancel(f.ctx)
	address := bearer.Address()
	h.running.Go(func() {
		defer l.stop()
		err := h.carry(l, address)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.ended(l, err)
	})
	return l
}

// carry opens the socket and delivers what it says, until it ends.
func (h *Hub) carry(l *link, address string) error {
	ctx, cancel := context.WithTimeout(l.ctx, openTimeout)
	defer cancel()
	conn, err := h.cfg.Dial(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, step := range []struct {
		message []byte
		answer  kind
	}{{authMessage(l.token), ready}, {l.feed.query.subscribeMessage(), begun}} {
		if err := conn.Write(ctx, step.message); err != nil {
			return err
		}
		if err := await(ctx, conn, step.answer); err != nil {
			return err
		}
	}
	h.mu.Lock()
	h.opened(l)
	h.mu.Unlock()
	watched := make(chan error, 1)
	h.running.Go(func() { watched <- h.watch(l, address) })
	err = h.listen(l, conn)
	if err == nil || err == refusedError("TOKEN_EXPIRED") && isClosed(l.followed) { // it is not needed any more
		err = <-watched
	}
	return err
}

var (
	// errNoRight: of rows that somebody may not read, Directus does not say that there are any.
	errNoRight = errors.New("whose token it has may not read all of it any more")
	errDoubt   = errors.New("it cannot be found out whether whose token it has may still read all of it")
)

// watch asks whether a link hears all: from time to time, and when it is followed by another. An error ends the link.
func (h *Hub) watch(l *link, address string) error {
	sure := l.began
	for wait := time.Duration(0); ; wait = recheckLink {
		followed := isClosed(l.followed)
		if followed && wait > 0 {
			wait = retryLink
		}
		select {
		case <-time.After(wait):
		case <-open(l.followed, followed):
		case <-l.ctx.Done():
			return nil
		}
		followed = isClosed(l.followed)
		rights, err := h.ask(l.ctx, l.token, address, h.first)
		switch {
		case l.ctx.Err() != nil:
			return nil
		case err == nil && rights.allow(l.feed.query):
			if sure = time.Now(); followed {
				return nil
			}
		case err == nil, errors.Is(err, ErrNobody) && (followed || l.expires.IsZero()):
			return h.giveUp(l, errNoRight)
		case time.Since(sure) > doubtful: // until then Directus may tell the link itself of the end of its token
			return h.giveUp(l, errDoubt)
		}
	}
}

// open is a channel to wait for, if that is not over.
func open(c <-chan struct{}, over bool) <-chan struct{} {
	if over {
		return nil
	}
	return c
}

func (h *Hub) giveUp(l *link, err error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended(l, err)
	l.stop()
	return err
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// await reads until an answer is there.
func await(ctx context.Context, conn directus.Conn, answer kind) error {
	for {
		text, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		switch what, code := read(text); what {
		case answer:
			return nil
		case refused:
			return refusedError(code)
		case ping:
			if err := conn.Write(ctx, pong); err != nil {
				return err
			}
		}
	}
}

// A refusedError is the code of an error from Directus.
type refusedError string

func (e refusedError) Error() string { return "Directus says " + string(e) }

// listen delivers events. When nothing has come for a while it asks whether anybody is there. A link that has a successor
// ends when that has an answer: so all is there that was said before.
func (h *Hub) listen(l *link, conn directus.Conn) error {
	patience, ending := silence, false
	for {
		if !ending && h.mayEnd(l) {
			patience, ending = probeAnswer, true
			if err := say(l.ctx, conn, lastWord); err != nil {
				return err
			}
		}
		text, err := hear(l.ctx, conn, patience)
		if err == errMute && patience == silence {
			patience = probeAnswer
			if err := say(l.ctx, conn, probe); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if !ending {
			patience = silence
		}
		switch what, code := read(text); what {
		case event:
			h.deliver(l, text)
		case ping:
			if err := say(l.ctx, conn, pong); err != nil {
				return err
			}
		case refused:
			return refusedError(code)
		case last:
			return nil
		}
	}
}

var errMute = errors.New("nothing comes from Directus")

// hear is errMute when nothing comes for some time.
func hear(ctx context.Context, conn directus.Conn, patience time.Duration) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	text, err := conn.Read(limited)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = errMute
	}
	return text, err
}

func say(ctx context.Context, conn directus.Conn, text []byte) error {
	ctx, cancel := context.WithTimeout(ctx, probeAnswer)
	defer cancel()
	return conn.Write(ctx, text)
}
