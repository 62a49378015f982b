package chat

import (
	"cmp"
	"slices"
	"time"
)

// GivenID is the key of a stored reaction.
type GivenID string

// A Given is one row of the reactions: somebody has given a message an emoji, or taken it back. Of several rows that say
// the same of the same person, which somebody has forced who took another's key, one that is not taken back counts.
type Given struct {
	ID      GivenID
	Message MessageID
	By      UserID
	Emoji   string
	Off     bool      // taken back
	Changed time.Time // by the server's clock
}

// reactions are those to a room's messages, as far as they were told or read. What was read before the last gap is read
// again when it is drawn.
type reactions struct {
	of       map[MessageID]*tally
	load     uint64 // of the read under way; 0 for none
	asked    uint64 // the moment it was asked for
	loading  []MessageID
	failures int // in a row
}

// A tally is what was given to one message.
type tally struct {
	rows map[GivenID]vote
	asOf uint64 // all of it is known as of this moment; 0 for never
}

type vote struct {
	Given
	told uint64
}

// maxEarly is how many messages that are not held may have reactions here: one may be told before its message is.
const maxEarly = 1000

func (t *reactions) tally(id MessageID) *tally {
	if t.of == nil {
		t.of = map[MessageID]*tally{}
	}
	if t.of[id] == nil {
		t.of[id] = &tally{}
	}
	return t.of[id]
}

// has reports whether somebody has given a message an emoji.
func (t *reactions) has(id MessageID, by UserID, emoji string) bool {
	one := t.of[id]
	if one == nil {
		return false
	}
	for _, v := range one.rows {
		if v.By == by && v.Emoji == emoji && !v.Off {
			return true
		}
	}
	return false
}

// tell merges a row told at a moment.
func (t *tally) tell(g Given, at uint64) {
	if before, ok := t.rows[g.ID]; ok && g.Changed.Before(before.Changed) {
		return
	}
	if t.rows == nil {
		t.rows = map[GivenID]vote{}
	}
	t.rows[g.ID] = vote{g, at}
}

// read takes all rows of a message, as they were asked for at a moment: what was told since then stays.
func (t *tally) read(all []Given, asked uint64) {
	for id, v := range t.rows {
		if v.told <= asked {
			delete(t.rows, id)
		}
	}
	for _, g := range all {
		if _, newer := t.rows[g.ID]; !newer {
			t.tell(g, asked)
		}
	}
	t.asOf = max(t.asOf, asked)
}

func (s *State) reactionsChanged(e ReactionsChanged) {
	r := s.rooms[e.Room]
	if r == nil || !s.current(e.Generation) {
		return
	}
	for _, g := range e.Reactions {
		s.tellReaction(r, g)
	}
	s.askNames()
}

func (s *State) tellReaction(r *room, g Given) {
	if g.ID == "" || g.Message == "" || g.Emoji == "" {
		return
	}
	s.changed()
	r.given.tally(g.Message).tell(g, s.moment)
	s.noticeGiver(g)
	if len(r.given.of) > r.timeline.count()+maxEarly {
		for id := range r.given.of {
			if r.timeline.byID[id] == nil {
				delete(r.given.of, id)
			}
		}
	}
}

// noticeGiver notes that somebody's name is wanted, where people can be listed.
func (s *State) noticeGiver(g Given) {
	if s.project.Directory == DirectoryListed {
		s.noticeAuthor(Message{ID: g.Message, Author: g.By})
	}
}

func (s *State) reactionsRemoved(e ReactionsRemoved) {
	r := s.rooms[e.Room]
	if r == nil || !s.current(e.Generation) {
		return
	}
	s.changed()
	for _, t := range r.given.of {
		for _, id := range e.IDs {
			delete(t.rows, id)
		}
	}
}

// askReactions reads what was given to rows of which that is not known.
func (s *State) askReactions(r *room, window []*entry) {
	t := &r.given
	if !s.project.Reactions || t.load != 0 {
		return
	}
	var wanted []MessageID
	for _, e := range slices.Backward(window) { // the newest first
		asOf := e.given
		if one := t.of[e.id()]; one != nil {
			asOf = max(asOf, one.asOf)
		}
		if (asOf == 0 || asOf < r.since) && !e.deleted {
			wanted = append(wanted, e.id())
		}
		if len(wanted) == aroundAtOnce {
			break
		}
	}
	if len(wanted) > 0 {
		t.load, t.asked, t.loading = s.number(), s.moment, wanted
		s.do(LoadReactions{Room: r.id, Load: t.load, Messages: wanted})
	}
}

func (s *State) reactionsLoaded(e ReactionsLoaded) {
	r := s.rooms[e.Room]
	if r == nil || e.Load == 0 || e.Load != r.given.load {
		return
	}
	t := &r.given
	asked := t.loading
	t.load, t.loading = 0, nil
	if e.Failed {
		t.failures++
		s.do(After{Delay: delay(t.failures), Due: Due{Room: r.id, Turn: s.number()}})
		return
	}
	s.changed()
	t.failures = 0
	rows := map[MessageID][]Given{}
	for _, g := range e.Reactions {
		rows[g.Message] = append(rows[g.Message], g)
		s.noticeGiver(g)
	}
	for _, id := range asked {
		t.tally(id).read(rows[id], t.asked)
	}
	s.askNames()
	s.askAround(r)
}

// drawReactions draws what was given to a message, if anything: mostly it was not, at every drawing of every row, so the
// rest, which is large, is left out of it.
func (s *State) drawReactions(r *room, id MessageID) []Reaction {
	given := r.given.of[id]
	if given == nil && !r.outbox.reacts(id) {
		return nil
	}
	return s.drawGifts(r, id, given)
}

// drawGifts draws it as if what the user has asked for had come true. Emoji stand in the order in which they were first
// given, people too, but for the user, who is the last.
func (s *State) drawGifts(r *room, id MessageID, given *tally) []Reaction {
	type gift struct {
		emoji string
		by    UserID
		since time.Time
	}
	var gifts []gift
	if given != nil {
		for _, v := range given.rows {
			same := func(g gift) bool { return g.by == v.By && g.emoji == v.Emoji }
			if i := slices.IndexFunc(gifts, same); !v.Off && i < 0 {
				gifts = append(gifts, gift{v.Emoji, v.By, v.Changed})
			} else if !v.Off && v.Changed.Before(gifts[i].since) {
				gifts[i].since = v.Changed
			}
		}
	}
	waiting := map[string]*pending{}
	for _, p := range r.outbox.items {
		if p.Op != OpReact || p.Message != id {
			continue
		}
		waiting[p.Text] = p
		own := func(g gift) bool { return g.by == s.me.ID && g.emoji == p.Text }
		switch has := slices.ContainsFunc(gifts, own); {
		case p.stage == failed && (p.Off || has): // it stays as it is
		case p.Off:
			gifts = slices.DeleteFunc(gifts, own)
		case !has: // one that has failed, too: it needs a place to say so
			gifts = append(gifts, gift{p.Text, s.me.ID, p.Pressed.Add(s.skew)})
		}
	}
	if len(gifts) == 0 {
		return nil
	}
	slices.SortFunc(gifts, func(a, b gift) int {
		return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.by, b.by), cmp.Compare(a.emoji, b.emoji))
	})
	var drawn []Reaction
	for _, g := range gifts {
		i := slices.IndexFunc(drawn, func(d Reaction) bool { return d.Emoji == g.emoji })
		if i < 0 {
			i = len(drawn)
			drawn = append(drawn, Reaction{Emoji: g.emoji})
			if p := waiting[g.emoji]; p != nil {
				drawn[i].ID, drawn[i].Failed = p.ID, p.Problem
			}
		}
		d := &drawn[i]
		if g.by == s.me.ID {
			d.Mine = true
		} else {
			d.People = append(d.People, Person{ID: g.by, Name: s.people.names[g.by]})
		}
	}
	for i := range drawn {
		if drawn[i].Mine {
			drawn[i].People = append(drawn[i].People, Person{ID: s.me.ID, Name: s.people.names[s.me.ID]})
		}
	}
	return drawn
}
