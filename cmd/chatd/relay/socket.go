package relay

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	smallBuffer = 512              // bytes that each direction of a socket keeps: most frames of a chat fit
	farewell    = 2 * time.Second  // for the other side to take a close frame and to hang up
	messageTime = 30 * time.Second // for all of a message, once it has begun
	maxWaiting  = 4 << 10          // bytes of our own for a client in the middle of a message from the upstream
)

// A socket is two connections, and two goroutines that carry what passes between them. Its fields belong to the goroutine
// that up runs, but for those that have a lock or are atomic.
type socket struct {
	relay            *Relay
	client, upstream net.Conn
	in               *bufio.Reader // from the client
	budget           budget
	readUntil        instant // deadline of reading from the client; 0: none
	address          string
	ended            func(error)

	toUpstream sync.Mutex // held while writing
	writeUntil instant    // deadline of that

	toClient    toClient
	delivered   mailbox               // by the Sharer, to the client
	forwarded   mailbox               // and to the upstream
	interrupted atomic.Pointer[error] // by the Sharer, or because of what it had for either side
	tokens      tokens

	ending  atomic.Bool   // deadlines are short now, and are not set any more
	wake    chan struct{} // whoever sets ending says so to a client that is being slowed down
	running atomic.Int32  // directions
	reason  atomic.Pointer[error]
}

func newSocket(r *Relay, client, upstream net.Conn, address string, ended func(error)) *socket {
	return &socket{relay: r, client: client, upstream: upstream, budget: newBudget(r.cfg.Rate, r.cfg.Burst), address: address, ended: ended, wake: make(chan struct{}, 1)}
}

// start begins two goroutines. They are new ones, because the stack of the one that served the request has grown.
func (s *socket) start(answer, ahead, early []byte) {
	var from io.Reader = s.client
	if ahead != nil {
		from = io.MultiReader(bytes.NewReader(ahead), s.client)
	}
	s.in = bufio.NewReaderSize(from, smallBuffer)
	s.running.Store(2)
	go s.runDown(answer, early)
	go s.runUp()
}

func (s *socket) runUp() {
	err := s.up()
	s.because(err)
	var told *closeError
	switch {
	case errors.Is(err, errClosed): // the upstream has been told, and answers
		_ = s.upstream.SetReadDeadline(time.Now().Add(farewell))
	case errors.As(err, &told):
		s.sayGoodbye(told)
		_ = s.upstream.Close()
		s.discard()
	default:
		if !s.ending.Load() {
			s.hurry()
		}
		_ = s.upstream.Close() // so that the other direction says goodbye, which the client must get before the connection ends
		s.discard()
	}
	s.leave()
}

func (s *socket) runDown(answer, early []byte) {
	err := s.down(answer, early)
	s.because(err)
	s.sayGoodbye(goodbye(*s.reason.Load()))
	_ = s.upstream.Close()
	s.leave()
}

// leave ends a direction. The second one out ends the socket.
func (s *socket) leave() {
	if s.running.Add(-1) == 0 {
		s.tokens.stop()
		s.relay.closed(s)
		s.end(*s.reason.Load())
		s.relay.remove(s)
	}
}

func (s *socket) end(err error) {
	_ = s.client.Close()
	_ = s.upstream.Close()
	s.ended(err)
}

// goodbye is what the client is told of the reason for the end.
func goodbye(reason error) *closeError {
	told := &closeError{codeBadGateway, "Directus has gone"}
	if errors.Is(reason, errClosed) {
		told = &closeError{codeNormal, ""}
	}
	errors.As(reason, &told)
	return told
}

// because keeps the first reason for the end.
func (s *socket) because(err error) { s.reason.CompareAndSwap(nil, &err) }

var past = time.Unix(1, 0)

// sayGoodbye sends a close frame, unless there was one, and gives the client a moment to go.
func (s *socket) sayGoodbye(e *closeError) {
	s.hurry()
	s.toClient.mu.Lock()
	defer s.toClient.mu.Unlock()
	if !s.toClient.closed {
		if s.toClient.between {
			_, _ = s.client.Write(appendClose(nil, e)) // it goes anyway
		}
		s.toClient.closed = true
	}
	closeWrite(s.client)
}

// hurry bounds everything that is still waited for.
func (s *socket) hurry() {
	s.finish()
	soon := time.Now().Add(farewell)
	_ = s.client.SetDeadline(soon)
	_ = s.upstream.SetWriteDeadline(soon)
}

// finish sets ending.
func (s *socket) finish() {
	s.ending.Store(true)
	select {
	case s.wake <- struct{}{}:
	default: // it has been said
	}
}

// discard reads until the client hangs up: closing a connection with bytes unread resets it, and the client might never
// see what was sent last.
func (s *socket) discard() {
	_, _ = io.Copy(io.Discard, struct{ io.Reader }{s.client})
}

// drain makes the up direction say goodbye, and can be called by anybody.
func (s *socket) drain() {
	s.finish()
	soon := time.Now().Add(farewell)
	_ = s.client.SetWriteDeadline(soon)
	_ = s.upstream.SetWriteDeadline(soon)
	_ = s.client.SetReadDeadline(past)
}

// cut ends the connections at once.
func (s *socket) cut() {
	s.finish()
	_ = s.client.Close()
	_ = s.upstream.Close()
}

// keep moves a deadline when half of the time it gives has passed, because moving it costs more than looking. It returns
// the new one.
func (s *socket) keep(set func(time.Time) error, until instant, limit time.Duration) instant {
	now := s.relay.now()
	if limit <= 0 || s.ending.Load() || until-now > limit {
		return until
	}
	until = now + 2*limit
	_ = set(s.relay.epoch.Add(until))
	if s.ending.Load() {
		_ = set(time.Now().Add(farewell))
	}
	return until
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
