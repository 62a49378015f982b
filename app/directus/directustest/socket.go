package directustest

//lint:file-ignore SA1019 the library is pinned; its successor differs in its import path only

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"nhooyr.io/websocket"
)

// A wire carries the frames of one socket: in memory, or a real one.
type wire interface {
	read(ctx context.Context) ([]byte, error)
	write(ctx context.Context, frame []byte) error
	close() // as Directus closes: with no status
	sever() // without a word
}

// A socket is one connection, as the server sees it. Server.mu guards it.
type socket struct {
	server *Server
	wire   wire
	ctx    context.Context // ends with the socket
	stop   context.CancelFunc

	over     bool          // closed or closing: what still comes from the client is not heard
	outgoing []any         // frames, or closing
	ready    chan struct{} // one slot: there is something outgoing

	grant   *grant      // nil before authentication
	expired bool        // of grant, told
	alive   bool        // said something since the last heartbeat
	timer   *time.Timer // until authentication must have happened, or the token expires
	subs    []subscription
}

type closing struct{}

type subscription struct {
	uid        string
	collection string
	event      string // "" for all
	query      query
}

// run serves one connection until it ends.
func (s *Server) run(ctx context.Context, w wire) {
	ctx, cancel := context.WithCancel(ctx)
	c := &socket{server: s, wire: w, ctx: ctx, stop: cancel, ready: make(chan struct{}, 1), alive: true}
	s.mu.Lock()
	s.sockets = append(s.sockets, c)
	c.timer = time.AfterFunc(c.server.cfg.AuthTimeout, func() { s.set(func() { c.refuse(errAuthTimeout, nil) }) })
	if s.stopped || s.closed {
		c.end()
	}
	s.mu.Unlock()

	written := make(chan struct{})
	go func() {
		c.writeAll()
		close(written)
	}()
	for {
		frame, err := w.read(ctx)
		if err == nil {
			s.pass(ctx.Done(), &s.all, &s.up)
		}
		s.mu.Lock()
		if err != nil || ctx.Err() != nil {
			c.end()
			s.mu.Unlock()
			break
		}
		if !c.over {
			s.frames = append(s.frames, string(frame))
			c.handle(frame)
		}
		s.mu.Unlock()
	}
	<-written
}

// writeAll sends what is outgoing, in order, through whatever is in the way.
func (c *socket) writeAll() {
	for {
		select {
		case <-c.ready:
		case <-c.ctx.Done():
			return
		}
		c.server.mu.Lock()
		outgoing := c.outgoing
		c.outgoing = nil
		c.server.mu.Unlock()
		for _, o := range outgoing {
			c.server.answer(c.ctx.Done(), &c.server.all, &c.server.down)
			frame, ok := o.([]byte)
			if !ok {
				c.wire.close()
				c.stop()
				return
			}
			if c.ctx.Err() != nil || c.wire.write(c.ctx, frame) != nil {
				return
			}
		}
	}
}

func (c *socket) put(o any) {
	c.outgoing = append(c.outgoing, o)
	select {
	case c.ready <- struct{}{}:
	default:
	}
}

func (c *socket) send(frame []byte) { c.put(frame) }

// reply sends a frame of members; uid is left out if nil.
func (c *socket) reply(uid json.RawMessage, members map[string]any) {
	if uid != nil {
		members["uid"] = uid
	}
	c.send(encode(members))
}

// fail sends an error. Before 12.4.0 most of them do not say what they are about.
func (c *socket) fail(kind string, uid json.RawMessage, f failure) {
	named := f.Code == "INVALID_COLLECTION" || kind == "auth"
	if c.server.before(12, 4) && !named {
		uid = nil
	}
	c.reply(uid, map[string]any{"type": kind, "status": "error", "error": f})
}

// close ends the connection behind what is outgoing.
func (c *socket) close() {
	c.leave()
	c.put(closing{})
}

// end ends the connection at once.
func (c *socket) end() {
	c.leave()
	c.stop()
	c.wire.sever()
}

func (c *socket) leave() {
	c.over = true
	c.timer.Stop()
	c.grant = nil
	c.subs = nil
	c.server.sockets = slices.DeleteFunc(c.server.sockets, func(o *socket) bool { return o == c })
}

var (
	errAuthFailed  = failure{Code: "AUTH_FAILED", Message: "Authentication handshake failed."}
	errReauth      = failure{Code: "AUTH_FAILED", Message: "Authentication failed."}
	errAuthTimeout = failure{Code: "AUTH_TIMEOUT", Message: "Authentication timed out."}
	errAuthExpired = failure{Code: "TOKEN_EXPIRED", Message: "Token expired."}
)

// refuse ends the connection with an error of authentication.
func (c *socket) refuse(f failure, uid json.RawMessage) {
	if c.over {
		return
	}
	if c.grant == nil {
		f = errAuthFailed // silence during the handshake counts as one more bad attempt
	}
	c.fail("auth", uid, f)
	c.close()
}

// expire says that the token has expired. Ten seconds remain to bring another one.
func (c *socket) expire() {
	c.expired = true
	c.fail("auth", nil, errAuthExpired)
	c.timer.Stop()
	c.timer = time.AfterFunc(c.server.cfg.AuthTimeout, func() { c.server.set(func() { c.refuse(errAuthTimeout, nil) }) })
}

// public reports whether the socket has lost its user: between expiry and the next token, from 12.1 on.
func (c *socket) public() bool { return c.expired && !c.server.before(12, 1) }

// serveSocket takes a real socket.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	if status := s.admits(); status != http.StatusSwitchingProtocols {
		w.WriteHeader(status)
		return
	}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	ws.SetReadLimit(100 << 20)
	s.run(context.Background(), realWire{ws})
}

// admits is the status that an upgrade is answered with.
func (s *Server) admits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.realtime:
		return http.StatusNotFound
	case !s.upgrade:
		return http.StatusForbidden
	default:
		return http.StatusSwitchingProtocols
	}
}

type realWire struct{ ws *websocket.Conn }

func (w realWire) read(ctx context.Context) ([]byte, error) {
	_, frame, err := w.ws.Read(ctx)
	return frame, err
}

func (w realWire) write(ctx context.Context, frame []byte) error {
	return w.ws.Write(ctx, websocket.MessageText, frame)
}

func (w realWire) close() { w.ws.Close(websocket.StatusNoStatusRcvd, "") }
func (w realWire) sever() { go w.ws.CloseNow() } // it waits for the reader, which may wait for us
