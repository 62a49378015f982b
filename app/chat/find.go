package chat

import (
	"slices"
	"strings"
)

// What is found in a room's history is a list of its own, the newest first, in pages. It is not held in the timeline:
// between two of its messages there are others.

// foundAtOnce is as much as is read at a time; longestSearch is how long a text may be, in bytes: it has to fit into a URL.
const (
	foundAtOnce   = 20
	longestSearch = 500
)

// Search is what Find was asked for last.
type Search struct {
	Text    string
	Running bool
	Found   []Row   // the newest first
	More    bool    // FindMore reads more of them
	Problem Problem // why it cannot go on
}

// search is the state of it.
type search struct {
	paging
	text    string
	found   []Message
	load    uint64 // the read under way; 0 for none
	more    bool
	problem Problem
}

func (s *State) find(in Find) {
	r := s.rooms[in.Room]
	if r == nil {
		return
	}
	s.changed()
	text := strings.TrimSpace(sendable(in.Text))
	if len(text) > longestSearch {
		text = strings.ToValidUTF8(text[:longestSearch], "")
	}
	r.search = search{text: text}
	if text != "" {
		r.search.paging = paging{query: Query{Newest: true, Limit: foundAtOnce, Containing: text}}
		s.searchOn(r)
	}
}

func (s *State) findMore(in FindMore) {
	if r := s.rooms[in.Room]; r != nil && r.search.load == 0 && (r.search.more || r.search.problem != (Problem{})) {
		s.changed()
		s.searchOn(r)
	}
}

func (s *State) searchOn(r *room) {
	r.search.load, r.search.problem = s.number(), Problem{}
	s.do(Load{Room: r.id, Load: r.search.load, Query: r.search.query})
}

// searchLoaded takes a page of what was found. It reports whether it is one.
func (s *State) searchLoaded(e PageLoaded) bool {
	r := s.rooms[e.Room]
	if r == nil || e.Load == 0 || e.Load != r.search.load {
		return false
	}
	s.changed()
	f := &r.search
	f.load = 0
	if f.tooFar(e.Messages) {
		s.searchOn(r)
		return true
	}
	for _, m := range e.Messages {
		known := slices.ContainsFunc(f.found, func(other Message) bool { return other.ID == m.ID })
		if !known && f.fits(m) {
			f.found = append(f.found, m)
			s.noticeAuthor(m)
		}
	}
	if f.more = e.More && len(e.Messages) > 0; f.more {
		f.next(e.Messages)
		if f.query.Limit > foundAtOnce {
			f.query.Limit = foundAtOnce
		}
	}
	s.askNames()
	return true
}

// fits leaves out what a database has found that takes some characters of the text for any: a percent sign, an underscore.
func (f *search) fits(m Message) bool {
	if m.Deleted || m.Created.IsZero() {
		return false
	}
	return !strings.ContainsAny(f.text, `%_\`) || strings.Contains(strings.ToLower(m.Text), strings.ToLower(f.text))
}

// searchFailed ends a search that cannot go on. It reports whether it was one.
func (s *State) searchFailed(e LoadFailed) bool {
	r := s.rooms[e.Room]
	if r == nil || e.Load == 0 || e.Load != r.search.load {
		return false
	}
	s.changed()
	f := &r.search
	switch {
	case e.TooLarge && f.query.Limit > 1 && f.smaller():
		s.searchOn(r)
	case e.Problem != (Problem{}):
		f.load, f.problem = 0, e.Problem
	default:
		f.load, f.problem = 0, Problem{Code: ProblemUnreachable}
	}
	return true
}

func (s *State) drawSearch(r *room) Search {
	f := &r.search
	view := Search{Text: f.text, Running: f.load != 0, More: f.more, Problem: f.problem}
	for _, m := range f.found {
		if r.timeline.gone.has(m.ID) {
			continue
		}
		if held := r.timeline.byID[m.ID]; held != nil { // it may have been changed since
			m = held.message()
		}
		if !m.Deleted {
			var row Row
			s.drawRow(&row, m)
			view.Found = append(view.Found, row)
		}
	}
	return view
}
