package chat

import (
	"iter"
	"slices"
	"sort"
)

// blockSize bounds what an insertion moves: at most this many pointers, however long the history.
const blockSize = 256

// rows keeps entries in the server's order, in blocks of bounded size. New messages are nearly always the last ones,
// and a page of history falls into a block or two, so nothing ever copies the whole history.
type rows struct {
	blocks [][]*entry // none of them empty
}

// insert puts e at its place. Its message must not be held yet.
func (r *rows) insert(e *entry) {
	if len(r.blocks) == 0 {
		r.blocks = append(r.blocks, newBlock(e))
		return
	}
	b := r.blockFor(e.place())
	block := r.blocks[b]
	i, _ := slices.BinarySearchFunc(block, e, compareEntries)
	switch {
	case len(block) < blockSize:
		r.blocks[b] = slices.Insert(block, i, e)
	case i == len(block): // at the end of a full block, as when appending: leave it full
		r.blocks = slices.Insert(r.blocks, b+1, newBlock(e))
	default:
		upper := append(make([]*entry, 0, blockSize), block[blockSize/2:]...)
		clear(block[blockSize/2:])
		r.blocks[b] = block[:blockSize/2]
		r.blocks = slices.Insert(r.blocks, b+1, upper)
		r.insert(e)
	}
}

// remove takes e out. Its message must not have been changed since it was inserted.
func (r *rows) remove(e *entry) {
	if len(r.blocks) == 0 {
		return
	}
	b := r.blockFor(e.place())
	i, held := slices.BinarySearchFunc(r.blocks[b], e, compareEntries)
	if !held {
		return
	}
	if r.blocks[b] = slices.Delete(r.blocks[b], i, i+1); len(r.blocks[b]) == 0 {
		r.blocks = slices.Delete(r.blocks, b, b+1)
	}
}

// from is every entry at a place and behind it, oldest first. Nothing may be inserted or removed meanwhile.
func (r *rows) from(p place) iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		b, i := r.find(p)
		for ; b < len(r.blocks); b, i = b+1, 0 {
			for _, e := range r.blocks[b][i:] {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// last is the newest entry, nil if there is none.
func (r *rows) last() *entry {
	if len(r.blocks) == 0 {
		return nil
	}
	block := r.blocks[len(r.blocks)-1]
	return block[len(block)-1]
}

// upTo counts the entries before and at a place.
func (r *rows) upTo(p place) int {
	b, i := r.find(p)
	if b < len(r.blocks) && i < len(r.blocks[b]) && r.blocks[b][i].place().compare(p) == 0 {
		i++
	}
	for _, block := range r.blocks[:b] {
		i += len(block)
	}
	return i
}

// slice returns the entries from one index up to another, oldest first.
func (r *rows) slice(from, to int) []*entry {
	some := make([]*entry, 0, to-from)
	for _, block := range r.blocks {
		if from < len(block) {
			some = append(some, block[max(from, 0):min(to, len(block))]...)
		}
		if from, to = from-len(block), to-len(block); to <= 0 {
			break
		}
	}
	return some
}

// find returns the block and the index in it of the first entry at a place or behind it.
func (r *rows) find(p place) (b, i int) {
	if len(r.blocks) == 0 {
		return 0, 0
	}
	b = r.blockFor(p)
	i = sort.Search(len(r.blocks[b]), func(i int) bool { return r.blocks[b][i].place().compare(p) >= 0 })
	if i == len(r.blocks[b]) { // before the first of the next block
		return b + 1, 0
	}
	return b, i
}

// blockFor finds the block that a place is in or belongs into: the last one that does not begin after it.
func (r *rows) blockFor(p place) int {
	after := sort.Search(len(r.blocks), func(b int) bool { return r.blocks[b][0].place().compare(p) > 0 })
	return max(after-1, 0)
}

func newBlock(e *entry) []*entry {
	return append(make([]*entry, 0, blockSize), e)
}
