package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// A tab of a Memory is the platform of one Store. Its fields are guarded by Memory's mutex.
type tab struct {
	memory    *Memory
	scope     string
	id        string
	kept      map[string]string // for this tab only
	watchers  listeners
	listeners listeners
	life      context.Context // ends when it is closed
	close     context.CancelFunc
	thawed    chan struct{} // nil when it is not frozen
	told      []func()      // while it is
}

type listeners map[*listener]bool

type listener struct{ f func(string) }

// wait lets a frozen tab wait, and a closed one fail.
func (t *tab) wait() error {
	t.memory.mu.Lock()
	thawed := t.thawed
	t.memory.mu.Unlock()
	if thawed != nil {
		select {
		case <-thawed:
		case <-t.life.Done():
		}
	}
	return t.gone()
}

func (t *tab) gone() error {
	if t.life.Err() != nil {
		return errTabClosed
	}
	return nil
}

// A frozen tab waits in front of what it wants to use, so that it holds no mutex meanwhile.

func (t *tab) local() area {
	_ = t.wait() // a closed one fails later
	return memoryArea{tab: t, values: t.memory.local, changed: t.changed}
}

func (t *tab) session() area {
	_ = t.wait()
	return memoryArea{tab: t, values: t.kept, changed: func(string) {}}
}

func (t *tab) database() database {
	_ = t.wait()
	area := memoryArea{tab: t, values: t.memory.records, changed: func(string) {}}
	return areaDatabase{area: area, prefix: scopeName(t.scope) + "#", mu: &t.memory.recording}
}

func (t *tab) locks() bool {
	t.memory.mu.Lock()
	defer t.memory.mu.Unlock()
	return !t.memory.plain
}

func (t *tab) exclusive(ctx context.Context, name string, patience time.Duration, f func(context.Context) error) error {
	if err := t.wait(); err != nil {
		return err
	}
	return t.memory.exclusive(ctx, t, name, patience, func(ctx context.Context) error {
		if err := t.wait(); err != nil { // a frozen tab is given the lock that it has asked for
			return err
		}
		return f(ctx)
	})
}

func (t *tab) changed(key string) {
	for _, other := range t.memory.others(t) {
		other.tell(other.watchers, key)
	}
}

func (t *tab) watch(changed func(key string)) (stop func()) { return t.add(t.watchers, changed) }

func (t *tab) post(message string) {
	if t.wait() != nil {
		return
	}
	t.memory.mu.Lock()
	lose := t.memory.lose
	t.memory.mu.Unlock()
	if lose != nil && lose(strings.TrimPrefix(message, said)) {
		return
	}
	for _, other := range t.memory.others(t) {
		if other.scope == t.scope {
			other.tell(other.listeners, message)
		}
	}
}

func (t *tab) listen(f func(message string)) (stop func()) { return t.add(t.listeners, f) }

func (t *tab) add(to listeners, f func(string)) (stop func()) {
	m := t.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	l := &listener{f}
	to[l] = true
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(to, l)
	}
}

// tell calls all listeners now or, in a frozen tab, later.
func (t *tab) tell(to listeners, what string) {
	t.memory.mu.Lock()
	if t.thawed != nil {
		t.told = append(t.told, func() { t.tell(to, what) })
		t.memory.mu.Unlock()
		return
	}
	all := slices.Collect(maps.Keys(to))
	t.memory.mu.Unlock()
	for _, l := range all {
		l.f(what)
	}
}

func (t *tab) claim(id string) bool {
	m := t.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.has(t.scope, id) {
		return false
	}
	t.id = id
	return true
}

func (t *tab) claimed(_ context.Context, id string) bool {
	if t.wait() != nil {
		return false
	}
	t.memory.mu.Lock()
	defer t.memory.mu.Unlock()
	return t.memory.has(t.scope, id)
}

type memoryArea struct {
	tab     *tab
	values  map[string]string
	changed func(key string)
}

func (a memoryArea) get(key string) (string, bool, error) {
	a.tab.memory.mu.Lock()
	defer a.tab.memory.mu.Unlock()
	value, found := a.values[key]
	return value, found, a.tab.gone()
}

func (a memoryArea) set(key, value string) error {
	return a.change(key, func() { a.values[key] = value })
}

func (a memoryArea) remove(key string) error {
	return a.change(key, func() { delete(a.values, key) })
}

func (a memoryArea) change(key string, f func()) error {
	m := a.tab.memory
	m.mu.Lock()
	err := a.tab.gone()
	if err == nil && m.refuse != nil {
		err = m.refuse(key)
	}
	if err == nil {
		f()
	}
	m.mu.Unlock()
	if err == nil {
		a.changed(key)
	}
	return err
}

func (a memoryArea) keys() ([]string, error) {
	a.tab.memory.mu.Lock()
	defer a.tab.memory.mu.Unlock()
	return slices.Sorted(maps.Keys(a.values)), a.tab.gone()
}
