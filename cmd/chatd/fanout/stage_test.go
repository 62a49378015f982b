package fanout

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/cmd/chatd/relay"
)

// A stage is a Hub between clients and a Directus that the test plays. All of it runs on virtual time, and what it holds
// is looked at when everybody waits.
type stage struct {
	t     *testing.T
	hub   *Hub
	start time.Time

	people map[string]*person // by token
	mu     sync.Mutex         // held by those who play; the test plays when they wait
	links  []*upstream        // in the order in which they were dialled
	noDial bool
	deaf   bool                 // links are mute from the beginning
	slow   func() time.Duration // how long Directus takes; nil: no time
	asked  []string             // tokens whose rights were asked for
	log    strings.Builder
}

// A person is what Directus knows of a token.
type person struct {
	rights  Rights
	unknown bool      // it does not answer what they may
	silent  bool      // there are rows that they may read, so that it does not speak of the others
	revoked bool      // the token is not known any more, but to sockets that have it
	expires time.Time // zero: never
}

var columns = map[string][]string{
	"messages":          {"id", "content", "date_created", "a", "b", "c", "d", "e", "f", "g", "h"},
	"message_reactions": {"id", "emoji"},
}

var whole = Rights{"messages": {"*"}, "message_reactions": {"*"}}

// onStage runs a test on a stage of its own.
func onStage(t *testing.T, test func(t *testing.T, s *stage)) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, start: time.Now(), people: map[string]*person{}}
		s.hub = New(Config{Fields: columns, Alone: true, Dial: s.dial, Rights: s.rights, Log: slog.New(slog.NewTextHandler(&s.log, nil))})
		test(t, s)
		require.NoError(t, s.hub.Close(context.Background()))
		for token := range s.people {
			require.NotContains(t, s.log.String(), token)
		}
	})
}

func (s *stage) dial(ctx context.Context, _ string) (directus.Conn, error) {
	if err := s.takes(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noDial {
		return nil, errors.New("no way")
	}
	u := &upstream{stage: s, mute: s.deaf, in: make(chan []byte, 100), gone: make(chan struct{})}
	s.links = append(s.links, u)
	return u, nil
}

func (s *stage) rights(ctx context.Context, token, _ string) (Rights, error) {
	if err := s.takes(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, token)
	p := s.people[token]
	switch {
	case p.expired(), p.revoked:
		return nil, ErrNobody
	case p.unknown:
		return nil, errors.New("permissions/me answers 503")
	}
	return maps.Clone(p.rights), nil
}

// takes takes the time that Directus takes.
func (s *stage) takes(ctx context.Context) error {
	s.mu.Lock()
	var takes time.Duration
	if s.slow != nil {
		takes = s.slow()
	}
	s.mu.Unlock()
	select {
	case <-time.After(takes):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *person) expired() bool { return !p.expires.IsZero() && !time.Now().Before(p.expires) }

// wait lets time pass, and then everybody come to rest.
func (s *stage) wait(d time.Duration) {
	s.publish()
	time.Sleep(d)
	synctest.Wait()
}

// publish lets others see what the test has changed.
func (s *stage) publish() {
	s.mu.Lock()
	defer s.mu.Unlock()
}

// An upstream is Directus's end of a link.
type upstream struct {
	stage      *stage
	in         chan []byte
	gone       chan struct{}
	closed     bool
	token      string
	collection string // of its subscription; "": none yet
	mute       bool
	heard      []string // but for log-ins
}

func (u *upstream) Read(ctx context.Context) ([]byte, error) {
	select {
	case text := <-u.in:
		return text, nil
	case <-u.gone:
		return nil, directus.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (u *upstream) Write(_ context.Context, text []byte) error {
	u.stage.mu.Lock()
	defer u.stage.mu.Unlock()
	var m struct {
		Type, UID, Collection string
		AccessToken           string `json:"access_token"`
	}
	require.NoError(u.stage.t, json.Unmarshal(text, &m))
	if m.Type != "auth" {
		u.heard = append(u.heard, string(text))
	}
	if u.mute {
		return nil
	}
	p := u.stage.people[u.token]
	switch m.Type {
	case "auth":
		if p = u.stage.people[m.AccessToken]; p == nil || p.expired() || p.revoked {
			u.says(`{"type":"auth","status":"error","error":{"code":"AUTH_FAILED"}}`)
			return nil
		}
		u.token = m.AccessToken
		u.says(`{"type":"auth","status":"ok","uid":"feed"}`)
	case "subscribe":
		if len(p.rights[m.Collection]) == 0 {
			u.says(`{"type":"subscribe","status":"error","error":{"code":"FORBIDDEN"},"uid":"feed"}`)
			return nil
		}
		u.collection = m.Collection
		u.says(`{"type":"subscription","event":"init","data":[],"uid":"feed"}`)
	case "unsubscribe":
		u.says(`{"type":"subscription","event":"unsubscribe","uid":"` + m.UID + `"}`)
	}
	return nil
}

func (u *upstream) says(text string) { u.in <- []byte(text) }

// Close is by the Hub.
func (u *upstream) Close() {
	u.stage.mu.Lock()
	defer u.stage.mu.Unlock()
	u.closed = true
}

// cut is by the network.
func (u *upstream) cut() { close(u.gone) }

// happens has Directus tell an upstream of a message, with the rights of its bearer.
func (u *upstream) happens(id string) {
	p := u.stage.people[u.token]
	switch {
	case u.closed || u.mute || u.collection == "":
	case p.expired(): // it is nobody's
	case p.silent:
	case len(p.rights[u.collection]) == 0:
		u.says(`{"type":"subscribe","status":"error","error":{"code":"FORBIDDEN"},"uid":"feed"}`)
	default:
		u.says(`{"type":"subscription","event":"create","data":[{"id":"` + id + `"}],"uid":"feed"}`)
	}
}

// happens has Directus tell all of a message.
func (s *stage) happens(id string) {
	s.mu.Lock()
	for _, u := range s.links {
		u.happens(id)
	}
	s.mu.Unlock()
	synctest.Wait()
}

// open are the links that the Hub holds.
func (s *stage) open() (open []*upstream) {
	for _, u := range s.links {
		if !u.closed {
			open = append(open, u)
		}
	}
	return open
}

// A guest is the client of a socket.
type guest struct {
	stage       *stage
	address     string
	got         []string // texts
	forwarded   []string
	interrupted bool

	served bool // by the Hub, as far as it has said
	direct bool // Directus has the subscription
}

func (g *guest) Address() string { return g.address }
func (g *guest) Deliver(frame []byte) {
	g.stage.mu.Lock()
	defer g.stage.mu.Unlock()
	head := 2
	if frame[1] == 126 {
		head = 4
	}
	g.got = append(g.got, string(frame[head:]))
	g.served = g.served || strings.Contains(string(frame[head:]), `"event":"init"`)
}
func (g *guest) Forward(text []byte) {
	g.stage.mu.Lock()
	defer g.stage.mu.Unlock()
	g.forwarded = append(g.forwarded, string(text))
	g.direct = strings.Contains(string(text), `"subscribe"`)
	g.served = !g.direct
}
func (g *guest) Interrupt() {
	g.stage.mu.Lock()
	defer g.stage.mu.Unlock()
	g.interrupted = true
}

var _ relay.Client = (*guest)(nil)

const forMessages = `{"type":"subscribe","uid":"messages","collection":"messages","query":{"fields":["id","content"],"sort":["id"],"limit":0}}`

// comes logs a guest in, whose token lives for a while (0: for ever).
func (s *stage) comes(token string, life time.Duration) *guest {
	g := &guest{stage: s, address: "192.0.2.1"}
	g.logsIn(token, life)
	return g
}

func (g *guest) logsIn(token string, life time.Duration) {
	p := g.stage.people[token]
	if p == nil {
		p = &person{rights: maps.Clone(whole)}
		if life > 0 {
			p.expires = time.Now().Add(life)
		}
		g.stage.people[token] = p
	}
	g.stage.publish()
	g.stage.hub.LoggedIn(g, token, p.expires)
	synctest.Wait()
}

// subscribes sends a message, and reports whether the Hub has seen to it.
func (g *guest) subscribes(text string) bool {
	g.stage.publish()
	g.served = false
	taken := g.stage.hub.Subscribe(g, []byte(text))
	synctest.Wait()
	g.direct = g.direct || !taken
	return taken
}

func (g *guest) unsubscribes(text string) bool {
	g.stage.publish()
	taken := g.stage.hub.Unsubscribe(g, []byte(text))
	synctest.Wait()
	g.served, g.direct = false, false
	return taken
}

func (g *guest) logsOut() {
	g.stage.publish()
	g.stage.hub.LoggedOut(g)
	synctest.Wait()
}

func (g *guest) goes() {
	g.stage.publish()
	g.stage.hub.Closed(g)
	synctest.Wait()
}

// heard reports which messages a guest has been told of, once each.
func (g *guest) heard() (ids []string) {
	for _, text := range g.got {
		var m struct {
			Event string
			Data  []struct{ ID string }
		}
		require.NoError(g.stage.t, json.Unmarshal([]byte(text), &m))
		for _, row := range m.Data {
			if !slices.Contains(ids, row.ID) {
				ids = append(ids, row.ID)
			}
		}
	}
	return ids
}
