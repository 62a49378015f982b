package chat

// A drawing is what the window's rows looked like when they were last drawn, and what they were drawn of. A message that
// comes leaves nearly all of them as they are; to draw them anew would be most of what it costs (BenchmarkSnapshot).
type drawing struct {
	beside uint64
	of     []drawnEntry
	rows   []Row // no older than of; those behind are others
}

// A drawnEntry is an entry as it was: one that has changed since has been told, or seen, once more.
type drawnEntry struct {
	*entry
	told, seen uint64
}

// lookBeside counts the inputs that may change rows though their messages stay the same: names, rights, reactions, what
// waits to be sent. Only of messages that come is it known that they do not, but for what waits: see lastDrawing.
func (s *State) lookBeside(in Input) {
	if _, messages := in.(RowsChanged); !messages {
		s.beside++
	}
}

// lastDrawing is the drawing of which rows can be taken over, an empty one if none can be.
func (s *State) lastDrawing(r *room) drawing {
	if r.drawing.beside != s.beside || len(r.outbox.items) > 0 {
		return drawing{}
	}
	return r.drawing
}

// remember keeps a drawing of these entries.
func (s *State) remember(r *room, drawn []*entry, rows []Row) {
	if len(r.outbox.items) > 0 { // a message that comes may be one of them
		r.drawing = drawing{}
		return
	}
	of := make([]drawnEntry, len(drawn))
	for i, e := range drawn {
		of[i] = drawnEntry{e, e.told, e.seen}
	}
	r.drawing = drawing{beside: s.beside, of: of, rows: rows}
}

// from is the drawing without what comes before an entry; a whole one may be of no use.
func (d drawing) from(first *entry) drawing {
	for i := range d.of {
		if d.of[i].entry == first {
			d.of, d.rows = d.of[i:], d.rows[i:]
			break
		}
	}
	return d
}

// row takes over the row with an index, if it is of this entry. What it answers may have changed without it.
func (d drawing) row(i int, e *entry, row *Row) bool {
	if i >= len(d.of) || d.of[i] != (drawnEntry{e, e.told, e.seen}) || e.replyTo != "" {
		return false
	}
	*row = d.rows[i]
	row.Gap, row.Unread = GapNone, false // of the place, not of the message
	return true
}
