package chat

import "slices"

// A timeline is what is held of a room: ranges of its messages in the server's order, with known gaps between them.
//
//	 (not held)   ████████████   (not held)   ██████████████████▶ what is told
//	▲            ▲            ▲              ▲
//	└─── gap ────┘            └──── gap ─────┘
//	after        before       after          before
//
// A range is contiguous: whatever the server has between its ends is held, as far as anybody has told us. A gap says
// nothing: a row that is told of one is not held, because next to it others would be missing. Pages make gaps smaller,
// from either side, until they are gone (gaps.cover); an absence in which more was written than a page makes a new one
// (forget). The first gap is what is not held of the room's past; its after is the zero place. Whether a row
// belongs to a range is a question of its place only, so ranges join without a hole and without a row twice.
//
// The same row reaches a timeline many times and in any order: told by the stream, read in pages, answered to a send.
// Merging gives the same timeline whatever the order, because it knows of every row when it was last told, and of every
// page when it was asked for. These moments are sequence numbers of inputs, never clocks:
//
//   - A page is the truth as of the moment it was asked for, or later. It wins over everything told before.
//   - Of two versions told by the stream, the later changed one wins; a stale one never replaces a newer.
//   - A deletion wins over everything told before or after it, unless a page asked for later shows the row.
type timeline struct {
	byID   map[MessageID]*entry
	by     signatures
	rows   rows
	gaps   gaps
	gone   tombstones
	loaded bool // something has been read: what is held is drawn

	// While a page is under way, what is told of gaps is put aside: the page may be older than it, and close the gap.
	waiting bool
	aside   []aside
}

// An aside is a row that was told.
type aside struct {
	Message
	moments
}

// tell merges a row told by the stream at a moment. It reports whether that has changed anything.
func (t *timeline) tell(m Message, at uint64) bool {
	if m.ID == "" || t.gone.has(m.ID) {
		return false
	}
	m.SentAs = "" // entries do not hold it: who has merged a row has drawn its conclusions
	e := t.byID[m.ID]
	if e == nil {
		return t.insert(m, moments{told: at})
	}
	e.told = at
	if e.message() == m || instantOf(m.Updated) < e.updated {
		return false
	}
	t.replace(e, m)
	return true
}

// keep merges a row that was kept from an earlier run of the program: anything that was told is newer.
func (t *timeline) keep(m Message) {
	if m.ID != "" && t.byID[m.ID] == nil && !t.gone.has(m.ID) {
		t.insert(m, moments{})
	}
}

// read merges a row of a page that was asked for at a moment. It reports whether that has changed anything.
func (t *timeline) read(m Message, asked uint64) bool {
	if m.ID == "" || t.gone.after(m.ID, asked) {
		return false
	}
	t.gone.forget(m.ID)
	m.SentAs = "" // entries do not hold it: who has merged a row has drawn its conclusions
	e := t.byID[m.ID]
	if e == nil {
		return t.insert(m, moments{seen: asked})
	}
	e.seen = asked
	if e.message() == m || e.told > asked && instantOf(m.Updated) <= e.updated {
		return false
	}
	t.replace(e, m)
	return true
}

// expect prepares for a page that is being asked for now.
func (t *timeline) expect() { t.waiting, t.aside = true, nil }

// arrived merges what was told while a page was under way, and belongs to a range now that the page is merged.
func (t *timeline) arrived() {
	told := t.aside
	t.waiting, t.aside = false, nil
	for _, a := range told {
		t.tell(a.Message, a.told)
	}
}

// forget says that nothing is known between two places: a gap.
func (t *timeline) forget(after, before place) {
	if before.compare(after) <= 0 {
		return
	}
	var unknown []*entry
	for e := range t.rows.from(after) {
		if e.place().compare(before) >= 0 {
			break
		}
		if e.place().compare(after) > 0 {
			unknown = append(unknown, e)
		}
	}
	for _, e := range unknown {
		t.drop(e)
	}
	t.gaps.open(after, before)
}

// lose removes a message for good, at a moment. It may come before the message does.
func (t *timeline) lose(id MessageID, at uint64) {
	t.gone.add(id, at)
	if e := t.byID[id]; e != nil {
		t.drop(e)
	}
}

func (t *timeline) insert(m Message, at moments) bool {
	if t.gaps.have(m.place()) {
		if t.waiting && at.told > 0 {
			t.aside = append(t.aside, aside{m, at})
		}
		return false
	}
	if t.byID == nil {
		t.byID, t.by = map[MessageID]*entry{}, signatures{}
	}
	e := &entry{moments: at}
	e.put(m, t.by.of(m))
	t.byID[e.id()] = e
	t.rows.insert(e)
	return true
}

func (t *timeline) replace(e *entry, m Message) {
	if e.created == instantOf(m.Created) {
		e.put(m, t.by.of(m))
		t.byID[e.id()] = e // the key before is a part of the text before
		return
	}
	t.drop(e) // somebody has changed its date: it moves
	t.insert(m, e.moments)
}

func (t *timeline) drop(e *entry) {
	t.rows.remove(e)
	delete(t.byID, e.id())
}

func (t *timeline) count() int { return len(t.byID) }

// newest returns the newest entries without a gap among them, at most n, oldest first.
func (t *timeline) newest(n int) []*entry {
	last := t.rows.slice(max(0, t.count()-n), t.count())
	for i := len(last) - 1; i > 0; i-- {
		if _, gap := t.gaps.between(last[i-1].place(), last[i].place()); gap {
			return last[i:]
		}
	}
	return last
}

// heldUpTo returns the keys of what is held up to a place, of the same date.
func (t *timeline) heldUpTo(p place) []MessageID {
	var ids []MessageID
	for e := range t.rows.from(place{date: p.date}) {
		if e.place().compare(p) > 0 {
			break
		}
		ids = append(ids, e.id())
	}
	return slices.Clip(ids)
}

// rangeEnd counts the rows up to the next gap behind a place.
func (t *timeline) rangeEnd(p place) int {
	if g, torn := t.gaps.behind(p); torn {
		return t.rows.upTo(g.after)
	}
	return t.count()
}

// heldAt returns the keys of what is held at a place and behind it, of the same date.
func (t *timeline) heldAt(p place) []MessageID {
	var ids []MessageID
	for e := range t.rows.from(p) {
		if e.created != instantOf(p.date) {
			break
		}
		ids = append(ids, e.id())
	}
	return slices.Clip(ids)
}
