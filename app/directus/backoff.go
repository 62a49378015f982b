package directus

import (
	"errors"
	"time"
)

// Pace of reconnection. Half a room comes back on its own within seconds, and a server that has just started is not met
// by everybody at once.
const (
	quickRetry   = time.Second      // the first attempt after a loss comes within
	longestAsked = 60 * time.Second // of a server's Retry-After: no answer may keep us away for a day
	provenAfter  = 10 * time.Second // a connection that lasted this long starts the count anew
)

// A pace is how far apart the later attempts are.
type pace struct{ from, to time.Duration }

var (
	steady = pace{4 * time.Second, 8 * time.Second}
	rare   = pace{30 * time.Second, 60 * time.Second} // for a page that nobody sees, or without a network

	// After a refresh without an answer, instead of rare: a chatd gives the same answer again for 30 s, and the session
	// is lost if nobody asks by then.
	healing = pace{15 * time.Second, 25 * time.Second}
)

// A backoff spaces attempts to connect, for ever. The zero value is ready for the first loss.
type backoff struct {
	failed int // attempts in a row
}

func (b *backoff) reset() { b.failed = 0 }

// next is the wait before the next attempt, the last one having taken elapsed. jitter is in [0, 1).
//
// The second wait is a random part of an interval, not a whole one: clients that lost their connections in the same
// moment are then spread evenly from the start (in any second a seventh of them makes an attempt), where whole intervals
// would bring a quarter of them in each of some seconds.
func (b *backoff) next(jitter func() float64, p pace, elapsed time.Duration) time.Duration {
	b.failed++
	quick := part(quickRetry, jitter)
	if b.failed == 1 {
		return quick
	}
	wait := p.interval(jitter)
	if b.failed == 2 {
		wait = part(wait, jitter)
	}
	// An attempt that hung has already waited: a link that thaws is found at once.
	return max(wait-elapsed, quick)
}

// interval is the time between two attempts, once they have settled: anything in its range, long more often than short,
// 7 s on average. At 6 s, one crowd of 200 in eight would have a fifth come back in the same second by mere chance.
func (p pace) interval(jitter func() float64) time.Duration {
	u := jitter()
	return p.to - time.Duration(u*u*u*float64(p.to-p.from))
}

func part(d time.Duration, jitter func() float64) time.Duration {
	return time.Duration(jitter() * float64(d))
}

// asked is how long the server wants to be left alone, within reason.
func asked(err error) time.Duration {
	var refusal *Error
	if !errors.As(err, &refusal) {
		return 0
	}
	return min(refusal.RetryAfter, longestAsked)
}
