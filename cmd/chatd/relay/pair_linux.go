package relay

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// A pair is two plain connections that a loop carries: what a socket does with two goroutines and deadlines, it does with
// a state and one timer. All but what anybody may call runs on the loop's goroutine.
//
// It never waits. What the kernel does not take is kept, and meanwhile nothing more is read from the other side. Small
// things are kept as well, until the loop has all its pairs send: reading for many and then sending for many takes a
// processor less time than changing from the one to the other for each.
type pair struct {
	relay            *Relay
	loop             *loop
	slot             int32
	client, upstream wire
	phase            phase
	reason           error // the first one
	address          string
	ended            func(error)

	fromClient fromClient
	toClient   pairToClient
	tokens     tokens

	until  instant // when it goes on to the next phase of the end
	gone   bool    // the client has hung up
	queued bool    // for another turn
	unsent bool    // something waits for the end of this turn
	timer  timer
}

// A phase of a pair. They come in this order; some are left out.
type phase byte

const (
	fresh phase = iota // the client has got no answer
	open
	closing // the client has closed the socket; the upstream may answer that
	leaving // the upstream has gone; the client gets what it has not got, and may hang up
	over
)

// newPair takes two connections over from net and its poller; nil, and nothing done, if it cannot.
func newPair(r *Relay, client, upstream net.Conn, address string, ended func(error)) carrier {
	c := newWire(client)
	if c == nil {
		return nil
	}
	u := newWire(upstream)
	if u == nil {
		c.close()
		return nil
	}
	l, err := join(r.loops)
	if err != nil {
		c.close()
		u.close()
		return nil
	}
	_ = client.Close()
	_ = upstream.Close()
	return &pair{relay: r, loop: l, client: *c, upstream: *u, address: address, ended: ended, fromClient: fromClient{budget: newBudget(r.cfg.Rate, r.cfg.Burst)}}
}

func (s *pair) start(answer, ahead, early []byte) {
	s.loop.post(func() { s.begin(answer, ahead, early) })
}

func (s *pair) end(reason error) {
	s.client.close()
	s.upstream.close()
	s.loop.leave()
	s.ended(reason)
}

func (s *pair) begin(answer, ahead, early []byte) {
	s.phase = open
	err := s.loop.add(s)
	if err == nil {
		err = s.pass(answer, stream{})
	}
	if err == nil && s.relay.draining() {
		err = errRestart // it may have been told too soon
	}
	if err == nil {
		s.await()
		err = s.take(ahead)
	}
	if err == nil && len(early) > 0 {
		err = s.tell(early)
	}
	s.settle(err)
	s.turn()
}

func (s *pair) drain() {
	s.loop.post(func() {
		if s.phase == open {
			s.settle(errRestart)
			s.turn()
		}
	})
}

func (s *pair) cut() {
	s.loop.post(func() {
		if s.phase != fresh { // else it ends soon by itself
			s.because(net.ErrClosed)
			s.finish()
		}
	})
}

// event is what the kernel says of one of the connections.
func (s *pair) event(side int32, events uint32) {
	w := &s.client
	if side == ofUpstream {
		w = &s.upstream
	}
	if events&^unix.EPOLLOUT != 0 {
		w.readable = true
		w.ending = w.ending || events&^(unix.EPOLLIN|unix.EPOLLOUT) != 0
	}
	s.turn()
}

// turn does what can be done now, of each direction one read at most, so that no pair holds up the others.
func (s *pair) turn() {
	if s.phase == open || s.phase == closing {
		s.settle(s.carry())
	}
	s.wrapUp()
}

// deliver sends what the turn has kept.
func (s *pair) deliver() {
	s.unsent = false
	if s.phase == open || s.phase == closing {
		s.settle(s.flush())
		s.fromClient.waits = s.fromClient.waits || s.deaf()
	}
	s.wrapUp()
}

func (s *pair) wrapUp() {
	if s.phase == leaving {
		s.leave()
	}
	if s.phase == over || s.unsent {
		return
	}
	if !s.queued && s.more() {
		s.queued = true
		s.loop.busy = append(s.loop.busy, s)
	}
	s.arm()
}

// again is a turn that was asked for by the last one.
func (s *pair) again() {
	s.queued = false
	s.turn()
}

// carry returns a reason to end.
func (s *pair) carry() error {
	if s.upstream.stuck || s.client.stuck {
		if err := s.flush(); err != nil {
			return err
		}
	}
	if s.phase == open {
		if err := s.hear(); err != nil {
			return err
		}
	}
	if err := s.listen(); err != nil {
		return err
	}
	return s.late()
}

// put sends p at the end of the turn, or at once if that is much.
func (s *pair) put(w *wire, p []byte) error {
	if w.stuck || len(w.out)+len(p) > mostKept {
		return w.write(p, s.stall())
	}
	w.out = s.loop.keep(w.out, p)
	if !s.unsent {
		s.unsent = true
		s.loop.unsent = append(s.loop.unsent, s)
	}
	return nil
}

// flush sends what was kept.
func (s *pair) flush() error {
	stall := s.stall()
	if err := s.upstream.flush(stall); err != nil {
		return err
	}
	if err := s.client.flush(stall); err != nil {
		return s.toClient.fail(err)
	}
	return nil
}

// more reports whether there is something to do before the kernel speaks again.
func (s *pair) more() bool {
	if s.phase == leaving {
		return s.client.readable
	}
	return s.client.readable && s.phase == open && !s.fromClient.waits || s.upstream.readable && len(s.client.out) == 0
}

// settle goes on to the phase that a reason to end leads to; nil is none.
func (s *pair) settle(err error) {
	switch {
	case err == nil || s.phase >= leaving:
		return
	case errors.Is(err, errClosed):
		s.phase = closing
	default:
		s.phase = leaving
	}
	if s.tokens.isExpired() && errors.Is(err, errRestart) {
		err = errExpired
	}
	s.because(err)
	s.until = s.loop.now + farewell
	s.fromClient.forget()
	if s.phase == leaving {
		_ = s.upstream.flush(0) // what came before the reason
		s.upstream.close()
		s.sayGoodbye(goodbye(s.reason))
	}
}

// because keeps the first reason for the end.
func (s *pair) because(err error) {
	if s.reason == nil {
		s.reason = err
	}
}

// leave reads until the client hangs up: closing a connection with bytes unread resets it, and the client might never see
// what was sent last. A client that has closed the socket itself is not waited for.
func (s *pair) leave() {
	if s.client.flush(0) != nil {
		s.client.out = nil
	}
	if len(s.client.out) == 0 && !s.toClient.shut {
		s.client.closeWrite()
		s.toClient.shut = true
	}
	if s.client.readable {
		_, err := s.client.read(s.loop.buf[:])
		s.gone = s.gone || err != nil
		s.client.readable = s.client.readable && !s.gone
	}
	done := s.gone || errors.Is(s.reason, errClosed)
	if s.toClient.shut && done || s.loop.now >= s.until {
		s.finish()
	}
}

// finish ends the pair.
func (s *pair) finish() {
	if s.phase == over {
		return
	}
	s.phase = over
	s.fromClient.forget()
	s.toClient.forget()
	s.timer.stop()
	s.tokens.stop()
	s.relay.closed(s)
	s.client.close()
	s.upstream.close()
	s.loop.remove(s)
	go func() { // whoever is told may take its time
		s.ended(s.reason)
		s.relay.remove(s)
	}()
}
