package chat

import (
	"maps"
	"slices"
	"time"
)

// A Cache is what is kept of a room for the next start: its newest messages and how far they are known to be complete,
// so that a start without a network shows them and one with a network reads only what has changed since.
type Cache struct {
	Messages []Message // one contiguous range up to the newest, oldest first
	More     bool      // there are older ones
	Cursor   time.Time // everything up to here is known, by the server's clock
	People   []Person
	Given    []Given // what was given to these messages
}

// CacheOf is what the newest page is worth that was read before anything was subscribed to: no more than what was kept from
// an earlier run, because what changed since then nobody has told. asOf is a time, by the server's clock, before which
// it was not read.
func CacheOf(page []Message, more bool, asOf time.Time, people []Person) Cache {
	c := Cache{Messages: slices.Clone(page), More: more, Cursor: asOf, People: people}
	slices.Reverse(c.Messages)
	if !more {
		return c
	}
	// Some databases sort rows without a date to the newest. They are no part of the range; of a page with no others
	// there is none.
	c.Messages = slices.DeleteFunc(c.Messages, func(m Message) bool { return m.Created.IsZero() })
	if len(c.Messages) == 0 {
		return Cache{}
	}
	return c
}

// cachedRows is as much as is drawn: the first page of the next start.
const cachedRows = drawnRows

// cachedGiven is how many reactions are kept at most, of the newest messages.
const cachedGiven = 2000

// Cache is what to keep of a room now; not ok as long as nothing has been read of it.
func (s *State) Cache(room RoomID) (c Cache, ok bool) {
	r := s.rooms[room]
	if r == nil || !r.timeline.loaded || r.cursor.IsZero() {
		return Cache{}, false
	}
	newest := r.timeline.newest(cachedRows)
	if !r.live() { // of what has become known since there may be more
		newest = slices.DeleteFunc(newest, func(e *entry) bool {
			return e.created.time().After(r.cursor) && max(e.told, e.seen) > r.wasLive
		})
	}
	c = Cache{Cursor: r.cursor}
	for _, e := range newest {
		c.Messages = append(c.Messages, e.message())
	}
	c.Given = r.given.newest(c.Messages, cachedGiven)
	_, c.More = r.timeline.gaps.first()
	if len(newest) > 0 && r.timeline.rows.upTo(newest[0].place()) > 1 {
		c.More = true
	}
	for _, id := range slices.Sorted(maps.Keys(s.people.names)) {
		c.People = append(c.People, Person{ID: id, Name: s.people.names[id]})
	}
	return c, true
}

// cacheLoaded shows what was kept, until the server has told what it has. It is as good as having caught up then.
func (s *State) cacheLoaded(e CacheLoaded) {
	r := s.rooms[e.Room]
	if r == nil || e.User != s.me.ID || r.timeline.loaded || e.Cache.Cursor.IsZero() {
		return
	}
	s.changed()
	s.peopleKept(e.Cache.People)
	r.timeline.loaded = true
	if e.Cache.More && len(e.Cache.Messages) > 0 {
		r.timeline.forget(place{}, slices.MinFunc(e.Cache.Messages, Message.Compare).place())
	}
	r.cursor = e.Cache.Cursor
	if s.link.lastNews.IsZero() {
		s.link.lastNews = r.cursor.Add(-s.skew)
	}
	if r.seen.Before(r.cursor) {
		r.seen = r.cursor
	}
	for _, m := range e.Cache.Messages {
		r.timeline.keep(m)
		s.notice(r, m, false)
	}
	for _, g := range e.Cache.Given {
		if held := r.timeline.byID[g.Message]; s.project.Reactions && (held == nil || held.given == 0) {
			r.given.keep(g)
		}
	}
	if r.reader.step != stepNone { // a catch-up that has begun without knowing from where
		s.catchUp(r, GapConnection)
	}
}

// newest are the reactions to the last of some messages, to each all of them or none; n at most.
func (t *reactions) newest(messages []Message, n int) (all []Given) {
	for _, m := range slices.Backward(messages) {
		one := t.of[m.ID]
		switch {
		case one == nil || m.Deleted:
			continue
		case len(all)+len(one.rows) > n:
			return all
		}
		for _, id := range slices.Sorted(maps.Keys(one.rows)) {
			if v := one.rows[id]; !v.Off {
				all = append(all, v.Given)
			}
		}
	}
	return all
}

// keep merges a row that was kept from an earlier run of the program: anything that was told or read is newer.
func (t *reactions) keep(g Given) {
	one := t.tally(g.Message)
	if _, known := one.rows[g.ID]; !known && one.asOf == 0 {
		one.tell(g, 0)
	}
}
