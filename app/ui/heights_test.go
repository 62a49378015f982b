package ui

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"directuschat/app/chat"
)

func someRows(n int) (rows []chat.Row) {
	for _, id := range numbers(0, n) {
		rows = append(rows, chat.Row{ID: chat.MessageID(id)})
	}
	return rows
}

// learned are the heights of some rows, of which the first few are known.
func learned(rows []chat.Row, known ...float64) (h heights) {
	h.lay(rows)
	for i, height := range known {
		h.learn(i, rows[i].ID, height)
	}
	return h
}

func TestHeights(t *testing.T) {
	rows := someRows(100)
	h := learned(rows)
	assert.EqualValues(t, usual, h.of(0), "before anything is known")
	h.learn(0, "0", 10)
	h.learn(1, "1", 100)
	h.learn(1, "1", 30)
	assert.EqualValues(t, 20, h.of(2), "the average")
	assert.EqualValues(t, 60, h.all(span{0, 3}))
	h.lay(rows[1:2])
	assert.Len(t, h.known, 2, "they are few")
	assert.EqualValues(t, 30, h.of(0))
	h.lay(rows)
	h.learn(2, "2", 60)
	h.lay(rows[1:2])
	assert.Len(t, h.known, 1)
	h.lay(rows)
	assert.EqualValues(t, 30, h.of(0), "the average of what is left")
}

func TestBetween(t *testing.T) {
	h := learned(someRows(5), 10, 20, 30, 40, 50)
	assert.EqualValues(t, 50, h.between(1, 3))
	assert.EqualValues(t, -50, h.between(3, 1))
	assert.Zero(t, h.between(2, 2))
}

// TestDrawnBefore: what is drawn may begin before the window, or stand nowhere in it.
func TestDrawnBefore(t *testing.T) {
	rows := someRows(6)
	f := frame{ring: &ring{}, heights: learned(rows, 10, 20, 30, 40, 50, 60)}
	f.ring.show(rows, span{1, 5}, 0, func(i int) *MessageRow { return &MessageRow{Row: &rows[i]} })
	drawn, gone := f.before()
	assert.Equal(t, span{1, 5}, drawn)
	assert.Zero(t, gone)
	f.heights.lay(rows[3:])
	drawn, gone = f.before()
	assert.Equal(t, span{0, 2}, drawn)
	assert.EqualValues(t, 50, gone)
	f.heights.lay(rows[5:])
	drawn, _ = f.before()
	assert.Zero(t, drawn)
}

// TestLay: whatever window follows whatever, each row has its own height.
func TestLay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h heights
		for range 6 {
			ids := rapid.SliceOfNDistinct(rapid.IntRange(1, 30), 0, 20, rapid.ID).Draw(t, "ids")
			if rapid.Bool().Draw(t, "sorted") {
				slices.Sort(ids)
			}
			var rows []chat.Row
			for _, id := range ids {
				rows = append(rows, chat.Row{ID: chat.MessageID(fmt.Sprint(id))})
			}
			h.lay(rows)
			for i, id := range ids {
				if height, known := h.known[rows[i].ID]; known {
					require.Equal(t, float64(id), height)
					require.Equal(t, height, h.of(i))
				} else {
					require.Zero(t, h.rows[i])
				}
				if rapid.Bool().Draw(t, "drawn") {
					h.learn(i, rows[i].ID, float64(id))
				}
			}
		}
	})
}

func TestAround(t *testing.T) {
	rows := someRows(100)
	h := learned(rows, 10)
	for _, test := range []struct {
		name  string
		index int
		top   float64
		want  span
	}{
		{"the newest", 100, 100, span{80, 100}},
		{"the oldest", 0, 0, span{0, 20}},
		{"the middle", 50, 0, span{40, 70}},
		{"a row that stands lower", 50, 50, span{35, 65}},
		{"a row that begins above", 50, -5, span{40, 71}},
		{"a row far above what is seen", 10, -500, span{50, 80}},
		{"a row far below what is seen", 90, 500, span{30, 60}},
		{"rows that end above what is seen", 99, -5000, span{99, 100}},
		{"rows that begin below it", 0, 5000, span{0, 1}},
	} {
		assert.Equal(t, test.want, h.around(test.index, test.top, 100), test.name)
	}
	h.learn(50, "50", 1000)
	assert.Equal(t, span{50, 51}, h.around(50, -500, 100), "one that fills all")
	h.lay(nil)
	assert.Equal(t, span{}, h.around(0, 0, 100))
}

func TestAt(t *testing.T) {
	h := learned(someRows(100), 10)
	for _, test := range []struct {
		from  int
		place float64
		index int
		top   float64
	}{
		{0, 0, 0, 0}, {0, 25, 2, -5}, {50, 0, 50, 0}, {50, -15, 48, -5}, {50, 15, 51, -5}, {0, -30, 0, 30}, {99, 500, 99, -500},
	} {
		index, top := h.at(test.from, test.place)
		assert.Equal(t, test.index, index, test)
		assert.Equal(t, test.top, top, test)
	}
}
