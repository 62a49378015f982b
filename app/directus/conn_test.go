package directus

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestQueueKeepsOrderAndEndsBehindTheLastFrame(t *testing.T) {
	q := newQueue()
	assert.True(t, q.push([]byte("1")))
	assert.True(t, q.push([]byte("2")))
	gone := errors.New("gone")
	q.end(gone)
	q.end(errors.New("later"))
	assert.False(t, q.push([]byte("3")), "after the end")
	for _, want := range []string{"1", "2"} {
		frame, err := q.pop(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, string(frame))
	}
	for range 2 {
		_, err := q.pop(t.Context())
		assert.Equal(t, gone, err)
	}
}

func TestQueueWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		got := make(chan string)
		go func() {
			frame, _ := q.pop(t.Context())
			got <- string(frame)
		}()
		synctest.Wait()
		q.push([]byte("x"))
		assert.Equal(t, "x", <-got)
	})
}

func TestQueueEndsAWaitWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q := newQueue()
	_, err := q.pop(ctx)
	assert.ErrorIs(t, err, context.Canceled)
	q.push([]byte("x"))
	frame, err := q.pop(t.Context())
	assert.NoError(t, err, "and nothing but the wait")
	assert.Equal(t, "x", string(frame))
}

func TestQueueIsBounded(t *testing.T) {
	q := newQueue()
	assert.True(t, q.push(make([]byte, maxFrame+1)), "one frame too large")
	_, err := q.pop(t.Context())
	assert.ErrorIs(t, err, ErrTooLarge)

	large := make([]byte, maxFrame)
	pushed := 0
	for q.push(large) {
		pushed++
	}
	assert.Equal(t, maxQueued/maxFrame, pushed)
	for range pushed {
		_, err = q.pop(t.Context())
		assert.NoError(t, err)
	}
	_, err = q.pop(t.Context())
	assert.ErrorIs(t, err, ErrOverflow)
}
