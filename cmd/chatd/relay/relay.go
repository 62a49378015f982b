package relay

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// A Config says where sockets lead and what they may cost. A limit of 0 is off.
type Config struct {
	Upstream *url.URL // of the WebSocket itself; http or https
	Policy   Policy

	MaxMessage int           // bytes of one message of a client, all its frames together
	Rate       float64       // messages a client may send per second; a faster one waits, unheard
	Burst      int           // messages it may send at once
	Idle       time.Duration // for which a client may be silent; it answers Directus's pings
	Stall      time.Duration // for which either side may take nothing of what is sent to it

	// Expiry is nil when the upstream guards sockets whose token has expired.
	Expiry Expiry
	// Share is nil when all subscriptions go to the upstream.
	Share Sharer
}

// An Expiry knows whether a socket has to end with its token.
type Expiry interface {
	// LoggedIn is told of a token that the upstream has accepted. It must not block.
	LoggedIn(token string)
	// Enforced reports whether the upstream must be assumed not to guard an expired socket. It must not block.
	Enforced() bool
}

const handshakeTimeout = 30 * time.Second // of the upstream, which leaves some upgrades unanswered

// A Relay carries the sockets of one upstream.
type Relay struct {
	cfg   Config
	epoch time.Time // what instants are counted from
	loops []*loop   // none where the system has none

	mu      sync.Mutex
	sockets map[carrier]struct{}
	waiting []chan struct{} // closed when the last socket has ended

	ctx  context.Context // ends with stop, when the relay drains
	stop context.CancelFunc
}

// An instant is a point in time as the duration since the relay was made: monotonic, and a third of a time.Time.
type instant = time.Duration

// New makes a relay without sockets.
func New(cfg Config) *Relay {
	r := &Relay{cfg: cfg, epoch: time.Now(), sockets: map[carrier]struct{}{}}
	r.loops = newLoops(r.now)
	r.ctx, r.stop = context.WithCancel(context.Background())
	return r
}

func (r *Relay) now() instant { return time.Since(r.epoch) }

// A carrier carries one socket, from the answer to the end of both connections. There are two kinds: a pair needs a loop
// and plain connections, a socket can do with anything.
type carrier interface {
	Client
	// start answers the client and carries frames until either side ends. The client has sent ahead already, the
	// upstream early.
	start(answer, ahead, early []byte)
	// drain tells the client to come back, or that its token has expired. Anybody may call it.
	drain()
	// cut ends the connections at once. Anybody may call it.
	cut()
	// end is for a carrier that is never started.
	end(reason error)
}

// carry makes the carrier that costs least.
func (r *Relay) carry(client, upstream net.Conn, address string, ended func(error)) carrier {
	if len(r.loops) > 0 {
		if p := newPair(r, client, upstream, address, ended); p != nil {
			return p
		}
	}
	return newSocket(r, client, upstream, address, ended)
}

// judge says why a client's message must not pass, or nil; or that it need not, because the Sharer sees to it.
func (r *Relay) judge(of Client, t *tokens, text []byte) (shared bool, refused *refusal) {
	m, refused := r.cfg.Policy.check(text)
	if refused == nil {
		refused = t.check(r.cfg.Expiry, m)
	}
	return refused == nil && r.share(of, m, text), refused
}

// closed tells the Sharer.
func (r *Relay) closed(c Client) {
	if r.cfg.Share != nil {
		r.cfg.Share.Closed(c)
	}
}

// Errors of Open, besides those of the network.
var (
	ErrNoUpgrade = errors.New("the request asks for no WebSocket")
	ErrDraining  = errors.New("the relay takes no new sockets")
	ErrUpstream  = errors.New("the upstream does not speak WebSocket")
)

// A RefusedError is the upstream's own answer to the upgrade.
type RefusedError struct {
	Answer *http.Response
	Body   []byte // as much of it as an error may take
}

func (e *RefusedError) Error() string { return "the upstream refused the socket: " + e.Answer.Status }

// Open turns a request into a socket and returns. The upstream is sent the given headers with those of the upgrade; the
// client's answer carries the headers that w has. ended is called once when the socket has ended, with the reason.
//
// After an error the request is not answered yet, and ended will not be called.
func (r *Relay) Open(w http.ResponseWriter, request *http.Request, headers http.Header, ended func(error)) error {
	key, ok := upgradeKey(request)
	if !ok {
		return ErrNoUpgrade
	}
	ctx, cancel := context.WithCancel(request.Context())
	defer cancel()
	defer context.AfterFunc(r.ctx, cancel)()
	upstream, accept, early, err := r.dial(ctx, headers, key)
	if r.draining() {
		err = ErrDraining
	}
	if err != nil {
		if upstream != nil {
			_ = upstream.Close()
		}
		return err
	}
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = upstream.Close()
		return err
	}
	// From here on the request has been answered, if only by the connection's end.
	_ = client.SetDeadline(time.Time{})
	ahead := unread(buffered.Reader)
	s := r.carry(client, upstream, headers.Get("X-Forwarded-For"), ended)
	if !r.add(s) {
		s.end(ErrDraining)
		return nil
	}
	s.start(switchingProtocols(w.Header(), accept), ahead, early)
	return nil
}

// Draining returns a channel that is closed when the relay takes no more sockets.
func (r *Relay) Draining() <-chan struct{} { return r.ctx.Done() }

func (r *Relay) draining() bool { return r.ctx.Err() != nil }

func (r *Relay) add(s carrier) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.draining() {
		return false
	}
	r.sockets[s] = struct{}{}
	return true
}

func (r *Relay) remove(s carrier) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.sockets, s)
	if len(r.sockets) == 0 {
		for _, done := range r.waiting {
			close(done)
		}
		r.waiting = nil
	}
}

// Len is how many sockets are open.
func (r *Relay) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.sockets)
}

// Drain takes no more sockets and tells the clients of those that are open to come back (1012, service restart). It
// does not wait for them.
func (r *Relay) Drain() {
	r.stop()
	for _, s := range r.open() {
		s.drain()
	}
}

// Wait waits until all sockets have ended, at most until ctx ends; then it cuts them. It is for after Drain.
func (r *Relay) Wait(ctx context.Context) error {
	select {
	case <-r.empty():
		return nil
	case <-ctx.Done():
	}
	for _, s := range r.open() {
		s.cut()
	}
	<-r.empty()
	return ctx.Err()
}

func (r *Relay) open() []carrier {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.sockets))
}

// empty returns a channel that is closed when there is no socket any more.
func (r *Relay) empty() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	done := make(chan struct{})
	if len(r.sockets) == 0 {
		close(done)
	} else {
		r.waiting = append(r.waiting, done)
	}
	return done
}

// closeWriter is what both kinds of connections can do, TCP and TLS.
type closeWriter interface{ CloseWrite() error }

func closeWrite(c net.Conn) {
	if half, ok := c.(closeWriter); ok {
		_ = half.CloseWrite()
	}
}
