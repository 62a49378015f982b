package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// eachMemory runs a test in virtual time, with locks and with leases.
func eachMemory(t *testing.T, f func(t *testing.T, m *Memory)) {
	for name, plain := range map[string]bool{"locks": false, "leases": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := new(Memory)
				if plain {
					m.PlainHTTP()
				}
				f(t, m)
			})
		})
	}
}

// Ensure that who works under a lock for long keeps it as long as nobody is impatient.
func TestLocksLast(t *testing.T) {
	eachMemory(t, func(t *testing.T, m *Memory) {
		one, two := m.Open("/"), m.Open("/")
		go func() {
			assert.NoError(t, one.Exclusive(t.Context(), "l", time.Minute, func(ctx context.Context) error {
				time.Sleep(10 * time.Minute)
				return ctx.Err()
			}))
		}()
		synctest.Wait()
		start := time.Now()
		require.NoError(t, two.Exclusive(t.Context(), "l", time.Hour, func(context.Context) error { return nil }))
		assert.InDelta(t, 10*time.Minute, time.Since(start), float64(time.Second))
	})
}

// Ensure that a frozen tab loses its lock, to one of all those who wait for it, and knows when it thaws.
func TestFrozenTabLosesLock(t *testing.T) {
	eachMemory(t, func(t *testing.T, m *Memory) {
		frozen := m.Open("/")
		ended := make(chan error, 1)
		go func() {
			ended <- frozen.Exclusive(t.Context(), "l", time.Minute, func(ctx context.Context) error {
				<-ctx.Done()
				return context.Cause(ctx)
			})
		}()
		synctest.Wait()
		thaw := m.Freeze(frozen)

		var running, most, lost int
		var mu sync.Mutex
		count := func(by int) {
			mu.Lock()
			defer mu.Unlock()
			running += by
			most = max(most, running)
		}
		start := time.Now()
		var tabs sync.WaitGroup
		for range 11 {
			tabs.Go(func() {
				err := m.Open("/").Exclusive(t.Context(), "l", 10*time.Second, func(context.Context) error {
					count(1)
					defer count(-1)
					time.Sleep(5 * time.Second)
					return nil
				})
				if err != nil {
					mu.Lock()
					lost++
					mu.Unlock()
				}
			})
		}
		tabs.Wait()
		assert.Equal(t, 1, most, "they do not steal from one another")
		assert.Zero(t, lost)
		assert.Less(t, time.Since(start), 75*time.Second)

		assert.Empty(t, ended)
		thaw()
		assert.ErrorIs(t, <-ended, ErrLost)
		require.NoError(t, frozen.Exclusive(t.Context(), "l", time.Minute, func(context.Context) error { return nil }))
	})
}

// Ensure that a tab that dies under a lock does not keep it, and that what is left of its program does nothing more.
func TestClosedTab(t *testing.T) {
	eachMemory(t, func(t *testing.T, m *Memory) {
		one, two := m.Open("/"), m.Open("/")
		id := one.Tab()
		assert.True(t, two.Alive(t.Context(), id))
		ended := make(chan error, 1)
		go func() {
			ended <- one.Exclusive(t.Context(), "l", time.Hour, func(ctx context.Context) error {
				<-ctx.Done()
				return one.Records().Put(context.WithoutCancel(ctx), "k", "too late")
			})
		}()
		synctest.Wait()
		m.Close(one)
		start := time.Now()
		require.NoError(t, two.Exclusive(t.Context(), "l", time.Hour, func(context.Context) error { return nil }))
		assert.LessOrEqual(t, time.Since(start), leaseTerm+leasePoll)
		assert.Error(t, <-ended)
		assert.Error(t, one.Put(t.Context(), "k", "too late"))
		assert.False(t, two.Alive(t.Context(), id))

		value, err := two.Records().Get(t.Context(), "k")
		require.NoError(t, err)
		assert.Empty(t, value)
	})
}

// Ensure that without a database the goroutines of a tab are still kept apart.
func TestLeasesWithoutRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Memory
		m.PlainHTTP()
		s := m.Open("/")
		m.Refuse(func(string) error { return ErrForbidden })
		var running int
		var jobs sync.WaitGroup
		for range 3 {
			jobs.Go(func() {
				assert.NoError(t, s.Exclusive(t.Context(), "l", time.Minute, func(context.Context) error {
					running++
					assert.Equal(t, 1, running)
					time.Sleep(20 * time.Second)
					running--
					return nil
				}))
			})
		}
		jobs.Wait()
	})
}

// Ensure that messages reach all other tabs of the scope, a frozen one later, and that they can get lost.
func TestMessages(t *testing.T) {
	eachMemory(t, func(t *testing.T, m *Memory) {
		var heard []string
		open := func(name, scope string) (s *Store, stop func()) {
			s = m.Open(scope)
			return s, s.Listen(func(message string) { heard = append(heard, name+" "+message) })
		}
		one, _ := open("one", "/")
		two, stop := open("two", "/")
		open("elsewhere", "/elsewhere/")

		one.Post("1")
		assert.Equal(t, []string{"two 1"}, heard)
		thaw := m.Freeze(two)
		one.Post("2")
		assert.Equal(t, []string{"two 1"}, heard)
		thaw()
		assert.Equal(t, []string{"two 1", "two 2"}, heard)
		m.Lose(func(message string) bool { return message == "3" })
		one.Post("3")
		one.Post("4")
		stop()
		one.Post("5")
		assert.Equal(t, []string{"two 1", "two 2", "two 4"}, heard)
	})
}

// Ensure that a tab is the same after a reload, and that a copy of it is another.
func TestTabs(t *testing.T) {
	eachMemory(t, func(t *testing.T, m *Memory) {
		s := m.Open("/")
		id := s.Tab()
		require.NotEmpty(t, id)
		assert.True(t, s.Alive(t.Context(), id))

		copied := m.Duplicate(s)
		assert.NotEqual(t, id, copied.Tab())
		assert.True(t, copied.Alive(t.Context(), id))

		s = m.Reload(s)
		assert.Equal(t, id, s.Tab())
		m.Close(s)
		assert.False(t, copied.Alive(t.Context(), id))
		assert.True(t, m.Open("/elsewhere/").Tab() != id)
	})
}

// Ensure that on a shared computer a tab keeps to itself what it stores, says and hears, and keeps it through a reload.
func TestSharedComputerInMemory(t *testing.T) {
	eachMemory(t, func(t *testing.T, m *Memory) {
		ctx := t.Context()
		s, other := m.Open("/"), m.Open("/")
		require.NoError(t, other.Put(ctx, "k", "others'"))
		var heard []string
		for _, tab := range []*Store{s, other} {
			tab.Listen(func(message string) { heard = append(heard, message) })
			tab.Watch(func(key string) { heard = append(heard, key) })
		}

		s.SetShared(true)
		require.NoError(t, s.Put(ctx, "k", "mine"))
		require.NoError(t, s.Records().Put(ctx, "k", "my record"))
		require.NoError(t, s.Records().Check(ctx))
		require.NoError(t, s.Rotate(ctx, func(context.Context, string) (string, error) { return "token", nil }))
		s.Post("hello")
		other.Post("hello")
		require.NoError(t, other.Delete(ctx, "k"))
		assert.Empty(t, heard)
		assert.Empty(t, other.Load())
		records, err := other.Records().List(ctx, "")
		require.NoError(t, err)
		assert.Empty(t, records)

		s = m.Reload(s)
		assert.True(t, s.Shared())
		assert.Equal(t, "token", s.Load())
		records, err = s.Records().List(ctx, "")
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"k": "my record"}, records)

		copied := m.Duplicate(s)
		assert.False(t, copied.Shared(), "a copied tab begins anew")
		assert.Empty(t, copied.Load())

		require.NoError(t, s.Wipe(ctx))
		s.SetShared(false)
		assert.False(t, m.Reload(s).Shared())
	})
}

// Ensure that Wipe removes what it is told, and everything if it is told nothing.
func TestWipe(t *testing.T) {
	eachMemory(t, func(t *testing.T, m *Memory) {
		ctx, s, elsewhere := t.Context(), m.Open("/"), m.Open("/elsewhere/")
		for _, key := range []string{"a/1", "a/2", "b/1", "c"} {
			require.NoError(t, s.Put(ctx, key, "v"))
			require.NoError(t, s.Records().Put(ctx, key, "v"))
		}
		require.NoError(t, elsewhere.Put(ctx, "a/1", "v"))
		left := func(s *Store) []string {
			values, err := s.List(ctx, "")
			require.NoError(t, err)
			records, err := s.Records().List(ctx, "")
			require.NoError(t, err)
			return []string{keysOf(values), keysOf(records)}
		}
		require.NoError(t, s.Wipe(ctx, "a/", "b/"))
		assert.Equal(t, []string{"c", "c"}, left(s))
		require.NoError(t, s.Wipe(ctx))
		assert.Equal(t, []string{"", ""}, left(s))
		assert.Equal(t, []string{"a/1", ""}, left(elsewhere))
	})
}

func keysOf(values map[string]string) string {
	return strings.Join(slices.Sorted(maps.Keys(values)), " ")
}

// Ensure that a full disk is told and changes nothing, and that removing what can be removed goes on after an error.
func TestRefusedRecords(t *testing.T) {
	var m Memory
	ctx, s := t.Context(), m.Open("/")
	require.NoError(t, s.Records().Put(ctx, "outbox/1", "before"))
	m.Refuse(func(key string) error {
		if strings.HasSuffix(key, "outbox/1") {
			return ErrFull
		}
		return nil
	})
	assert.NoError(t, s.Records().Check(ctx))
	assert.ErrorIs(t, s.Records().Put(ctx, "outbox/1", "after"), ErrFull)
	assert.NoError(t, s.Records().Put(ctx, "outbox/2", "after"))
	assert.ErrorIs(t, s.Wipe(ctx, "outbox/", "cache/"), ErrFull)
	value, err := s.Records().Get(ctx, "outbox/1")
	require.NoError(t, err)
	assert.Equal(t, "before", value)

	m.Refuse(func(string) error { return ErrForbidden })
	assert.ErrorIs(t, s.Records().Check(ctx), ErrForbidden)
}
