package relay

import "slices"

// fromClient is what a pair keeps of the way from the client. Mostly that is nothing: whole messages pass through the
// loop's buffer.
type fromClient struct {
	budget  budget
	in      *buffer // bytes that are no whole frame yet, or that have to wait; from the first of them
	message *buffer // the frames so far of a message
	within  bool    // a message has begun, and is not complete
	until   instant // when more must have come, unless the client waits; 0: whenever
	waits   bool    // the client is not heard now
	slowed  instant // until when, if that is because it is too fast; 0: it is not
	paid    bool    // it has waited for its next message
}

func (f *fromClient) forget() {
	f.in.release()
	f.message.release()
	f.in, f.message = nil, nil
}

// hear reads once what the client sends, if it may be heard.
func (s *pair) hear() error {
	f := &s.fromClient
	if f.slowed > 0 && s.loop.now >= f.slowed {
		f.slowed, f.paid = 0, true
	}
	if f.waits && !s.deaf() {
		s.await()
		if err := s.take(f.held()); err != nil {
			return err
		}
	}
	if f.waits || !s.client.readable {
		return nil
	}
	if f.in == nil {
		n, err := s.client.read(s.loop.buf[:])
		if n == 0 {
			return err
		}
		return s.take(s.loop.buf[:n])
	}
	b := f.in // its memory grows as bytes arrive, whatever the header promises
	b.bytes = slices.Grow(b.bytes, smallBuffer)
	n, err := s.client.read(b.bytes[len(b.bytes):cap(b.bytes)])
	if n == 0 {
		return err
	}
	b.bytes = b.bytes[:len(b.bytes)+n]
	return s.take(b.bytes)
}

// deaf reports whether the client has to wait: for its next message, or for the upstream to take the last one.
func (s *pair) deaf() bool { return s.fromClient.slowed > 0 || s.upstream.stuck }

func (f *fromClient) held() []byte {
	if f.in == nil {
		return nil
	}
	return f.in.bytes
}

// take passes on the frames at the beginning of p, and keeps the rest.
func (s *pair) take(p []byte) error {
	rest, err := s.frames(p)
	if err != nil {
		return err
	}
	f := &s.fromClient
	f.waits = s.deaf()
	if len(rest) == 0 {
		f.in.release()
		f.in = nil
		return nil
	}
	if f.in == nil {
		f.in = messages.Get().(*buffer)
	}
	f.in.bytes = append(f.in.bytes[:0], rest...) // they may be parts of each other
	return nil
}

// await begins the time for which the client may be silent.
func (s *pair) await() {
	f, limit := &s.fromClient, s.relay.cfg.Idle
	if f.within {
		limit = messageTime
	}
	if f.until = 0; limit > 0 {
		f.until = s.loop.now + limit
	}
}

// frames passes on the frames at the beginning of p, and returns what cannot be passed on yet.
func (s *pair) frames(p []byte) (rest []byte, err error) {
	for !s.deaf() && len(p) >= 2 {
		size := headerSize([2]byte(p))
		if len(p) < size {
			break
		}
		h, err := parseClientHeader(p[:size])
		if err == nil && !h.control() {
			err = s.fits(h)
		}
		if err != nil {
			return nil, err
		}
		whole := int64(len(p)-size) >= h.length
		if !h.control() && (!whole || !h.fin) {
			s.begun()
		}
		if !whole || h.fin && s.tooFast() {
			break
		}
		end := size + int(h.length)
		if err := s.frame(h, p[:end], p[size:end]); err != nil {
			return nil, err
		}
		p = p[end:]
	}
	return p, nil
}

// fits checks that a frame can be the next part of a message.
func (s *pair) fits(h header) error {
	held := 0
	if b := s.fromClient.message; b != nil {
		held = len(b.text())
	}
	if err := h.follows(s.fromClient.message != nil); err != nil {
		return err
	}
	if most := s.relay.cfg.MaxMessage; most > 0 && h.length > int64(most-held) {
		return errTooBig
	}
	return nil
}

// begun bounds the time of a message of which only a part is there.
func (s *pair) begun() {
	if f := &s.fromClient; !f.within {
		f.within = true
		s.await()
	}
}

// tooFast reports whether the client has to wait before its next message. Nothing is lost meanwhile: the rest waits here
// and in the client's network.
func (s *pair) tooFast() bool {
	f := &s.fromClient
	if f.paid {
		f.paid = false
		return false
	}
	wait := f.budget.take(s.loop.now)
	if wait > 0 {
		f.slowed = s.loop.now + wait
	}
	return wait > 0
}

// frame passes on one whole frame, or answers it.
func (s *pair) frame(h header, frame, payload []byte) error {
	f := &s.fromClient
	applyMask(payload, h.mask)
	if h.control() {
		if err := s.control(h.op, frame, payload); err != nil {
			return err
		}
	} else if h.fin && f.message == nil {
		if err := s.forward(payload, func() []byte { return reseal(frame, payload) }); err != nil {
			return err
		}
	} else {
		if f.message == nil {
			f.message = newBuffer()
		}
		b := f.message
		b.bytes = append(b.bytes, payload...)
		if !h.fin {
			return nil
		}
		f.message = nil
		defer b.release()
		if err := s.forward(b.text(), func() []byte { return b.seal(opText) }); err != nil {
			return err
		}
	}
	if f.message == nil {
		f.within = false
		s.await()
	}
	return nil
}

// control answers a ping, and passes a pong or a close frame on.
func (s *pair) control(op byte, frame, payload []byte) error {
	switch op {
	case opPing: // Directus would not answer
		return s.answer(append(appendHeader(nil, opPong, len(payload), nil), payload...))
	case opPong:
		return s.send(reseal(frame, payload))
	default: // close
		if !validClose(payload) {
			return errCloseFrame
		}
		if err := s.send(reseal(frame, payload)); err != nil {
			return err
		}
		return errClosed
	}
}

// forward sends a message to the upstream, sealed, or an answer to the client if it must not pass.
func (s *pair) forward(text []byte, sealed func() []byte) error {
	shared, refused := s.relay.judge(s, &s.tokens, text)
	if refused != nil {
		return s.answer(refused.frame())
	}
	if shared {
		return nil
	}
	return s.send(sealed())
}

func (s *pair) send(frame []byte) error { return s.put(&s.upstream, frame) }

// reseal masks the payload of a client's frame anew. The rest of the frame is as appendHeader would write it.
func reseal(frame, payload []byte) []byte {
	mask := newMask()
	applyMask(payload, mask)
	copy(frame[len(frame)-len(payload)-len(mask):], mask[:])
	return frame
}
