package chat

import (
	"slices"
	"time"
)

// maxTries is how often the server may fail over one item before the items behind it go first.
const maxTries = 3

// drain lets the item whose turn it is take its next step, if it can.
func (s *State) drain(r *room) {
	p := r.outbox.next(s.now)
	if p == nil || r.outbox.paused || !s.link.open() {
		return
	}
	if s.needNotWait(r, p) {
		s.transmit(p)
		return
	}
	if !s.sender.mayStart(s.now) {
		return
	}
	mustMark := p.durable() && p.once(s.project)
	switch {
	case p.stage == unclear:
		s.changed()
		p.stage, p.attempt = looking, s.number()
		s.do(LookUp{Room: r.id, ID: p.ID, Message: p.target(), Attempt: p.attempt})
	case p.stage != queued:
	case mustMark && s.sender.blind: // until storage can be read
	case p.Attempted: // by another tab, or before a crash, or before the project took keys of ours
		s.fail(r, p, Problem{Code: ProblemUnsure})
	case mustMark:
		p.stage, p.Attempted = marking, true
		s.save(p)
	default:
		s.transmit(p)
	}
}

// needNotWait reports whether an item may leave while it is being stored, and before it is this tab's turn. It must be a
// new message with a key of ours, and the first of all that wait. The draft, which is stored at once, has it in case that
// the program ends now; and should another tab find it in storage and send it, too, the key sees to it that it is stored
// once. That spares its writer, and everybody who waits for it, two rounds of the disk.
func (s *State) needNotWait(r *room, p *pending) bool {
	return p.stage == saving && !p.kept && p.Op == OpSend && s.project.OwnKeys &&
		r.composer.loaded && s.shelf.asOf >= s.entered
}

// marked goes on with an item that was to be marked as attempted. If it could not be, it must not leave: after a crash it
// would leave once more.
func (s *State) marked(r *room, p *pending, problem Problem) {
	switch {
	case problem != (Problem{}):
		p.stage, p.Attempted = queued, false
		s.pause(r)
	case !s.sender.ready:
		s.unmark(p)
	default:
		s.transmit(p)
	}
}

// unmark notes that an item has certainly not reached the server.
func (s *State) unmark(p *pending) {
	p.stage = queued
	if p.Attempted {
		p.Attempted = false
		p.stage = saving
		s.save(p)
	}
}

func (s *State) transmit(p *pending) {
	s.changed()
	p.stage, p.attempt, p.claim = sending, s.number(), ""
	s.do(Transmit{Item: p.Item, Attempt: p.attempt, Again: p.again})
}

func (s *State) answered(e Answered) {
	r := s.rooms[e.Room]
	if r == nil {
		return
	}
	p := r.outbox.find(e.ID)
	if p != nil && p.attempt != e.Attempt {
		p = nil // the item has moved on; the row still counts
	}
	if e.Message.ID != "" {
		s.tell(r, e.Message) // settles the item if it carries its key
	}
	for _, given := range e.Reactions {
		s.tellReaction(r, given)
	}
	if p == nil || r.outbox.find(e.ID) != p || p.stage == failed {
		return
	}
	s.changed()
	p.attempt = 0
	wasLookUp := p.stage == looking
	switch e.Answer {
	case AnswerStored:
		switch {
		case wasLookUp && p.Op != OpSend:
			s.looked(r, p, e.Message)
		case p.Op == OpEdit:
			s.settleEdit(r, p, false)
		default:
			s.settle(r, p)
		}
	case AnswerRefused:
		s.fail(r, p, e.Problem)
	case AnswerUnsent:
		if wasLookUp {
			p.stage = unclear
		} else {
			s.unmark(p)
		}
		s.pause(r)
	case AnswerDisputed, AnswerUnclear:
		s.doubt(r, p, e)
	case AnswerMissing:
		s.missing(r, p)
	}
}

// doubt deals with an answer that does not say whether the row is there.
func (s *State) doubt(r *room, p *pending, e Answered) {
	p.doubt, p.final = e.Problem, e.Answer == AnswerDisputed
	if p.Op == OpEdit && p.stage == sending && !p.final {
		s.wentAstray(r, p)
	}
	if e.Problem != (Problem{}) {
		p.tries++
	}
	claimed := r.timeline.byID[p.claim]
	switch {
	case p.Op == OpReact: // its row cannot be looked up by a key that is known here; doing it again does no harm
		s.again(r, p)
	case !p.once(s.project):
		p.stage, p.again = unclear, true
		s.drain(r)
	case claimed != nil && claimed.by.author != "":
		s.settle(r, p)
	case p.final:
		s.rediscover()
		s.fail(r, p, e.Problem)
	default:
		s.fail(r, p, Problem{Code: ProblemUnsure, Detail: e.Problem.Detail})
	}
}

// missing deals with a row that was looked for and is not there: it will be sent again under the same key.
func (s *State) missing(r *room, p *pending) {
	if p.stage == looking && p.Op != OpSend {
		s.settle(r, p) // the message is gone, and what was to be done to it with it
		return
	}
	s.again(r, p)
}

// again tries an item again unless the server has said its last word.
func (s *State) again(r *room, p *pending) {
	if p.final {
		s.rediscover()
	}
	if p.final || p.tries >= maxTries {
		s.fail(r, p, p.doubt)
		return
	}
	p.stage = queued
	s.pause(r)
}

// acknowledge settles the item that a stored row is of.
func (s *State) acknowledge(r *room, m Message, isNew bool) {
	mine := m.Author == "" || m.Author == s.me.ID
	if mine {
		r.outbox.see(m, s.moment)
	}
	if len(r.outbox.items) == 0 {
		return
	}
	if p := r.outbox.find(m.Item()); p != nil {
		if mine {
			s.settle(r, p)
		} else if p.Problem.Code != ProblemKeyTaken {
			s.fail(r, p, Problem{Code: ProblemKeyTaken})
		}
		return
	}
	if !s.project.OwnKeys && isNew && mine {
		s.claim(r, m)
	}
}

// claim recognises a new row as an item's by its text, where keys are the server's. While the item is on its way the
// row only stands in for it on the screen: the answer decides. An item that nobody will ever answer for is settled by
// it, if the row is certainly the user's own and can be no other item's.
func (s *State) claim(r *room, m Message) {
	var same []*pending
	for _, p := range r.outbox.items {
		if p.Op == OpSend && p.Text == m.Text && p.claim == "" && m.Created.After(p.Pressed.Add(s.skew-time.Minute)) { // not one of long ago
			same = append(same, p)
		}
	}
	for _, p := range same {
		if p.stage == sending {
			p.claim = m.ID
			return
		}
	}
	if len(same) == 1 && same[0].unsure() && m.Author != "" {
		s.settle(r, same[0])
	}
}

// settle removes an item: the server has it.
func (s *State) settle(r *room, p *pending) {
	r.outbox.failures = 0
	s.forget(r, p)
	s.drain(r)
}

// forGood is the moment before which everything that is ever read of storage was asked for.
const forGood = ^uint64(0)

// drop takes an item out: what was read of storage before until, or is still to be, does not bring it back.
func (s *State) drop(r *room, p *pending, until uint64) {
	s.changed()
	s.keep(r, p)
	r.outbox.gone.add(p.ID, until)
	r.outbox.items = slices.DeleteFunc(r.outbox.items, func(q *pending) bool { return q == p })
}

func (s *State) forget(r *room, p *pending) { s.forgetUntil(r, p, forGood) }

func (s *State) forgetUntil(r *room, p *pending, until uint64) {
	s.drop(r, p, until)
	s.do(Forget{User: s.me.ID, Room: r.id, ID: p.ID})
}

// fail keeps an item for the user to decide about, and lets those behind it go.
func (s *State) fail(r *room, p *pending, why Problem) {
	if why == (Problem{}) {
		why.Code = ProblemRefused
	}
	r.outbox.failures = 0
	if s.leaving == waiting {
		s.leaving = asking
	}
	p.Problem, p.claim, p.attempt = why, "", 0
	s.save(p)
	s.drain(r)
}

// pause waits before anything of the room is sent again.
func (s *State) pause(r *room) {
	o := &r.outbox
	o.failures++
	o.paused, o.turn = true, s.number()
	s.do(After{Delay: delay(o.failures), Due: Due{Room: r.id, Turn: o.turn}})
}

func (s *State) resumeOutbox(r *room, turn uint64) {
	if o := &r.outbox; o.paused && turn == o.turn {
		o.paused = false
		s.drain(r)
	}
}
