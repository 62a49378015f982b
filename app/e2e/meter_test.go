package e2e

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A meter notes the requests and frames between a page and Directus.
type meter struct {
	p *person

	mu       sync.Mutex
	asked    map[network.RequestID]string // requests that have no answer yet
	requests []string
	frames   []string
	up, down int64 // bytes before the step
}

func newMeter(p *person) *meter {
	m := &meter{p: p, asked: map[network.RequestID]string{}}
	m.begin()
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if err := chromedp.Listen(p.ctx, m.note); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{})
		return err
	}))
	return m
}

func (m *meter) note(event any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if name := nameRequest(e.Request); name != "" {
			m.asked[e.RequestID] = name
		}
	case *network.EventLoadingFinished:
		m.answered(e.RequestID)
	case *network.EventLoadingFailed: // so do those whose answer has been read, and whose time is then over
		m.answered(e.RequestID)
	case *network.EventWebSocketFrameSent:
		m.frame("to", e.Response.PayloadData)
	case *network.EventWebSocketFrameReceived:
		m.frame("from", e.Response.PayloadData)
	}
}

func (m *meter) answered(id network.RequestID) {
	if name, ok := m.asked[id]; ok {
		m.requests = append(m.requests, name)
		delete(m.asked, id)
	}
}

// nameRequest says which request this is, by what tells it from others; "" for one that is not Directus's.
func nameRequest(r *network.Request) string {
	u, err := url.Parse(r.URL)
	if err != nil {
		return ""
	}
	path, isDirectus := strings.CutPrefix(u.Path, "/directus/")
	if !isDirectus || path == "websocket" {
		return ""
	}
	query := u.Query()
	name := r.Method + " " + path
	for _, key := range []string{"limit", "sort"} {
		if query.Has(key) {
			name += " " + key + "=" + query.Get(key)
		}
	}
	return name
}

func (m *meter) frame(direction string, payload []byte) {
	var f struct{ Type, Event, Action string }
	_ = json.Unmarshal(payload, &f)
	m.frames = append(m.frames, strings.Join(strings.Fields(direction+": "+f.Type+" "+f.Event+f.Action), " "))
}

// byTheClock are those that come whatever is done: the page's comparison with the server, and the heartbeats of both sides.
var byTheClock = []string{
	comparison,
	"from: ping", "to: pong",
	"to: unsubscribe", "from: subscription unsubscribe",
}

const comparison = "GET items/messages limit=500 sort=date_created,id"

// caused are those of some requests or frames that something has caused.
func caused(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(byTheClock, name) })
}

// require waits until a step has come to its end, and fails unless it took exactly these requests and frames, besides those
// that come by the clock.
func (m *meter) require(t *testing.T, step string, requests, frames []string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !m.has(len(requests), len(frames)) && time.Now().Before(deadline) {
		m.p.pause()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	assert.ElementsMatch(t, requests, caused(m.requests), step)
	require.ElementsMatch(t, frames, caused(m.frames), step)
	up, down := m.p.link.up.Load(), m.p.link.down.Load()
	out := 0
	for _, frame := range frames {
		if strings.HasPrefix(frame, "to") {
			out++
		}
	}
	t.Logf("%-28s requests %2d, frames to Directus %d, from it %d; bytes to it %6d, from it %6d",
		step, len(requests), out, len(frames)-out, up-m.up, down-m.down)
	m.begin()
}

// begin forgets what has been until now. The caller holds the lock.
func (m *meter) begin() {
	m.requests, m.frames = nil, nil
	m.up, m.down = m.p.link.up.Load(), m.p.link.down.Load()
}

func (m *meter) has(requests, frames int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(caused(m.requests)) >= requests && len(caused(m.frames)) >= frames
}
