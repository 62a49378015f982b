//go:build !js

package directus_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directustest"
)

// listen serves a fake Directus on a real port.
func listen(t *testing.T, h http.Handler) directus.API {
	listener := httptest.NewServer(h)
	t.Cleanup(listener.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return newTestAPI(listener.URL)
}

func newTestAPI(url string) directus.API {
	return directus.API{URL: url, Transport: directus.NewTransport()}
}

func TestTransport(t *testing.T) {
	release := make(chan struct{})
	api := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/large":
			w.Write(make([]byte, 5<<20))
		case "/slow":
			<-release
		case "/moved":
			http.Redirect(w, r, "/server/ping", http.StatusFound)
		case "/cut":
			panic(http.ErrAbortHandler)
		default:
			w.Header().Set("Retry-After", "7")
			w.Write([]byte(r.Method + " " + r.Header.Get("Authorization") + " " + r.Header.Get("Content-Type")))
		}
	}))
	t.Cleanup(func() { close(release) })

	resp, err := api.Call(t.Context(), directus.Request{Method: "POST", Path: "x", Token: "t", Body: []byte(`{}`)})
	require.NoError(t, err)
	assert.Equal(t, "POST Bearer t application/json", string(resp.Body))
	assert.Equal(t, 7*time.Second, resp.RetryAfter)
	assert.WithinDuration(t, time.Now(), resp.Date, time.Minute)

	_, err = api.Call(t.Context(), directus.Request{Path: "large", Limit: 1 << 20})
	assert.ErrorIs(t, err, directus.ErrTooLarge)
	_, err = api.Call(t.Context(), directus.Request{Path: "moved"})
	assert.ErrorIs(t, err, directus.ErrNotDirectus)
	_, err = api.Call(t.Context(), directus.Request{Path: "cut"})
	assert.ErrorIs(t, err, directus.ErrUnreachable)
	_, err = newTestAPI("http://127.0.0.1:1").Call(t.Context(), directus.Request{Path: "x"})
	assert.ErrorIs(t, err, directus.ErrUnreachable)

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = api.Call(ctx, directus.Request{Path: "slow"})
	assert.ErrorIs(t, err, directus.ErrUnreachable)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

// The whole of it over real sockets, once.
func TestSessionOverTheNetwork(t *testing.T) {
	srv := directustest.New(directustest.Config{})
	t.Cleanup(srv.Close)
	api := listen(t, srv)
	events := make(chan string, 100)
	grant, err := api.Login(t.Context(), alice, "password", "")
	require.NoError(t, err)
	session := directus.NewSession(directus.SessionConfig{
		API: api, Tokens: directustest.NewTokens(grant.Refresh), Grant: grant,
		Subscriptions: []directus.Subscription{messages},
		Deliver:       func(e directus.Event) { events <- line(e) },
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- session.Run(ctx) }()
	expect := func(wants ...string) {
		t.Helper()
		for _, want := range wants {
			select {
			case got := <-events:
				require.Equal(t, want, got)
			case <-time.After(20 * time.Second):
				require.Fail(t, "nothing", "in place of %q", want)
			}
		}
	}
	expect(start(1)...)
	row, err := session.CreateItem(ctx, "messages", item(firstID, "hello"))
	require.NoError(t, err)
	assert.Contains(t, string(row), firstID)
	expect(`1 messages create [{"content":"hello","id":"` + firstID + `"}]`)
	srv.Cut()
	expect("1 waiting")
	expect(start(2)...)
	srv.CloseBehindEvents(1)
	srv.Insert("messages", map[string]any{"id": secondID, "content": "last words"})
	expect(`2 messages create [{"content":"last words","id":"`+secondID+`"}]`, "2 waiting")
	stop()
	assert.ErrorIs(t, <-ended, context.Canceled)
}

func TestDialFails(t *testing.T) {
	dialer := directus.NewDialer()
	_, err := dialer.Dial(t.Context(), "ws://127.0.0.1:1/websocket")
	assert.ErrorIs(t, err, directus.ErrUnreachable)

	srv := directustest.New(directustest.Config{})
	t.Cleanup(srv.Close)
	srv.SetUpgrade(false)
	_, err = dialer.Dial(t.Context(), strings.Replace(listen(t, srv).URL, "http", "ws", 1)+"/websocket")
	assert.ErrorIs(t, err, directus.ErrUnreachable)

	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never says a word
	require.NoError(t, err)
	t.Cleanup(func() { mute.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = dialer.Dial(ctx, "ws://"+mute.Addr().String()+"/websocket")
	assert.ErrorIs(t, err, directus.ErrUnreachable)
}

func TestConnSkipsWhatIsTooLarge(t *testing.T) {
	srv := directustest.New(directustest.Config{})
	t.Cleanup(srv.Close)
	api := listen(t, srv)
	conn, err := directus.NewDialer().Dial(t.Context(), strings.Replace(api.URL, "http", "ws", 1)+"/websocket")
	require.NoError(t, err)
	defer conn.Close()
	grant := srv.Grant(alice)
	require.NoError(t, conn.Write(t.Context(), []byte(`{"type":"auth","access_token":"`+string(grant.Access)+`"}`)))
	_, err = conn.Read(t.Context())
	require.NoError(t, err)
	srv.Push(`{"type":"` + strings.Repeat("x", 5<<20) + `"}`)
	srv.Push(`{"type":"small"}`)
	_, err = conn.Read(t.Context())
	assert.ErrorIs(t, err, directus.ErrTooLarge)
	frame, err := conn.Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, `{"type":"small"}`, string(frame))

	conn.Close()
	_, err = conn.Read(t.Context())
	assert.ErrorIs(t, err, directus.ErrClosed)
}
