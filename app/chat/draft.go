package chat

import "slices"

// A composer is what is known of the box that messages are written in.
type composer struct {
	draft  string    // what stands in it, as last told
	reply  MessageID // what that answers
	told   bool      // by its user: what was stored before is older
	loaded bool      // what was stored before is known
	found  []Item    // what Send was pressed for before the program ended, until the outbox is known
	kept   MessageID // the new item that storage has answered for last
}

func (s *State) draft(in Draft) {
	r := s.rooms[in.Room]
	if r == nil {
		return
	}
	r.composer.told = true
	if in.Text != r.composer.draft || in.ReplyTo != r.composer.reply {
		r.composer.draft, r.composer.reply = in.Text, in.ReplyTo
		s.saveDraft(r)
	}
}

// saveDraft keeps what would be lost if the program ended now. As long as it is not known what is stored, nothing is
// stored over it.
func (s *State) saveDraft(r *room) {
	if r.composer.loaded {
		s.do(SaveDraft{User: s.me.ID, Room: r.id, Pending: r.unkept(), Text: r.composer.draft, ReplyTo: r.composer.reply})
	}
}

// unkept are the items that storage has not answered for.
func (r *room) unkept() []Item {
	items := slices.Clone(r.composer.found)
	for _, p := range r.outbox.items {
		if !p.kept {
			items = append(items, p.Item)
		}
	}
	return items
}

func (s *State) draftLoaded(e DraftLoaded) {
	r := s.rooms[e.Room]
	if r == nil || e.User != s.me.ID || r.composer.loaded {
		return
	}
	s.changed()
	c := &r.composer
	c.loaded, c.found = true, e.Pending
	if !c.told {
		c.draft, c.reply = e.Text, e.ReplyTo
		s.wantOriginal(r, c.reply)
	}
	if c.told || len(r.unkept()) > len(c.found) { // something was to be stored meanwhile
		s.saveDraft(r)
	}
	s.handIn(r)
}

// handIn puts into the outbox what Send was pressed for, unless it is there or has been: once that can be told. Another
// tab may have found it in storage and sent it, which a key of ours makes harmless; without one, the user decides.
func (s *State) handIn(r *room) {
	found := r.composer.found
	if len(found) == 0 || !s.shelf.known {
		return
	}
	r.composer.found = nil
	for _, item := range found {
		if item.ID == "" || item.Room != r.id || !item.Op.known() || r.knows(item.ID) {
			continue
		}
		if item.once(s.project) {
			item.Problem = Problem{Code: ProblemUnsure}
		}
		p := &pending{Item: item}
		r.outbox.items = append(r.outbox.items, p)
		s.save(p)
	}
	r.outbox.sort()
	s.hold(r)
	s.saveDraft(r)
}

// keep tells that storage has answered for an item, or that it needs none any more.
func (s *State) keep(r *room, p *pending) {
	if p.kept {
		return
	}
	s.changed()
	if p.kept = true; p.Op == OpSend {
		r.composer.kept = p.ID
	}
	s.saveDraft(r)
}
