package chat

import "slices"

// Snapshot is what to draw now. It is the same value as long as nothing has changed, but for LastNews.
func (s *State) Snapshot() Snapshot {
	if s.drawn.Version != s.version {
		s.drawn = s.draw()
	}
	s.drawn.LastNews = s.link.lastNews
	return s.drawn
}

// Version is that of the Snapshot, which need not be drawn for it.
func (s *State) Version() uint64 { return s.version }

// Me is who is signed in.
func (s *State) Me() Person {
	me := s.me
	if name := s.people.names[me.ID]; name != "" {
		me.Name = name
	}
	return me
}

func (s *State) draw() Snapshot {
	snap := Snapshot{
		Version:  s.version,
		Phase:    s.phase,
		Login:    s.login,
		Me:       s.me,
		LastNews: s.link.lastNews,
	}
	if s.rooms == nil {
		return snap
	}
	snap.Me = s.Me()
	r := s.rooms[""]
	snap.Connection, snap.RetryAt = s.link.connection, s.link.retryAt
	if s.link.open() && r.live() {
		snap.Connection = ConnectionLive
	}
	snap.CanWrite, snap.Storage = s.project.CanWrite, s.storage
	snap.Leaving, snap.Preferences = s.drawLeaving(), s.preferences
	for _, p := range []Problem{s.project.Problem, s.link.problem, r.reader.problem, s.storage} {
		if p != (Problem{}) {
			snap.Problem = p
			break
		}
	}
	snap.Audit = r.audit.view
	snap.Audit.Running = r.audit.look > 0
	snap.Room = s.drawRoom(r, snap.Me)
	return snap
}

// drawRoom draws the window, and behind the newest message whatever waits to be sent.
func (s *State) drawRoom(r *room, me Person) RoomView {
	low, high := r.drawn()
	unread, more := r.timeline.gaps.first()
	view := RoomView{
		ID:           r.id,
		Loaded:       r.timeline.loaded,
		Count:        r.timeline.count(),
		Rows:         s.drawRows(r, low, high),
		Earlier:      more || low > 0,
		Reading:      more && s.link.open() && r.wants(unread),
		Later:        r.timeline.count() - high,
		Target:       r.target,
		Unread:       s.drawUnread(r),
		Search:       s.drawSearch(r),
		Arrived:      s.drawArrivals(r),
		Draft:        r.composer.draft,
		DraftReplyTo: s.drawQuote(r, r.composer.reply),
		Kept:         r.composer.kept,
	}
	if high > 0 && r.bottom != (place{}) {
		_, view.Torn = r.timeline.gaps.behind(r.timeline.rows.slice(high-1, high)[0].place())
	}
	if unsent := s.drawUnsent(r, me); view.Later == 0 {
		view.Rows = append(slices.Clip(view.Rows), unsent...) // the next drawing takes the others over
	} else {
		view.Later += len(unsent)
	}
	return view
}

// drawRows draws the window, with the line above what is unread.
func (s *State) drawRows(r *room, low, high int) []Row {
	first := max(0, low-1) // to see whether there is a gap before the first one drawn
	held := r.timeline.rows.slice(first, high)
	window := held[low-first:]
	before, torn := s.lastDrawing(r), false
	if len(window) > 0 {
		before = before.from(window[0])
		_, torn = r.timeline.gaps.between(held[0].place(), held[len(held)-1].place())
	}
	changes, line := r.outbox.changes(), s.lineAbove(r)
	same := 0
	if !torn {
		same = before.same(window, line)
	}
	drawn := strip{before: before.rows, rows: before.rows[:same]}
	for n := same; n < len(window); n++ {
		e, gap := window[n], GapNone
		if i := n + low - first; torn && i > 0 {
			gap = s.drawGap(r, held[i-1], e)
		}
		if before.has(n, e) && before.rows[n].Gap == gap && before.rows[n].Unread == (e == line) {
			drawn.add(&before.rows[n])
			continue
		}
		row := s.drawStored(r, e, changes)
		row.Gap, row.Unread = gap, e == line
		drawn.add(&row)
	}
	rows := drawn.end()
	s.remember(r, before, same, window, rows)
	return rows
}

// drawStored draws a row, but for what depends on its place.
func (s *State) drawStored(r *room, e *entry, changes map[MessageID]*pending) (row Row) {
	m := e.message()
	s.drawRow(&row, m)
	row.Can, row.Reply = s.can(m), s.drawQuote(r, m.ReplyTo)
	if !row.Deleted {
		row.Reactions = s.drawReactions(r, m.ID)
	}
	if p := changes[m.ID]; p != nil {
		s.drawChange(&row, p)
	}
	return row
}

func (s *State) drawGap(r *room, before, after *entry) Gap {
	g, open := r.timeline.gaps.between(before.place(), after.place())
	switch {
	case !open:
		return GapNone
	case s.link.open() && r.wants(g):
		return GapReading
	default:
		return GapKnown
	}
}

// drawUnsent draws the outbox.
func (s *State) drawUnsent(r *room, me Person) []Row {
	var drawn []Row
	for _, p := range r.outbox.items {
		if p.Op != OpSend || r.timeline.byID[p.claim] != nil {
			continue // its row is already there
		}
		drawn = append(drawn, Row{
			ID:       p.ID,
			Author:   me.ID,
			Name:     me.Name,
			Text:     p.Text,
			Time:     p.Pressed,
			Delivery: p.delivery(),
			Problem:  p.Problem,
			Mine:     true,
			Reply:    s.drawQuote(r, p.ReplyTo),
		})
	}
	return drawn
}

// drawRow fills an empty row with what the message itself says.
func (s *State) drawRow(row *Row, m Message) {
	row.ID, row.Author, row.Name, row.Time = m.ID, m.Author, m.AuthorName, m.Created
	row.Delivery = Stored
	row.Mine = m.Author != "" && m.Author == s.me.ID
	row.Deleted, row.Truncated = m.Deleted, m.Truncated
	if row.Name == "" {
		row.Name = s.people.names[m.Author]
	}
	if !m.Deleted {
		row.Text, row.Edited = m.Text, !m.Updated.IsZero()
	}
}
