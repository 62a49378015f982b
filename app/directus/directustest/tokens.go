package directustest

import (
	"context"
	"errors"
	"sync"
	"time"

	"directuschat/app/directus"
)

// Tokens is a directus.Tokens in memory, shared by sessions as the tabs of a browser share theirs.
type Tokens struct {
	// Patience is how long one session may keep the others from rotating; then the next one takes the lock from it, as
	// tabs do with one that is frozen. 0 is for ever.
	Patience time.Duration

	mu     sync.Mutex
	token  directus.Secret
	holder *holder // of the lock; nil when it is free
}

// A holder is a rotation that has the lock.
type holder struct {
	since time.Time
	lose  context.CancelFunc
	gone  chan struct{} // closed when it has the lock no more
}

// ErrChanged: the token was replaced or removed while a successor was sought, which is not stored then.
var ErrChanged = errors.New("the token has changed meanwhile")

// NewTokens makes a store that holds one refresh token, or none.
func NewTokens(token directus.Secret) *Tokens { return &Tokens{token: token} }

// Load implements directus.Tokens.
func (t *Tokens) Load() directus.Secret {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.token
}

// Store replaces the token, as another tab does that logs in, or out with "".
func (t *Tokens) Store(token directus.Secret) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token = token
}

// Rotate implements directus.Tokens. The context of f ends when another session has taken the lock.
func (t *Tokens) Rotate(ctx context.Context, f func(context.Context, directus.Secret) (directus.Secret, error)) error {
	held, lose := context.WithCancel(ctx)
	defer lose()
	h := &holder{lose: lose, gone: make(chan struct{})}
	if err := t.lock(ctx, h); err != nil {
		return err
	}
	defer t.unlock(h)
	current := t.Load()
	next, err := f(held, current)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token != current {
		return ErrChanged
	}
	t.token = next
	return nil
}

// lock waits until h is the holder.
func (t *Tokens) lock(ctx context.Context, h *holder) error {
	for {
		other := t.tryLock(h)
		if other == nil {
			return nil
		}
		var impatient <-chan time.Time
		if t.Patience > 0 {
			impatient = time.After(time.Until(other.since.Add(t.Patience)))
		}
		select {
		case <-other.gone:
		case <-impatient:
			t.unlock(other)
			other.lose()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tryLock makes h the holder, or returns who is.
func (t *Tokens) tryLock(h *holder) *holder {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.holder == nil {
		h.since = time.Now()
		t.holder = h
		return nil
	}
	return t.holder
}

func (t *Tokens) unlock(h *holder) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.holder == h {
		t.holder = nil
		close(h.gone)
	}
}

var _ directus.Tokens = (*Tokens)(nil)
