package directustest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"time"

	"directuschat/app/directus"
)

// NoTokens are those of a session that lives no longer than the grant it begins with.
type NoTokens struct{}

// Load returns a token that nobody takes, so that the session is one of somebody who is signed in.
func (NoTokens) Load() directus.Secret { return "there is one" }

// Rotate fails: nothing is renewed.
func (NoTokens) Rotate(context.Context, func(context.Context, directus.Secret) (directus.Secret, error)) error {
	return errors.New("nothing is renewed here")
}

// API is the server's REST API, in memory.
func (s *Server) API() directus.API {
	return directus.API{URL: "http://directus.test", Transport: memoryTransport{s}}
}

// memoryTransport carries requests to the server without a network.
type memoryTransport struct{ server *Server }

func (t memoryTransport) Do(ctx context.Context, url string, r directus.Request) (directus.Response, error) {
	req := httptest.NewRequestWithContext(ctx, r.Method, url, bytes.NewReader(r.Body))
	if r.Token != "" {
		req.Header.Set("Authorization", "Bearer "+string(r.Token))
	}
	rec := httptest.NewRecorder()
	answered := make(chan bool, 1)
	go func() {
		ok := false
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				panic(p)
			}
			answered <- ok
		}()
		t.server.ServeHTTP(rec, req)
		ok = true
	}()
	select {
	case ok := <-answered:
		if !ok || ctx.Err() != nil {
			return directus.Response{}, fmt.Errorf("%w: the connection was closed", directus.ErrUnreachable)
		}
	case <-ctx.Done():
		return directus.Response{}, fmt.Errorf("%w: %w", directus.ErrUnreachable, ctx.Err())
	}
	if int64(rec.Body.Len()) > r.Limit {
		return directus.Response{}, directus.ErrTooLarge
	}
	resp := directus.Response{Status: rec.Code, Body: rec.Body.Bytes()}
	resp.Date, _ = http.ParseTime(rec.Header().Get("Date"))
	if seconds, err := strconv.Atoi(rec.Header().Get("Retry-After")); err == nil {
		resp.RetryAfter = time.Duration(seconds) * time.Second
	}
	return resp, nil
}

// Dialer opens sockets to the server, in memory.
func (s *Server) Dialer() directus.Dialer { return memoryDialer{s} }

type memoryDialer struct{ server *Server }

func (d memoryDialer) Dial(ctx context.Context, address string) (directus.Conn, error) {
	d.server.pass(ctx.Done(), &d.server.all)
	if u, err := url.Parse(address); err == nil && u.Path != "/websocket" {
		<-ctx.Done() // Directus does not answer an upgrade anywhere else
	}
	d.server.mu.Lock()
	stopped := d.server.stopped || d.server.closed
	d.server.mu.Unlock()
	switch status := d.server.admits(); {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%w: %w", directus.ErrUnreachable, ctx.Err())
	case stopped:
		return nil, fmt.Errorf("%w: connection refused", directus.ErrUnreachable)
	case status != http.StatusSwitchingProtocols:
		return nil, fmt.Errorf("%w: status %d in place of an upgrade", directus.ErrUnreachable, status)
	}
	const room = 1 << 10 // a client that does not read blocks the server's writer, and nobody else
	p := &pipe{up: make(chan []byte, room), down: make(chan []byte, room), gone: make(chan struct{})}
	go d.server.run(context.Background(), (*serverEnd)(p))
	return (*clientEnd)(p), nil
}

// A pipe is a socket in memory.
type pipe struct {
	up, down chan []byte // down is closed when the server says good-bye
	gone     chan struct{}
	once     sync.Once
}

func (p *pipe) sever() { p.once.Do(func() { close(p.gone) }) }

type clientEnd pipe

const maxFrame = 4 << 20 // as the real Conns have it

func (p *clientEnd) Read(ctx context.Context) ([]byte, error) {
	select {
	case frame, open := <-p.down:
		return received(frame, open)
	case <-p.gone:
	case <-ctx.Done():
	}
	select {
	case frame, open := <-p.down: // what has arrived is read, also when the connection has ended behind it
		return received(frame, open)
	default:
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, directus.ErrClosed
}

func received(frame []byte, open bool) ([]byte, error) {
	switch {
	case !open:
		return nil, directus.ErrClosed
	case len(frame) > maxFrame:
		return nil, directus.ErrTooLarge
	default:
		return frame, nil
	}
}

func (p *clientEnd) Write(ctx context.Context, frame []byte) error {
	select {
	case p.up <- bytes.Clone(frame):
		return nil
	case <-p.gone:
		return directus.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *clientEnd) Close() { (*pipe)(p).sever() }

type serverEnd pipe

func (p *serverEnd) read(ctx context.Context) ([]byte, error) {
	select {
	case frame := <-p.up:
		return frame, nil
	case <-p.gone:
		return nil, directus.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *serverEnd) write(ctx context.Context, frame []byte) error {
	select {
	case p.down <- frame:
		return nil
	case <-p.gone:
		return directus.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *serverEnd) close() { close(p.down) }
func (p *serverEnd) sever() { (*pipe)(p).sever() }
