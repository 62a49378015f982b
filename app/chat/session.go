package chat

import (
	"strings"
	"time"
)

func (s *State) logIn(in LogIn) {
	if s.phase >= PhaseSigningIn {
		return
	}
	s.changed()
	in.Email = strings.TrimSpace(in.Email)
	switch {
	case !looksLikeEmail(in.Email):
		s.refuseLogIn(Problem{Code: ProblemEmailInvalid})
	case in.Password == "":
		s.refuseLogIn(Problem{Code: ProblemPasswordMissing})
	default:
		s.phase = PhaseSigningIn
		s.do(SignIn(in))
	}
}

// looksLikeEmail catches an empty field and a name; the server knows better.
func looksLikeEmail(s string) bool {
	name, host, ok := strings.Cut(s, "@")
	return ok && name != "" && host != "" && !strings.ContainsAny(s, " \t\n")
}

func (s *State) signInFailed(e SignInFailed) {
	switch s.phase {
	case PhaseSigningIn:
		s.changed()
	case PhaseEntering:
		needsCode := s.login.NeedsCode
		s.leave(Problem{})
		s.login.NeedsCode = needsCode
	default:
		return
	}
	s.refuseLogIn(e.Problem)
}

func (s *State) refuseLogIn(p Problem) {
	s.phase = PhaseSignedOut
	s.login.Attempt++
	s.login.Problem = p
	if p.Code == ProblemCodeNeeded {
		s.login.NeedsCode = true
	}
}

// roomRead shows the room to whoever is about to enter it. What they do in it waits until they have.
func (s *State) roomRead(e RoomRead) {
	if s.phase != PhaseSigningIn || e.Cache.Cursor.IsZero() {
		return
	}
	s.changed()
	s.phase, s.me, s.project = PhaseEntering, e.Me, e.Project
	s.openRooms()
	s.cacheLoaded(CacheLoaded{User: e.Me.ID, Cache: e.Cache})
}

// wantEarly keeps an intent until the user has entered. Preferences are not known yet: others would be lost with new ones.
func (s *State) wantEarly(intent Intent) {
	if _, prefers := intent.(Prefer); !prefers {
		s.early = append(s.early, intent)
	}
}

func (s *State) openRooms() {
	s.rooms = map[RoomID]*room{"": {id: ""}}
	s.link.connection = ConnectionConnecting
}

func (s *State) signedIn(e SignedIn) {
	entering := s.phase == PhaseEntering && s.me.ID == e.Me.ID
	rooms, people, shown, early := s.rooms, s.people, s.link, s.early
	s.leave(Problem{}) // nothing of a user who was signed in before may stay
	s.phase, s.entered = PhaseSignedIn, s.moment
	s.me, s.project = e.Me, e.Project
	s.openRooms()
	if entering {
		s.rooms, s.people, s.link = rooms, people, shown
	} else {
		early = nil
	}
	s.login.Unsent, s.login.UnsentName = 0, ""
	s.loadOutbox()
	s.do(LoadPreferences{User: s.me.ID})
	for r := range s.allRooms() {
		s.do(LoadCache{User: s.me.ID, Room: r.id})
		s.do(LoadDraft{User: s.me.ID, Room: r.id})
		s.do(LoadMark{User: s.me.ID, Room: r.id})
	}
	for _, intent := range early {
		s.applySignedIn(intent)
	}
}

func (s *State) signedOut(e SignedOut) {
	if s.phase == PhaseSignedIn || s.phase == PhaseStarting {
		s.leave(e.Problem)
		s.login.Email = e.Email
	}
}

// leave forgets everything that belongs to the user. What is stored for them stays: wiping it is the matter of SignOut.
func (s *State) leave(why Problem) {
	s.changed()
	s.releaseOutbox()
	s.phase, s.early = PhaseSignedOut, nil
	s.login.Problem, s.login.NeedsCode, s.login.Email = why, false, ""
	s.me, s.project, s.storage, s.unsafe = Person{}, Project{}, Problem{}, Problem{}
	s.rediscovered = time.Time{}
	s.link = link{generation: s.link.generation} // generations go on counting across sessions
	s.rooms, s.people = nil, directory{}
	s.preferences = Preferences{}
	s.shelf, s.leaving = shelf{}, staying
}

// rediscoverEvery is how often it is asked what the user may do, at most.
const rediscoverEvery = time.Minute

// rediscover finds out anew what the user may do, because the server has refused something that was allowed. Not for
// everything it refuses: a project can forbid a single message, or say one thing and do another.
func (s *State) rediscover() {
	if s.now.Sub(s.rediscovered).Abs() >= rediscoverEvery {
		s.rediscovered = s.now
		s.do(Discover{})
	}
}

func (s *State) discovered(e Discovered) {
	if e.Me.ID != s.me.ID {
		return
	}
	s.changed()
	s.me, s.project = e.Me, e.Project
	for r := range s.allRooms() {
		mayRead := e.Project.Problem == (Problem{}) || e.Project.Problem.Code == ProblemWriteForbidden
		if r.reader.problem != (Problem{}) && mayRead {
			s.catchUp(r, GapConnection) // what was refused may be allowed now
		}
		s.drain(r)
	}
}

func (s *State) connectionChanged(e ConnectionChanged) {
	if e.Generation < s.link.generation {
		return
	}
	s.changed()
	for r := range s.allRooms() {
		s.stopReading(r, GapConnection)
	}
	s.link.generation = e.Generation
	s.link.connection, s.link.retryAt, s.link.problem = e.Connection, e.RetryAt, e.Problem
	s.people.loading = false // an answer may have got lost with the connection
	for r := range s.allRooms() {
		r.outbox.paused = false
		s.drain(r)
	}
}

func (s *State) subscribed(e Subscribed) {
	if !s.current(e.Generation) {
		return
	}
	s.loadDirectory()
	for r := range s.allRooms() {
		s.catchUp(r, GapSubscription)
	}
}

func (s *State) interrupted(e Interrupted) {
	if !s.current(e.Generation) {
		return
	}
	for r := range s.allRooms() {
		s.stopReading(r, e.Reason)
	}
}

func (s *State) missed(e Missed) {
	if !s.current(e.Generation) {
		return
	}
	for r := range s.allRooms() {
		s.catchUp(r, e.Reason)
	}
}

// current reports whether news of a connection is news of the open one.
func (s *State) current(generation uint64) bool {
	return generation == s.link.generation && s.link.open()
}
