package chat

// tombstones remember which messages were deleted, or items settled, and when, so that nothing late revives them. They remember at least
// the last maxTombstones, in two halves: when the younger is full, the older is forgotten.
type tombstones struct{ younger, older map[MessageID]uint64 }

// maxTombstones is far more than what can be on its way at one time.
const maxTombstones = 10_000

func (t *tombstones) add(id MessageID, at uint64) {
	if len(t.younger) >= maxTombstones {
		t.younger, t.older = nil, t.younger
	}
	if t.younger == nil {
		t.younger = map[MessageID]uint64{}
	}
	t.younger[id] = at
}

func (t *tombstones) has(id MessageID) bool {
	_, younger := t.younger[id]
	_, older := t.older[id]
	return younger || older
}

// after reports whether id was deleted after a moment.
func (t *tombstones) after(id MessageID, moment uint64) bool {
	return max(t.younger[id], t.older[id]) > moment
}

func (t *tombstones) forget(id MessageID) {
	delete(t.younger, id)
	delete(t.older, id)
}
