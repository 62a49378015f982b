package directustest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"directuschat/app/directus"
	"directuschat/app/directus/directustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The protocol itself is tested by the facts of app/directus, which real servers have to pass too.

func Example() {
	srv := directustest.New(directustest.Config{})
	defer srv.Close()

	grant := srv.Grant("alice@example.com")
	heard := make(chan directus.Changed)
	session := directus.NewSession(directus.SessionConfig{
		API: srv.API(), Dialer: srv.Dialer(), Tokens: directustest.NewTokens(grant.Refresh), Grant: grant,
		Subscriptions: []directus.Subscription{{UID: "m", Collection: "messages", Query: directus.Query{Fields: []string{"content"}}}},
		Deliver: func(e directus.Event) {
			switch e := e.(type) {
			case directus.Subscribed:
				go srv.Insert("messages", map[string]any{"content": "hello"})
			case directus.Changed:
				go func() { heard <- e }()
			}
		},
	})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- session.Run(ctx) }()

	event := <-heard
	fmt.Println(event.Kind, string(event.Data))
	stop()
	<-ended
	// Output: create [{"content":"hello"}]
}

// wire is an authenticated connection that has subscribed to messages.
func wire(t *testing.T, srv *directustest.Server, query string) directus.Conn {
	t.Helper()
	conn, err := srv.Dialer().Dial(t.Context(), "ws://directus.test/websocket")
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	for _, frame := range []string{
		`{"type":"auth","access_token":"` + string(srv.Grant("alice@example.com").Access) + `"}`,
		`{"type":"subscribe","collection":"messages","uid":"m","query":` + query + `}`,
	} {
		require.NoError(t, conn.Write(t.Context(), []byte(frame)))
		_, err := conn.Read(t.Context())
		require.NoError(t, err)
	}
	return conn
}

// data is the data of the next event.
func data(t *testing.T, conn directus.Conn) string {
	t.Helper()
	b, err := conn.Read(t.Context())
	require.NoError(t, err)
	var frame struct{ Data json.RawMessage }
	require.NoError(t, json.Unmarshal(b, &frame))
	return string(frame.Data)
}

func start(t *testing.T, cfg directustest.Config) *directustest.Server {
	srv := directustest.New(cfg)
	t.Cleanup(srv.Close)
	return srv
}

func TestOnEvent(t *testing.T) {
	srv := start(t, directustest.Config{})
	conn := wire(t, srv, `{"fields":["id"],"limit":0}`)
	insert := func(ids ...string) {
		for _, id := range ids {
			srv.Insert("messages", map[string]any{"id": id})
		}
	}
	srv.OnEvent(func([]byte) [][]byte { return nil })
	insert("dropped")
	srv.OnEvent(func(frame []byte) [][]byte { return [][]byte{frame, frame} })
	insert("doubled")
	var held []byte
	srv.OnEvent(func(frame []byte) [][]byte {
		if held == nil {
			held = frame
			return nil
		}
		return [][]byte{frame, held}
	})
	insert("first", "second")
	srv.OnEvent(nil)
	insert("last")
	for _, want := range []string{"doubled", "doubled", "second", "first", "last"} {
		assert.Equal(t, `[{"id":"`+want+`"}]`, data(t, conn))
	}
	assert.Len(t, srv.Rows("messages"), 5)
}

func TestTutorialCollection(t *testing.T) {
	srv := start(t, directustest.Config{Collections: []directustest.Collection{directustest.TutorialMessages}})
	conn := wire(t, srv, `{"fields":["id","text","user_created.first_name"],"limit":0}`)
	api := srv.API()
	_, err := api.Call(t.Context(), directus.Request{
		Method: "POST", Path: "items/messages", Token: srv.Grant("bob@example.com").Access, Body: []byte(`{"text":"hello"}`)})
	require.NoError(t, err)
	assert.JSONEq(t, `[{"id":1,"text":"hello","user_created":{"first_name":"Bob"}}]`, data(t, conn))
	srv.Delete("messages", "1")
	assert.JSONEq(t, `["1"]`, data(t, conn), "the key is told as text")
}

func TestClockOffset(t *testing.T) {
	srv := start(t, directustest.Config{ClockOffset: time.Hour})
	resp, err := srv.API().Call(t.Context(), directus.Request{Path: "server/ping"})
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(time.Hour), resp.Date, time.Minute)
	assert.WithinDuration(t, time.Now().Add(15*time.Minute), srv.Grant("alice@example.com").Expires, time.Minute,
		"lifetimes are durations")
}

func TestFreezeLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := start(t, directustest.Config{})
		conn := wire(t, srv, `{"fields":["id"],"limit":0}`)
		srv.Freeze()
		srv.Insert("messages", map[string]any{"id": "a"})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := conn.Read(ctx)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		srv.Thaw()
		for {
			b, err := conn.Read(t.Context())
			require.NoError(t, err)
			if string(b) != `{"type":"ping"}` {
				assert.Contains(t, string(b), `[{"id":"a"}]`)
				return
			}
		}
	})
}

func TestTokensAreRotatedByOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens := directustest.NewTokens("0")
		done := make(chan error)
		for range 5 {
			go func() {
				done <- tokens.Rotate(t.Context(), func(_ context.Context, current directus.Secret) (directus.Secret, error) {
					time.Sleep(time.Second)
					return current + "'", nil
				})
			}()
		}
		for range 5 {
			require.NoError(t, <-done)
		}
		assert.EqualValues(t, "0'''''", string(tokens.Load()))
	})
}
