package e2e

import (
	"bytes"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A link is a TCP relay in front of one address: the piece of network that a test breaks and mends.
//
//	           open connections                 new connections
//	Cut        are reset                        are reset
//	Silence    swallow all bytes, for good      are accepted and never answered
//	Freeze     hold all bytes back              wait
//	Mend       go on, unless they are lost      flow
type link struct {
	listener net.Listener
	target   string

	up, down atomic.Int64 // bytes that have got through, to the target and from it

	mu       sync.Mutex
	changed  *sync.Cond
	weather  weather
	passages map[*passage]bool
	upgrades []time.Time
	watched  []*lostReply
}

type weather uint8

const (
	fair weather = iota
	cut
	silent
	frozen
	closed // the test is over
)

// A passage is one connection through the link.
type passage struct {
	client, server net.Conn
	begun          bool // the client has said something
	upgraded       bool // it asked for a WebSocket
	lost           bool // nothing gets through any more, and neither side is told
}

// A lostReply is something the server will say and nobody will hear.
type lostReply struct {
	words []byte
	said  chan struct{} // closed when the server has said it
}

// newLink relays a free port to target ("host:port") until the test ends.
func newLink(tb testing.TB, target string) *link {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	l := &link{listener: listener, target: target, passages: map[*passage]bool{}}
	l.changed = sync.NewCond(&l.mu)
	go l.accept()
	tb.Cleanup(func() {
		listener.Close()
		l.set(closed)
	})
	return l
}

// URL is where the target is reached through the link.
func (l *link) URL() string { return "http://" + l.listener.Addr().String() }

// Cut resets every connection and every new one, as a dead router would, until Mend.
func (l *link) Cut() { l.set(cut) }

// Reset resets every connection. New ones are welcome.
func (l *link) Reset() {
	l.Cut()
	l.Mend()
}

// lead leads it to another target: what came before it is reset.
func (l *link) lead(target string) {
	l.leadNew(target)
	l.Reset()
}

// leadNew leads new connections to another target, as a load balancer does in a deployment.
func (l *link) leadNew(target string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.target = target
}

// Silence lets all bytes vanish while connections stay open, as a lost carrier does. Mend helps only new connections.
func (l *link) Silence() { l.set(silent) }

// Strand leaves WebSockets open that nothing comes through any more, as they are after a sleep. Other connections are
// reset: a browser does that by itself when it wakes. New ones are welcome.
func (l *link) Strand() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.passages {
		if p.upgraded {
			p.lost = true
		} else {
			l.reset(p)
		}
	}
}

// Freeze holds everything back until Mend, and loses nothing.
func (l *link) Freeze() { l.set(frozen) }

// Mend lets everything flow that is not lost.
func (l *link) Mend() { l.set(fair) }

func (l *link) set(w weather) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.weather = w
	for p := range l.passages {
		switch w {
		case cut, closed:
			l.reset(p)
		case silent:
			p.lost = true
		}
	}
	l.changed.Broadcast()
}

// LoseReply resets the connection on which the server says these words, before they get through: the first time only.
// What the server says again of a message is stored.
func (l *link) LoseReply(words string) (said <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lost := &lostReply{[]byte(words), make(chan struct{})}
	l.watched = append(l.watched, lost)
	return lost.said
}

// Upgrades are the times at which somebody has asked for a WebSocket.
func (l *link) Upgrades() []time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.upgrades)
}

func (l *link) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return // closed
		}
		go l.relay(client)
	}
}

func (l *link) relay(client net.Conn) {
	p := &passage{client: client}
	if !l.begin(p) {
		return
	}
	l.mu.Lock()
	target := l.target
	l.mu.Unlock()
	server, err := net.Dial("tcp", target)
	l.mu.Lock()
	p.server = server
	if err != nil || !l.passages[p] {
		l.reset(p)
		l.mu.Unlock()
		return
	}
	l.mu.Unlock()
	go l.pump(p, server, client)
	l.pump(p, client, server)
}

// begin waits until a new connection is to be relayed; false if it never is.
func (l *link) begin(p *passage) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.passages[p] = true
	p.lost = l.weather == silent
	for l.passages[p] && (p.lost || l.weather == frozen) {
		l.changed.Wait()
	}
	if l.weather == cut || l.weather == closed {
		l.reset(p)
	}
	return l.passages[p]
}

// pump carries bytes one way until an end is reached; then both ends are closed.
func (l *link) pump(p *passage, from, to net.Conn) {
	buffer := make([]byte, 64<<10)
	var before []byte // the end of what was read last: words may be spread over two reads
	for {
		n, err := from.Read(buffer)
		read := buffer[:n]
		passes := l.passes(p, from, append(before, read...))
		before = append(before[:0], read[max(0, n-256):]...)
		if passes && n > 0 {
			l.counter(p, from).Add(int64(n))
			if _, failed := to.Write(read); err == nil {
				err = failed
			}
		}
		if err != nil {
			if passes { // else nobody hears of the end either
				l.mu.Lock()
				l.close(p)
				l.mu.Unlock()
			}
			return
		}
	}
}

func (l *link) counter(p *passage, from net.Conn) *atomic.Int64 {
	if from == p.client {
		return &l.up
	}
	return &l.down
}

// passes waits while the link is frozen, and reports whether what was read goes on to the other side.
func (l *link) passes(p *passage, from net.Conn, read []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case from == p.client && !p.begun:
		p.begun = true
		if p.upgraded = bytes.Contains(bytes.ToLower(read), []byte("\nupgrade: websocket")); p.upgraded {
			l.upgrades = append(l.upgrades, time.Now())
		}
	case from == p.server && l.isLost(read):
		l.reset(p)
		return false
	}
	for l.passages[p] && !p.lost && l.weather == frozen {
		l.changed.Wait()
	}
	return l.passages[p] && !p.lost
}

// isLost reports whether this is a reply that nobody is to hear.
func (l *link) isLost(read []byte) bool {
	for i, lost := range l.watched {
		if bytes.Contains(read, lost.words) {
			l.watched = slices.Delete(l.watched, i, i+1)
			close(lost.said)
			return true
		}
	}
	return false
}

// reset closes a connection with RST. The caller holds the lock.
func (l *link) reset(p *passage) {
	for _, c := range []net.Conn{p.client, p.server} {
		if c != nil {
			c.(*net.TCPConn).SetLinger(0)
		}
	}
	l.close(p)
}

// close closes a connection. The caller holds the lock.
func (l *link) close(p *passage) {
	p.client.Close()
	if p.server != nil {
		p.server.Close()
	}
	delete(l.passages, p)
}
