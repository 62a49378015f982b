package relay

// pairToClient is what a pair keeps of the way to the client: of whole messages from the upstream, and between them of
// what chatd has to say.
type pairToClient struct {
	at     stream             // what the upstream has sent, up to held
	held   *[largeBuffer]byte // bytes that are no whole frame yet; nil: none
	length int                // of them
	shut   bool               // nothing more will be sent
	outlet
}

func (c *pairToClient) forget() {
	if c.held != nil {
		chunks.Put(c.held)
		c.held, c.length = nil, 0
	}
}

// listen reads once what the upstream sends, if the client has taken all before.
func (s *pair) listen() error {
	if !s.upstream.readable || len(s.client.out) > 0 {
		return nil
	}
	c, buf := &s.toClient, &s.loop.buf
	if c.held != nil {
		buf = c.held
	}
	n, err := s.upstream.read(buf[c.length:])
	if n == 0 {
		return err
	}
	return s.tell(buf[:c.length+n])
}

// tell passes on the frames at the beginning of p, and keeps the rest. A frame that does not fit into a large buffer is
// passed on in pieces; others are whole, so that they can be looked at, and so that a socket whose upstream dies still
// ends between two frames.
func (s *pair) tell(p []byte) error {
	c := &s.toClient
	var end error
	ready, all, err := c.at.scan(p, func(text []byte) {
		if why := s.tokens.watch(s.relay, s, text); why != nil {
			end = why
		}
	})
	if err != nil {
		return err
	}
	if ready.n == 0 && len(p) == largeBuffer {
		ready = all
	}
	if ready.n > 0 {
		if err := s.pass(p[:ready.n], ready.stream); err != nil {
			return err
		}
		if end != nil {
			return end
		}
		c.at = ready.stream
	}
	rest := p[ready.n:]
	if len(rest) == 0 {
		c.forget()
		return nil
	}
	if c.held == nil {
		c.held = chunks.Get().(*[largeBuffer]byte)
	}
	c.length = copy(c.held[:], rest)
	return nil
}

// pass writes what the upstream has sent.
func (s *pair) pass(p []byte, after stream) error { return s.toClient.pass(s, p, after) }

// answer sends a frame of our own to the client, between two messages from the upstream.
func (s *pair) answer(frame []byte) error {
	c := &s.toClient
	most, why := s.relay.backlog()
	switch {
	case c.closed:
		return errDone
	case len(c.waiting)+len(s.client.out)+len(frame) > largeBuffer+most || len(c.waiting)+len(frame) > most:
		return why
	case c.between:
		return s.write(frame)
	}
	c.waiting = append(c.waiting, frame...)
	return nil
}

func (s *pair) write(p []byte) error {
	if err := s.put(&s.client, p); err != nil {
		return s.toClient.fail(err)
	}
	return nil
}

// sayGoodbye sends a close frame, unless there was one.
func (s *pair) sayGoodbye(e *closeError) {
	c := &s.toClient
	c.forget()
	if !c.closed && c.between {
		_ = s.client.write(appendClose(nil, e), 0) // it ends anyway
	}
	c.closed = true
}
