package chat

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestCompare(t *testing.T) {
	early, late := time.Unix(1, 0), time.Unix(2, 0)
	sorted := []Message{
		{ID: "z"},
		{ID: "2", Created: early}, {ID: "10", Created: early}, {ID: "0190-a", Created: early}, {ID: "0190-b", Created: early},
		{ID: "aa", Created: early}, {ID: "b", Created: early},
		{ID: "1", Created: late}, {ID: "7", Created: late.Add(1)}, {ID: "", Created: late.Add(1)},
	}
	for i, a := range sorted {
		for j, b := range sorted {
			assert.Equal(t, sign(i-j), sign(a.Compare(b)), "%v and %v", a, b)
		}
	}
}

// holding is an entry of no timeline.
func holding(m Message) *entry {
	e := &entry{}
	e.put(m, signatures{}.of(m))
	return e
}

func sign(n int) int { return max(-1, min(n, 1)) }

// Ensure that rows are in order after whatever was inserted and removed, in blocks of bounded size.
func TestRowsAreSorted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r rows
		want := []Message{}
		for range rapid.IntRange(0, 1500).Draw(t, "changes") {
			if len(want) > 0 && rapid.IntRange(0, 3).Draw(t, "remove") == 0 {
				i := rapid.IntRange(0, len(want)-1).Draw(t, "which")
				r.remove(holding(want[i]))
				want = slices.Delete(want, i, i+1)
				continue
			}
			m := Message{ID: MessageID(fmt.Sprint(len(want))), Created: time.UnixMicro(1e6*rapid.Int64Range(0, 50).Draw(t, "date") + int64(len(want))).UTC()}
			i, found := slices.BinarySearchFunc(want, m, Message.Compare)
			if found {
				continue
			}
			want = slices.Insert(want, i, m)
			r.insert(holding(m))
		}
		got := []Message{}
		for e := range r.from(place{}) {
			got = append(got, e.message())
		}
		require.Equal(t, want, got)
		low := rapid.IntRange(0, len(want)).Draw(t, "low")
		high := rapid.IntRange(low, len(want)).Draw(t, "high")
		window := r.slice(low, high)
		require.Len(t, window, high-low)
		for i, e := range window {
			require.Equal(t, want[low+i], e.message())
			require.Equal(t, low+i+1, r.upTo(e.place()))
		}
		p := place{date: time.Unix(rapid.Int64Range(-1, 51).Draw(t, "place"), 0)}
		behind, _ := slices.BinarySearchFunc(want, p, func(m Message, p place) int { return m.place().compare(p) })
		require.Equal(t, behind, r.upTo(p))
		for e := range r.from(p) {
			require.Equal(t, want[behind], e.message())
			behind++
		}
		require.Len(t, want, behind)
		for _, block := range r.blocks {
			require.NotEmpty(t, block)
			require.LessOrEqual(t, len(block), blockSize)
		}
	})
}

func TestRemovingWhatIsNotThere(t *testing.T) {
	var r rows
	r.remove(holding(Message{ID: "a"}))
	r.insert(holding(Message{ID: "b"}))
	r.remove(holding(Message{ID: "a"}))
	assert.Len(t, r.slice(0, 1), 1)
}

// Ensure that the same versions and deletions, in whatever order and however often they are told, give one timeline.
func TestToldInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var told []func(*timeline, uint64)
		for id := range rapid.IntRange(1, 6).Draw(t, "messages") {
			for version := range rapid.IntRange(1, 3).Draw(t, "versions") {
				m := Message{ID: MessageID(fmt.Sprint(id)), Created: time.Unix(int64(id%3), 0).UTC(), Text: fmt.Sprint(version)}
				if version > 0 {
					m.Updated = time.Unix(int64(10+version), 0).UTC()
				}
				told = append(told, func(tl *timeline, at uint64) { tl.tell(m, at) })
			}
			if rapid.Bool().Draw(t, "deleted") {
				told = append(told, func(tl *timeline, at uint64) { tl.lose(MessageID(fmt.Sprint(id)), at) })
			}
		}
		play := func(order []func(*timeline, uint64)) (shown []Message) {
			var tl timeline
			for i, tell := range order {
				tell(&tl, uint64(i+1))
			}
			for e := range tl.rows.from(place{}) {
				shown = append(shown, e.message())
			}
			require.Len(t, tl.byID, len(shown))
			return shown
		}
		want := play(told)
		shuffled := rapid.Permutation(append(slices.Clone(told), told...)).Draw(t, "order")
		require.Equal(t, want, play(shuffled))
	})
}

func TestTimeline(t *testing.T) {
	row := func(text string) Message { return Message{ID: "a", Text: text, Created: time.Unix(5, 0)} }
	edited := row("edited")
	edited.Updated = time.Unix(9, 0)
	moved := row("moved")
	moved.Created, moved.Updated = time.Unix(1, 0), time.Unix(9, 0)
	other := func(text string, date int64) Message { // under a key of its own
		return Message{ID: MessageID("id of " + text), Text: text, Created: time.Unix(date, 0)}
	}
	merge := func(tl *timeline, low, high place, asked uint64, page ...Message) {
		tl.gaps.cover(low, high)
		for _, m := range page {
			tl.read(m, asked)
		}
	}
	tests := map[string]struct {
		play func(tl *timeline)
		want []string
	}{
		"without a key":                         {func(tl *timeline) { tl.tell(Message{Text: "x"}, 1); tl.read(Message{Text: "x"}, 1) }, nil},
		"the later version stays":               {func(tl *timeline) { tl.tell(edited, 1); tl.tell(row("old"), 2) }, []string{"edited"}},
		"of the same date, the last told":       {func(tl *timeline) { tl.tell(row("a"), 1); tl.tell(row("b"), 2) }, []string{"b"}},
		"deleted, then told":                    {func(tl *timeline) { tl.lose("a", 1); tl.tell(row("x"), 2) }, nil},
		"deleted after a page was asked for":    {func(tl *timeline) { tl.lose("a", 2); tl.read(row("x"), 1) }, nil},
		"there again when a page was asked for": {func(tl *timeline) { tl.lose("a", 1); tl.read(row("x"), 2); tl.tell(row("y"), 3) }, []string{"y"}},
		"told after a page was asked for":       {func(tl *timeline) { tl.tell(row("told"), 2); tl.read(row("page"), 1) }, []string{"told"}},
		"told before a page was asked for":      {func(tl *timeline) { tl.tell(row("told"), 1); tl.read(row("page"), 2) }, []string{"page"}},
		"a page knows of a later edit":          {func(tl *timeline) { tl.tell(row("told"), 2); tl.read(edited, 1) }, []string{"edited"}},
		"its date was changed": {func(tl *timeline) {
			tl.tell(row("x"), 1)
			tl.tell(Message{ID: "b", Text: "b", Created: time.Unix(3, 0)}, 2)
			tl.tell(moved, 3)
		}, []string{"moved", "b"}},
		"nothing is held in a gap": {func(tl *timeline) {
			tl.tell(other("dropped", 3), 1)
			tl.forget(place{}, row("x").place())
			merge(tl, row("x").place(), theEnd, 2, row("x"))
			tl.tell(other("told", 4), 4)
			tl.read(other("read", 4), 5)
		}, []string{"x"}},
		"a page makes it smaller": {func(tl *timeline) {
			tl.forget(place{}, row("x").place())
			merge(tl, row("x").place(), theEnd, 2, row("x"))
			merge(tl, place{}, row("x").place(), 3, other("older", 4))
			tl.tell(other("oldest", 1), 4)
		}, []string{"oldest", "older", "x"}},
		"told of a gap while a page of it is under way": {func(tl *timeline) {
			old, edit := other("e", 3), other("e", 3)
			edit.Text, edit.Updated = "edited", time.Unix(9, 0)
			tl.forget(place{}, row("x").place())
			merge(tl, row("x").place(), theEnd, 2, row("x"))
			tl.expect()
			tl.tell(edit, 5)
			tl.tell(other("still in the gap", 1), 5)
			merge(tl, place{date: time.Unix(2, 0)}, row("x").place(), 4, old)
			tl.arrived()
		}, []string{"edited", "x"}},
		"no date, in a room with a past that is not held": {func(tl *timeline) {
			tl.forget(place{}, row("x").place())
			merge(tl, row("x").place(), theEnd, 2, Message{ID: "n", Text: "no date"}, row("x"))
		}, []string{"x"}},
		"no date, in a room held whole": {func(tl *timeline) {
			merge(tl, place{}, theEnd, 2, row("x"), Message{ID: "17", Text: "no date"})
			tl.tell(Message{ID: "16", Text: "none either"}, 3)
		}, []string{"none either", "no date", "x"}},
		"kept from an earlier run": {func(tl *timeline) {
			tl.tell(edited, 1)
			tl.lose("d", 2)
			tl.keep(row("kept"))
			tl.keep(Message{ID: "d", Text: "deleted"})
			tl.keep(Message{Text: "no key"})
			tl.keep(other("o", 6))
		}, []string{"edited", "o"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var tl timeline
			test.play(&tl)
			var shown []string
			for e := range tl.rows.from(place{}) {
				shown = append(shown, e.text())
			}
			assert.Equal(t, test.want, shown)
			assert.Len(t, tl.byID, len(shown))
		})
	}
}

// Ensure that many deletions are remembered, and endlessly many do not fill the memory.
func TestTombstones(t *testing.T) {
	var stones tombstones
	for i := range 5 * maxTombstones {
		stones.add(MessageID(fmt.Sprint(i)), uint64(i))
	}
	for i := range maxTombstones {
		assert.True(t, stones.has(MessageID(fmt.Sprint(4*maxTombstones+i))))
	}
	assert.LessOrEqual(t, len(stones.younger)+len(stones.older), 2*maxTombstones)
	assert.False(t, stones.has("0"))
}
