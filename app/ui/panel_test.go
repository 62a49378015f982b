package ui

import (
	"testing"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

func TestAudited(t *testing.T) {
	in(t, time.UTC)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := now.Add(-78 * time.Minute)
	for want, view := range map[string]chat.AuditView{
		"Not checked yet":                {},
		"Checking…":                      {Running: true, At: at},
		"12431 of 12431, checked 10:42.": {At: at, Held: 12431, Stored: 12431},
		"3 of 4, checked 10:42. 2 were missing and have been loaded. 1 was too many and is gone.": {At: at, Held: 3, Stored: 4, Missing: 2, Doubled: 1},
	} {
		assert.Equal(t, want, audited(view, now))
	}
}

func TestUntil(t *testing.T) {
	now := time.Now()
	for wait, want := range map[time.Duration]string{
		-time.Second:            "now",
		0:                       "now",
		time.Millisecond:        "in 1 second",
		time.Second:             "in 1 second",
		1100 * time.Millisecond: "in 2 seconds",
	} {
		assert.Equal(t, want, until(now.Add(wait), now))
	}
}

func TestGapWords(t *testing.T) {
	in(t, time.UTC)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	from, until := now.Add(-time.Minute), now.Add(-30*time.Second)
	for _, test := range []struct {
		gap  chat.GapReport
		want []string
	}{
		{chat.GapReport{Reason: chat.GapOverflow, From: from, Until: until, Rows: 1}, []string{"11:59:00 – 11:59:30", "Too much at once", "1 message found"}},
		{chat.GapReport{Reason: chat.GapConnection, From: from, Until: until, Rows: 1000, Partly: true},
			[]string{"11:59:00 – 11:59:30", "No connection", "1000 messages found", "older ones are read when you go there"}},
		{chat.GapReport{Reason: chat.GapConnection}, []string{"Start", "No connection", "not filled yet"}},
		{chat.GapReport{Reason: "of a newer program", From: from}, []string{"11:59:00", "Something was missed", "not filled yet"}},
	} {
		assert.Equal(t, test.want, gapWords(test.gap, now))
	}
}

func TestTraceLines(t *testing.T) {
	in(t, time.UTC)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	assert.Equal(t, []string{"12:00:02 ← pong", "12:00:01 → ping", "12:00:00 open"}, traceLines([]chat.TraceLine{
		{Time: at, Kind: "state", Text: "open"},
		{Time: at.Add(time.Second), Kind: "out", Text: "ping"},
		{Time: at.Add(2 * time.Second), Kind: "in", Text: "pong"},
	}))
}

// TestPanelIsDrawn with nothing to tell, and with things that a newer program tells.
func TestPanelIsDrawn(t *testing.T) {
	for name, details := range map[string]chat.Diagnostics{
		"nothing": {},
		"unknown": {Gaps: []chat.GapReport{{Reason: "new"}}, Outbox: []chat.OutboxLine{{ID: "1", Stage: "new"}}},
	} {
		client := newFakeClient()
		client.details = details
		status := &Status{Client: client, SignedIn: true, panel: &panel{stop: func() {}}}
		status.panel.look(client)
		require.NoError(t, app.NewTestEngine().Load(status), name)
		assert.NoError(t, app.Match(app.H2().ID("connection-title").Text(say(textDetails)), status, 0, 1, 0, 0), name)
	}
}
