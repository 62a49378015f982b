// Package directustest is a Directus to test against: it speaks the REST and WebSocket protocol as the real one does, in
// the same process, in memory and on virtual time, or as an http.Handler behind a real listener. And it misbehaves on
// demand, as the real one and the networks before it do.
//
//	srv := directustest.New(directustest.Config{})
//	defer srv.Close()
//	session := directus.NewSession(directus.SessionConfig{
//		API:    srv.API(),    // or directus.API{URL: httptest.NewServer(srv).URL, …}
//		Dialer: srv.Dialer(),
//		Tokens: directustest.NewTokens(srv.Grant("alice@example.com").Refresh),
//		…
//
// What a test does to it, most used first:
//
//	Insert, Update, Delete   change rows as somebody else would; subscribers get their events
//	Rows, Frames             what is stored; what clients have sent
//	Cut                      end all connections without a word
//	Stop, Start              a restart: connections end, then nothing answers; users, tokens and rows stay
//	Freeze, Thaw             let nothing through, in either direction, and lose nothing
//	FreezeUp, FreezeDown     the same for the frames of clients, or of the server, alone
//	Expire                   the access tokens given out so far expire now
//	RefuseAuth               answer AUTH_FAILED to the next auth frames
//	LoseReplies              carry out the next creates and end the connection in place of an answer
//	LoseRefreshes            the same with refreshes: the old token is dead, and nobody has the new one
//	OnEvent                  drop, double, delay, reorder or forge the events of subscriptions
//	CloseBehindEvents        end the connection right behind the next events
//	OnRequest                answer REST in place of the server: 429, 503, a web page, a body of 5 MB
//	Push                     send any frame to all who are connected
//	Slow                     let every answer wait
//	SetRealtime, SetUpgrade  WebSockets off; upgrades refused
//	Suspend, Revoke          a user; all refresh tokens of a user
//
// It must not drift from the truth: app/directus runs one table of protocol facts against it and against real servers of
// both versions. It knows Directus, not the chat. What the table does not say is left out: it knows no policies, no
// deletion by users, no change of many rows, and of the filter only what a history needs.
package directustest

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A Config says what kind of Directus it is. The zero value is a 12.4.0 with two users, alice@example.com and
// bob@example.com, whose password is "password", and the collection Messages.
type Config struct {
	Version     string        // "11.17.4" gives errors without uid, and events that go on after expiry
	Users       []User        // nil for alice and bob
	Collections []Collection  // nil for Messages
	AccessTTL   time.Duration // 0 is 15 minutes
	Heartbeat   time.Duration // 0 is 30 s, negative is off
	AuthTimeout time.Duration // until the first auth frame, and from expiry to the next one; 0 is 10 s
	ClockOffset time.Duration // of the server's clock
	HideUsers   bool          // users cannot read other users, not even through a relation

	// RefreshGrace is for how long the same refresh token gets the same answer again. Directus has none; a chatd in front
	// of it does that, so that an answer lost on the way costs no session.
	RefreshGrace time.Duration
}

// A User is somebody who can log in.
type User struct {
	ID                  string // made up if empty
	Email, Password     string
	Code                string // the one-time code; none is asked for if empty
	FirstName, LastName string
	Suspended           bool
	Moderator           bool // may change what others wrote
}

const (
	accessTTL   = 15 * time.Minute
	heartbeat   = 30 * time.Second
	authTimeout = 10 * time.Second
)

// A Server is one Directus. Its methods may be called at any time from any goroutine.
type Server struct {
	cfg    Config
	routes *http.ServeMux
	gone   chan struct{} // closed by Close

	mu          sync.Mutex
	all         gate // for everything
	up, down    gate // for the frames of clients and of the server
	stopped     bool
	closed      bool
	users       []*user
	access      map[string]*grant
	refresh     map[string]*user
	rotated     map[string]rotation // by the token that was replaced
	collections map[string]*collection
	sockets     []*socket // in the order of connection
	lastToken   int
	frames      []string
	beat        *time.Timer

	refuseAuth        int
	loseReplies       int
	loseRefreshes     int
	closeBehindEvents int
	slow              time.Duration
	realtime          bool
	upgrade           bool
	onEvent           func(frame []byte) [][]byte
	onRequest         func(http.ResponseWriter, *http.Request) bool
}

type user struct{ User }

// A rotation is the answer to a refresh, for as long as it is given again.
type rotation struct {
	answer any
	until  time.Time
}

// A grant is an access token.
type grant struct {
	user    *user
	expires time.Time
}

// New starts a server. Close ends it.
func New(cfg Config) *Server {
	if cfg.Version == "" {
		cfg.Version = "12.4.0"
	}
	if cfg.Users == nil {
		cfg.Users = []User{
			{Email: "alice@example.com", Password: "password", FirstName: "Alice"},
			{Email: "bob@example.com", Password: "password", FirstName: "Bob"},
		}
	}
	if cfg.Collections == nil {
		cfg.Collections = []Collection{Messages}
	}
	if cfg.AccessTTL == 0 {
		cfg.AccessTTL = accessTTL
	}
	if cfg.Heartbeat == 0 {
		cfg.Heartbeat = heartbeat
	}
	if cfg.AuthTimeout == 0 {
		cfg.AuthTimeout = authTimeout
	}
	s := &Server{
		cfg:         cfg,
		all:         newGate(),
		up:          newGate(),
		down:        newGate(),
		gone:        make(chan struct{}),
		access:      map[string]*grant{},
		refresh:     map[string]*user{},
		rotated:     map[string]rotation{},
		collections: map[string]*collection{},
		realtime:    true,
		upgrade:     true,
	}
	for _, u := range cfg.Users {
		if u.ID == "" {
			u.ID = newUUID()
		}
		s.users = append(s.users, &user{u})
	}
	for _, c := range cfg.Collections {
		s.collections[c.Name] = &collection{Collection: c}
	}
	s.routes = s.newRoutes()
	if cfg.Heartbeat > 0 {
		s.beat = time.AfterFunc(cfg.Heartbeat, s.heartbeat)
	}
	return s
}

// Close ends the server and all connections. Call it once.
func (s *Server) Close() {
	s.Thaw()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	close(s.gone)
	s.cut()
	if s.beat != nil {
		s.beat.Stop()
	}
}

// UserID returns the id of a user.
func (s *Server) UserID(email string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.user(email).ID
}

// user returns the user with that e-mail. A test that names another one is wrong.
func (s *Server) user(email string) *user {
	for _, u := range s.users {
		if strings.EqualFold(u.Email, email) {
			return u
		}
	}
	panic("directustest: no user " + email)
}

// use counts down one of the hooks that act n times.
func use(n *int) bool {
	if *n == 0 {
		return false
	}
	*n--
	return true
}

func (s *Server) now() time.Time { return time.Now().Add(s.cfg.ClockOffset).UTC() }

// before reports whether the server is older than major.minor.
func (s *Server) before(major, minor int) bool {
	var have [2]int
	for i, part := range strings.SplitN(s.cfg.Version, ".", 3)[:2] {
		if json.Unmarshal([]byte(part), &have[i]) != nil {
			panic("directustest: bad version " + s.cfg.Version)
		}
	}
	return have[0] < major || have[0] == major && have[1] < minor
}
