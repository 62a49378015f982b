package relay

import (
	"errors"
	"io"
	"sync"
)

var (
	errDone  = errors.New("the socket has been closed")
	errStall = errors.New("the client reads too slowly")
)

// toClient is the way to the client, which both directions use: whole messages from the upstream, and between them
// what chatd has to say.
type toClient struct {
	mu sync.Mutex // held while writing
	outlet
	writeUntil instant
}

// An outlet knows when there may be something of our own on the way to a client: between two messages from the upstream.
type outlet struct {
	between bool   // two messages; not within one
	closed  bool   // a close frame has been sent, or nothing can be
	waiting []byte // frames for when the message ends
}

// A writer writes to the client.
type writer interface{ write(p []byte) error }

// pass writes what the upstream has sent, and what has waited for it. after is where the upstream is then.
func (o *outlet) pass(to writer, p []byte, after stream) error {
	if o.closed {
		return errDone
	}
	o.between = false
	if err := to.write(p); err != nil {
		return err
	}
	if after.closed {
		o.closed = true
		return nil
	}
	if o.between = after.left == 0 && !after.message; o.between && o.waiting != nil {
		waiting := o.waiting
		o.waiting = nil
		return to.write(waiting)
	}
	return nil
}

// fail is for when nothing more can be sent: half a frame may be out.
func (o *outlet) fail(err error) error {
	o.closed, o.between = true, false
	return err
}

const largeBuffer = 32 << 10

var chunks = sync.Pool{New: func() any { return new([largeBuffer]byte) }}

// down passes the upstream's frames on until it ends. A frame is written in one piece when it fits into a large buffer,
// so that it can be looked at, and so that a socket whose upstream dies still ends between two frames.
func (s *socket) down(answer, early []byte) error {
	if err := s.pass(answer, stream{}); err != nil {
		return err
	}
	small := make([]byte, smallBuffer)
	var large *[largeBuffer]byte
	defer func() {
		if large != nil {
			chunks.Put(large)
		}
	}()
	buf, held := small, 0
	grow := func() {
		large = chunks.Get().(*[largeBuffer]byte)
		copy(large[:], buf[:held])
		buf = large[:]
	}
	if len(early) > 0 {
		grow()
		held = copy(buf, early)
	}
	var at stream // where buf begins
	for {
		frames, all, err := at.scan(buf[:held], nil)
		if err != nil {
			return err
		}
		full := held == len(buf) && large != nil
		ready := frames
		if full && frames.n == 0 { // a frame that does not fit
			ready = all
		}
		if ready.n > 0 && (ready.n == held || full) {
			end := s.watchTokens(at, buf[:ready.n])
			if err := s.pass(buf[:ready.n], ready.stream); err != nil {
				return err
			}
			if end != nil {
				return end
			}
			held = copy(buf, buf[ready.n:held])
			at = ready.stream
			if held == 0 && at.left == 0 && large != nil {
				chunks.Put(large)
				large, buf = nil, small
			}
		} else if held == len(buf) {
			grow()
		}
		n, err := s.upstream.Read(buf[held:])
		if n == 0 && err != nil {
			return err
		}
		held += n
	}
}

// watchTokens looks for the upstream's answers to log-ins in what has been scanned already.
func (s *socket) watchTokens(at stream, p []byte) (end error) {
	expiry := s.relay.cfg.Expiry
	if expiry == nil {
		return nil
	}
	_, _, _ = at.scan(p, func(text []byte) {
		if why := s.tokens.watch(s.relay, s, text); why != nil {
			end = why
		}
	})
	return end
}

// pass writes what the upstream has sent, unless the socket is closing.
func (s *socket) pass(p []byte, after stream) error {
	c := &s.toClient
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.outlet.pass(s, p, after)
}

// answer sends a frame of our own to the client, between two messages from the upstream.
func (s *socket) answer(frame []byte) error {
	c := &s.toClient
	c.mu.Lock()
	defer c.mu.Unlock()
	most, why := s.relay.backlog()
	switch {
	case c.closed:
		return errDone
	case c.between:
		return s.write(frame)
	case len(c.waiting)+len(frame) > most:
		return why
	}
	c.waiting = append(c.waiting, frame...)
	return nil
}

// write writes to the client; toClient is locked. A client that takes nothing for too long is given up.
func (s *socket) write(p []byte) error {
	c := &s.toClient
	c.writeUntil = s.keep(s.client.SetWriteDeadline, c.writeUntil, s.relay.cfg.Stall)
	_, err := s.client.Write(p)
	switch {
	case err == nil:
		return nil
	case isTimeout(err):
		err = errStall
	}
	return c.fail(err)
}

// A stream is a place in the upstream's bytes.
type stream struct {
	left    int64 // bytes to the end of the frame
	message bool  // within a fragmented message
	closed  bool  // behind a close frame
}

// A place is what scan has reached: n bytes further.
type place struct {
	n int
	stream
}

// scan goes over bytes that begin here, and returns the end of the last frame that ends in them, and the end of what may
// be passed on at all: everything but the beginning of a header. each gets the text messages that are wholly in p.
func (at stream) scan(p []byte, each func(text []byte)) (frames, all place, err error) {
	frames.stream = at
	n := 0
	for {
		if at.left > 0 {
			step := min(at.left, int64(len(p)-n))
			at.left -= step
			n += int(step)
		}
		if at.left == 0 {
			frames = place{n, at}
		}
		rest := p[n:]
		if at.left > 0 || len(rest) < 2 {
			return frames, place{n, at}, nil
		}
		size := headerSize([2]byte(rest))
		if len(rest) < size {
			return frames, place{n, at}, nil
		}
		h, err := parseHeader(rest[:size])
		if err != nil || h.masked || at.closed || !h.control() && at.message != (h.op == opContinuation) {
			return place{}, place{}, errUpstreamFrame
		}
		if !h.control() {
			at.message = !h.fin
		}
		at.closed = h.op == opClose
		at.left = h.length
		n += size
		if each != nil && h.fin && h.op == opText && h.length <= int64(len(rest)-size) {
			each(rest[size : size+int(h.length)])
		}
	}
}

var errUpstreamFrame = errors.Join(ErrUpstream, io.ErrUnexpectedEOF)
