package directus_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/directus"
	"directuschat/app/directus/directustest"
)

// A browser is some tabs that share one refresh token and a channel.
type browser struct {
	t         *testing.T
	srv       *directustest.Server
	tokens    *directustest.Tokens
	rotations atomic.Int32 // refreshes that Directus was asked for

	mu      sync.Mutex
	pages   []*page
	random  *rand.Rand
	channel func(*rand.Rand) []time.Duration // the delays a message arrives with: none if it is lost, several if it is doubled
	// midRefresh is called once, for the next page whose refresh was answered and which has not seen the answer yet.
	midRefresh func(*page)
}

func newBrowser(t *testing.T, srv *directustest.Server) *browser {
	b := &browser{
		t: t, srv: srv, tokens: directustest.NewTokens(srv.Grant(alice).Refresh),
		channel: atOnce,
		random:  rand.New(rand.NewPCG(1, 2)),
	}
	b.tokens.Patience = 12 * time.Second
	srv.OnRequest(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/auth/refresh" {
			b.rotations.Add(1)
		}
		return false
	})
	return b
}

func atOnce(*rand.Rand) []time.Duration { return []time.Duration{0} }

// takeMidRefresh is what to do to the page in the middle of its refresh.
func (b *browser) takeMidRefresh() func(*page) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.midRefresh
	b.midRefresh = nil
	return f
}

func (b *browser) onMidRefresh(f func(*page)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.midRefresh = f
}

// post calls f for every sibling of a page and every time that a message of it arrives there.
func (b *browser) post(from *page, f func(to *page)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, to := range b.pages {
		if to != from {
			for _, delay := range b.channel(b.random) {
				time.AfterFunc(delay, func() { f(to) })
			}
		}
	}
}

// A page is a tab that can be frozen and killed: then nothing gets in or out of it.
type page struct {
	*tab
	browser *browser

	mu     sync.Mutex
	thawed chan struct{} // closed while it is not frozen
	killed chan struct{}
}

func (b *browser) open() *page {
	p := &page{browser: b, thawed: make(chan struct{}), killed: make(chan struct{})}
	close(p.thawed)
	source := rand.New(rand.NewPCG(b.random.Uint64(), 0))
	p.tab = join(b.t, b.srv, directus.Grant{}, b.tokens, func(c *directus.SessionConfig) {
		c.Jitter = source.Float64
		c.Tokens = pageTokens{b.tokens, p}
		c.API.Transport = pageTransport{c.API.Transport, p}
		c.Dialer = dialerFunc(func(ctx ctx, url string) (directus.Conn, error) {
			conn, err := b.srv.Dialer().Dial(ctx, url)
			p.wait()
			return pageConn{conn, p}, err
		})
		c.Share = p.share
	})
	b.mu.Lock()
	b.pages = append(b.pages, p)
	b.mu.Unlock()
	b.t.Cleanup(p.thaw)
	return p
}

// share posts a grant to all siblings.
func (p *page) share(g directus.Grant) {
	p.wait()
	assert.Empty(p.browser.t, string(g.Refresh), "the refresh token is not told on")
	p.browser.post(p, func(sibling *page) {
		sibling.wait()
		sibling.Adopt(g)
	})
}

func (p *page) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.thawed = make(chan struct{})
}

func (p *page) thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.thawed:
	default:
		close(p.thawed)
	}
}

func (p *page) wait() {
	p.mu.Lock()
	thawed := p.thawed
	p.mu.Unlock()
	<-thawed
}

// kill ends a tab as browsers do: at once, and what it held is free.
func (p *page) kill() {
	p.freeze()
	close(p.killed)
}

func (p *page) dead() bool {
	select {
	case <-p.killed:
		return true
	default:
		return false
	}
}

type pageTokens struct {
	*directustest.Tokens
	p *page
}

var errKilled = errors.New("the page is gone")

type rotation = func(ctx, directus.Secret) (directus.Secret, error)

func (t pageTokens) Rotate(waiting ctx, f rotation) error {
	if t.p.dead() {
		return errKilled
	}
	return t.Tokens.Rotate(waiting, func(held ctx, current directus.Secret) (directus.Secret, error) {
		type result struct {
			next directus.Secret
			err  error
		}
		results := make(chan result, 1)
		go func() {
			next, err := f(held, current)
			results <- result{next, err}
		}()
		select {
		case r := <-results:
			return r.next, r.err
		case <-t.p.killed:
			return "", errKilled
		}
	})
}

type pageTransport struct {
	directus.Transport
	p *page
}

func (t pageTransport) Do(ctx ctx, url string, r directus.Request) (directus.Response, error) {
	t.p.wait()
	resp, err := t.Transport.Do(ctx, url, r)
	if r.Path == "auth/refresh" {
		if f := t.p.browser.takeMidRefresh(); f != nil {
			f(t.p)
		}
	}
	t.p.wait()
	return resp, err
}

type pageConn struct {
	directus.Conn
	p *page
}

func (c pageConn) Read(ctx ctx) ([]byte, error) {
	frame, err := c.Conn.Read(ctx)
	c.p.wait()
	return frame, err
}

func (c pageConn) Write(ctx ctx, frame []byte) error {
	c.p.wait()
	return c.Conn.Write(ctx, frame)
}
