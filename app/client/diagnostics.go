package client

import (
	"fmt"
	"slices"
	"sync"

	"directuschat/app/chat"
	"directuschat/app/directus"
)

// How much is kept for Diagnostics.
const (
	keptStates = 50
	keptFrames = 100
)

// A trace holds the last of what happened. Any goroutine may use it.
type trace struct {
	mu     sync.Mutex
	limit  int
	events []directus.TraceEvent // a ring, when it is full
	next   int                   // the oldest then
}

func (t *trace) add(e directus.TraceEvent) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.events) < t.limit {
		t.events = append(t.events, e)
		return
	}
	t.events[t.next] = e
	t.next = (t.next + 1) % t.limit
}

// last are lines that tell of it, oldest first.
func (t *trace) last() []chat.TraceLine {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines []chat.TraceLine
	for _, e := range slices.Concat(t.events[t.next:], t.events[:t.next]) {
		line := chat.TraceLine{Time: e.Time, Kind: e.Kind, Text: e.Text}
		if e.Kind != kindState {
			line.Text += fmt.Sprintf(" (%d bytes)", e.Size)
		}
		lines = append(lines, line)
	}
	return lines
}

func (t *trace) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events, t.next = nil, 0
}

const kindState = "state"

// note takes what a session traces, as it is: of a burst hardly anything is ever looked at.
func (c *Client) note(e directus.TraceEvent) {
	if e.Kind == kindState {
		c.states.add(e)
	} else {
		c.frames.add(e)
	}
}

// Diagnostics is what is known of the connection and the session, for the user to look at and to show to somebody who
// helps: without secrets, and without what anybody wrote.
func (c *Client) Diagnostics() chat.Diagnostics {
	snap := c.Snapshot()
	c.owned.Lock()
	gaps, outbox := c.state.Gaps(), c.state.Outbox()
	c.owned.Unlock()
	d := chat.Diagnostics{
		Audit:  snap.Audit,
		Gaps:   gaps,
		Outbox: outbox,
		States: c.states.last(),
		Frames: c.frames.last(),
		Lines: []string{
			"server: " + c.cfg.API.URL,
			"connection: " + snap.Connection.String(),
			fmt.Sprintf("tab: %s, shared computer: %t", c.cfg.Store.Tab(), c.cfg.Store.Shared()),
		},
	}
	if project := c.project.Load(); project != nil {
		d.Lines = append(d.Lines,
			fmt.Sprintf("collection: %s, own keys: %t, updates dated: %t, may write: %t, names: %s",
				project.Mapping.Collection, project.OwnKeys, project.Mapping.Updated != "", project.CanWrite, project.Names),
			fmt.Sprintf("messages held: %d", snap.Room.Count))
	}
	return d
}
