package directus

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestBackoff(t *testing.T) {
	const second = time.Second
	for name, test := range map[string]struct {
		jitter  float64
		pace    pace
		elapsed time.Duration
		want    []time.Duration
	}{
		"shortest":           {0, steady, 0, []time.Duration{0, 0, 8 * second, 8 * second}},
		"middle":             {0.5, steady, 0, []time.Duration{second / 2, 3750 * time.Millisecond, 7500 * time.Millisecond, 7500 * time.Millisecond}},
		"long":               {1, steady, 0, []time.Duration{second, 4 * second, 4 * second, 4 * second}},
		"rare":               {0.5, rare, 0, []time.Duration{second / 2, 28125 * time.Millisecond, 56250 * time.Millisecond}},
		"an attempt of 3 s":  {0.5, steady, 3 * second, []time.Duration{second / 2, 750 * time.Millisecond, 4500 * time.Millisecond}},
		"an attempt of 10 s": {0.5, steady, 10 * second, []time.Duration{second / 2, second / 2, second / 2}},
	} {
		t.Run(name, func(t *testing.T) {
			var b backoff
			for i, want := range test.want {
				assert.Equal(t, want, b.next(func() float64 { return test.jitter }, test.pace, test.elapsed), "attempt %d", i+1)
			}
			b.reset()
			assert.Equal(t, test.want[0], b.next(func() float64 { return test.jitter }, test.pace, test.elapsed), "after a reset")
		})
	}
}

func TestAsked(t *testing.T) {
	assert.Zero(t, asked(nil))
	assert.Zero(t, asked(errors.New("x")))
	assert.Equal(t, 5*time.Second, asked(fmt.Errorf("x: %w", &Error{Status: 429, RetryAfter: 5 * time.Second})))
	assert.Equal(t, time.Minute, asked(&Error{Status: 503, RetryAfter: 24 * time.Hour}), "no answer keeps us away for a day")
}
