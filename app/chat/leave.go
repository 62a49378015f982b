package chat

// leaving is how far a log-out has come that must not lose what waits to be sent.
//
//	         LogOut              something is unsent            UnsentWait
//	staying ────────▶ deciding ──────────────────────▶ asking ────────────▶ waiting
//	                                                      ▲                    │
//	                                                      └─── an item fails ──┘
//
// From each of them it is carried out as soon as nothing is unsent, or by UnsentDiscard.
type leaving uint8

const (
	staying  leaving = iota
	deciding         // what is unsent is not known yet
	asking
	waiting
)

func (s *State) logOut(in LogOut) {
	if s.phase != PhaseSignedIn {
		return
	}
	s.changed()
	switch in.Unsent {
	case UnsentDiscard:
		s.goOut()
		return
	case UnsentWait:
		s.leaving = waiting
	default:
		s.leaving = deciding
	}
	s.attendLeaving()
}

func (s *State) cancelLogOut() {
	s.changed()
	s.leaving = staying
}

// attendLeaving takes a log-out as far as it can go now.
func (s *State) attendLeaving() {
	if s.leaving == staying || !s.shelf.known {
		return
	}
	unsent, hope := s.unsent()
	switch {
	case unsent == 0:
		s.goOut()
	case s.leaving == deciding, s.leaving == waiting && !hope:
		s.changed()
		s.leaving = asking
	}
}

// unsent counts the items, and tells whether any of them may still be sent without the user's doing.
func (s *State) unsent() (n int, hope bool) {
	n = s.shelf.foreign
	for _, r := range s.rooms {
		n += len(r.outbox.items)
		hope = hope || r.outbox.hope()
	}
	return n, hope
}

func (s *State) goOut() {
	s.leave(Problem{})
	s.do(SignOut{})
}

func (s *State) drawLeaving() LeavingView {
	view := LeavingView{Asking: s.leaving == asking, Waiting: s.leaving == waiting}
	if view != (LeavingView{}) {
		view.Unsent, _ = s.unsent()
	}
	return view
}

// unsentFound tells whoever comes to the log-in form that somebody's messages wait for their log-in.
func (s *State) unsentFound(e UnsentFound) {
	if s.phase == PhaseSignedIn {
		return
	}
	s.changed()
	s.login.Unsent, s.login.UnsentName = e.Count, e.Name
}

func (s *State) discardUnsent() {
	if s.phase == PhaseSignedOut && s.login.Unsent > 0 {
		s.do(DiscardOutbox{})
	}
}

func (s *State) revocationPending(e RevocationPending) {
	s.changed()
	s.login.Revoking = e.Pending
}
