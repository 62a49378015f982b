package client

import (
	"fmt"
	"slices"
	"strconv"
	"sync"

	"directuschat/app/chat"
	"directuschat/app/directus"
)

// How much is kept for Diagnostics.
const (
	keptStates = 50
	keptFrames = 100
)

// A trace holds the last lines of what happened. Any goroutine may use it.
type trace struct {
	mu    sync.Mutex
	limit int
	lines []chat.TraceLine // a ring, when it is full
	next  int              // the oldest then
}

func (t *trace) add(line chat.TraceLine) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) < t.limit {
		t.lines = append(t.lines, line)
		return
	}
	t.lines[t.next] = line
	t.next = (t.next + 1) % t.limit
}

// last is a copy of the lines, oldest first.
func (t *trace) last() []chat.TraceLine {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Concat(t.lines[t.next:], t.lines[:t.next])
}

func (t *trace) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines, t.next = nil, 0
}

// note takes what a session traces.
func (c *Client) note(e directus.TraceEvent) {
	line := chat.TraceLine{Time: e.Time, Kind: e.Kind, Text: e.Text}
	if e.Kind == "state" {
		c.states.add(line)
		return
	}
	line.Text += " (" + strconv.Itoa(e.Size) + " bytes)"
	c.frames.add(line)
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
