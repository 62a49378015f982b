package client

import (
	"time"

	"directuschat/app/chat"
)

// So many changes in such a time come one by one, each of them to be seen at once. With more it is a burst.
const (
	few    = 5
	moment = 100 * time.Millisecond
)

// A crowd tells changes that come alone from those that come many at once.
type crowd struct {
	new    int // since alone was called
	count  int // since began
	before int // in the moment before that
	began  time.Time
}

// tellRow counts a row that everybody is told of, too, perhaps later: then that is nothing new.
func (c *Client) tellRow(m chat.Message) {
	if m.ID != "" {
		c.told.new++
	}
}

// alone reports whether something is new that is not one of many.
func (c *crowd) alone(now time.Time) bool {
	n := c.new
	c.new = 0
	if past := now.Sub(c.began); past >= moment {
		if c.before = c.count; past >= 2*moment {
			c.before = 0
		}
		c.began, c.count = now, 0
	}
	c.count += n
	return n > 0 && c.before+c.count <= few
}
