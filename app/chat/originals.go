package chat

import (
	"slices"
	"strings"
)

// originals are messages that others answer and that are not held themselves, as last told or read.
type originals struct {
	of      map[MessageID]original
	wanted  []MessageID
	load    uint64 // of the read under way; 0 for none
	asked   uint64 // the moment it was asked for
	loading []MessageID
}

// An original without a message is not there, or may not be read.
type original struct {
	Message
	asOf uint64
}

// aroundAtOnce is how many keys of messages a question about them may name: those of a page. As uuids they take 4.5 kB of a
// URL, of which proxies let 8 kB through.
const aroundAtOnce = 100

// askAround reads what belongs to the drawn rows and is not in them: what they answer and what was given to them.
func (s *State) askAround(r *room) {
	if !r.live() {
		return
	}
	low, high := r.drawn()
	window := r.timeline.rows.slice(low, high)
	for _, e := range window {
		s.wantOriginal(r, e.replyTo)
	}
	for _, p := range r.outbox.items {
		s.wantOriginal(r, p.ReplyTo)
	}
	s.askOriginals(r)
	s.askReactions(r, window)
}

// noticeOriginal notes that what a message answers is wanted, and what others answer if it is that.
func (s *State) noticeOriginal(r *room, m Message) {
	if _, isOne := r.answered.of[m.ID]; isOne {
		s.changed()
		r.answered.of[m.ID] = original{m, s.moment}
	}
	s.wantOriginal(r, m.ReplyTo)
}

// wantOriginal has a message read that is not held, unless what is known of it was told after the last gap.
func (s *State) wantOriginal(r *room, id MessageID) {
	o := &r.answered
	if id == "" || r.timeline.byID[id] != nil || slices.Contains(o.wanted, id) || slices.Contains(o.loading, id) {
		return
	}
	if known, ok := o.of[id]; !ok || known.asOf < r.since {
		o.wanted = append(o.wanted, id)
	}
}

func (s *State) askOriginals(r *room) {
	o := &r.answered
	if o.load != 0 || len(o.wanted) == 0 || !r.live() {
		return
	}
	n := min(len(o.wanted), aroundAtOnce)
	o.loading, o.wanted = o.wanted[:n:n], o.wanted[n:]
	o.load, o.asked = s.number(), s.moment
	s.do(LoadOriginals{Room: r.id, Load: o.load, Messages: o.loading})
}

func (s *State) originalsLoaded(e OriginalsLoaded) {
	r := s.rooms[e.Room]
	if r == nil || e.Load == 0 || e.Load != r.answered.load {
		return
	}
	s.changed()
	o := &r.answered
	asked := o.loading
	o.load, o.loading = 0, nil
	if e.Failed { // the next connection, or the next look at them, asks again
		return
	}
	if o.of == nil {
		o.of = map[MessageID]original{}
	}
	for _, id := range asked {
		if o.of[id].asOf <= o.asked {
			o.of[id] = original{asOf: o.asked}
		}
	}
	for _, m := range e.Messages {
		if o.of[m.ID].asOf <= o.asked {
			o.of[m.ID] = original{m, o.asked}
		}
		s.noticeAuthor(m)
	}
	s.askNames()
	s.askOriginals(r)
}

// quoteLength is how much of a message is shown in an answer to it, in characters.
const quoteLength = 200

func (s *State) drawQuote(r *room, id MessageID) Quote {
	q := Quote{ID: id}
	if id == "" {
		return q
	}
	m := r.answered.of[id].Message
	if e := r.timeline.byID[id]; e != nil {
		m = e.message()
	}
	if m.ID == "" {
		return q
	}
	var row Row
	s.drawRow(&row, m)
	q.Known, q.Author, q.Name, q.Text, q.Deleted = true, row.Author, row.Name, row.Text, row.Deleted
	if p := r.outbox.changes()[id]; p != nil {
		s.drawChange(&row, p)
		q.Text, q.Deleted = row.Text, row.Deleted
	}
	q.Text = beginning(q.Text)
	return q
}

func beginning(text string) string {
	n := 0
	for i := range text {
		if n++; n > quoteLength {
			return strings.TrimSpace(text[:i]) + "…"
		}
	}
	return text
}
