package directus

import (
	"context"
	"errors"
	"time"
)

// A connection is one open socket and what was said on it. It belongs to the session's goroutine.
type connection struct {
	conn   Conn
	frames chan received // from the reader
	stop   context.CancelFunc

	token       Secret // of the last auth frame
	authPending bool   // that frame has no answer yet
	expired     bool   // the server found the token expired and has accepted no other yet
	subscribed  int    // subscriptions that have an answer
	requests    map[string]chan<- reply

	probe    string        // the uid of the probe that has no answer yet, "" if none
	probedAt time.Time     // when the first one without an answer was sent
	urgent   bool          // somebody has come back and waits for the answer
	probeFor time.Duration // until the probe timer fires …
	probeSet time.Time     // … from this time on, by the wall clock
	heardAt  time.Time     // when the last frame came that was not a ping
}

// received is what the reader hands over: a frame, or why there is none.
type received struct {
	frame frame
	err   error
}

// mostAtOnce is how many frames the session takes before it looks at anything else.
const mostAtOnce = 64

// newConnection starts the reader of a socket.
func (s *Session) newConnection(conn Conn) *connection {
	ctx, cancel := context.WithCancel(s.ctx)
	c := &connection{conn: conn, stop: cancel, frames: make(chan received, mostAtOnce), requests: map[string]chan<- reply{}}
	s.helpers.Go(func() {
		for {
			b, err := conn.Read(ctx)
			over := err != nil && !errors.Is(err, ErrTooLarge)
			var f frame
			if err == nil {
				// What cannot be read is junk, or from the future: it counts as a sign of life and no more.
				f, _ = decodeFrame(b)
			}
			select {
			case c.frames <- received{f, err}:
			case <-ctx.Done():
				return
			}
			if over {
				return
			}
		}
	})
	return c
}

// received is the channel to read from; a nil connection has none.
func (c *connection) received() <-chan received {
	if c == nil {
		return nil
	}
	return c.frames
}

func (c *connection) close() {
	c.stop()
	c.conn.Close()
	c.failRequests()
}

// failRequests gives up on writes whose answer cannot come, or could not be believed.
func (c *connection) failRequests() {
	for uid, answer := range c.requests {
		answer <- reply{err: ErrAmbiguous}
		delete(c.requests, uid)
	}
}

// answered hands an answer to who has asked. An error without a name is about the only request there is: see
// CreateItemOnce.
func (c *connection) answered(f frame) {
	uid := f.UID
	if uid == "" && f.Err != nil && len(c.requests) == 1 {
		for only := range c.requests {
			uid = only
		}
	}
	if answer, ok := c.requests[uid]; ok {
		delete(c.requests, uid)
		answer <- newReply(f)
	}
}

// write sends a frame. When that fails the reader will say so: a socket that cannot be written to is closed. It must not
// hold up the session for longer than somebody who has come back waits.
func (s *Session) write(frame []byte) {
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.WakeTimeout)
	defer cancel()
	if s.connection.conn.Write(ctx, frame) != nil {
		s.connection.conn.Close()
	}
}

// receiveAll takes a frame and those that have come with it: to wait for each among all else that may happen costs more
// than to read it, and so does to ask for the time.
func (s *Session) receiveAll(r received) {
	defer s.gatherer.flush()
	now := s.now()
	s.receive(r, now)
	for range mostAtOnce - 1 {
		select {
		case r := <-s.connection.received():
			s.receive(r, now)
		default:
			return
		}
	}
}

func (s *Session) receive(r received, now time.Time) {
	switch {
	case errors.Is(r.err, ErrTooLarge):
		s.connection.heardAt = now
		s.cfg.Deliver(Gap{Generation: s.generation, Reason: GapTooLarge})
	case errors.Is(r.err, ErrOverflow):
		s.cfg.Deliver(Gap{Generation: s.generation, Reason: GapOverflow})
		s.moveToWaiting(r.err)
	case r.err != nil:
		s.moveToWaiting(r.err)
	default:
		if r.frame.Type != "ping" {
			s.connection.heardAt = now
		}
		s.handle(r.frame)
	}
}

func (s *Session) handle(f frame) {
	if f.Type == "auth" {
		s.handleAuth(f)
		return
	}
	if s.state != Ready {
		return
	}
	switch f.Type {
	case "ping":
		s.write(pong)
	case "items":
		s.connection.answered(f)
	case "subscription":
		s.handleSubscription(f)
	case "server": // a frame of ours was refused, by a rate limit for one: we are heard
		s.probeAnswered(s.connection.probe)
	case "subscribe":
		if f.Err != nil && !s.connection.expired {
			s.handleSubscriptionError(f)
		}
	}
}

// authenticate sends a token; on a working connection silently, with all subscriptions kept.
func (s *Session) authenticate(token Secret) {
	s.connection.token = token
	s.connection.authPending = true
	s.write(authFrame(s.nextUID(), token))
}

// useNewestToken re-authenticates if the socket does not have it yet.
func (s *Session) useNewestToken() {
	if token, _ := s.credentials.current(); token != s.connection.token {
		s.authenticate(token)
	}
	s.scheduleRenewal()
}

func (s *Session) handleAuth(f frame) {
	c := s.connection
	switch {
	case f.Err == nil:
		c.authPending = false
		if s.state == Authenticating {
			s.moveToReady()
		} else if c.expired {
			c.expired = false
			s.cfg.Deliver(Resumed{Generation: s.generation})
			s.subscribe()
		}
	case f.Err.Code == CodeTokenExpired && s.state == Ready:
		s.expire()
	default:
		s.authRefused(f.Err)
	}
}

// expire opens the hole between the server's TOKEN_EXPIRED and its next "ok". Inside it the socket is not the user's:
// events are lost or not meant for us, answers say FORBIDDEN to what is allowed. The server closes after ten seconds of it.
func (s *Session) expire() {
	c := s.connection
	if !c.expired {
		c.expired = true
		c.failRequests()
		s.deadline.Reset(s.cfg.RequestTimeout)
		s.cfg.Deliver(Gap{Generation: s.generation, Reason: GapTokenExpired})
	}
	if c.authPending {
		return // the frame with the next token has crossed this one
	}
	s.credentials.discard(c.token)
	if token, _ := s.credentials.current(); token != c.token {
		s.authenticate(token)
	} else {
		s.credentials.renew()
	}
}

// authRefused handles AUTH_FAILED and AUTH_TIMEOUT: all causes look alike, and the server closes. With a token that
// REST has just given out the refusal is not about the token, so no number of them ends the session.
func (s *Session) authRefused(err *Error) {
	s.credentials.discard(s.connection.token)
	if s.authsFailed++; s.authsFailed == 1 {
		s.moveToConnecting()
	} else {
		s.moveToWaiting(err)
	}
}

// subscribe asks for the first subscription without an answer. One at a time, because before 12.4.0 errors do not say
// which one they mean.
func (s *Session) subscribe() {
	s.deadline.Stop()
	if c := s.connection; c.subscribed < len(s.cfg.Subscriptions) {
		s.write(subscribeFrame(s.cfg.Subscriptions[c.subscribed]))
		s.deadline.Reset(s.cfg.RequestTimeout)
	}
}

// pending is the uid of the subscription that was asked for, "" if none.
func (s *Session) pending() string {
	if c := s.connection; c.subscribed < len(s.cfg.Subscriptions) {
		return s.cfg.Subscriptions[c.subscribed].UID
	}
	return ""
}

func (s *Session) handleSubscription(f frame) {
	var kind Kind
	switch f.Event {
	case "init":
		if s.connection.expired || !s.subscribesTo(f.UID) {
			return
		}
		s.cfg.Deliver(Subscribed{Generation: s.generation, UID: f.UID})
		if f.UID == s.pending() {
			s.connection.subscribed++
			s.subscribe()
		}
		return
	case "create":
		kind = Create
	case "update":
		kind = Update
	case "delete":
		kind = Delete
	case "unsubscribe":
		s.probeAnswered(f.UID)
		return
	default:
		return
	}
	if !s.connection.expired && s.subscribesTo(f.UID) {
		s.gatherer.changed(Changed{Generation: s.generation, UID: f.UID, Kind: kind, Data: f.Data})
	}
}

func (s *Session) handleSubscriptionError(f frame) {
	pending := s.pending()
	switch {
	case pending == "" || f.UID != "" && f.UID != pending:
		s.cfg.Deliver(Gap{Generation: s.generation, Reason: GapSubscriptionError, UID: f.UID, Err: f.Err})
	case IsCode(f.Err, CodeForbidden, CodeInvalidCollection, CodeInvalidQuery, CodeInvalidPayload):
		s.cfg.Deliver(SubscriptionFailed{Generation: s.generation, UID: pending, Err: f.Err})
		s.connection.subscribed++
		s.subscribe()
	default:
		s.moveToWaiting(f.Err) // the server's trouble, not ours
	}
}

func (s *Session) subscribesTo(uid string) bool {
	for _, subscription := range s.cfg.Subscriptions {
		if subscription.UID == uid {
			return true
		}
	}
	return false
}
