package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	const above = "storage is below everything else and knows nothing of what it keeps"
	deptest.Check(t, deptest.Rules{
		Never: map[string]string{
			"directuschat": above, "directuschat/app/chat/...": above, "directuschat/app/client/...": above,
			"directuschat/app/directus/...": above, "directuschat/app/texts/...": above, "directuschat/app/ui/...": above,
			"net/http": "its client alone adds a megabyte to the download",
			"github.com/maxence-charriere/go-app/...": "storage is no part of the interface",
		},
		OnlyIn: map[string]string{"syscall/js": "_js.go"},
	})
}

// stores are what every test of the contract runs on; local_js_test.go adds the browser's.
var stores = map[string]func(t *testing.T) (open func(scope string) *Store){
	"memory": func(*testing.T) func(string) *Store { return new(Memory).Open },
	"memory, plain http": func(*testing.T) func(string) *Store {
		var m Memory
		m.PlainHTTP()
		return m.Open
	},
}

func eachStore(t *testing.T, f func(t *testing.T, open func(scope string) *Store)) {
	for name, fresh := range stores {
		t.Run(name, func(t *testing.T) { f(t, fresh(t)) })
	}
}

// Ensure a value can be set, read, replaced, listed and removed, and that a missing one is no error.
func TestValues(t *testing.T) {
	eachStore(t, func(t *testing.T, open func(string) *Store) {
		ctx, s := t.Context(), open("/")

		value, err := s.Get(ctx, "a/1")
		require.NoError(t, err)
		assert.Empty(t, value)

		require.NoError(t, s.Put(ctx, "a/1", "one"))
		require.NoError(t, s.Put(ctx, "a/1", "uno \x00 \U0001F600"))
		require.NoError(t, s.Put(ctx, "a/2", "two"))
		require.NoError(t, s.Put(ctx, "b", "three"))

		value, err = s.Get(ctx, "a/1")
		require.NoError(t, err)
		assert.Equal(t, "uno \x00 \U0001F600", value)

		listed, err := s.List(ctx, "a/")
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"a/1": "uno \x00 \U0001F600", "a/2": "two"}, listed)

		require.NoError(t, s.Delete(ctx, "a/2"))
		require.NoError(t, s.Delete(ctx, "a/2"))
		listed, err = s.List(ctx, "")
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"a/1": "uno \x00 \U0001F600", "b": "three"}, listed)
	})
}

// Ensure two chats on one origin do not see each other's values.
func TestScopesAreApart(t *testing.T) {
	eachStore(t, func(t *testing.T, open func(string) *Store) {
		one, two := open("/"), open("/chat/")
		require.NoError(t, one.Put(t.Context(), "k", "one"))

		value, err := two.Get(t.Context(), "k")
		require.NoError(t, err)
		assert.Empty(t, value)
		listed, err := two.List(t.Context(), "")
		require.NoError(t, err)
		assert.Empty(t, listed)
	})
}

// Two chats below two paths of one origin: neither sees, holds up or ends the other, also if one path begins with the other.
func TestChatsBelowTwoPathsAreApart(t *testing.T) {
	eachStore(t, func(t *testing.T, open func(string) *Store) {
		ctx, one, two := t.Context(), open("/chat/"), open("/chat/two/")
		for _, s := range []*Store{one, two} {
			assert.Empty(t, s.Load(), "the other's session")
			require.NoError(t, s.Rotate(ctx, func(context.Context, string) (string, error) { return "token of " + s.name, nil }))
			value, err := s.Records().Get(ctx, "outbox/1")
			require.NoError(t, err)
			assert.Empty(t, value, "the other's outbox")
			require.NoError(t, s.Records().Put(ctx, "outbox/1", "waiting in "+s.name))
		}

		inBoth := false
		require.NoError(t, one.Exclusive(ctx, "send", time.Minute, func(ctx context.Context) error {
			return two.Exclusive(ctx, "send", time.Minute, func(context.Context) error {
				inBoth = true
				return nil
			})
		}))
		assert.True(t, inBoth)

		require.NoError(t, one.Wipe(ctx))
		assert.Empty(t, one.Load())
		assert.Equal(t, "token of "+two.name, two.Load())
		value, err := two.Records().Get(ctx, "outbox/1")
		require.NoError(t, err)
		assert.Equal(t, "waiting in "+two.name, value)
	})
}

func TestRotate(t *testing.T) {
	eachStore(t, func(t *testing.T, open func(string) *Store) {
		ctx, s := t.Context(), open("/")
		to := func(next string) func(context.Context, string) (string, error) {
			return func(context.Context, string) (string, error) { return next, nil }
		}
		assert.Empty(t, s.Load(), "signed out")
		require.NoError(t, s.Rotate(ctx, to("first")))
		assert.Equal(t, "first", s.Load())

		t.Run("gets the stored token", func(t *testing.T) {
			err := s.Rotate(ctx, func(_ context.Context, current string) (string, error) { return current + "+", nil })
			require.NoError(t, err)
			assert.Equal(t, "first+", s.Load())
		})
		t.Run("stores nothing on an error", func(t *testing.T) {
			refused := errors.New("refused")
			err := s.Rotate(ctx, func(context.Context, string) (string, error) { return "never", refused })
			assert.Equal(t, refused, err)
			assert.Equal(t, "first+", s.Load())
		})
		t.Run("does not bring back a session that another tab has ended", func(t *testing.T) {
			other := open("/")
			err := s.Rotate(ctx, func(context.Context, string) (string, error) {
				return "zombie", other.Delete(ctx, TokenKey)
			})
			assert.ErrorIs(t, err, ErrChanged)
			assert.Empty(t, s.Load())
		})
		t.Run("removes the token", func(t *testing.T) {
			require.NoError(t, s.Rotate(ctx, to("second")))
			require.NoError(t, s.Rotate(ctx, to("")))
			assert.Empty(t, s.Load())
		})
	})
}

// Ensure that of many tabs rotating at a time each sees the token of the one before it.
func TestRotationsFollowEachOther(t *testing.T) {
	eachStore(t, func(t *testing.T, open func(string) *Store) {
		var tabs sync.WaitGroup
		for range 12 {
			tabs.Go(func() {
				err := open("/").Rotate(t.Context(), func(_ context.Context, current string) (string, error) {
					return current + ".", nil
				})
				assert.NoError(t, err)
			})
		}
		tabs.Wait()
		assert.Equal(t, "............", open("/").Load())
	})
}

// Ensure that waiting for another tab ends with the context.
func TestRotateGivesUpWaiting(t *testing.T) {
	eachStore(t, func(t *testing.T, open func(string) *Store) {
		holding, let := make(chan struct{}), make(chan struct{})
		held := make(chan error)
		go func() {
			held <- open("/").Rotate(t.Context(), func(context.Context, string) (string, error) {
				close(holding)
				<-let
				return "kept", nil
			})
		}()
		<-holding
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := open("/").Rotate(ctx, func(context.Context, string) (string, error) { return "never", nil })
		require.ErrorIs(t, err, context.Canceled)

		close(let)
		require.NoError(t, <-held)
		assert.Equal(t, "kept", open("/").Load())
	})
}

// Ensure a tab hears of other tabs' changes in its scope, and of nothing else.
func TestWatch(t *testing.T) {
	var m Memory
	mine, other := m.Open("/"), m.Open("/")
	var heard []string
	stop := mine.Watch(func(key string) { heard = append(heard, key) })

	require.NoError(t, mine.Put(t.Context(), "own", "1"))
	require.NoError(t, m.Open("/elsewhere/").Put(t.Context(), "foreign", "1"))
	require.NoError(t, other.Put(t.Context(), "k", "1"))
	require.NoError(t, other.Delete(t.Context(), "k"))
	stop()
	require.NoError(t, other.Put(t.Context(), "late", "1"))

	assert.Equal(t, []string{"k", "k"}, heard)
}

// Ensure that what cannot be stored is told, by a sentence that says what to do, and changes nothing.
func TestFullStorage(t *testing.T) {
	var m Memory
	s := m.Open("/")
	require.NoError(t, s.Put(t.Context(), "k", "before"))
	m.Refuse(func(string) error { return ErrFull })

	err := s.Put(t.Context(), "k", "after")
	require.ErrorIs(t, err, ErrFull)
	assert.EqualError(t, err, "failed to store k: the browser's storage for this site is full")
	value, err := s.Get(t.Context(), "k")
	require.NoError(t, err)
	assert.Equal(t, "before", value)

	err = s.Rotate(t.Context(), func(context.Context, string) (string, error) { return "token", nil })
	assert.ErrorIs(t, err, ErrFull)
	assert.Empty(t, s.Load())
}

// Ensure records can be set, read, replaced, listed and removed, apart from the values.
func TestRecords(t *testing.T) {
	eachStore(t, func(t *testing.T, open func(string) *Store) {
		ctx, s := t.Context(), open("/")
		r := s.Records()
		require.NoError(t, r.Check(ctx))

		value, err := r.Get(ctx, "a/1")
		require.NoError(t, err)
		assert.Empty(t, value)

		require.NoError(t, r.Put(ctx, "a/1", "one"))
		require.NoError(t, r.Put(ctx, "a/1", "uno \x00 \U0001F600"))
		require.NoError(t, r.Put(ctx, "a/2", "two"))
		require.NoError(t, r.Put(ctx, "b", "three"))
		require.NoError(t, s.Put(ctx, "a/1", "a value"))

		value, err = open("/").Records().Get(ctx, "a/1")
		require.NoError(t, err)
		assert.Equal(t, "uno \x00 \U0001F600", value)
		value, err = open("/elsewhere/").Records().Get(ctx, "a/1")
		require.NoError(t, err)
		assert.Empty(t, value, "another scope")

		listed, err := r.List(ctx, "a/")
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"a/1": "uno \x00 \U0001F600", "a/2": "two"}, listed)

		require.NoError(t, r.Delete(ctx))
		require.NoError(t, r.Delete(ctx, "a/1", "a/2", "never there"))
		listed, err = r.List(ctx, "")
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"b": "three"}, listed)

		require.NoError(t, r.Clear(ctx))
		listed, err = r.List(ctx, "")
		require.NoError(t, err)
		assert.Empty(t, listed)
		value, err = s.Get(ctx, "a/1")
		require.NoError(t, err)
		assert.Equal(t, "a value", value)
	})
}

// Ensure that a record is only put while another one says so.
func TestPutIf(t *testing.T) {
	eachStore(t, func(t *testing.T, open func(string) *Store) {
		ctx, r := t.Context(), open("/").Records()
		require.ErrorIs(t, r.PutIf(ctx, "session", "one", "k", "early"), ErrChanged)
		require.NoError(t, r.Put(ctx, "session", "one"))
		require.NoError(t, r.PutIf(ctx, "session", "one", "k", "kept"))

		require.NoError(t, open("/").Wipe(ctx))
		require.ErrorIs(t, r.PutIf(ctx, "session", "one", "k", "late"), ErrChanged)
		require.NoError(t, r.Put(ctx, "session", "two"))
		require.ErrorIs(t, r.PutIf(ctx, "session", "one", "k", "later"), ErrChanged)

		listed, err := r.List(ctx, "")
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"session": "two"}, listed)
	})
}
