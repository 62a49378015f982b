package relay

import (
	"errors"
	"sync"
)

// A mailbox holds what a Sharer has for one side until that takes it: whoever puts it in must not wait. It has a goroutine
// while there is anything.
type mailbox struct {
	mu     sync.Mutex
	texts  [][]byte
	bytes  int
	busy   bool // there is the goroutine
	closed bool
}

// put is false if too much is there already.
func (m *mailbox) put(text []byte, send func([]byte) error) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return true
	}
	if m.bytes > maxBehind {
		return false
	}
	m.texts = append(m.texts, text)
	m.bytes += len(text)
	if !m.busy {
		m.busy = true
		go m.empty(send)
	}
	return true
}

// empty sends until there is nothing, or nobody to send it to.
func (m *mailbox) empty(send func([]byte) error) {
	for text := m.take(); text != nil; text = m.take() {
		if send(text) != nil {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.texts, m.closed = nil, true
			return
		}
	}
}

func (m *mailbox) take() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.texts) == 0 {
		m.texts, m.busy = nil, false
		return nil
	}
	text := m.texts[0]
	m.texts[0] = nil
	m.texts = m.texts[1:]
	m.bytes -= len(text)
	return text
}

func (s *socket) Address() string { return s.address }

func (s *socket) Deliver(frame []byte) {
	if !s.delivered.put(frame, s.push) {
		s.interrupt(errBehind)
	}
}

func (s *socket) Forward(text []byte) {
	if !s.forwarded.put(text, s.pull) {
		s.interrupt(errBehind)
	}
}

func (s *socket) Interrupt() { s.interrupt(errInterrupted) }

func (s *socket) interrupt(why error) {
	s.interrupted.CompareAndSwap(nil, &why)
	s.drain()
}

// push is answer, for what the client has not asked for now: there may be more of it.
func (s *socket) push(frame []byte) error {
	err := s.pushed(frame)
	if err != nil && !errors.Is(err, errDone) {
		s.interrupt(err)
	}
	return err
}

func (s *socket) pushed(frame []byte) error {
	c := &s.toClient
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return errDone
	case c.between:
		return s.write(frame)
	case len(c.waiting) > maxBehind:
		return errBehind
	}
	c.waiting = append(c.waiting, frame...)
	return nil
}

// pull sends a message to the upstream.
func (s *socket) pull(text []byte) error {
	b := newBuffer()
	defer b.release()
	b.bytes = append(b.bytes, text...)
	err := s.send(opText, b)
	if errors.Is(err, errUpstreamStall) { // the directions find out about all else
		s.interrupt(err)
	}
	return err
}
