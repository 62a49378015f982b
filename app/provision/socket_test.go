//lint:file-ignore SA1019 the library is pinned; its successor differs in its import path only

package provision_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"nhooyr.io/websocket"
)

// A socket is a person's WebSocket. It asks one thing at a time: Directus 11 names no request in its refusals.
type socket struct {
	conn *websocket.Conn
	seen []string // frames that were no answer
}

func (w person) dial(t *testing.T) *socket {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, strings.Replace(w.url, "http", "ws", 1)+"/websocket", nil)
	require.NoError(t, err)
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() { conn.CloseNow() })
	s := &socket{conn: conn}
	require.Contains(t, s.ask(t, map[string]any{"type": "auth", "access_token": string(w.token)}), `"ok"`)
	return s
}

// ask sends a frame and returns the frame that answers it: one with its uid, or a refusal.
func (s *socket) ask(t *testing.T, frame map[string]any) string {
	t.Helper()
	frame["uid"] = fmt.Sprintf("%p", frame)
	s.send(t, frame)
	return s.await(t, func(answer string) bool {
		return strings.Contains(answer, frame["uid"].(string)) || strings.Contains(answer, `"status":"error"`)
	})
}

func (s *socket) send(t *testing.T, frame map[string]any) {
	t.Helper()
	b, err := json.Marshal(frame)
	require.NoError(t, err)
	require.NoError(t, s.conn.Write(t.Context(), websocket.MessageText, b))
}

// await reads until a frame fits; it may have arrived already.
func (s *socket) await(t *testing.T, fits func(frame string) bool) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for i := 0; ; i++ {
		if i == len(s.seen) {
			_, b, err := s.conn.Read(ctx)
			require.NoError(t, err, "no frame fits; those that came: %q", s.seen)
			s.seen = append(s.seen, string(b))
		}
		if frame := s.seen[i]; fits(frame) {
			s.seen = append(s.seen[:i], s.seen[i+1:]...)
			return frame
		}
	}
}
