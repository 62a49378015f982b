package directus

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

// Token returns an access token that is good for a while yet. It waits for a refresh if there is none. ErrSessionEnded
// when there will be none any more.
func (s *Session) Token(ctx context.Context) (Secret, error) { return s.credentials.access(ctx) }

// errNoToken: nothing was sent, because there was no token to send it with.
var errNoToken = errors.New("no access token")

// Call is API.Call with a valid access token, within RequestTimeout unless ctx has a deadline of its own. If the server
// finds the token expired, it is renewed and the request made once more.
func (s *Session) Call(ctx context.Context, r Request) (Response, error) {
	for retried := false; ; retried = true {
		token, err := s.Token(ctx)
		if err != nil {
			return Response{}, fmt.Errorf("%s %s: %w: %w", r.Method, r.Path, errNoToken, err)
		}
		r.Token = token
		resp, err := s.call(ctx, r)
		if retried || !refusesAccess(err) {
			return resp, err
		}
		s.credentials.discard(token)
	}
}

func (s *Session) call(ctx context.Context, r Request) (Response, error) {
	if _, has := ctx.Deadline(); !has {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.cfg.RequestTimeout)
		defer cancel()
	}
	return s.cfg.API.Call(ctx, r)
}

// CreateItem stores one row, data being its JSON, and returns it as the server has it; nil where it may not be read. It
// goes by the socket, or by REST where the socket is not ready or its errors do not say which request they mean (before
// 12.4.0).
//
// ErrAmbiguous means that the row may be stored now, later, or never: read by its key before trying again. An *Error is
// the server's refusal; any other error means that nothing was sent.
//
// The row must carry a key of the caller's, because it may go out twice: Chromium repeats a request by itself when a
// connection that it has used before is reset, a POST too. See CreateItemOnce.
func (s *Session) CreateItem(ctx context.Context, collection string, data []byte) ([]byte, error) {
	row, err := s.ask(ctx, func(c *connection) bool { return s.server.namesRequests() }, createItem(collection, data))
	if !errors.Is(err, errNotReady) {
		return row, err
	}
	resp, err := s.Call(ctx, Request{Method: "POST", Path: "items/" + url.PathEscape(collection), Body: data})
	if err == nil && resp.Status != 204 {
		row, err = Data(resp.Body)
	}
	var refusal *Error
	if err == nil || errors.Is(err, errNoToken) || errors.As(err, &refusal) && refusal.Status < 500 {
		return row, err
	}
	return nil, fmt.Errorf("%w: %w", ErrAmbiguous, err)
}

// CreateItemOnce is CreateItem for a row whose key the server makes, so that nobody would notice if it came twice: it goes
// by the socket only, where a frame that is written is never written again. Before 12.4.0 one goes at a time, because an
// error without a name can only be about a request that is alone; and when that one gets no answer, the connection is
// given up, so that a late error is not taken for the next one's.
func (s *Session) CreateItemOnce(ctx context.Context, collection string, data []byte) ([]byte, error) {
	return s.ask(ctx, func(c *connection) bool { return s.server.namesRequests() || len(c.requests) == 0 }, createItem(collection, data))
}

func createItem(collection string, data []byte) func(uid string) []byte {
	return func(uid string) []byte { return createFrame(uid, collection, data) }
}

// errNotReady: the socket cannot take the request now.
var errNotReady = errors.New("the socket is not ready")

// A reply is the answer to one request over the socket.
type reply struct {
	data []byte
	err  error
}

func newReply(f frame) reply {
	if f.Err != nil {
		return reply{err: f.Err}
	}
	return reply{data: f.Data}
}

// ask sends one request over the socket, if that is ready and takes it, and waits for its answer. Directus does not
// answer everything (a failed validation, for one), so silence is an answer of its own: ErrAmbiguous.
func (s *Session) ask(ctx context.Context, takes func(*connection) bool, frame func(uid string) []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.RequestTimeout)
	defer cancel()
	answer := make(chan reply, 1)
	var uid string
	accepted := s.mailbox.put(func() {
		if s.state != Ready || s.connection.expired || !takes(s.connection) || ctx.Err() != nil {
			answer <- reply{err: errNotReady}
			return
		}
		uid = s.nextUID()
		s.connection.requests[uid] = answer
		s.write(frame(uid))
	})
	if !accepted {
		return nil, errNotReady
	}
	select {
	case r := <-answer:
		return r.data, r.err
	case <-ctx.Done():
		s.mailbox.put(func() { s.unanswered(uid) })
		return nil, fmt.Errorf("%w: %w", ErrAmbiguous, ctx.Err())
	}
}

// unanswered lets go of a request whose time is up.
func (s *Session) unanswered(uid string) {
	if s.connection == nil || s.connection.requests[uid] == nil {
		return
	}
	delete(s.connection.requests, uid)
	if !s.server.namesRequests() && s.state == Ready {
		s.moveToConnecting()
	}
}
