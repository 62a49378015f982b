//go:build linux || darwin

package directus_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
)

// People, besides alice.
const (
	guarded   = "bob@example.com"       // by one-time codes
	suspended = "suspended@example.com" // soon
)

// A subject is one Directus, fake or real, with people, and messages that they may create and read.
type subject struct {
	version string
	lives   lives
	api     directus.API
	admin   admin

	mu   sync.Mutex
	said []string // frames of the server
}

// An admin changes things as somebody else.
type admin interface {
	insert(t *testing.T, values map[string]any) (id string)
	update(t *testing.T, values map[string]any, ids ...string)
	delete(t *testing.T, ids ...string)
	suspend(t *testing.T)
	code() directus.Secret // bob's next one-time code
}

// errorsNameRequests reports whether errors over the socket carry the request's uid.
func (d *subject) errorsNameRequests() bool { return strings.HasPrefix(d.version, "12.") }

func (d *subject) login(t *testing.T) directus.Grant {
	t.Helper()
	g, err := d.api.Login(t.Context(), alice, "password", "")
	require.NoError(t, err)
	return g
}

// as calls the API with a token and returns the data of the answer.
func (d *subject) as(t *testing.T, token directus.Secret, r directus.Request) (json.RawMessage, error) {
	t.Helper()
	r.Token = token
	resp, err := d.api.Call(t.Context(), r)
	if err != nil {
		return nil, err
	}
	var body struct{ Data json.RawMessage }
	require.NoError(t, json.Unmarshal(resp.Body, &body), "%s", resp.Body)
	return body.Data, nil
}

func assertRefused(t *testing.T, err error, status int, code string) {
	t.Helper()
	var refusal *directus.Error
	if assert.ErrorAs(t, err, &refusal) {
		assert.Equal(t, status, refusal.Status)
		assert.Equal(t, code, refusal.Code)
	}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// A wire is a socket, and the test's hand on it. Heartbeats are answered on the way, unless mute; deletions, which are
// told to everybody, are passed over unless wanted.
type wire struct {
	t         *testing.T
	d         *subject
	conn      directus.Conn
	mute      bool
	deletions bool
}

func (d *subject) dial(t *testing.T) *wire {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, err := directus.NewDialer().Dial(ctx, strings.Replace(d.api.URL, "http", "ws", 1)+"/websocket")
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	return &wire{t: t, d: d, conn: conn}
}

// connect is an authenticated socket of alice's.
func (d *subject) connect(t *testing.T) *wire {
	t.Helper()
	g := d.login(t) // first: it may take longer than a handshake may
	w := d.dial(t)
	w.authenticate(g)
	return w
}

func (w *wire) authenticate(g directus.Grant) {
	w.t.Helper()
	got := w.ask(`{"type":"auth","uid":"a","access_token":"` + string(g.Access) + `"}`)
	require.Equal(w.t, said{"type": "auth", "status": "ok", "uid": "a"}, got)
}

func (w *wire) send(frame string) {
	w.t.Helper()
	require.NoError(w.t, w.conn.Write(w.t.Context(), []byte(frame)))
}

// said is a frame of the server.
type said map[string]any

func (w *wire) ask(frame string) said {
	w.t.Helper()
	w.send(frame)
	return w.next()
}

func (w *wire) read(within time.Duration) (said, error) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), within)
	defer cancel()
	for {
		b, err := w.conn.Read(ctx)
		if err != nil {
			return nil, err
		}
		w.d.mu.Lock()
		w.d.said = append(w.d.said, string(b))
		w.d.mu.Unlock()
		var s said
		require.NoError(w.t, json.Unmarshal(b, &s), "%s", b)
		switch {
		case s["type"] == "ping" && !w.mute:
			w.send(`{"type":"pong"}`)
		case s["event"] == "delete" && !w.deletions:
		default:
			return s, nil
		}
	}
}

func (w *wire) next() said {
	w.t.Helper()
	s, err := w.read(20 * time.Second)
	require.NoError(w.t, err)
	return s
}

// nothing asserts that the server has nothing to say.
func (w *wire) nothing() {
	w.t.Helper()
	s, err := w.read(500 * time.Millisecond)
	assert.ErrorIs(w.t, err, context.DeadlineExceeded, "%v", s)
}

func (w *wire) closed() {
	w.t.Helper()
	s, err := w.read(20 * time.Second)
	assert.ErrorIs(w.t, err, directus.ErrClosed, "%v", s)
}

// subscribe returns when the subscription is in force.
func (w *wire) subscribe(uid, query string) {
	w.t.Helper()
	got := w.ask(`{"type":"subscribe","collection":"messages","uid":"` + uid + `","query":` + query + `}`)
	require.Equal(w.t, said{"type": "subscription", "event": "init", "data": []any{}, "uid": uid}, got)
}

// failure is an error frame; uid is what it carries where errors name their request, nil for none.
func (w *wire) failure(kind, code string, uid any, got said) {
	w.t.Helper()
	assert.Equal(w.t, kind, got["type"])
	assert.Equal(w.t, "error", got["status"])
	refusal, _ := got["error"].(map[string]any)
	assert.Equal(w.t, code, refusal["code"])
	if kind != "auth" && code != "INVALID_COLLECTION" && !w.d.errorsNameRequests() {
		uid = nil
	}
	assert.Equal(w.t, uid, got["uid"])
}
