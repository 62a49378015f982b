package chat

import "slices"

// A drawing is what the window's rows looked like when they were last drawn, and what they were drawn of. A message that
// comes leaves nearly all of them as they are; to draw them anew would be most of what it costs (BenchmarkSnapshot).
type drawing struct {
	beside uint64
	of     []drawnEntry
	rows   []Row // of these, in the same order
}

// A drawnEntry is an entry as it was: one that has changed since has been told, or seen, once more.
type drawnEntry struct {
	*entry
	told, seen uint64
}

func drawnNow(e *entry) drawnEntry { return drawnEntry{e, e.told, e.seen} }

// lookBeside counts the inputs that may change rows though their messages stay the same: names, rights, reactions. Only of
// messages that come and go out is it known that they do not, but for what waits to be done to others: see lastDrawing.
func (s *State) lookBeside(in Input) {
	switch in := in.(type) {
	case RowsChanged, Send, Draft, ItemSaved:
	case Answered:
		if len(in.Reactions) > 0 {
			s.beside++
		}
	default:
		s.beside++
	}
}

// lastDrawing is the drawing of which rows can be taken over, an empty one if none can be.
func (s *State) lastDrawing(r *room) drawing {
	if r.drawing.beside != s.beside || r.outbox.changesRows() {
		return drawing{}
	}
	return r.drawing
}

// remember keeps a drawing of these entries, of which so many are as they were in the one before.
func (s *State) remember(r *room, before drawing, same int, drawn []*entry, rows []Row) {
	if r.outbox.changesRows() { // a message that comes may be what one of them waits for
		r.drawing = drawing{}
		return
	}
	of := before.of[:same]
	for _, e := range drawn[same:] {
		of = append(of, drawnNow(e))
	}
	r.drawing = drawing{beside: s.beside, of: of, rows: rows}
}

// changesRows reports whether anything waits that is drawn as if it had come true.
func (o *outbox) changesRows() bool {
	return slices.ContainsFunc(o.items, func(p *pending) bool { return p.Op != OpSend })
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

// has reports whether the row with an index is of this entry, as it is now. What it answers may have changed without it.
func (d *drawing) has(i int, e *entry) bool {
	return i < len(d.of) && d.of[i] == drawnNow(e) && e.replyTo == ""
}

// same counts the rows at the beginning that are of these entries, if there are no gaps between them.
func (d *drawing) same(window []*entry, line *entry) int {
	for i, e := range window {
		if !d.has(i, e) || d.rows[i].Gap != GapNone || d.rows[i].Unread != (e == line) {
			return i
		}
	}
	return len(window)
}

// A strip is the rows of a drawing that is being made after another. As long as they are the same, and then go on behind
// it, they are the very ones: nobody who has the drawing before sees what is written behind its end.
type strip struct {
	before, rows []Row
	copied       bool
}

// add puts a row behind the others.
func (t *strip) add(row *Row) {
	n := len(t.rows)
	switch {
	case t.copied, n >= len(t.before):
		t.rows = append(t.rows, *row)
	case row == &t.before[n], row.Equal(&t.before[n]):
		t.rows = t.before[:n+1]
	default:
		t.rows = append(append(make([]Row, 0, len(t.before)+1), t.rows...), *row)
		t.copied = true
	}
}

// end is all of them. What the drawing before had behind them is not written to.
func (t *strip) end() []Row {
	if !t.copied && len(t.rows) < len(t.before) {
		return slices.Clip(t.rows)
	}
	return t.rows
}
