package ui

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

func TestClock(t *testing.T) {
	in(t, time.FixedZone("+5:45", (5*60+45)*60))
	f := newFormat()
	for minute := range 48 * 60 {
		at := time.Date(2026, 3, 1, 0, minute, 0, 0, time.Local)
		require.Equal(t, at.Format("15:04"), f.clock(at.UTC()))
	}
	for hour, c := range f.clocks {
		assert.True(t, c.known, hour)
	}
}

func TestTomorrow(t *testing.T) {
	for name, test := range map[string]struct{ zone, now, want string }{
		"an odd zone":                  {"America/St_Johns", "2026-01-15T23:59:59-03:30", "2026-01-16T00:00:00-03:30"},
		"ahead of everybody":           {"Pacific/Auckland", "2026-07-15T00:00:00+12:00", "2026-07-16T00:00:00+12:00"},
		"a day of 23 hours":            {"America/St_Johns", "2026-03-08T00:01:00-03:30", "2026-03-09T00:00:00-02:30"},
		"a day of 25 hours":            {"Pacific/Auckland", "2026-04-05T00:01:00+13:00", "2026-04-06T00:00:00+12:00"},
		"a day that begins at one":     {"Africa/Cairo", "2026-04-23T23:30:00+02:00", "2026-04-24T01:00:00+03:00"},
		"a midnight that comes twice":  {"America/Havana", "2026-10-31T12:00:00-04:00", "2026-11-01T00:00:00-04:00"},
		"a day that was there already": {"America/Havana", "2026-11-01T00:30:00-05:00", "2026-11-02T00:00:00-05:00"},
	} {
		t.Run(name, func(t *testing.T) {
			zone, err := time.LoadLocation(test.zone)
			require.NoError(t, err)
			in(t, zone)
			now, err := time.Parse(time.RFC3339, test.now)
			require.NoError(t, err)
			want, err := time.Parse(time.RFC3339, test.want)
			require.NoError(t, err)
			assert.Equal(t, want.UTC(), newFormat().tomorrow(now).UTC())
		})
	}
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

func TestWhen(t *testing.T) {
	in(t, time.UTC)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for want, ago := range map[string]time.Duration{
		"11:00":                            time.Hour,
		"Yesterday, 12:00":                 24 * time.Hour,
		"Monday, 2 February, 12:00":        27 * 24 * time.Hour,
		"Saturday, 1 February 2025, 12:00": 393 * 24 * time.Hour,
	} {
		assert.Equal(t, want, reader().when(now.Add(-ago), now))
	}
}
