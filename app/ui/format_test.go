package ui

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

// in makes the reader live in a zone for the length of a test.
func in(t *testing.T, zone *time.Location) {
	local := time.Local
	time.Local = zone
	t.Cleanup(func() { time.Local = local })
}

func TestDayLabel(t *testing.T) {
	in(t, time.FixedZone("+13:45", (13*60+45)*60))
	now := time.Date(2026, 3, 1, 0, 5, 0, 0, time.Local)
	f := newFormat()
	for want, at := range map[string]time.Time{
		"Today":                       now.Add(-4 * time.Minute),
		"Yesterday":                   now.Add(-6 * time.Minute),
		"Friday, 27 February":         now.Add(-30 * time.Hour),
		"Wednesday, 31 December 2025": time.Date(2025, 12, 31, 23, 59, 0, 0, time.Local),
	} {
		assert.Equal(t, want, f.dayLabel(at.UTC(), now.UTC()))
	}
	assert.Equal(t, int64(-1), newFormat().day(time.Date(1969, 12, 31, 23, 0, 0, 0, time.Local)), "before 1970, too, a day is a day")
}

func TestStatus(t *testing.T) {
	in(t, time.UTC)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := now.Add(-time.Hour)
	for _, test := range []struct {
		connection chat.Connection
		lastNews   time.Time
		want       string
	}{
		{chat.ConnectionConnecting, at, "Connecting…"},
		{chat.ConnectionCatchingUp, at, "Catching up…"},
		{chat.ConnectionLive, at, "Up to date"},
		{chat.ConnectionWaiting, time.Time{}, "No connection, trying again soon"},
		{chat.ConnectionWaiting, at, "No connection since 11:00, trying again soon"},
		{chat.ConnectionOffline, time.Time{}, "Offline"},
		{chat.ConnectionOffline, at, "Offline since 11:00"},
		{chat.ConnectionOffline, at.AddDate(0, 0, -1), "Offline since Saturday, 28 February 2026 at 11:00:00"},
	} {
		assert.Equal(t, test.want, status(test.connection, test.lastNews, now))
	}
}
