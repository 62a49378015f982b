package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// healthPath and readyPath are at the top, whatever the base: those who ask come to the program itself, not through a
// proxy.
const (
	healthPath = "/healthz"
	readyPath  = "/readyz"
)

// How Directus is asked whether it is there. The answer is kept for a moment, so that nobody can make chatd ask often.
const (
	pingTimeout = 2 * time.Second
	pingKept    = 2 * time.Second
)

// Why chatd is not ready. These are all that the public is told.
var (
	errNoDirectus = errors.New("no answer from Directus")
	errDraining   = errors.New("chatd is stopping")
)

// readiness knows whether it is of use to send people to this chatd: it is not stopping, and Directus answers.
type readiness struct {
	upstream *url.URL
	log      *slog.Logger
	draining atomic.Bool

	mu    sync.Mutex // held while Directus is asked: whoever comes meanwhile waits for the same answer
	asked time.Time
	err   error
}

// check says what is in the way, or nil. It takes pingTimeout at most.
func (s *readiness) check(ctx context.Context) error {
	if s.draining.Load() {
		return errDraining
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked.IsZero() || time.Since(s.asked) >= pingKept {
		s.askLocked(ctx)
	}
	if s.err != nil {
		return errNoDirectus
	}
	return nil
}

func (s *readiness) askLocked(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	err := pingDirectus(ctx, s.upstream)
	if errors.Is(ctx.Err(), context.Canceled) {
		return // nobody waits for the answer any more, so there is none
	}
	switch {
	case err != nil && s.err == nil:
		_, text := causeOf(err)
		s.log.Warn("there is no Directus at CHATD_DIRECTUS_URL; people cannot log in until there is",
			"url", s.upstream.String(), "error", text)
	case err == nil && s.err != nil:
		s.log.Info("Directus answers", "url", s.upstream.String())
	}
	s.asked, s.err = time.Now(), err
}

// ServeHTTP answers 200, or 503 with the reason.
func (s *readiness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Not until this client goes: others wait for the same answer.
	if err := s.check(context.WithoutCancel(r.Context())); err != nil {
		writeText(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	writeText(w, http.StatusOK, "ok")
}

// healthy answers as long as the program runs; whether Directus does is another question.
func healthy(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok") }

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // a client that has gone needs no answer
}

func pingDirectus(ctx context.Context, upstream *url.URL) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, upstream.JoinPath("server", "ping").String(), nil)
	if err != nil {
		return err
	}
	request.Close = true // no connection stays open for this one question
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK || strings.TrimSpace(string(body)) != "pong" {
		return upstreamError(fmt.Sprintf("something answers, but not as Directus does: status %d", answer.StatusCode))
	}
	return nil
}
