package store

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Ensure that a rotation whose lock was stolen stores its token if nobody else has: there will be no other.
func TestRotationOutlivesItsLock(t *testing.T) {
	eachMemory(t, func(t *testing.T, m *Memory) {
		slow, other := m.Open("/"), m.Open("/")
		rotated := make(chan error, 1)
		go func() {
			rotated <- slow.Rotate(t.Context(), func(ctx context.Context, current string) (string, error) {
				time.Sleep(time.Minute)
				return current + "1", ctx.Err()
			})
		}()
		synctest.Wait()
		refused := errors.New("no answer")
		err := other.Rotate(t.Context(), func(context.Context, string) (string, error) { return "", refused })
		require.Equal(t, refused, err)
		require.NoError(t, <-rotated)
		assert.Equal(t, "1", other.Load())
	})
}

// late is a tab that sees what others have stored only a little later.
type late struct {
	platform
	visible chan struct{}
	old     string
}

func (l late) local() area { return lateArea{l.platform.local(), l} }

type lateArea struct {
	area
	late late
}

func (a lateArea) get(key string) (string, bool, error) {
	select {
	case <-a.late.visible:
		return a.area.get(key)
	default:
		return a.late.old, true, nil
	}
}

// Ensure that a rotation begins with the newest token, although localStorage is late; and that it does not wait for ever
// for one that never comes.
func TestRotateSeesTheNewestToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m Memory
		first := m.Open("/")
		rotate := func(s *Store, next string) (seen string) {
			require.NoError(t, s.Rotate(t.Context(), func(_ context.Context, current string) (string, error) {
				seen = current
				return next, nil
			}))
			return seen
		}
		require.Empty(t, rotate(first, "1"))
		require.Equal(t, "1", rotate(first, "2"))

		visible := make(chan struct{})
		other := open(late{m.Open("/").platform, visible, "1"}, "/")
		time.AfterFunc(lateness/2, func() {
			close(visible)
			require.NoError(t, first.Put(t.Context(), "k", "whatever wakes it"))
		})
		assert.Equal(t, "2", rotate(other, "3"))

		require.NoError(t, first.area().set(first.key(TokenKey), "by other means"))
		start := time.Now()
		assert.Equal(t, "by other means", rotate(first, "4"))
		assert.Equal(t, 2*lateness, time.Since(start))
	})
}
