package chat

import "time"

// What has been read is known by a mark: the newest message that was seen on this device. Others' messages behind it
// are unread; one's own never are.
//
//	  read            seen since        unread
//	██████████████│████████████████▲██████████████▶ newest
//	            line             mark
//
// The line stands where reading began. It stays there while the reader reads on, and moves to the mark when they look
// away: so it is gone at the next visit if all was read. While somebody looks at the newest message, the mark is with
// it; a line that stands at the mark goes along, so that nothing that is seen as it comes is ever called new.

// A Mark is the place in a room's order up to which everything has been seen. It is stored.
type Mark struct {
	Date time.Time
	ID   MessageID
}

// After reports whether a mark is further on than another.
func (m Mark) After(other Mark) bool {
	return (place{m.Date, m.ID}).compare(place{other.Date, other.ID}) > 0
}

// MaxUnread is as many messages as are counted.
const MaxUnread = 100

// Unread is what of a room has not been seen on this device.
type Unread struct {
	Count int       // others' messages behind the mark, at most MaxUnread
	Since int       // those behind the line, at most MaxUnread
	More  bool      // there may be more of both: a part is not held
	First MessageID // the first one behind the line, "" for none or if it is not held
	Last  MessageID // the last one before the line, "" if nobody knows
}

// reading is how far a room has been read.
type reading struct {
	loaded     bool  // storage has said what it knows
	mark, line place // the zero place as long as nobody knows
	told       place // others' newest message that has been notified, or need not be
}

func (s *State) attend(in Attend) {
	before := s.attention[in.Room]
	if s.attention == nil {
		s.attention = map[RoomID]Attend{}
	}
	s.attention[in.Room] = in
	r := s.rooms[in.Room]
	if r == nil || before == in {
		return
	}
	s.changed()
	if before.Looking && !in.Looking {
		r.reading.line = r.reading.mark
	}
	s.attendNewest(r, false)
}

// attendReading follows every input. What has just been told is seen as it comes by whoever looks; what is read of the
// past has been missed.
func (s *State) attendReading(in Input) {
	told := false
	switch in.(type) {
	case RowsChanged, Answered, Settled:
		told = true
	}
	for r := range s.allRooms() {
		s.attendNewest(r, told && r.live())
		s.notifyUnread(r)
	}
}

// attendNewest moves the mark to the newest message while somebody looks at it. Follow says that this message has just
// come, and nothing before it can have been missed.
func (s *State) attendNewest(r *room, follow bool) {
	d := &r.reading
	if !d.loaded || !r.timeline.loaded {
		return
	}
	newest := r.newestPlace()
	if d.mark == (place{}) && r.live() { // the first visit: what was written before is no news
		s.moveMark(r, newest)
		d.line = newest
	}
	if a := s.attention[r.id]; a.Looking && a.Newest && newest.compare(d.mark) > 0 && d.mark != (place{}) {
		if first, _ := s.unreadBehind(r, d.line); follow && (first == nil || first.place().compare(d.mark) > 0) {
			d.line = newest
		}
		s.moveMark(r, newest)
	}
}

// newestPlace is that of the newest message; of an empty room, one that comes before all there will be.
func (r *room) newestPlace() place {
	if e := r.timeline.rows.last(); e != nil {
		return e.place()
	}
	return place{date: time.Unix(0, 0).UTC()}
}

func (s *State) moveMark(r *room, to place) {
	s.changed()
	r.reading.mark = to
	s.do(SaveMark{User: s.me.ID, Room: r.id, Mark: Mark{to.date, to.id}})
}

func (s *State) seen(in Seen) {
	r := s.rooms[in.Room]
	if r == nil || !r.reading.loaded {
		return
	}
	if e := r.timeline.byID[in.Message]; e != nil && e.place().compare(r.reading.mark) > 0 {
		s.moveMark(r, e.place())
	}
}

// markLoaded takes what storage knows, at the start and whenever another tab has read on. Where nobody looks the line is
// at the mark.
func (s *State) markLoaded(e MarkLoaded) {
	r := s.rooms[e.Room]
	if r == nil || e.User != s.me.ID {
		return
	}
	s.changed()
	d := &r.reading
	first := !d.loaded
	d.loaded = true
	if mark := (place{e.Mark.Date, e.Mark.ID}); mark.compare(d.mark) > 0 {
		d.mark = mark
		if first || !s.attention[r.id].Looking {
			d.line = mark
		}
	}
	s.attendNewest(r, false)
}

// drawUnread counts.
func (s *State) drawUnread(r *room) Unread {
	d := &r.reading
	if !d.loaded || d.mark == (place{}) {
		return Unread{}
	}
	view := Unread{Last: d.line.id}
	first, since := s.unreadBehind(r, d.line)
	view.Since, view.Count = since, since
	if d.mark != d.line {
		_, view.Count = s.unreadBehind(r, d.mark)
	}
	g, torn := r.timeline.gaps.behind(d.line)
	view.More = torn
	if first != nil && (!torn || first.place().compare(g.after) <= 0) {
		view.First = first.id()
	}
	return view
}

// unreadBehind finds the first message behind a place that somebody else has written, and counts them.
func (s *State) unreadBehind(r *room, p place) (first *entry, count int) {
	for e := range r.timeline.rows.from(p) {
		if e.place().compare(p) <= 0 || e.deleted || e.by.author == s.me.ID {
			continue
		}
		if count++; first == nil {
			first = e
		}
		if count == MaxUnread {
			break
		}
	}
	return first, count
}

// unread are the rows behind the line of which any may be counted.
func (r *room) unread() (low, high int) {
	d := &r.reading
	if !d.loaded || d.line == (place{}) {
		return 0, 0
	}
	low = r.timeline.rows.upTo(d.line)
	return low, min(len(r.timeline.byID), low+drawnRows)
}

// lineAbove is the message above which the line stands, nil if there is none.
func (s *State) lineAbove(r *room) *entry {
	if !r.reading.loaded || r.reading.line == (place{}) {
		return nil
	}
	first, _ := s.unreadBehind(r, r.reading.line)
	return first
}

// notifyUnread asks for a notification of the newest unread message, once, and not of what was there at the start.
func (s *State) notifyUnread(r *room) {
	d := &r.reading
	if !r.live() || !d.loaded {
		return
	}
	newest := r.newestPlace()
	before := d.told
	if newest.compare(before) <= 0 {
		return
	}
	d.told = newest
	if before == (place{}) || !s.preferences.Notify || s.attention[r.id].Looking {
		return
	}
	var news *entry
	for e := range r.timeline.rows.from(before) {
		if p := e.place(); p.compare(before) > 0 && p.compare(d.mark) > 0 && e.by.author != s.me.ID && !e.deleted {
			news = e
		}
	}
	if news == nil {
		return
	}
	_, count := s.unreadBehind(r, d.mark)
	var row Row
	s.drawRow(&row, news.message())
	s.do(Notify{Room: r.id, Message: row.ID, Mark: Mark{row.Time, row.ID}, Author: row.Author, Name: row.Name, Text: row.Text, Count: count})
}

// prefer changes what the user wants on this device.
func (s *State) prefer(in Prefer) {
	if s.preferences != in.Preferences {
		s.changed()
		s.preferences = in.Preferences
		s.do(SavePreferences{User: s.me.ID, Preferences: in.Preferences})
	}
}

func (s *State) preferencesLoaded(e PreferencesLoaded) {
	if e.User == s.me.ID {
		s.changed()
		s.preferences = e.Preferences
	}
}
