package relay

import "time"

// A budget is what a client may send: some messages at once, and then one each so often. It counts instants, because the
// common limiters take a lock and ask for the time, for every message of every socket.
type budget struct {
	each  time.Duration // that a message takes of the budget; 0: there is no limit
	ahead time.Duration // that a client may be of its time
	spent instant       // until when it has sent what it may
}

// newBudget is for so many messages per second, and so many at once.
func newBudget(rate float64, burst int) budget {
	if rate <= 0 {
		return budget{}
	}
	each := time.Duration(min(float64(time.Second)/rate, float64(24*time.Hour)))
	return budget{each: each, ahead: each * time.Duration(max(burst, 1))}
}

// take spends one message, and returns for how long that has to wait.
func (b *budget) take(now instant) time.Duration {
	if b.each == 0 {
		return 0
	}
	b.spent = max(b.spent, now) + b.each
	return max(b.spent-now-b.ahead, 0)
}
