package ui

import (
	"slices"

	"directuschat/app/chat"
)

// heights are those of the window's rows, in CSS pixels: as they were last drawn, or, of others, as high as rows are on
// average. Rows go by their index in the window that was laid out last.
type heights struct {
	ids   []chat.MessageID
	rows  []float64 // 0 where unknown
	known map[chat.MessageID]float64
	sum   float64 // of what is known
}

// usual is the height of a row as long as none is known.
const usual = 40

// lay lays out another window, which mostly is the one before a row or two further on: to look up all rows anew would take
// longer than the rest. It forgets rows that are elsewhere once they are many.
func (h *heights) lay(rows []chat.Row) {
	ids, before := h.ids, h.rows
	h.ids, h.rows = h.ids[:0], h.rows[:0] // what is written has been read
	at := 0
	if len(rows) > 0 {
		at = max(0, slices.Index(ids, rows[0].ID))
	}
	for i := range rows {
		id := rows[i].ID
		if at < len(ids) && ids[at] == id {
			h.rows = append(h.rows, before[at])
		} else {
			h.rows = append(h.rows, h.known[id])
		}
		h.ids = append(h.ids, id)
		at++
	}
	if len(h.known) <= 2*len(rows) {
		return
	}
	h.known, h.sum = make(map[chat.MessageID]float64, len(rows)), 0
	for i, height := range h.rows {
		if height > 0 {
			h.know(rows[i].ID, height)
		}
	}
}

func (h *heights) know(id chat.MessageID, height float64) {
	if h.known == nil {
		h.known = map[chat.MessageID]float64{}
	}
	h.sum += height - h.known[id]
	h.known[id] = height
}

// learn is told how high the row with an index is.
func (h *heights) learn(i int, id chat.MessageID, height float64) {
	h.rows[i] = height
	h.know(id, height)
}

func (h *heights) average() float64 {
	if len(h.known) == 0 {
		return usual
	}
	return h.sum / float64(len(h.known))
}

func (h *heights) of(i int) float64 {
	if height := h.rows[i]; height > 0 {
		return height
	}
	return h.average()
}

// all is the height of some rows together.
func (h *heights) all(s span) (sum float64) {
	unknown := 0
	for _, height := range h.rows[s.from:s.to] {
		sum += height
		if height == 0 {
			unknown++
		}
	}
	return sum + float64(unknown)*h.average()
}

// between is how much further down the row with index b stands than the one with index a: negative, if it stands above it.
func (h *heights) between(a, b int) float64 {
	if a > b {
		return -h.all(span{b, a})
	}
	return h.all(span{a, b})
}

// A span is a part of the window's rows, by index.
type span struct{ from, to int }

func (s span) of(rows []chat.Row) []chat.Row { return rows[s.from:s.to] }

// around is what is seen through a window of this height, and as much again above it and below, when the row with an
// index stands that far below the window's upper edge.
func (h *heights) around(i int, top, height float64) span {
	n := len(h.rows)
	from := min(i, n)
	for from > 0 && top > -height {
		from--
		top -= h.of(from)
	}
	for from < n-1 && top+h.of(from) <= -height {
		top += h.of(from)
		from++
	}
	to := from
	for to < n && (to == from || top < 2*height) { // never nothing
		top += h.of(to)
		to++
	}
	return span{from, to}
}

// at finds the row that stands at a place, when the one with an index stands at 0; and how far below the place it begins,
// which is above it.
func (h *heights) at(i int, place float64) (index int, top float64) {
	i = min(i, len(h.rows)-1)
	for ; i > 0 && place < 0; i-- {
		place += h.of(i - 1)
	}
	for ; i < len(h.rows)-1 && place >= h.of(i); i++ {
		place -= h.of(i)
	}
	return i, -place
}
