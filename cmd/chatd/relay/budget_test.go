package relay

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestBudget(t *testing.T) {
	const begun = instant(time.Hour) // the first message comes late
	b := newBudget(20, 3)
	for range 3 {
		assert.Zero(t, b.take(begun), "three at once")
	}
	assert.Equal(t, 50*time.Millisecond, b.take(begun))
	assert.Equal(t, 100*time.Millisecond, b.take(begun))
	later := begun + 250*time.Millisecond // so long that five are allowed again, two of which have been taken
	for range 3 {
		assert.Zero(t, b.take(later))
	}
	assert.Equal(t, 50*time.Millisecond, b.take(later))

	assert.Zero(t, new(budget).take(begun))
	for _, rate := range []float64{1e-300, 1e-3, 1, 1e300} {
		b := newBudget(rate, 0)
		assert.Zero(t, b.take(begun), "one at once, always")
		assert.GreaterOrEqual(t, b.take(begun), time.Duration(0))
	}
	assert.Zero(t, newBudget(0, 1))
}
