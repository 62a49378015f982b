package directustest

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// A request is a frame of a client.
type request struct {
	Type       string
	UID        json.RawMessage
	Token      string `json:"access_token"`
	Collection string
	Action     string
	Event      string
	Data       json.RawMessage
	ID         json.RawMessage
	Query      map[string]json.RawMessage
}

func (c *socket) handle(frame []byte) {
	var r request
	err := json.Unmarshal(frame, &r)
	if err == nil && (r.Type == "" || len(r.UID) > 0 && !strings.ContainsRune(`"-0123456789`, rune(r.UID[0]))) {
		err = errors.New("no type, or a uid that is neither text nor number")
	}
	switch {
	case c.grant == nil && (err != nil || r.Type != "auth"):
		c.refuse(errAuthFailed, nil)
	case err != nil:
		c.fail("server", nil, failure{Code: "INVALID_PAYLOAD", Message: "Invalid payload. Could not read the message."})
	case r.Type == "auth":
		c.auth(r)
	default:
		c.alive = true
		c.dispatch(r)
	}
}

func (c *socket) auth(r request) {
	s := c.server
	g := s.access[r.Token]
	switch {
	case c.grant != nil && r.Token == "":
		return // without credentials that it knows, Directus says nothing
	case g == nil || !s.now().Before(g.expires) || use(&s.refuseAuth):
		uid := r.UID
		if c.grant == nil {
			uid = nil
		}
		c.refuse(errReauth, uid)
		return
	}
	c.timer.Stop()
	c.grant, c.expired = g, false
	c.timer = time.AfterFunc(g.expires.Sub(s.now()), func() {
		s.set(func() {
			if c.grant == g && !c.expired {
				c.expire()
			}
		})
	})
	c.reply(r.UID, map[string]any{"type": "auth", "status": "ok"})
}

func (c *socket) dispatch(r request) {
	switch r.Type {
	case "ping":
		if c.server.cfg.Heartbeat > 0 {
			c.reply(r.UID, map[string]any{"type": "pong"})
		}
	case "subscribe":
		c.subscribe(r)
	case "unsubscribe":
		c.subs = slices.DeleteFunc(c.subs, func(sub subscription) bool { return r.UID == nil || sub.uid == uidText(r.UID) })
		c.reply(r.UID, map[string]any{"type": "subscription", "event": "unsubscribe"})
	case "items":
		c.items(r)
	} // "pong" has done its work; anything else gets no answer
}

func uidText(uid json.RawMessage) string {
	var s string
	if json.Unmarshal(uid, &s) != nil {
		return string(uid)
	}
	return s
}

func (c *socket) items(r request) {
	result, err := c.act(r)
	var refused failure
	switch {
	case errors.Is(err, errLost):
		c.end()
	case errors.As(err, &refused) && refused.Code == codeValidation: // the server only logs
	case errors.As(err, &refused):
		c.fail("items", r.UID, refused)
	default:
		members := map[string]any{"type": "items", "data": result.Data}
		if result.Meta != nil {
			members["meta"] = result.Meta
		}
		c.reply(r.UID, members)
	}
}

func (c *socket) act(r request) (page, error) {
	s := c.server
	author := c.grant.user
	col := s.collections[r.Collection]
	if c.public() {
		return page{}, errForbidden
	}
	if col == nil && s.before(12, 0) {
		return page{}, failure{Code: "INVALID_COLLECTION", Message: "The provided collection does not exist or is not accessible."}
	}
	q, err := decodeQuery(r.Query)
	if err != nil {
		return page{}, err
	}
	switch r.Action {
	case "create":
		stored, err := s.create(author, r.Collection, r.Data, q)
		if err == nil && stored == nil {
			err = errForbidden // it is stored, and the answer says no
		}
		return page{Data: stored}, err
	case "read":
		if col == nil || col.NoRead {
			return page{}, errForbidden
		}
		if id := uidText(r.ID); id != "" {
			found, err := s.readOne(col, id, q)
			return page{Data: found}, err
		}
		return s.read(col, q)
	case "update", "delete":
		return page{}, errForbidden
	default:
		return page{}, errPayload(`"action" is not known.`)
	}
}

func (c *socket) subscribe(r request) {
	s := c.server
	uid := encode(uidText(r.UID)) // answered as text, whatever it came as
	col := s.collections[r.Collection]
	q, err := decodeQuery(r.Query)
	if err == nil && (c.public() || col == nil || col.NoRead && r.Event == "") {
		err = errForbidden
	}
	var rows page
	if err == nil && r.Event == "" {
		rows, err = s.read(col, q)
	}
	var refused failure
	if errors.As(err, &refused) {
		c.fail("subscribe", uid, refused)
		return
	}
	sub := subscription{uid: uidText(r.UID), collection: r.Collection, event: r.Event, query: q}
	c.subs = slices.DeleteFunc(c.subs, func(old subscription) bool { return old.uid == sub.uid })
	c.subs = append(c.subs, sub)
	init := map[string]any{"type": "subscription", "event": "init"}
	if r.Event == "" {
		init["data"] = rows.Data
	}
	c.reply(uid, init)
}

// emit tells all subscribers of a change.
func (s *Server) emit(c *collection, event string, keys ...string) {
	for _, to := range slices.Clone(s.sockets) {
		for _, sub := range slices.Clone(to.subs) {
			if sub.collection == c.Name && (sub.event == "" || sub.event == event) {
				to.tell(c, sub, event, keys)
			}
		}
	}
}

func (c *socket) tell(col *collection, sub subscription, event string, keys []string) {
	s := c.server
	var data any = keys
	if event != "delete" { // deletions are told to everybody, whatever their rights and filter
		rows, err := s.changed(c, col, sub, keys)
		var refused failure
		if errors.As(err, &refused) {
			c.fail("subscribe", encode(sub.uid), refused)
			return
		}
		if len(rows) == 0 {
			return
		}
		data = rows
	}
	frames := [][]byte{encode(map[string]any{"type": "subscription", "event": event, "data": data, "uid": sub.uid})}
	if s.onEvent != nil {
		frames = s.onEvent(frames[0])
	}
	for _, frame := range frames {
		c.send(frame)
	}
	if use(&s.closeBehindEvents) {
		c.close()
	}
}

// changed reads the rows of an event as they are now, with the rights and the query of the subscriber. A limit other
// than 0 leaves rows out.
func (s *Server) changed(c *socket, col *collection, sub subscription, keys []string) ([]row, error) {
	if c.public() || col.NoRead {
		return nil, errForbidden
	}
	var rows []row
	for _, key := range keys {
		r := col.find(key)
		if r == nil || sub.query.limit > 0 && len(rows) == sub.query.limit {
			continue
		}
		ok, err := sub.query.matches(col, r)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		shown, err := s.project(col, r, sub.query.fields)
		if err != nil {
			return nil, err
		}
		rows = append(rows, shown)
	}
	return rows, nil
}

// heartbeat is one beat for all, so that the first ping may come right after the connection.
func (s *Server) heartbeat() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	for _, c := range slices.Clone(s.sockets) {
		switch {
		case c.grant == nil:
		case !c.alive:
			c.close()
		default:
			c.alive = false
			c.send([]byte(`{"type":"ping"}`))
		}
	}
	s.beat.Reset(s.cfg.Heartbeat)
}
