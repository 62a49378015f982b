package main

import (
	"context"
	"net/http"
	"strings"
	"sync"
)

// sockets proxies WebSockets and ends them when chatd stops. http.Server forgets a connection that has been taken over,
// with its timeouts (which is right for a socket that may be silent for hours) and at shutdown (which is not).
type sockets struct {
	forward http.Handler
	ctx     context.Context // ends with end
	end     context.CancelFunc
	open    sync.WaitGroup
}

func newSockets(forward http.Handler) *sockets {
	s := &sockets{forward: forward}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// ServeHTTP returns when the socket has ended.
func (s *sockets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		writeError(w, errNoUpgrade)
		return
	}
	s.open.Add(1)
	defer s.open.Done()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	s.forward.ServeHTTP(w, r.WithContext(ctx))
}

// close ends all sockets and waits for them, at most until ctx ends. Call it when the server takes no more requests.
func (s *sockets) close(ctx context.Context) error {
	s.end()
	return waitFor(ctx, &s.open)
}

// waitFor waits for all that a group counts, at most until ctx ends.
func waitFor(ctx context.Context, group *sync.WaitGroup) error {
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
