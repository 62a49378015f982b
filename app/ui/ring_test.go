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

// A paper is what a ring does to the page.
type paper struct {
	ring    *ring
	page    []*slot
	mounted int // slots that go-app has made nodes for
	moved   []*slot
}

func (p *paper) show(t require.TestingT, ids ...string) {
	var rows []chat.Row
	for _, id := range ids {
		rows = append(rows, chat.Row{ID: chat.MessageID(id)})
	}
	p.ring.show(rows, span{0, len(rows)}, 0, func(i int) *MessageRow { return &MessageRow{Row: &rows[i]} })
	for ; p.mounted < len(p.ring.slots); p.mounted++ {
		p.page = append(p.page, p.ring.slots[p.mounted]) // as go-app does
	}
	p.moved = nil
	take := func(s *slot) {
		if i := slices.Index(p.page, s); i >= 0 {
			p.page = slices.Delete(p.page, i, i+1)
		}
	}
	p.ring.place(func(s, before *slot) {
		p.moved = append(p.moved, s)
		take(s)
		i := len(p.page)
		if before != nil {
			i = slices.Index(p.page, before)
			require.GreaterOrEqual(t, i, 0, "placed before a slot that is not on the page")
		}
		p.page = slices.Insert(p.page, i, s)
	}, take)
	var read []string
	for _, s := range p.page {
		read = append(read, string(s.shown.Row.ID))
	}
	require.Equal(t, ids, read, "the page is in the order of reading")
}

func numbers(from, to int) (ids []string) {
	for n := from; n < to; n++ {
		ids = append(ids, fmt.Sprint(n))
	}
	return ids
}

func TestRing(t *testing.T) {
	p := paper{ring: &ring{}}
	p.show(t, numbers(10, 20)...)
	assert.Empty(t, p.moved)
	p.show(t, numbers(11, 21)...)
	assert.Len(t, p.ring.slots, 10)
	assert.Len(t, p.moved, 1, "the slot of the first row takes the new one")
	p.show(t, numbers(5, 15)...)
	assert.Len(t, p.ring.slots, 10)
	assert.Len(t, p.moved, 6, "what stays does not move, whether the others come above or below")
	version := p.ring.of["12"].version
	p.show(t, append(append(numbers(5, 10), "between"), numbers(10, 15)...)...)
	assert.Len(t, p.ring.slots, 11)
	assert.Equal(t, version, p.ring.of["12"].version, "nor is it drawn anew")
	p.show(t, "5", "14")
	p.show(t, "14", "5", "6")
	assert.Len(t, p.ring.slots, 11, "slots are never given up: go-app would look for them on the page")
}

// TestRingWithAnyRows: whatever is shown after whatever, the page is in the order of reading, and rows that stay in
// their order do not move.
func TestRingWithAnyRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := paper{ring: &ring{}}
		var before []string
		for range 10 {
			ids := rapid.SliceOfNDistinct(rapid.SampledFrom(numbers(0, 30)), 1, 20, rapid.ID).Draw(t, "ids")
			if rapid.Bool().Draw(t, "sorted") {
				slices.Sort(ids)
			}
			stay := slices.DeleteFunc(slices.Clone(before), func(id string) bool { return !slices.Contains(ids, id) })
			p.show(t, ids...)
			if slices.IsSorted(stay) && slices.IsSorted(ids) {
				for _, s := range p.moved {
					assert.NotContains(t, stay, string(s.shown.Row.ID))
				}
			}
			before = ids
		}
	})
}

func TestOneRowTwice(t *testing.T) {
	p := paper{ring: &ring{}}
	p.show(t, "a", "a", "b")
	p.show(t, "a", "b", "b")
}
