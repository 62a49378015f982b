package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"directuschat/app/directus"
)

// An expiryRule says whether sockets must end with their token: Directus before 12.1 does not guard them after that. It
// asks Directus for its version, which is told to those logged in only, by the token of a socket that has just logged
// in. Until the answer is there, and again when it is old, Directus counts as an old one.
type expiryRule struct {
	infoURL   string
	transport http.RoundTripper
	log       *slog.Logger

	ctx  context.Context // ends with stop
	stop context.CancelFunc
	open sync.WaitGroup // questions

	mu     sync.Mutex
	asking bool
	asked  time.Time // when the last answer came; zero: never
	safe   bool      // by that answer
}

const (
	versionFresh   = 5 * time.Minute // after which a Directus may have been replaced, and is asked again
	versionTimeout = 10 * time.Second
)

func newExpiryRule(cfg *config, transport http.RoundTripper, log *slog.Logger) *expiryRule {
	e := &expiryRule{infoURL: cfg.directus.JoinPath("server", "info").String(), transport: transport, log: log}
	e.ctx, e.stop = context.WithCancel(context.Background())
	return e
}

// Enforced reports whether a socket has to end with its token.
func (e *expiryRule) Enforced() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.safe
}

// LoggedIn asks for the version in the background, one question at a time.
func (e *expiryRule) LoggedIn(token string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.asking || e.ctx.Err() != nil || !e.asked.IsZero() && time.Since(e.asked) < versionFresh {
		return
	}
	e.asking = true
	e.open.Go(func() {
		version, err := e.ask(token)
		safe := err == nil && directus.VersionSince(version, 12, 1)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.asking = false
		if err != nil {
			if e.ctx.Err() == nil {
				e.log.Warn("Directus does not tell its version; sockets end with their tokens until it does", "error", err)
			}
			return
		}
		if !safe && (e.asked.IsZero() || e.safe) {
			e.log.Warn("this Directus does not guard sockets whose token has expired, so chatd ends them; update it to 12.1 or later", "version", version)
		}
		e.asked, e.safe = time.Now(), safe
	})
}

func (e *expiryRule) ask(token string) (version string, err error) {
	ctx, cancel := context.WithTimeout(e.ctx, versionTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.infoURL, nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := e.transport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("server/info answers %s", answer.Status)
	}
	var info struct {
		Data struct{ Version string }
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&info); err != nil {
		return "", err
	}
	if info.Data.Version == "" {
		return "", errors.New("server/info holds no version")
	}
	return info.Data.Version, nil
}

// close ends the questions.
func (e *expiryRule) close(ctx context.Context) error {
	e.stop()
	return waitFor(ctx, &e.open)
}
