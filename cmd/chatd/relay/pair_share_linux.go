package relay

// What a Sharer does with a pair is done by its loop.

func (s *pair) Address() string { return s.address }

func (s *pair) Deliver(frame []byte) {
	s.share(func() error {
		if s.toClient.closed {
			return nil // the directions see to the end
		}
		return s.push(frame)
	})
}

func (s *pair) Forward(text []byte) {
	s.share(func() error {
		b := newBuffer()
		defer b.release()
		b.bytes = append(b.bytes, text...)
		return s.send(b.seal(opText))
	})
}

func (s *pair) Interrupt() { s.share(func() error { return errInterrupted }) }

// share does something between two turns, unless the socket is ending.
func (s *pair) share(do func() error) {
	s.loop.post(func() {
		if s.phase == open {
			s.settle(do())
			s.turn()
		}
	})
}

// push is answer, for what the client has not asked for now: there may be more of it.
func (s *pair) push(frame []byte) error {
	c := &s.toClient
	switch {
	case len(c.waiting)+len(s.client.out) > maxBehind:
		return errBehind
	case c.between:
		return s.write(frame)
	}
	c.waiting = append(c.waiting, frame...)
	return nil
}
