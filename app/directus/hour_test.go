package directus_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directustest"
)

// An hour is a session through which things go wrong at random, one after the other or several at once, while somebody
// writes a message every few seconds.
type hour struct {
	*tab
	began  time.Time
	random *rand.Rand
	script []string // what went wrong, and when

	mu        sync.Mutex
	ongoing   map[string]bool // faults, by name
	written   []time.Time     // by number of the message
	delivered map[int]bool    // by the same
	told      []time.Time     // when the owner was told to read what may be missing
	ready     []period
}

// A period of a state; the last one may not have ended yet.
type period struct{ from, to time.Time }

// A fault begins, lasts and ends; end is nil if it happens in a moment.
type fault struct {
	name       string
	begin, end func(h *hour)
}

var faults = []fault{
	{"cut", func(h *hour) { h.srv.Cut() }, nil},
	{"restart", func(h *hour) { h.srv.Stop() }, func(h *hour) { h.srv.Start() }},
	{"frozen link", func(h *hour) { h.srv.Freeze() }, func(h *hour) { h.srv.Thaw() }},
	{"link frozen up", func(h *hour) { h.srv.FreezeUp() }, func(h *hour) { h.srv.Thaw() }},
	{"link frozen down", func(h *hour) { h.srv.FreezeDown() }, func(h *hour) { h.srv.Thaw() }},
	{"expiry", func(h *hour) { h.srv.Expire() }, nil},
	{"auth refused", func(h *hour) { h.srv.RefuseAuth(1 + h.random.IntN(3)) }, nil},
	{"refresh lost", func(h *hour) { h.srv.LoseRefreshes(1) }, nil},
	{"slow server", func(h *hour) { h.srv.Slow(h.upTo(4 * time.Second)) }, func(h *hour) { h.srv.Slow(0) }},
	{"REST 503", func(h *hour) { h.srv.OnRequest(answer(503, "", "")) }, calm},
	{"REST 429", func(h *hour) { h.srv.OnRequest(answer(429, "", "20")) }, calm},
	{"REST of a proxy", func(h *hour) { h.srv.OnRequest(answer(401, "<html>", "")) }, calm},
	{"REST cut", func(h *hour) {
		h.srv.OnRequest(func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) })
	}, calm},
	{"realtime off", func(h *hour) { h.srv.SetRealtime(false); h.srv.Cut() }, func(h *hour) { h.srv.SetRealtime(true) }},
	{"upgrade refused", func(h *hour) { h.srv.SetUpgrade(false); h.srv.Cut() }, func(h *hour) { h.srv.SetUpgrade(true) }},
	{"closed behind an event", func(h *hour) { h.srv.CloseBehindEvents(1) }, nil},
	{"event too large", func(h *hour) { h.srv.OnEvent(tooLarge) }, quiet},
	{"event unreadable", func(h *hour) { h.srv.OnEvent(unreadable) }, quiet},
	{"event doubled", func(h *hour) { h.srv.OnEvent(func(f []byte) [][]byte { return [][]byte{f, f} }) }, quiet},
	{"sleep", func(h *hour) { h.clock.set(h.upTo(time.Hour)); h.srv.Cut(); h.Wake() }, nil},
	{"clock set back", func(h *hour) { h.clock.set(-h.upTo(time.Hour)) }, nil},
	{"writes hang", func(h *hour) { h.stuck.Store(true) }, func(h *hour) { h.stuck.Store(false) }},
	{"hidden", func(h *hour) { h.SetVisible(false) }, func(h *hour) { h.SetVisible(true) }},
	{"no network", func(h *hour) { h.SetOnline(false); h.srv.Freeze() }, func(h *hour) { h.srv.Thaw(); h.SetOnline(true) }},
	{"no network, they say", func(h *hour) { h.SetOnline(false) }, func(h *hour) { h.SetOnline(true) }},
	{"wake", func(h *hour) { h.Wake() }, nil},
}

func calm(h *hour)  { h.srv.OnRequest(nil) }
func quiet(h *hour) { h.srv.OnEvent(nil) }

var huge = bytes.Repeat([]byte(" "), 5<<20)

func tooLarge([]byte) [][]byte { return [][]byte{huge} }

func unreadable([]byte) [][]byte {
	return [][]byte{[]byte(`{"type":"subscribe","status":"error","error":{"code":"INTERNAL_SERVER_ERROR"},"uid":"messages"}`)}
}

func (h *hour) upTo(d time.Duration) time.Duration { return time.Duration(h.random.Int64N(int64(d))) }

// longest is how long a silence may be: for a hidden page's probe, its answer, and a subscription to be made.
const longest = 80 * time.Second

// TestAnHourOfFaults: at the end the session is ready, and of every message that it did not deliver it has told that
// something may be missing, after the message was written.
func TestAnHourOfFaults(t *testing.T) {
	for seed := range uint64(18) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			cfg := directustest.Config{
				AccessTTL:    []time.Duration{30 * time.Second, 2 * time.Minute, 15 * time.Minute}[seed%3],
				Heartbeat:    []time.Duration{30 * time.Second, -1}[seed%2],
				Version:      []string{"12.4.0", "11.17.4"}[seed/2%2],
				RefreshGrace: time.Hour, // what a lost answer costs when it cannot be had again is TestLostRefresh's matter
			}
			onVirtualTime(t, cfg, func(t *testing.T, srv *directustest.Server) {
				newHour(t, srv, seed).run(t)
			})
		})
	}
}

func newHour(t *testing.T, srv *directustest.Server, seed uint64) *hour {
	h := &hour{
		began: time.Now(), random: rand.New(rand.NewPCG(seed, 1)),
		ongoing: map[string]bool{}, delivered: map[int]bool{},
	}
	jitter := rand.New(rand.NewPCG(seed, 2))
	h.tab = open(t, srv, func(c *directus.SessionConfig) {
		c.Jitter = jitter.Float64
		deliver := c.Deliver
		c.Deliver = func(e directus.Event) {
			deliver(e)
			h.hear(e)
		}
	})
	return h
}

// hear does what the owner of a session does: it counts what comes, and reads the rest when told to.
func (h *hour) hear(e directus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	switch e := e.(type) {
	case directus.StateChanged:
		if last := len(h.ready) - 1; last >= 0 && h.ready[last].to.IsZero() {
			h.ready[last].to = now
		}
		if e.State == directus.Ready {
			h.ready = append(h.ready, period{from: now})
		}
	case directus.Changed:
		var rows []struct {
			ID int `json:"id,string"`
		}
		require.NoError(h.t, json.Unmarshal(e.Data, &rows))
		for _, row := range rows {
			h.delivered[row.ID] = true
		}
	case directus.Subscribed, directus.Resumed:
		h.told = append(h.told, now)
	case directus.Gap:
		if e.Reason != directus.GapTokenExpired { // its end is what counts
			h.told = append(h.told, now)
		}
	}
}

// silence is for how long the session has called itself ready after a message was written that it did not deliver,
// until it told that something may be missing.
func (h *hour) silence(id int) (total time.Duration) {
	written := h.written[id]
	until := time.Now()
	for _, told := range h.told {
		if !told.Before(written) {
			until = told
			break
		}
	}
	for _, p := range h.ready {
		from, to := p.from, p.to
		if to.IsZero() || to.After(until) {
			to = until
		}
		if from.Before(written) {
			from = written
		}
		total += max(0, to.Sub(from))
	}
	return total
}

func (h *hour) run(t *testing.T) {
	defer func() {
		if t.Failed() {
			t.Log(h.script)
		}
	}()
	for time.Since(h.began) < time.Hour {
		h.happen(faults[h.random.IntN(len(faults))])
		for range h.random.IntN(10) {
			h.write()
			time.Sleep(h.upTo(8 * time.Second))
		}
	}
	time.Sleep(3 * time.Minute) // everything ends, and a hidden page may wait a minute
	require.Equal(t, directus.Ready, h.state().State)
	h.write()
	settle()
	h.mu.Lock()
	defer h.mu.Unlock()
	for id := range h.written {
		if !h.delivered[id] {
			assert.LessOrEqual(t, h.silence(id), longest, "message %d of %v: ready, and it is missing", id, h.written[id].Sub(h.began))
		}
	}
	assert.True(t, h.delivered[len(h.written)-1], "the last one is delivered")
}

// happen lets something go wrong, unless it does already.
func (h *hour) happen(f fault) {
	h.mu.Lock()
	begins := !h.ongoing[f.name]
	h.ongoing[f.name] = f.end != nil
	h.mu.Unlock()
	if !begins {
		return
	}
	h.script = append(h.script, fmt.Sprint(time.Since(h.began).Round(time.Second), " ", f.name))
	f.begin(h)
	if f.end != nil {
		time.AfterFunc(h.upTo(90*time.Second), func() {
			f.end(h)
			h.mu.Lock()
			defer h.mu.Unlock()
			h.ongoing[f.name] = false
		})
	}
}

func (h *hour) write() {
	h.mu.Lock()
	id := fmt.Sprint(len(h.written))
	h.written = append(h.written, time.Now())
	h.mu.Unlock()
	h.srv.Insert("messages", map[string]any{"id": id, "content": "x"})
}
