package chat

import (
	"cmp"
	"time"
)

// A place is where a row stands in a room's order, or would stand. Without a key it comes before the rows of its date,
// so that the zero place comes before every row.
type place struct {
	date time.Time
	id   MessageID
}

// theEnd comes after every row.
var theEnd = place{date: time.Unix(1<<60, 0)}

func (m Message) place() place { return place{date: m.Created, id: m.ID} }

func (p place) compare(other place) int {
	if order := p.date.Compare(other.date); order != 0 {
		return order
	}
	if p.id == "" || other.id == "" {
		return cmp.Compare(len(p.id), len(other.id))
	}
	return p.id.Compare(other.id)
}
