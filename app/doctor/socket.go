//lint:file-ignore SA1019 the library is pinned; its successor differs in its import path only

package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"nhooyr.io/websocket"

	"directuschat/app/directus"
)

// A socket is a WebSocket of Directus. Unlike app/directus's it can say where it comes from, and tells an upgrade that
// was refused from one that got lost.
type socket struct{ conn *websocket.Conn }

// patience bounds an upgrade, and the wait for an answer. Directus leaves upgrades at a wrong path unanswered.
const patience = 10 * time.Second

// dial opens a socket at an http or https address; status is that of a refused upgrade, 0 if there was no answer. Without
// an origin it does what no browser would.
func dial(ctx context.Context, address, origin string) (s socket, status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	options := &websocket.DialOptions{HTTPHeader: http.Header{}}
	if origin != "" {
		options.HTTPHeader.Set("Origin", origin)
	}
	conn, answer, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(address, "http"), options)
	if err != nil {
		if answer != nil {
			status = answer.StatusCode
		}
		return socket{}, status, err
	}
	return socket{conn}, http.StatusSwitchingProtocols, nil
}

func (s socket) close() { _ = s.conn.CloseNow() }

// A frame is what matters here of one that Directus sends.
type frame struct {
	Type, Status string
	Error        struct{ Code string }
}

func (s socket) send(ctx context.Context, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.conn.Write(ctx, websocket.MessageText, b)
}

func (s socket) read(ctx context.Context) (frame, error) {
	_, b, err := s.conn.Read(ctx)
	var f frame
	if err == nil && json.Unmarshal(b, &f) != nil {
		err = directus.ErrNotDirectus
	}
	return f, err
}

// logIn authenticates the socket.
func (s socket) logIn(ctx context.Context, token directus.Secret) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := s.send(ctx, map[string]string{"type": "auth", "uid": "doctor", "access_token": string(token)})
	for err == nil {
		var f frame
		if f, err = s.read(ctx); err == nil && f.Type == "auth" {
			if f.Status != "ok" {
				err = errors.New(f.Error.Code)
			}
			return err
		}
	}
	return err
}

// beats waits for so many heartbeats, and answers them.
func (s socket) beats(ctx context.Context, n int) error {
	for n > 0 {
		f, err := s.read(ctx)
		if err != nil {
			return err
		}
		if f.Type != "ping" {
			continue
		}
		if err := s.send(ctx, map[string]string{"type": "pong"}); err != nil {
			return err
		}
		n--
	}
	return nil
}
