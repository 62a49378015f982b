//go:build linux || darwin

package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"directuschat/app/client"
	"directuschat/app/directus"
	"directuschat/app/directus/directuslab"
	"directuschat/app/provision"
)

// BenchmarkSubscribers prints how long it takes until the last of many subscribers has a message, from the moment it is
// sent: with the query that a page of ours subscribes with, and with that of Directus's chat tutorials, in turn. Directus
// reads the row once for each subscription, one after the other, with the rights of whoever subscribes. The subscribers
// are sockets of ten people.
func BenchmarkSubscribers(b *testing.B) {
	a := newAudience(b)
	ours := client.MessagesSubscription().Query
	queries := []map[string]any{
		{"fields": ours.Fields, "sort": ours.Sort, "limit": 0},
		{"fields": []string{"*", "user_created.first_name"}},
	}
	for range b.N {
		fmt.Print("\n| subscribers | ours: fastest | median | p95 | tutorials': fastest | median | p95 | ratio of the fastest | of the medians |\n" +
			"| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
		for _, size := range []int{1, 10, 100, 300} {
			a.grow(size)
			times := make([][]time.Duration, len(queries))
			for round := range audienceRounds {
				for i := range queries {
					i = (i + round) % len(queries) // none is always the first
					times[i] = append(times[i], a.measure(queries[i])...)
				}
			}
			row := []any{size}
			for _, some := range times {
				row = append(row, quantile(some, 0), quantile(some, 0.5), quantile(some, 0.95))
			}
			for _, q := range []float64{0, 0.5} {
				row = append(row, quantile(times[0], q)/quantile(times[1], q))
			}
			fmt.Printf("| %d | %.0f ms | %.0f ms | %.0f ms | %.0f ms | %.0f ms | %.0f ms | %.2f | %.2f |\n", row...)
		}
	}
}

const (
	audienceRounds   = 6
	audienceMessages = 10 // of each round
)

// quantile is a time in milliseconds.
func quantile(times []time.Duration, q float64) float64 {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[int(q*float64(len(sorted)-1))].Seconds() * 1000
}

// An audience is subscribers of a real Directus, and somebody who writes.
type audience struct {
	b       *testing.B
	url     string
	tokens  []string
	writer  *listener
	sockets []*listener
	pending atomic.Int64 // answers, or events, that are still to come
	last    chan time.Time
}

func newAudience(b *testing.B) *audience {
	in := directuslab.Run(b, directuslab.Options{Env: map[string]string{"WEBSOCKETS_HEARTBEAT_ENABLED": "false"}})
	a := &audience{b: b, url: strings.Replace(in.URL, "http", "ws", 1) + "/websocket", last: make(chan time.Time, 1)}
	api := directus.API{URL: in.URL, Transport: directus.NewTransport()}
	admin, err := provision.Connect(b.Context(), api, provision.Credentials{Token: directus.Secret(in.AdminToken)})
	require.NoError(b, err)
	require.NoError(b, provision.Apply(b.Context(), admin, provision.Options{}, func(provision.Step) {}))
	call := func(method, path string, body, out any) {
		require.NoError(b, in.Admin(b.Context(), method, path, body, out))
	}
	for i := range 10 {
		name := fmt.Sprintf("person%d", i)
		id, err := provision.EnsureUser(b.Context(), admin, provision.User{Email: name + "@example.com", Password: "some password", FirstName: name})
		require.NoError(b, err)
		a.tokens = append(a.tokens, name+"-has-this-token")
		call(http.MethodPatch, "/users/"+id, map[string]any{"token": a.tokens[i]}, nil)
	}
	call(http.MethodPost, "/permissions", map[string]any{ // as the tutorials have it, to show names
		"policy": provision.PolicyID, "collection": "directus_users", "action": "read", "fields": []string{"*"},
	}, nil)
	a.writer = a.connect(a.tokens[0])
	return a
}

// grow makes it as many sockets.
func (a *audience) grow(size int) {
	for i := len(a.sockets); i < size; i++ {
		a.sockets = append(a.sockets, a.connect(a.tokens[i%len(a.tokens)]))
	}
}

// A listener is a socket that counts what it is told.
type listener struct {
	a    *audience
	conn directus.Conn
}

func (a *audience) connect(token string) *listener {
	conn, err := directus.NewDialer().Dial(a.b.Context(), a.url)
	require.NoError(a.b, err)
	a.b.Cleanup(conn.Close)
	l := &listener{a, conn}
	go l.listen(a.b.Context())
	a.await(1, func() { l.write(map[string]any{"type": "auth", "access_token": token}) })
	return l
}

func (l *listener) listen(ctx context.Context) {
	for {
		frame, err := l.conn.Read(ctx)
		now := time.Now()
		if err != nil {
			return
		}
		if strings.Contains(string(frame), `"status":"error"`) {
			panic("refused: " + string(frame))
		}
		if l.a.pending.Add(-1) == 0 {
			l.a.last <- now
		}
	}
}

func (l *listener) write(frame map[string]any) {
	text, err := json.Marshal(frame)
	require.NoError(l.a.b, err)
	require.NoError(l.a.b, l.conn.Write(l.a.b.Context(), text))
}

// await is the time from doing something until the last of so many frames has come that are told because of it.
func (a *audience) await(frames int, do func()) time.Duration {
	a.pending.Store(int64(frames))
	began := time.Now()
	do()
	select {
	case last := <-a.last:
		return last.Sub(began)
	case <-time.After(time.Minute):
		require.FailNow(a.b, "not all were told", "%d of %d were not", a.pending.Load(), frames)
		return 0
	}
}

// measure subscribes everybody with a query, and has them told of messages one by one.
func (a *audience) measure(query map[string]any) (times []time.Duration) {
	everybody := func(frame map[string]any) {
		for _, l := range a.sockets {
			a.await(1, func() { l.write(frame) })
		}
	}
	everybody(map[string]any{"type": "subscribe", "uid": "messages", "collection": "messages", "query": query})
	for range 1 + audienceMessages {
		times = append(times, a.await(len(a.sockets)+1, func() {
			a.writer.write(map[string]any{"type": "items", "uid": "1", "action": "create", "collection": "messages",
				"data": map[string]any{"content": "Shall we meet at ten, where we met the last time?"}})
		}))
	}
	everybody(map[string]any{"type": "unsubscribe", "uid": "messages"})
	return times[1:] // the first finds caches empty
}
