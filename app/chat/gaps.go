package chat

import (
	"slices"
	"sort"
)

// A gap is a part of a room's order of which nothing is held: what lies between two places, both of them excluded. Where
// it is not known that the room begins, after is the zero place.
type gap struct{ after, before place }

// gaps are in order, none of them empty, and no two of them overlap.
type gaps []gap

// upTo finds the first gap that reaches behind a place.
func (g gaps) upTo(p place) int {
	return sort.Search(len(g), func(i int) bool { return g[i].before.compare(p) > 0 })
}

// have reports whether a place lies in a gap.
func (g gaps) have(p place) bool {
	i := g.upTo(p)
	return i < len(g) && g[i].after.compare(p) < 0
}

// between finds the last gap between two places that are in none. Each of them may be one of its ends.
func (g gaps) between(low, high place) (gap, bool) {
	i := g.upTo(high) - 1
	if i < 0 || g[i].before.compare(low) <= 0 {
		return gap{}, false
	}
	return g[i], true
}

// endingAt finds the gap right before a place.
func (g gaps) endingAt(p place) (gap, bool) {
	if i := g.upTo(p) - 1; i >= 0 && g[i].before.compare(p) == 0 {
		return g[i], true
	}
	return gap{}, false
}

// startingAt finds the gap right behind a place.
func (g gaps) startingAt(p place) (gap, bool) {
	if i := g.upTo(p); i < len(g) && g[i].after.compare(p) == 0 {
		return g[i], true
	}
	return gap{}, false
}

// behind finds the first gap behind a place that is in none.
func (g gaps) behind(p place) (gap, bool) {
	if i := g.upTo(p); i < len(g) {
		return g[i], true
	}
	return gap{}, false
}

// first is the gap before everything that is held: there is one unless the beginning of the room is.
func (g gaps) first() (gap, bool) {
	if len(g) == 0 || g[0].after != (place{}) {
		return gap{}, false
	}
	return g[0], true
}

// cover takes away what lies between two places, and the places: a page has told everything of it.
func (g *gaps) cover(low, high place) {
	var left gaps
	for _, old := range *g {
		if old.before.compare(low) <= 0 || old.after.compare(high) >= 0 {
			left = append(left, old)
			continue
		}
		if old.after.compare(low) < 0 {
			left = append(left, gap{old.after, low})
		}
		if high.compare(old.before) < 0 {
			left = append(left, gap{high, old.before})
		}
	}
	*g = left
}

// open adds a gap. It takes in those it overlaps.
func (g *gaps) open(after, before place) {
	left := slices.DeleteFunc(slices.Clone(*g), func(old gap) bool {
		if old.before.compare(after) <= 0 || old.after.compare(before) >= 0 {
			return false
		}
		if old.after.compare(after) < 0 {
			after = old.after
		}
		if old.before.compare(before) > 0 {
			before = old.before
		}
		return true
	})
	i := left.upTo(after)
	*g = slices.Insert(left, i, gap{after, before})
}
