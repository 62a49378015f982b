package directus

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// When a socket has died without a word, so have the idle connections that a browser keeps for requests, and a request
// that is sent over one of these hangs until its time is up. Browsers tell neither, so while there is reason for doubt a
// request without an answer is made again beside the first: the browser takes another connection for it, and closes the
// one of an attempt that is given up. That may be a dead one, too. So all idle connections are tried at the same time, by
// requests that cost a server nothing and are soon given up.

const (
	doubtFor    = 15 * time.Second // after a sign that connections are dead
	hedgeAfter  = time.Second      // without an answer, in doubt
	maxAttempts = 3                // of one request: a server that is only slow must not drown in them

	idleConnections = 6                      // that a browser has to one server at most
	pingTimeout     = 500 * time.Millisecond // of each of them
	pingPath        = "server/ping"
)

// A hedge is a Transport that makes requests again while connections are in doubt. Only what may be done twice: reads,
// and a refresh, of which chatd gives the same answer twice and without chatd the first answer that grants wins.
type hedge struct {
	Transport
	url     string      // of the API
	pinging atomic.Bool // idle connections are being tried

	mu    sync.Mutex
	until time.Time     // the end of doubt
	raise chan struct{} // closed when doubt is raised
}

func newHedge(t Transport, url string) *hedge {
	return &hedge{Transport: t, url: url, raise: make(chan struct{})}
}

// doubt says that connections may have died.
func (h *hedge) doubt() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.until = time.Now().Add(doubtFor)
	close(h.raise)
	h.raise = make(chan struct{})
}

// inDoubt reports whether connections are in doubt, and returns the channel that tells when they come to be.
func (h *hedge) inDoubt() (doubt bool, raised <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Before(h.until), h.raise
}

// An attempt is the end of one of a request's attempts.
type attempt struct {
	resp Response
	err  error
}

// settles reports whether no other attempt can have a better end. A refused refresh may be the second use of a token
// whose first use is still to be answered.
func (a attempt) settles(r Request) bool {
	return a.err == nil && (isRead(r) || a.resp.Status < 300)
}

func isRead(r Request) bool { return r.Method == "GET" }

func (h *hedge) Do(ctx context.Context, url string, r Request) (Response, error) {
	if !isRead(r) && r.Path != refreshPath {
		return h.Transport.Do(ctx, url, r)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // of what is not waited for any more
	ended := make(chan attempt, maxAttempts)
	under := 0 // way
	var giveUp []context.CancelFunc
	try := func() {
		under++
		ctx, cancel := context.WithCancel(ctx)
		giveUp = append(giveUp, cancel)
		if last := len(giveUp) - 3; last >= 0 && isRead(r) {
			giveUp[last]() // else all connections that a browser allows could be taken by what is never answered
		}
		go func() {
			resp, err := h.Transport.Do(ctx, url, r)
			ended <- attempt{resp, err}
		}()
	}
	try()
	timer := time.NewTimer(hedgeAfter)
	defer timer.Stop()
	for made := 1; ; {
		doubt, raised := h.inDoubt()
		again := timer.C
		if !doubt || made == maxAttempts {
			again = nil
		}
		select {
		case a := <-ended:
			if under--; under == 0 || a.settles(r) {
				return a.resp, a.err
			}
		case <-again:
			made++
			h.tryIdle()
			try()
			timer.Reset(hedgeAfter)
		case <-raised: // what is under way is the first that is in doubt
			timer.Reset(0)
		}
	}
}

// tryIdle has all idle connections used, so that the dead ones get closed. Whether the answers are of any use does not
// matter.
func (h *hedge) tryIdle() {
	if h.pinging.Swap(true) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), pingTimeout)
	var pings sync.WaitGroup
	for range idleConnections {
		pings.Go(func() {
			_, _ = h.Transport.Do(ctx, h.url+"/"+pingPath, Request{Method: "GET", Path: pingPath, Limit: DefaultLimit})
		})
	}
	go func() {
		defer h.pinging.Store(false)
		defer cancel()
		pings.Wait()
	}()
}
