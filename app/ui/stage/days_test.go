//go:build !js

package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const days = `[...document.querySelectorAll(".day")].map(d => d.innerText).join(", ")`

// TestMidnight: days are the reader's own, and "Today" becomes "Yesterday" while somebody looks.
func TestMidnight(t *testing.T) {
	for _, zone := range []string{"Pacific/Auckland", "America/St_Johns"} {
		t.Run(zone, func(t *testing.T) {
			where, err := time.LoadLocation(zone)
			require.NoError(t, err)
			v := newVisitor(t)
			v.lives(zone)
			now := time.Now().In(where)
			midnight := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, where)
			v.setClock(midnight.Add(-5 * time.Minute))
			v.open("/")
			v.show(room(
				row(1, bob, midnight.AddDate(0, 0, -2).Add(24*time.Hour-time.Minute), "at 23:59 of yesterday"),
				row(2, bob, midnight.AddDate(0, 0, -1).Add(time.Minute), "at 00:01 of today"),
				row(3, bob, midnight.Add(-time.Minute), "a moment ago"),
			))
			assert.Equal(t, "Yesterday, Today", eval[string](v, days))
			assert.Equal(t, []string{"00:01", "23:59"}, eval[[]string](v, `[...document.querySelectorAll("time")].slice(1).map(t => t.innerText.replace(/^12:01\sAM$/, "00:01").replace(/^11:59\sPM$/, "23:59"))`))
			v.passTime(5 * time.Minute)
			v.await(days + `.endsWith("Yesterday")`)
			assert.NotContains(t, eval[string](v, days), "Today")
			v.requireNoTroubles()
		})
	}
}

// setClock has the pages that are opened from now on begin at a time, which passTime lets go on.
func (v *visitor) setClock(at time.Time) {
	v.tb.Helper()
	v.first(fmt.Sprintf(`{
		const RealDate = Date, wait = setTimeout, since = performance.now.bind(performance), begin = %d - Date.now();
		const alarms = [];
		let passed = 0;
		const now = () => RealDate.now() + begin + passed;
		window.Date = class extends RealDate { constructor(...given) { given.length ? super(...given) : super(now()) } static now() { return now() } };
		performance.now = () => since() + passed;
		window.setTimeout = (f, delay, ...given) => delay < 60_000 ? wait(f, delay, ...given) : -alarms.push(() => f(...given));
		window.passTime = (ms) => { passed += ms; for (const alarm of alarms.splice(0)) wait(alarm, 0) };
	}`, at.UnixMilli()))
}

// passTime lets it pass at once. Whoever waits for a minute or more is woken, too early perhaps.
func (v *visitor) passTime(d time.Duration) {
	v.tb.Helper()
	eval[any](v, fmt.Sprintf(`void passTime(%d)`, d.Milliseconds()))
}

// TestClocksChange: a day of 23 or of 25 hours is a day.
func TestClocksChange(t *testing.T) {
	for zone, day := range map[string]string{"America/St_Johns": "2026-03-08", "Pacific/Auckland": "2026-04-05"} {
		t.Run(zone, func(t *testing.T) {
			where, err := time.LoadLocation(zone)
			require.NoError(t, err)
			midnight, err := time.ParseInLocation(time.DateOnly, day, where)
			require.NoError(t, err)
			next := midnight.AddDate(0, 0, 1)
			require.NotEqual(t, 24*time.Hour, next.Sub(midnight))
			v := newVisitor(t)
			v.lives(zone)
			v.speaks("en-GB")
			v.open("/")
			v.show(room(
				row(1, bob, midnight.Add(-time.Minute), "the evening before"),
				row(2, bob, midnight.Add(time.Minute), "early"),
				row(3, bob, next.Add(-time.Minute), "late"),
				row(4, bob, next.Add(time.Minute), "the morning after"),
			))
			var want, times []string
			for _, at := range []time.Time{midnight.Add(-time.Minute), midnight, next} {
				want = append(want, at.Format("Monday 2 January"))
			}
			for range 2 {
				times = append(times, "23:59", "00:01")
			}
			said := eval[[]string](v, `[...document.querySelectorAll(".day")].map(d => d.innerText.replace(/,| \d{4}$/g, ""))`)
			assert.Equal(t, want, said)
			assert.Equal(t, times, eval[[]string](v, `[...document.querySelectorAll("time")].map(t => t.innerText)`))
			v.requireNoTroubles()
		})
	}
}
