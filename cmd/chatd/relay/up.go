package relay

import (
	"errors"
	"slices"
	"sync"
	"time"
)

var (
	errClosed        = errors.New("the client closed the socket") // by a close frame, which the upstream has got
	errUpstreamStall = errors.New("the upstream takes nothing")
)

var (
	errIdle     = &closeError{codePolicy, "nothing was heard for too long"}
	errSlow     = &closeError{codePolicy, "the message took too long"}
	errRestart  = &closeError{codeRestart, "the server stops; connect again"}
	errTooBig   = &closeError{codeTooBig, "the message is too large"}
	errTooMuch  = &closeError{codePolicy, "too many messages that do not pass"}
	errNoBinary = &closeError{codeUnsupported, "messages are text"}

	errCloseFrame = protocolError("a close frame has a status that is never sent, or a reason that is no text")
)

// A buffer holds one message while it is on its way, behind room for a header.
type buffer struct{ bytes []byte }

var messages = sync.Pool{New: func() any { return &buffer{make([]byte, 0, 1<<10)} }}

const keptBuffer = 64 << 10 // bytes above which a buffer is not kept for others

func newBuffer() *buffer {
	b := messages.Get().(*buffer)
	b.bytes = b.bytes[:maxHeader]
	return b
}

func (b *buffer) release() {
	if b != nil && cap(b.bytes) <= keptBuffer {
		messages.Put(b)
	}
}

func (b *buffer) text() []byte { return b.bytes[maxHeader:] }

// seal makes a frame of the text, with a mask of our own. The text is not to be read any more.
func (b *buffer) seal(op byte) []byte {
	mask := newMask()
	applyMask(b.text(), mask)
	var room [maxHeader]byte
	head := appendHeader(room[:0], op, len(b.text()), &mask)
	frame := b.bytes[maxHeader-len(head):]
	copy(frame, head)
	return frame
}

// up reads what the client sends until it ends.
func (s *socket) up() error {
	var message *buffer // nil between messages
	defer func() { message.release() }()
	for {
		if message == nil {
			s.awaitMessage()
		}
		h, err := s.readHeader()
		if err != nil {
			return s.why(err, message != nil)
		}
		if h.control() {
			if err := s.control(h); err != nil {
				return s.why(err, message != nil)
			}
			continue
		}
		if err := h.follows(message != nil); err != nil {
			return err
		}
		if message == nil {
			message = newBuffer()
			if !h.fin || h.length > int64(s.in.Buffered()) {
				s.readUntil = s.relay.now() + messageTime
				s.setReadDeadline(s.readUntil)
			}
		}
		if most := s.relay.cfg.MaxMessage; most > 0 && h.length > int64(most-len(message.text())) {
			return errTooBig
		}
		if err := s.readPayload(message, h); err != nil {
			return s.why(err, true)
		}
		if !h.fin {
			continue
		}
		if err := s.forward(message); err != nil {
			return s.why(err, false)
		}
		message.release()
		message = nil
	}
}

// awaitMessage sets the deadline for a client that may be idle.
func (s *socket) awaitMessage() {
	if idle := s.relay.cfg.Idle; idle > 0 {
		s.readUntil = s.keep(s.client.SetReadDeadline, s.readUntil, idle)
	} else if s.readUntil != 0 {
		s.readUntil = 0
		s.setReadDeadline(0)
	}
}

// setReadDeadline bounds reading from the client, unless the socket is ending; 0 is no deadline.
func (s *socket) setReadDeadline(at instant) {
	if s.ending.Load() {
		return
	}
	var deadline time.Time
	if at > 0 {
		deadline = s.relay.epoch.Add(at)
	}
	_ = s.client.SetReadDeadline(deadline)
	if s.ending.Load() {
		_ = s.client.SetReadDeadline(time.Now().Add(farewell))
	}
}

// why turns an error of reading or writing into the reason that it stands for.
func (s *socket) why(err error, inMessage bool) error {
	switch {
	case !isTimeout(err):
		return err
	case s.tokens.isExpired():
		return errExpired
	case s.interrupted.Load() != nil:
		return *s.interrupted.Load()
	case s.relay.draining():
		return errRestart
	case inMessage:
		return errSlow
	default:
		return errIdle
	}
}

// readHeader waits for a frame.
func (s *socket) readHeader() (header, error) {
	first, err := s.in.Peek(2)
	if err != nil {
		return header{}, err
	}
	size := headerSize([2]byte(first))
	p, err := s.in.Peek(size)
	if err != nil {
		return header{}, err
	}
	h, err := parseClientHeader(p)
	_, _ = s.in.Discard(size) // they are there
	return h, err
}

// readPayload appends a frame's payload. Memory is taken as bytes arrive, whatever the header promises.
func (s *socket) readPayload(to *buffer, h header) error {
	start := len(to.bytes)
	for left := h.length; left > 0; {
		at := len(to.bytes)
		if at == cap(to.bytes) {
			to.bytes = slices.Grow(to.bytes, int(min(left, int64(cap(to.bytes)))))
		}
		room := to.bytes[at:min(int64(cap(to.bytes)), int64(at)+left)]
		n, err := s.in.Read(room)
		if err != nil {
			return err
		}
		to.bytes = to.bytes[:at+n]
		left -= int64(n)
	}
	applyMask(to.bytes[start:], h.mask)
	return nil
}

// control answers a ping, and passes a pong or a close frame on.
func (s *socket) control(h header) error {
	payload, err := s.in.Peek(int(h.length))
	if err != nil {
		return err
	}
	applyMask(payload, h.mask)
	b := newBuffer()
	defer b.release()
	b.bytes = append(b.bytes, payload...)
	_, _ = s.in.Discard(len(payload)) // they are there
	s.slowDown()
	switch h.op {
	case opPing: // Directus would not answer
		return s.answer(append(appendHeader(nil, opPong, len(payload), nil), b.text()...))
	case opPong:
		return s.send(opPong, b)
	default: // close
		if !validClose(b.text()) {
			return errCloseFrame
		}
		s.because(errClosed) // before the upstream can answer, and end
		if err := s.send(opClose, b); err != nil {
			return err
		}
		return errClosed
	}
}

// forward sends a message to the upstream, or an answer to the client if it must not pass.
func (s *socket) forward(b *buffer) error {
	s.slowDown()
	shared, refused := s.relay.judge(s, &s.tokens, b.text())
	if refused != nil {
		return s.answer(refused.frame())
	}
	if shared {
		return nil
	}
	return s.send(opText, b)
}

// slowDown waits while the client sends more than it may, unless the socket is ending. Nothing is lost: the rest waits in
// the client's network.
func (s *socket) slowDown() {
	wait := s.budget.take(s.relay.now())
	if wait == 0 || s.ending.Load() {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.wake:
	}
}

// send writes one frame to the upstream.
func (s *socket) send(op byte, b *buffer) error {
	frame := b.seal(op)
	s.toUpstream.Lock()
	defer s.toUpstream.Unlock()
	s.writeUntil = s.keep(s.upstream.SetWriteDeadline, s.writeUntil, s.relay.cfg.Stall)
	_, err := s.upstream.Write(frame)
	if isTimeout(err) {
		err = errUpstreamStall
	}
	return err
}
