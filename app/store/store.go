// Package store is durable storage that all tabs of a browser share: text by key for small things, records for what
// must not get lost, and what the tabs need to act as one: locks, a channel, and to know each other.
//
// In the browser that is localStorage, IndexedDB, Web Locks and BroadcastChannel (the _js.go files); elsewhere, in tests and
// in a rehearsal, it is Memory, which also misbehaves on demand. What can go wrong lives here, where native tests reach it; the
// platform's half is a thin adapter.
//
// On a computer that others use too (SetShared) everything is kept for one tab only, until it is closed.
//
// It must not know what it keeps: neither chat nor Directus.
package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Reasons why something cannot be kept. They arrive wrapped: use errors.Is.
var (
	ErrFull      = errors.New("the browser's storage for this site is full")
	ErrForbidden = errors.New("the browser does not let this site store anything; allow site data and reload")
	ErrBusy      = errors.New("the browser's storage does not answer; close other tabs of this site and reload")
	ErrOutdated  = errors.New("another tab runs a newer version of this page; reload")
	// ErrChanged: what was read before is not there any more. Another tab has logged out or in.
	ErrChanged = errors.New("what is stored has been changed by another tab")
	// ErrLost: another tab has lost patience and taken the lock.
	ErrLost = errors.New("another tab has taken the lock")
)

// version is that of the format of what is stored. A program never reads what a program of another version wrote.
const version = "1"

// A platform is one tab of a browser, with all that a Store needs of it.
type platform interface {
	local() area        // for all tabs
	session() area      // for this tab, also after a reload
	database() database // for all tabs

	// exclusive runs f while nobody else runs theirs under the same name, in this tab or another; see Exclusive. Only
	// with locks.
	exclusive(ctx context.Context, name string, patience time.Duration, f func(context.Context) error) error
	locks() bool

	// claim takes an id for this tab while it is open; it fails if another open tab of the scope has it. Only with locks.
	claim(id string) bool
	claimed(ctx context.Context, id string) bool // whether any open tab of the scope has taken it

	// watch calls changed for every key of local that another tab changes, "" meaning any; stop ends that.
	watch(changed func(key string)) (stop func())

	// post and listen are a channel to the other tabs of the scope.
	post(message string)
	listen(f func(message string)) (stop func())
}

// A Store keeps text by key. Its methods are safe for concurrent use.
type Store struct {
	platform platform
	name     string // what everything of this scope is called, or its name begins with
	shared   atomic.Bool
	tab      func() string // its id

	mu    sync.Mutex   // of the databases that only this tab sees
	alone areaDatabase // for the locks of a tab that can keep nothing
}

// scopeName is what a scope's things are called: two chats on one origin, below different paths or of different
// projects, must not share anything.
func scopeName(scope string) string { return "directus-chat/" + version + "/" + scope }

func open(p platform, scope string) *Store {
	s := &Store{platform: p, name: scopeName(scope)}
	s.tab = sync.OnceValue(s.claim)
	s.alone = areaDatabase{area: variables{}, mu: &s.mu}
	if _, shared, err := p.session().get(s.name + "#shared"); err == nil {
		s.shared.Store(shared)
	}
	if s.Shared() {
		s.tab() // a copy of a tab must not read what is the other's
	}
	return s
}

// SetShared says whether others use this computer too. If so, everything is kept in this tab from now on, and only until
// it is closed; the tab neither hears nor tells the others anything. What was stored before is left where it is: Wipe it.
func (s *Store) SetShared(shared bool) {
	s.shared.Store(shared)
	if shared {
		_ = s.platform.session().set(s.name+"#shared", "1") // if that is refused, so will be what matters
	} else {
		_ = s.platform.session().remove(s.name + "#shared")
	}
}

// Shared is what SetShared was told, also before a reload.
func (s *Store) Shared() bool { return s.shared.Load() }

func (s *Store) area() area {
	if s.Shared() {
		return s.platform.session()
	}
	return s.platform.local()
}

func (s *Store) key(key string) string { return s.name + ":" + key }

// Get returns the value of a key, "" if there is none. It fails with ErrForbidden.
func (s *Store) Get(_ context.Context, key string) (string, error) {
	value, _, err := s.area().get(s.key(key))
	if err != nil {
		return "", fmt.Errorf("failed to read %s: %w", key, err)
	}
	return value, nil
}

// Put sets the value of a key. It fails with ErrFull or ErrForbidden, and then nothing has changed.
func (s *Store) Put(ctx context.Context, key, value string) error {
	if err := s.area().set(s.key(key), value); err != nil {
		return fmt.Errorf("failed to store %s: %w", key, err)
	}
	if key == TokenKey {
		s.mark(ctx, value)
	}
	return nil
}

// Delete removes a key; one that is not there is fine.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := s.area().remove(s.key(key)); err != nil {
		return fmt.Errorf("failed to remove %s: %w", key, err)
	}
	if key == TokenKey {
		s.mark(ctx, "")
	}
	return nil
}

// List returns the values of all keys that begin with start.
func (s *Store) List(_ context.Context, start string) (map[string]string, error) {
	values, err := list(s.area(), s.key(""), start)
	if err != nil {
		return nil, fmt.Errorf("failed to list %s: %w", start, err)
	}
	return values, nil
}

// Watch calls changed with every key that another tab changes, and with "" when it may have been any. It must not
// block. Changes of this tab are not told, nor those of records.
func (s *Store) Watch(changed func(key string)) (stop func()) {
	return s.platform.watch(func(full string) {
		if key, mine := strings.CutPrefix(full, s.key("")); (mine || full == "") && !s.Shared() {
			changed(key)
		}
	})
}

// Wipe removes all values and records whose keys begin with one of the prefixes, or simply all when there are none. It
// does what it can: after an error, the rest is still removed.
func (s *Store) Wipe(ctx context.Context, prefix ...string) error {
	if len(prefix) == 0 {
		prefix = []string{""}
	}
	var errs []error
	for _, start := range prefix {
		values, err := s.List(ctx, start)
		errs = append(errs, err)
		for key := range values {
			errs = append(errs, s.Delete(ctx, key))
		}
		errs = append(errs, s.Records().clear(ctx, start))
	}
	return errors.Join(errs...)
}
