package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
)

// Memory is a browser that exists only in this process, with any number of tabs, for tests and rehearsals. Its zero value
// is empty and ready for use. In a bubble of testing/synctest it runs on virtual time.
//
// Open, Close, Reload and Duplicate are what users do to tabs. It misbehaves on demand: Refuse (a full disk), Freeze (a
// tab in the background), Lose (messages between tabs), PlainHTTP (no locks).
type Memory struct {
	mu        sync.Mutex
	refuse    func(key string) error
	lose      func(message string) bool
	plain     bool
	local     map[string]string
	records   map[string]string
	recording sync.Mutex // transactions one after the other
	locks     map[string]*holding
	tabs      map[*tab]bool
}

var errTabClosed = errors.New("the tab has been closed")

// Open is a new tab of that browser.
func (m *Memory) Open(scope string) *Store { return m.open(scope, map[string]string{}) }

func (m *Memory) open(scope string, kept map[string]string) *Store {
	t := &tab{memory: m, scope: scope, kept: kept, watchers: listeners{}, listeners: listeners{}}
	t.life, t.close = context.WithCancel(context.Background())
	m.mu.Lock()
	if m.tabs == nil {
		m.local, m.records = map[string]string{}, map[string]string{}
		m.locks, m.tabs = map[string]*holding{}, map[*tab]bool{}
	}
	m.tabs[t] = true
	m.mu.Unlock()
	s := open(t, scope)
	s.Tab()
	return s
}

// Close ends a tab at once, as a crash does: its locks are free and the contexts under them end (on plain http: soon), it
// hears nothing any more, and its Store fails, for what is left of its program must not change anything.
func (m *Memory) Close(s *Store) {
	t := s.platform.(*tab)
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.tabs[t] {
		return
	}
	delete(m.tabs, t)
	t.close()
	for _, h := range m.locks {
		if h.tab == t {
			m.end(h, errTabClosed)
		}
	}
}

// Reload closes a tab and opens it again, with what it has kept for itself.
func (m *Memory) Reload(s *Store) *Store {
	t := s.platform.(*tab)
	m.Close(s)
	return m.open(t.scope, t.kept)
}

// Duplicate opens another tab with a copy of what the first has kept for itself.
func (m *Memory) Duplicate(s *Store) *Store {
	t := s.platform.(*tab)
	m.mu.Lock()
	kept := maps.Clone(t.kept)
	m.mu.Unlock()
	return m.open(t.scope, kept)
}

// Refuse puts f in front of every change of a value or a record, so that a test can fill the disk: what it returns
// fails the change. The key it gets is the full one, which ends with the Store's. nil ends it.
func (m *Memory) Refuse(f func(key string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refuse = f
}

// Lose puts f in front of every message between tabs: where it returns true, nobody hears the message. nil ends it.
func (m *Memory) Lose(f func(message string) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lose = f
}

// PlainHTTP takes away the locks, which browsers give only to pages that come by https. Call it before Open.
func (m *Memory) PlainHTTP() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.plain = true
}

// Freeze stops a tab until thaw: the methods of its Store block, and what it would be told waits. It goes on holding its
// locks, until somebody loses patience.
func (m *Memory) Freeze(s *Store) (thaw func()) {
	t := s.platform.(*tab)
	thawed := make(chan struct{})
	m.mu.Lock()
	defer m.mu.Unlock()
	t.thawed = thawed
	return func() {
		m.mu.Lock()
		told := t.told
		t.thawed, t.told = nil, nil
		m.mu.Unlock()
		close(thawed)
		for _, f := range told {
			f()
		}
	}
}

// others are the other open tabs.
func (m *Memory) others(t *tab) []*tab {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Collect(maps.Keys(m.tabs)), func(other *tab) bool { return other == t })
}

// has tells whether an open tab has an id. m.mu is held.
func (m *Memory) has(scope, id string) bool {
	for t := range m.tabs {
		if t.scope == scope && t.id == id {
			return true
		}
	}
	return false
}

// A holding is somebody's time with a lock.
type holding struct {
	name  string
	tab   *tab
	lose  context.CancelCauseFunc
	ended chan struct{} // released or lost
}

// end makes a lock free; why is nil when it is released. m.mu is held.
func (m *Memory) end(h *holding, why error) {
	if m.locks[h.name] != h {
		return // it was lost before
	}
	delete(m.locks, h.name)
	close(h.ended)
	switch {
	case why == nil:
	case h.tab.thawed != nil && h.tab.life.Err() == nil:
		h.tab.told = append(h.tab.told, func() { h.lose(why) })
	default:
		h.lose(why)
	}
}

// exclusive is what the browser's locks are. Patience is that with one holder.
func (m *Memory) exclusive(ctx context.Context, t *tab, name string, patience time.Duration, f func(context.Context) error) error {
	ctx, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	mine := &holding{name: name, tab: t, lose: lose, ended: make(chan struct{})}
	var tried *holding // as long as patience lasted
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		current := m.take(mine, tried)
		if current == nil {
			break
		}
		timer := time.NewTimer(patience)
		select {
		case <-current.ended:
		case <-timer.C:
			tried = current
		case <-t.life.Done():
			return errTabClosed
		case <-ctx.Done():
		}
		timer.Stop()
	}
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.end(mine, nil)
	}()
	return f(ctx)
}

// take makes a lock mine if it is free or held by one with whom there is no patience any more; else it returns who
// holds it.
func (m *Memory) take(mine, tried *holding) (current *holding) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if current = m.locks[mine.name]; current != nil && current != tried {
		return current
	}
	if current != nil {
		m.end(current, ErrLost)
	}
	m.locks[mine.name] = mine
	return nil
}
