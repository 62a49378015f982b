package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"directuschat/app/uuid"
)

// Exclusive runs f while no other tab of the browser, and nobody else in this one, runs theirs under the same name.
// Who holds a name for longer than the patience of one who waits loses it, be it frozen or only slow: then f's context
// ends, with ErrLost as its cause, and Exclusive returns ErrLost, wrapping what f has returned. A tab that is closed or
// crashes holds nothing (on plain http: for some seconds more).
//
// Otherwise Exclusive returns what f does, or the context's error when f never ran.
func (s *Store) Exclusive(ctx context.Context, name string, patience time.Duration, f func(context.Context) error) error {
	var lost bool
	err := s.exclusive(ctx, s.lock(name), patience, func(ctx context.Context) error {
		err := f(ctx)
		lost = errors.Is(context.Cause(ctx), ErrLost)
		return err
	})
	switch {
	case lost && err != nil:
		return fmt.Errorf("%w (%w)", ErrLost, err)
	case lost:
		return ErrLost
	default:
		return err
	}
}

// lock is the full name of a lock. A tab of a shared computer has its own: it has its own storage.
func (s *Store) lock(name string) string {
	if s.Shared() {
		return s.name + "#" + s.Tab() + ":" + name
	}
	return s.key(name)
}

// exclusive uses the browser's locks or, without them, leases. A tab that can keep nothing cannot share anything with
// others, its own goroutines only.
func (s *Store) exclusive(ctx context.Context, name string, patience time.Duration, f func(context.Context) error) error {
	if s.platform.locks() {
		return s.platform.exclusive(ctx, name, patience, f)
	}
	began := false
	err := leases{s.platform.database}.exclusive(ctx, name, patience, func(ctx context.Context) error {
		began = true
		return f(ctx)
	})
	if began || !refused(err) {
		return err
	}
	return leases{func() database { return s.alone }}.exclusive(ctx, name, patience, f)
}

// refused tells whether a record could not be kept.
func refused(err error) bool {
	for _, reason := range []error{ErrForbidden, ErrFull, ErrBusy, ErrOutdated} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}

// What goes through the platform's channel begins with one of these.
const (
	said = "said "
	who  = "who " // has this id?
	here = "here "
)

// Post tells the other open tabs something. They hear it soon, later (when frozen), or never.
func (s *Store) Post(message string) {
	if !s.Shared() {
		s.platform.post(said + message)
	}
}

// Listen calls f with everything that other tabs Post. It must not block.
func (s *Store) Listen(f func(message string)) (stop func()) {
	return s.platform.listen(func(message string) {
		if message, ok := strings.CutPrefix(message, said); ok && !s.Shared() {
			f(message)
		}
	})
}

// Tab is the id of this tab: it survives a reload, and no other open tab has it. The first call may take a second, in
// a tab that is a copy of another.
func (s *Store) Tab() string { return s.tab() }

// Alive tells whether an open tab has this id, this one included. On plain http a tab that does not answer at once, as a
// frozen one, does not count.
func (s *Store) Alive(ctx context.Context, tab string) bool {
	switch {
	case tab == s.Tab():
		return true
	case s.platform.locks():
		return s.platform.claimed(ctx, tab)
	default:
		return s.ask(ctx, tab)
	}
}

// claim finds this tab's id. A copied tab comes with the other's storage, and gets an id of its own; what was the
// other's alone, on a shared computer, it loses.
func (s *Store) claim() (id string) {
	area, key := s.platform.session(), s.name+"#tab"
	id, found, err := area.get(key)
	if err != nil || !found || !s.take(id) {
		if found && s.Shared() {
			s.shared.Store(false)
			forget(area, s.name+":")
			forget(area, s.name+"#")
		}
		id = uuid.NewString()
		if s.platform.locks() {
			s.platform.claim(id)
		}
		_ = area.set(key, id) // if that is refused, a reload makes this another tab
	}
	if !s.platform.locks() {
		s.platform.listen(func(message string) {
			if message == who+id {
				s.platform.post(here + id)
			}
		})
	}
	return id
}

// take makes an id this tab's if no other open tab has it.
func (s *Store) take(id string) bool {
	if s.platform.locks() {
		return s.platform.claim(id)
	}
	return !s.ask(context.Background(), id)
}

// answerTime is how long a tab has to say that it is there.
const answerTime = 300 * time.Millisecond

// ask asks all other tabs whether they have an id.
func (s *Store) ask(ctx context.Context, id string) bool {
	answered := make(chan struct{}, 1)
	defer s.platform.listen(func(message string) {
		if message == here+id {
			select {
			case answered <- struct{}{}:
			default:
			}
		}
	})()
	s.platform.post(who + id)
	select {
	case <-answered:
		return true
	case <-time.After(answerTime):
	case <-ctx.Done():
	}
	return false
}

// forget removes everything from an area whose name begins with a prefix, as far as the browser lets it.
func forget(a area, prefix string) {
	values, _ := list(a, prefix, "")
	for key := range values {
		_ = a.remove(prefix + key)
	}
}
