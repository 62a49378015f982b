package directustest

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// Frames returns what clients have sent over sockets, oldest first.
func (s *Server) Frames() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.frames)
}

// Connections returns how many sockets are open.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

// Cut ends all connections without a word, as a network does.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut()
}

func (s *Server) cut() {
	for _, c := range slices.Clone(s.sockets) {
		c.end()
	}
}

// Stop ends all connections and answers nobody until Start.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	s.cut()
}

// Start ends Stop.
func (s *Server) Start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = false
}

// Freeze lets nothing through, in either direction, until Thaw: requests, upgrades and frames wait.
func (s *Server) Freeze() { s.set(func() { s.all.shut() }) }

// FreezeUp lets no frame of clients through, until Thaw. What the server says still arrives.
func (s *Server) FreezeUp() { s.set(func() { s.up.shut() }) }

// FreezeDown lets no frame of the server through, until Thaw. What clients say still arrives.
func (s *Server) FreezeDown() { s.set(func() { s.down.shut() }) }

// Thaw ends Freeze, FreezeUp and FreezeDown.
func (s *Server) Thaw() {
	s.set(func() {
		s.all.open()
		s.up.open()
		s.down.open()
	})
}

// A gate lets things through while its channel is closed. Server.mu guards it.
type gate struct{ passage chan struct{} }

func newGate() gate {
	g := gate{make(chan struct{})}
	close(g.passage)
	return g
}

func (g *gate) shut() {
	if g.isOpen() {
		g.passage = make(chan struct{})
	}
}

func (g *gate) open() {
	if !g.isOpen() {
		close(g.passage)
	}
}

func (g *gate) isOpen() bool {
	select {
	case <-g.passage:
		return true
	default:
		return false
	}
}

// pass waits while any of the gates is shut, or until done.
func (s *Server) pass(done <-chan struct{}, gates ...*gate) {
	for _, g := range gates {
		s.mu.Lock()
		passage := g.passage
		s.mu.Unlock()
		select {
		case <-passage:
		case <-done:
		}
	}
}

// answer is pass for what the server says, which waits as long as Slow says.
func (s *Server) answer(done <-chan struct{}, gates ...*gate) {
	s.mu.Lock()
	slow := s.slow
	s.mu.Unlock()
	if slow > 0 {
		select {
		case <-time.After(slow):
		case <-done:
		}
	}
	s.pass(done, gates...)
}

// Expire lets the access tokens given out so far expire now; connected clients are told.
func (s *Server) Expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.access {
		g.expires = s.now()
	}
	for _, c := range slices.Clone(s.sockets) {
		if c.grant != nil {
			c.expire()
		}
	}
}

// RefuseAuth answers AUTH_FAILED to the next n auth frames.
func (s *Server) RefuseAuth(n int) { s.set(func() { s.refuseAuth = n }) }

// LoseReplies carries out the next n creates, by socket or REST, and ends the connection in place of an answer.
func (s *Server) LoseReplies(n int) { s.set(func() { s.loseReplies = n }) }

// LoseRefreshes carries out the next n refreshes and ends the connection in place of an answer.
func (s *Server) LoseRefreshes(n int) { s.set(func() { s.loseRefreshes = n }) }

// CloseBehindEvents ends the connection right behind each of the next n events.
func (s *Server) CloseBehindEvents(n int) { s.set(func() { s.closeBehindEvents = n }) }

// Slow lets every answer wait; 0 ends it.
func (s *Server) Slow(d time.Duration) { s.set(func() { s.slow = d }) }

// SetRealtime switches WebSockets on or off, as WEBSOCKETS_ENABLED does. Those connected stay.
func (s *Server) SetRealtime(on bool) { s.set(func() { s.realtime = on }) }

// SetUpgrade allows or refuses upgrades without switching realtime off, as a proxy may.
func (s *Server) SetUpgrade(on bool) { s.set(func() { s.upgrade = on }) }

// OnEvent puts f between the server and the subscribers: it gets the frame of each event for each subscriber, and what
// it returns is sent instead. nil ends it.
func (s *Server) OnEvent(f func(frame []byte) [][]byte) { s.set(func() { s.onEvent = f }) }

// OnRequest puts f in front of the REST API: where it returns true, it has answered. nil ends it.
func (s *Server) OnRequest(f func(http.ResponseWriter, *http.Request) bool) {
	s.set(func() { s.onRequest = f })
}

// Suspend suspends a user, as an administrator does: no log-in, and all refresh tokens are void. Directus lets access
// tokens and open sockets go on.
func (s *Server) Suspend(email string) {
	s.set(func() {
		s.user(email).Suspended = true
		s.revoke(email)
	})
}

// Revoke makes all refresh tokens of a user void.
func (s *Server) Revoke(email string) { s.set(func() { s.revoke(email) }) }

func (s *Server) revoke(email string) {
	maps.DeleteFunc(s.refresh, func(_ string, u *user) bool { return u == s.user(email) })
}

// Push sends a frame to all who are connected and authenticated.
func (s *Server) Push(frame string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.sockets {
		if c.grant != nil {
			c.send([]byte(frame))
		}
	}
}

func (s *Server) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}
