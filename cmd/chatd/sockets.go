package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"directuschat"
	"directuschat/app/directus"
	"directuschat/app/provision"
	"directuschat/cmd/chatd/fanout"
	"directuschat/cmd/chatd/relay"
)

// The headers of an upgrade that pass, besides those of the WebSocket itself. No cookies: a session of Data Studio on
// the same host would log the socket in as somebody else.
var socketHeaders = []string{"User-Agent", requestIDHeader}

// sockets opens WebSockets to Directus, counts them, and ends them when chatd stops.
type sockets struct {
	relay  *relay.Relay
	expiry *expiryRule
	shared *fanout.Hub // nil: nothing is
	counts socketCounts
	fail   func(http.ResponseWriter, *http.Request, error) // answers when Directus did not
	log    *slog.Logger
}

func newSockets(cfg *config, transport http.RoundTripper, fail func(http.ResponseWriter, *http.Request, error), open prometheus.Gauge, log *slog.Logger) *sockets {
	expiry := newExpiryRule(cfg, transport, log)
	upstream := *cfg.directus
	upstream.Path += "/" + websocketPath
	s := &sockets{
		expiry: expiry,
		counts: socketCounts{most: cfg.sockets.most, mostPerAddress: cfg.sockets.mostPerAddress, byAddress: map[netip.Prefix]int{}, open: open},
		fail:   fail,
		log:    log,
	}
	limits := relay.Config{
		Upstream:   &upstream,
		Policy:     socketPolicy(cfg),
		MaxMessage: cfg.sockets.maxMessage,
		Rate:       cfg.sockets.rate,
		Burst:      int(cfg.sockets.rate) * socketBurst,
		Idle:       cfg.sockets.idle,
		Stall:      cfg.sockets.stall,
		Expiry:     expiry,
	}
	if cfg.sockets.share {
		s.shared = newHub(cfg, transport, log)
		limits.Share = s.shared
	}
	s.relay = relay.New(limits)
	return s
}

// newHub has subscriptions shared. It comes to Directus as the sockets and the requests do that it shares for.
func newHub(cfg *config, transport http.RoundTripper, log *slog.Logger) *fanout.Hub {
	socket := cfg.directus.JoinPath(websocketPath)
	socket.Scheme = strings.Replace(socket.Scheme, "http", "ws", 1)
	return fanout.New(fanout.Config{
		Fields: sharedFields(cfg.mapping),
		Dial: func(ctx context.Context, address string) (directus.Conn, error) {
			return directus.NewDialerWith(http.Header{"X-Forwarded-For": {address}}).Dial(ctx, socket.String())
		},
		Rights: func(ctx context.Context, token, address string) (fanout.Rights, error) {
			return fanout.AskRights(ctx, transport, cfg.directus, token, address)
		},
		Log: log,
	})
}

// socketBurst is for how many seconds of its rate a socket may be ahead: a reconnect subscribes and reads in one go.
const socketBurst = 5

// socketPolicy opens by socket what the allow-list opens by REST.
func socketPolicy(cfg *config) relay.Policy {
	p := relay.Policy{Write: []string{cfg.mapping.Collection}}
	if cfg.mapping.Reactions != "" {
		p.Write = append(p.Write, cfg.mapping.Reactions)
	}
	if cfg.mapping.Profiles != "" {
		p.Read = []string{cfg.mapping.Profiles}
	}
	return p
}

// sharedFields are the columns that pages subscribe to.
func sharedFields(m directuschat.Mapping) map[string][]string {
	fields := map[string][]string{m.Collection: {m.ID, m.Content, m.Author, m.Created, directuschat.ClientIDField}}
	for _, optional := range []string{m.Updated, m.Deleted, m.ReplyTo} {
		if optional != "" {
			fields[m.Collection] = append(fields[m.Collection], optional)
		}
	}
	if m.Profiles != "" {
		fields[m.Profiles] = []string{"id", "name"}
	}
	if m.Reactions != "" {
		fields[m.Reactions] = []string{"id", provision.ReactionMessage, provision.ReactionEmoji, provision.ReactionRemoved,
			"user_created", "date_created", "date_updated"}
	}
	return fields
}

// ServeHTTP returns when the socket is open; it goes on by itself.
func (s *sockets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	address := network(r.RemoteAddr)
	if refused := s.counts.take(address); refused != nil {
		writeError(w, *refused)
		return
	}
	headers := pick(r.Header, socketHeaders)
	if client, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		headers.Set("X-Forwarded-For", client)
	}
	start, path, remote, id := time.Now(), r.URL.Path, r.RemoteAddr, r.Header.Get(requestIDHeader)
	err := s.relay.Open(w, r, headers, func(reason error) {
		s.counts.release(address)
		s.log.Info("socket closed", "id", id, "path", path, "reason", reason,
			"duration", time.Since(start).Round(time.Microsecond), "remote", remote)
	})
	if err == nil {
		return
	}
	s.counts.release(address)
	var refused *relay.RefusedError
	switch {
	case errors.Is(err, relay.ErrNoUpgrade):
		writeError(w, errNoUpgrade)
	case errors.Is(err, relay.ErrDraining):
		writeError(w, errStopping)
	case errors.As(err, &refused):
		s.passRefusal(w, r, refused)
	default:
		s.fail(w, r, err)
	}
}

// passRefusal gives the client Directus's own answer.
func (s *sockets) passRefusal(w http.ResponseWriter, r *http.Request, refused *relay.RefusedError) {
	if err := cleanAnswer(refused.Answer); err != nil {
		s.fail(w, r, err)
		return
	}
	for name, values := range refused.Answer.Header {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length") // the body may have been cut
	w.WriteHeader(refused.Answer.StatusCode)
	_, _ = w.Write(refused.Body) // a client that has gone needs no answer
}

// end takes no more sockets and tells those that are open to come back, later or elsewhere.
func (s *sockets) end() {
	s.relay.Drain()
	if s.shared != nil {
		s.shared.Drain()
	}
}

// close ends all sockets and waits for them, at most until ctx ends.
func (s *sockets) close(ctx context.Context) error {
	s.end()
	err := errors.Join(s.relay.Wait(ctx), s.expiry.close(ctx))
	if s.shared != nil {
		err = errors.Join(err, s.shared.Close(ctx))
	}
	return err
}

// socketCounts bound the sockets in all and of each address. 0 is no limit.
type socketCounts struct {
	most, mostPerAddress int
	open                 prometheus.Gauge

	mu        sync.Mutex
	all       int
	byAddress map[netip.Prefix]int
}

// take counts one more, or says why not.
func (c *socketCounts) take(address netip.Prefix) *apiError {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.most > 0 && c.all >= c.most:
		return &errFull
	case c.mostPerAddress > 0 && c.byAddress[address] >= c.mostPerAddress:
		return &errTooManySockets
	}
	c.all++
	c.byAddress[address]++
	c.open.Inc()
	return nil
}

func (c *socketCounts) release(address netip.Prefix) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	c.open.Dec()
	if c.byAddress[address]--; c.byAddress[address] == 0 {
		delete(c.byAddress, address)
	}
}
