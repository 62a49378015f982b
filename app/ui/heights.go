package ui

import "directuschat/app/chat"

// heights are those of rows, in CSS pixels: as they were last drawn, or, of others, as high as rows are on average.
type heights struct {
	known map[chat.MessageID]float64
	sum   float64 // of what is known
}

// usual is the height of a row as long as none is known.
const usual = 40

func (h *heights) of(r chat.Row) float64 {
	if height, known := h.known[r.ID]; known {
		return height
	}
	if len(h.known) == 0 {
		return usual
	}
	return h.sum / float64(len(h.known))
}

func (h *heights) all(rows []chat.Row) (sum float64) {
	for _, r := range rows {
		sum += h.of(r)
	}
	return sum
}

func (h *heights) learn(id chat.MessageID, height float64) {
	if h.known == nil {
		h.known = map[chat.MessageID]float64{}
	}
	h.sum += height - h.known[id]
	h.known[id] = height
}

// keep forgets the others once they are many.
func (h *heights) keep(rows []chat.Row) {
	if len(h.known) <= 2*len(rows) {
		return
	}
	old := *h
	*h = heights{}
	for _, r := range rows {
		if height, known := old.known[r.ID]; known {
			h.learn(r.ID, height)
		}
	}
}

// A span is a part of some rows, by index.
type span struct{ from, to int }

func (s span) of(rows []chat.Row) []chat.Row { return rows[s.from:s.to] }

// around is what is seen through a window of this height, and as much again above it and below, when the row with an
// index stands that far below the window's upper edge.
func (h *heights) around(rows []chat.Row, i int, top, height float64) span {
	from := min(i, len(rows))
	for from > 0 && top > -height {
		from--
		top -= h.of(rows[from])
	}
	for from < len(rows)-1 && top+h.of(rows[from]) <= -height {
		top += h.of(rows[from])
		from++
	}
	to := from
	for to < len(rows) && (to == from || top < 2*height) { // never nothing
		top += h.of(rows[to])
		to++
	}
	return span{from, to}
}

// at finds the row that stands at a place, when the one with an index stands at 0; and how far below the place it begins,
// which is above it.
func (h *heights) at(rows []chat.Row, i int, place float64) (index int, top float64) {
	i = min(i, len(rows)-1)
	for ; i > 0 && place < 0; i-- {
		place += h.of(rows[i-1])
	}
	for ; i < len(rows)-1 && place >= h.of(rows[i]); i++ {
		place -= h.of(rows[i])
	}
	return i, -place
}
