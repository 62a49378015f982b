package chat

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"directuschat"
)

// An Item is an operation the user has asked for and the server has not confirmed. It is durable before it leaves, and
// stays until the server has it or the user discards it.
type Item struct {
	Op        Op
	Room      RoomID
	ID        MessageID // chosen by the client; of OpSend the message's key, or told beside it, where the project takes ours
	Message   MessageID // that it is done to, but for OpSend
	Text      string    // of OpReact the emoji
	ReplyTo   MessageID // of OpSend
	Off       bool      // of OpReact: the emoji is taken back
	Pressed   time.Time // when Send was pressed
	Attempted bool      // without a key of ours: it may have reached the server
	Problem   Problem   // why it failed; the zero Problem while there is hope
}

// Op says what an item does. It is stored, so its values never change; an item with an unknown one, stored by a newer
// program, is left alone.
type Op string

// The operations.
const (
	OpSend   Op = ""       // store a message
	OpEdit   Op = "edit"   // give it another text
	OpDelete Op = "delete" // take its text back for good
	OpReact  Op = "react"  // give it an emoji, or take that back
)

// outbox holds a room's items in the order in which Send was pressed. They leave in that order, one at a time; those
// that are held back (see pending.held) let the others go first.
//
//	          ┌──────── not sent ───────┬─────── again ───────┐
//	          ▼                         │                     │
//	saving ─▶ queued ─▶ (marking) ─▶ sending ─▶ unclear ─▶ looking
//	                                    │                     │
//	                                    ├──────▶ stored ◀─────┤
//	                                    └──────▶ failed ◀─────┘
//
// Only the tab that has the outbox (see sender) lets an item take the steps from queued to sending and from unclear to
// looking; a new message may go from saving to sending right away (see needNotWait). Stored means gone from the outbox,
// the row being in the timeline; the row ends every stage, whichever way it comes, and so does another tab by settling or
// discarding the item. Of a project that takes no keys of ours nothing can be looked up: there "attempted" is made durable
// before sending (marking), and an unclear answer is a failure the user decides about. What is done to a message that is
// there may be done twice, whosever keys they are: see change.go.
type outbox struct {
	items    []*pending
	gone     tombstones // settled or discarded, here or in another tab
	sent     tombstones // the user's rows that have been seen, by what they were sent as, where that is not their key
	paused   bool       // until turn
	turn     uint64     // of the next try after a pause
	failures int        // in a row
	holding  uint64     // the turn at which something is not held back any more; 0 for none
}

// A pending is an Item with what is known of it only as long as the program runs.
type pending struct {
	Item
	stage   stage
	stored  Item      // as storage has it; the zero Item if it does not
	asked   Item      // as storage was asked to have it; the zero Item when it has answered
	kept    bool      // storage has answered at least once
	asOf    uint64    // the moment of which all this is known at least
	attempt uint64    // the Transmit or LookUp under way
	tries   int       // attempts that the server answered without settling anything
	doubt   Problem   // the server's words in the last of them
	again   bool      // an attempt has got no answer
	final   bool      // doubt stands if the row is not there
	claim   MessageID // without a key of ours: a row that is this item's as far as can be seen
}

type stage uint8

const (
	saving  stage = iota // not durable yet
	queued               // durable, to be sent
	marking              // about to be sent: that much is being made durable
	sending              // on its way
	unclear              // perhaps stored: to be looked up
	looking              // being looked up
	failed
)

// String is what diagnostics say.
func (s stage) String() string {
	return [...]string{"saving", "queued", "marking", "sending", "unclear", "looking", "failed"}[s]
}

// underWay reports whether an answer is still to come of what was begun here.
func (p *pending) underWay() bool {
	return p.stage == marking || p.stage == sending || p.stage == looking
}

// unsure reports whether the item may have been stored by an attempt that nobody waits for any more.
func (p *pending) unsure() bool {
	return p.Problem.Code == ProblemUnsure || p.stage == queued && p.Attempted
}

// busy reports whether the item must not be left to another tab yet.
func (p *pending) busy() bool { return p.asked.ID != "" || p.underWay() }

// durable reports whether storage has the item, perhaps in an earlier state.
func (p *pending) durable() bool { return p.stored.ID != "" }

// olderThan reports whether what was read of storage tells more of an item than what is known here.
func (p *pending) olderThan(load uint64) bool { return !p.busy() && p.asOf <= load }

func (p *pending) delivery() Delivery {
	switch p.stage {
	case sending, unclear, looking:
		return Sending
	case failed:
		return Failed
	default:
		return Queued
	}
}

func (o *outbox) find(id MessageID) *pending {
	for _, p := range o.items {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// reacts reports whether a reaction to a message waits.
func (o *outbox) reacts(to MessageID) bool {
	return slices.ContainsFunc(o.items, func(p *pending) bool { return p.Op == OpReact && p.Message == to })
}

// see notes what a row of the user's was sent as, in case that its item is found in storage later.
func (o *outbox) see(m Message, at uint64) {
	if m.SentAs != "" {
		o.sent.add(m.SentAs, at)
	}
}

func (o *outbox) sort() {
	slices.SortStableFunc(o.items, func(a, b *pending) int { return a.Pressed.Compare(b.Pressed) })
}

// head is the item whose turn it is, nil if there is none.
func (o *outbox) head(now time.Time) *pending {
	for _, p := range o.items {
		if p.stage != failed && !p.held(now) {
			return p
		}
	}
	return nil
}

// hope reports whether anything may still be sent without the user's doing.
func (o *outbox) hope() bool {
	return slices.ContainsFunc(o.items, func(p *pending) bool { return p.stage != failed })
}

// last is when Send was pressed last, as far as the items tell.
func (o *outbox) last() time.Time {
	if len(o.items) == 0 {
		return time.Time{}
	}
	return o.items[len(o.items)-1].Pressed
}

// next is the item that may take its next step: the head, unless another one has not ended its own.
func (o *outbox) next(now time.Time) *pending {
	if slices.ContainsFunc(o.items, (*pending).underWay) {
		return nil
	}
	return o.head(now)
}

func (s *State) send(in Send) {
	r := s.rooms[in.Room]
	text := sendable(in.Text)
	if r == nil || in.ID == "" || strings.TrimSpace(text) == "" || r.knows(in.ID) {
		return
	}
	s.enqueue(r, Item{ID: in.ID, Text: text, ReplyTo: in.ReplyTo, Problem: s.objection(text)})
}

// enqueue puts an item behind the others.
func (s *State) enqueue(r *room, item Item) {
	item.Room, item.Pressed = r.id, s.now
	if last := r.outbox.last(); !item.Pressed.After(last) {
		item.Pressed = last.Add(1) // clocks are set back, and coarse
	}
	p := &pending{Item: item}
	if p.Problem != (Problem{}) {
		p.stage = failed
	}
	r.outbox.items = append(r.outbox.items, p)
	s.saveDraft(r) // before storage has answered for it, in case that it never does
	s.drain(r)     // the line takes longer than storage
	s.save(p)
}

// knows reports whether a key is in use.
func (r *room) knows(id MessageID) bool {
	return r.outbox.find(id) != nil || r.outbox.gone.has(id) || r.outbox.sent.has(id) || r.timeline.byID[id] != nil
}

// objection is why a text cannot be sent at all.
func (s *State) objection(text string) Problem {
	switch {
	case tooLong(text):
		return Problem{Code: ProblemTooLong}
	case !s.project.CanWrite:
		return Problem{Code: ProblemWriteForbidden}
	}
	return Problem{}
}

func tooLong(text string) bool { return utf16Len(text) > directuschat.MaxLength }

// sendable takes out what no database stores: broken characters and NUL.
func sendable(text string) string {
	if !utf8.ValidString(text) { // ToValidUTF8 is large code, which the engine would compile for what is nearly always in order
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	return strings.ReplaceAll(text, "\x00", "")
}

// utf16Len counts as Directus's field validation does.
func utf16Len(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// save makes an item durable, as new or in its present state.
func (s *State) save(p *pending) {
	s.changed()
	if p.Problem != (Problem{}) {
		p.stage = failed
	}
	p.asOf = s.moment
	if p.asked.ID == "" { // else it is saved again after the answer
		p.asked = p.Item
		s.do(Save{User: s.me.ID, Item: p.Item, Was: p.stored})
	}
}

// itemSaved goes on with an item. If it could not be saved it goes on all the same: where nothing can be stored, sending
// at once is the safest place for it. The user is told.
func (s *State) itemSaved(e ItemSaved) {
	s.storageAnswered(e.Problem)
	r := s.rooms[e.Room]
	if r == nil {
		return
	}
	p := r.outbox.find(e.ID)
	switch {
	case p == nil && !r.outbox.gone.has(e.ID):
		s.loadOutbox() // it was sent in an earlier session of the same user, which had not seen it stored
		return
	case p == nil || p.asked.ID == "":
		return
	}
	s.keep(r, p)
	saved := p.asked
	p.asked, p.asOf = Item{}, s.moment
	switch {
	case e.Late:
		s.late(p)
	case e.Problem != (Problem{}):
		s.goOn(r, p, e.Problem)
	default:
		p.stored = saved
		if p.Item != saved {
			s.save(p)
		} else {
			s.goOn(r, p, Problem{})
		}
	}
	s.drain(r)
}

// goOn takes the step that waited for storage.
func (s *State) goOn(r *room, p *pending, problem Problem) {
	switch p.stage {
	case saving:
		p.stage = queued
	case marking:
		s.marked(r, p, problem)
	}
}

// late finds out what another tab has made of an item.
func (s *State) late(p *pending) {
	if p.stage != failed {
		p.stage = queued
	}
	if s.sender.load != 0 {
		s.readOutbox()
	} else {
		s.loadOutbox()
	}
}

func (s *State) retry(in Retry) {
	r := s.rooms[in.Room]
	if r == nil {
		return
	}
	if p := r.outbox.find(in.ID); p != nil && p.stage == failed {
		p.Problem, p.Attempted, p.tries = s.objectionTo(r, p.Item), false, 0
		p.stage = saving
		s.save(p)
	}
}

func (s *State) discard(in Discard) {
	r := s.rooms[in.Room]
	if r == nil {
		return
	}
	if p := r.outbox.find(in.ID); p != nil && p.stage == failed {
		s.forgetUntil(r, p, s.moment) // a tab that did not hear of it may hand it in again: then it is the user's to decide once more
	}
}
