package client

import "time"

// So many changes in such a time come one by one, each of them to be seen at once. With more it is a burst.
const (
	few    = 3
	moment = 100 * time.Millisecond
)

// A crowd tells changes that come alone from those that come many at once.
type crowd struct {
	new   int // since alone was called
	count int // since began
	began time.Time
}

// alone reports whether something is new that is not one of many.
func (c *crowd) alone(now time.Time) bool {
	n := c.new
	c.new = 0
	if now.Sub(c.began) >= moment {
		c.began, c.count = now, 0
	}
	c.count += n
	return n > 0 && c.count <= few
}
