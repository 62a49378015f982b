//go:build linux || darwin

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"directuschat/app/client"
	"directuschat/app/directus"
	"directuschat/app/directus/directuslab"
)

// BenchmarkSubscribers prints how long it takes until the last of many subscribers has a message, from the moment it is
// sent, in turn: as a page of ours subscribes, by chatd; the same where chatd shares nothing, so that Directus reads the
// row once for each subscription; and as Directus's chat tutorials do, with their query and straight to Directus. The
// subscribers are sockets of ten people.
func BenchmarkSubscribers(b *testing.B) {
	hall := newHall(b, directuslab.Options{Env: map[string]string{"WEBSOCKETS_HEARTBEAT_ENABLED": "false"}})
	hall.tutorialRights()
	page := client.Subscriptions()[0].Query // for messages
	ours := map[string]any{"fields": page.Fields, "sort": page.Sort, "limit": 0}
	audiences := []*audience{
		hall.seat(b, true, ours),
		hall.seat(b, false, ours),
		{hall: hall, b: b, url: hall.directus.URL, origin: hall.directus.URL, query: map[string]any{"fields": []string{"*", "user_created.first_name"}}, last: make(chan time.Time, 1)},
	}
	for range b.N {
		fmt.Print("\n| subscribers | ours: fastest | median | p95 | not shared: fastest | median | p95 | tutorials': fastest | median | p95 | ours to tutorials', fastest | median | not shared to tutorials', fastest | median |\n" +
			"|" + strings.Repeat(" ---: |", 14) + "\n")
		for _, size := range []int{1, 10, 100, 300} {
			times := make([][]time.Duration, len(audiences))
			for _, a := range audiences {
				a.grow(size)
			}
			for round := range audienceRounds {
				for i := range audiences {
					i = (i + round) % len(audiences) // none is always the first
					times[i] = append(times[i], audiences[i].measure()...)
				}
			}
			fmt.Printf("| %d |", size)
			for _, some := range times {
				fmt.Printf(" %.0f ms | %.0f ms | %.0f ms |", quantile(some, 0), quantile(some, 0.5), quantile(some, 0.95))
			}
			for _, some := range times[:2] {
				fmt.Printf(" %.2f | %.2f |", quantile(some, 0)/quantile(times[2], 0), quantile(some, 0.5)/quantile(times[2], 0.5))
			}
			fmt.Println()
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

// An audience is subscribers of one kind, and somebody who writes.
type audience struct {
	*hall
	url     string // of Directus, or of chatd's way to it
	origin  string // of the page
	query   map[string]any
	b       *testing.B
	writer  *listener
	sockets []*listener
	pending atomic.Int64 // answers, or events, that are still to come
	last    chan time.Time
}

// seat makes an audience that comes by chatd.
func (h *hall) seat(b *testing.B, share bool, query map[string]any) *audience {
	server := startSite(b, io.Discard, "-directus-url", h.directus.URL, fmt.Sprint("-share-subscriptions=", share))
	return &audience{hall: h, b: b, url: server.URL + "/directus", origin: server.URL, query: query, last: make(chan time.Time, 1)}
}

// grow makes it as many sockets.
func (a *audience) grow(size int) {
	if a.writer == nil {
		a.writer = a.connect(a.tokens[0])
	}
	for i := len(a.sockets); i < size; i++ {
		a.sockets = append(a.sockets, a.connect(a.tokens[i%len(a.tokens)]))
	}
}

// A listener is a socket that counts what it is told; of a message only the first time, because chatd may tell of it twice
// while it takes a subscription over.
type listener struct {
	a    *audience
	conn directus.Conn
}

func (a *audience) connect(token string) *listener {
	l := &listener{a, dialAs(a.b, a.url, a.origin)}
	go l.listen(a.b.Context())
	a.await(1, func() { l.write(map[string]any{"type": "auth", "access_token": token}) })
	return l
}

func (l *listener) listen(ctx context.Context) {
	last := ""
	for {
		frame, err := l.conn.Read(ctx)
		now := time.Now()
		if err != nil {
			return
		}
		if strings.Contains(string(frame), `"status":"error"`) {
			panic("refused: " + string(frame))
		}
		if strings.Contains(string(frame), `"event":"create"`) {
			if string(frame) == last {
				continue
			}
			last = string(frame)
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

// measure subscribes everybody, and has them told of messages one by one.
func (a *audience) measure() (times []time.Duration) {
	everybody := func(frame map[string]any) {
		for _, l := range a.sockets {
			a.await(1, func() { l.write(frame) })
		}
	}
	everybody(map[string]any{"type": "subscribe", "uid": "messages", "collection": "messages", "query": a.query})
	for range 1 + audienceMessages {
		times = append(times, a.await(len(a.sockets)+1, func() {
			a.writer.write(map[string]any{"type": "items", "uid": "1", "action": "create", "collection": "messages",
				"data": map[string]any{"content": "Shall we meet at ten, where we met the last time?"}})
		}))
	}
	everybody(map[string]any{"type": "unsubscribe", "uid": "messages"})
	return times[1:] // the first finds caches empty
}
