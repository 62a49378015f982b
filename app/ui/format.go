package ui

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// A format tells times and numbers the reader's way, and what is an emoji. In the browser it asks Intl: Go's time.Local is one fixed offset
// there, wrong on the other side of a clock change. Natively it falls back to Go's own.
type format struct {
	clockOf, secondsOf, dayOf, dayOfYear, momentOf, numberOf, listOf, emojiOf lazy // nil natively

	clocks [24]clock // by hour of the day

	// offsets by quarter of an hour, the finest step at which zones change theirs: asking the browser costs an object.
	offsets map[int64]time.Duration
}

// A lazy value is made when it is first asked for. To make what knows a language takes the browser as long as to draw the
// whole page, and who has yet to log in needs none of it.
type lazy func() app.Value

var reader = sync.OnceValue(newFormat)

func newFormat() *format {
	f := &format{offsets: map[int64]time.Duration{}}
	if app.IsServer {
		return f
	}
	intl := app.Window().Get("Intl")
	// The page's language, in the reader's flavour of it if there is one, and with the reader's 12 or 24 hours anyway.
	own := sync.OnceValue(func() app.Value {
		return intl.Get("DateTimeFormat").New(app.Undefined(), map[string]any{"hour": "numeric"}).Call("resolvedOptions")
	})
	language := func() string {
		language := documentElement().Get("lang").String()
		if locale := own().Get("locale").String(); len(locale) > len(language) && locale[:len(language)+1] == language+"-" {
			return locale
		}
		return language
	}
	dates := func(options map[string]any) lazy {
		return sync.OnceValue(func() app.Value {
			options["hourCycle"] = own().Get("hourCycle")
			return intl.Get("DateTimeFormat").New(language(), options)
		})
	}
	f.clockOf = dates(map[string]any{"timeStyle": "short"})
	f.secondsOf = dates(map[string]any{"timeStyle": "medium"})
	f.dayOf = dates(map[string]any{"weekday": "long", "day": "numeric", "month": "long"})
	f.dayOfYear = dates(map[string]any{"weekday": "long", "day": "numeric", "month": "long", "year": "numeric"})
	f.momentOf = dates(map[string]any{"dateStyle": "full", "timeStyle": "medium"})
	f.numberOf = sync.OnceValue(func() app.Value { return intl.Get("NumberFormat").New(language()) })
	f.listOf = sync.OnceValue(func() app.Value { return intl.Get("ListFormat").New(language()) })
	f.emojiOf = sync.OnceValue(func() app.Value { return app.Window().Get("RegExp").New(emojis, "u") })
	return f
}

// A clock is what stands before and behind the minutes as long as an hour lasts.
type clock struct {
	known         bool
	before, after string
}

// clock is the time of day, such as "10:42". Every row has one, so Intl is asked once for each hour of the day: where the
// minutes stand in its answer is seen, unless they are the same as the hour.
func (f *format) clock(t time.Time) string {
	local := f.local(t)
	c, minutes := &f.clocks[local.Hour()], twoDigits(local.Minute())
	if c.known {
		return c.before + minutes + c.after
	}
	words := f.in(f.clockOf, t, "15:04")
	if strings.Count(words, minutes) == 1 {
		before, after, _ := strings.Cut(words, minutes)
		*c = clock{true, before, after}
	}
	return words
}

// twoDigits is what time's own "04" gives; its Format is among the largest functions there are, and every row would call
// it.
func twoDigits(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }

// seconds is the time of day to the second.
func (f *format) seconds(t time.Time) string { return f.in(f.secondsOf, t, "15:04:05") }

// moment is the whole date and time.
func (f *format) moment(t time.Time) string {
	return f.in(f.momentOf, t, "Monday, 2 January 2006 at 15:04:05")
}

// since is the clock of a time today, the whole moment of any other.
func (f *format) since(t, now time.Time) string {
	if f.day(t) == f.day(now) {
		return f.clock(t)
	}
	return f.moment(t)
}

// when is the clock of a time today, the day and the clock of any other.
func (f *format) when(t, now time.Time) string {
	if f.day(t) == f.day(now) {
		return f.clock(t)
	}
	return f.dayLabel(t, now) + ", " + f.clock(t)
}

// secondsOn is the time of a moment today to the second, the whole moment of any other.
func (f *format) secondsOn(t, now time.Time) string {
	if f.day(t) == f.day(now) {
		return f.seconds(t)
	}
	return f.moment(t)
}

// dayLabel names a day as seen from now.
func (f *format) dayLabel(t, now time.Time) string {
	switch day := f.day(t); {
	case day == f.day(now):
		return say(textToday)
	case day == f.day(now)-1:
		return say(textYesterday)
	case f.local(t).Year() == f.local(now).Year():
		return f.in(f.dayOf, t, "Monday, 2 January")
	default:
		return f.in(f.dayOfYear, t, "Monday, 2 January 2006")
	}
}

// day numbers the reader's calendar days.
func (f *format) day(t time.Time) int64 {
	const seconds = 24 * 60 * 60
	s := f.local(t).Unix()
	if s < 0 {
		s -= seconds - 1
	}
	return s / seconds
}

// tomorrow is when the reader's calendar shows another day than at t. Zones change, and days begin, at quarters of an hour.
func (f *format) tomorrow(t time.Time) time.Time {
	const quarter = 15 * time.Minute
	next := t.Truncate(quarter).Add(quarter)
	for f.day(next) == f.day(t) {
		next = next.Add(quarter)
	}
	return next
}

// local is the time whose UTC fields read as the reader's clock does at t.
func (f *format) local(t time.Time) time.Time {
	if f.clockOf == nil {
		_, offset := t.Local().Zone()
		return t.UTC().Add(time.Duration(offset) * time.Second)
	}
	quarter := t.Unix() / (15 * 60)
	offset, known := f.offsets[quarter]
	if !known {
		offset = -time.Duration(app.Window().Get("Date").New(float64(t.UnixMilli())).Call("getTimezoneOffset").Float() * float64(time.Minute))
		f.offsets[quarter] = offset
	}
	return t.UTC().Add(offset)
}

// number groups digits.
func (f *format) number(n int) string {
	if f.numberOf == nil {
		return strconv.Itoa(n)
	}
	return f.numberOf().Call("format", n).String()
}

// list joins names as a sentence does.
func (f *format) list(names []string) string {
	if f.listOf == nil {
		return strings.Join(names, ", ")
	}
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = name
	}
	return f.listOf().Call("format", list).String()
}

func (f *format) in(intl lazy, t time.Time, layout string) string {
	if intl == nil {
		return t.Local().Format(layout)
	}
	return intl().Call("format", float64(t.UnixMilli())).String()
}

// prepare makes what every row of a room needs, one after the other while the page has nothing else to do: so who logs in
// does not wait for it.
func (f *format) prepare() {
	pieces := []lazy{f.clockOf, f.momentOf, f.emojiOf, f.dayOf}
	if f.clockOf == nil {
		return
	}
	idle := "requestIdleCallback"
	if !app.Window().Get(idle).Truthy() { // Safari
		idle = "setTimeout"
	}
	var next app.Func
	next = app.FuncOf(func(app.Value, []app.Value) any {
		pieces[0]()
		if pieces = pieces[1:]; len(pieces) > 0 {
			app.Window().Call(idle, next)
		} else {
			next.Release()
		}
		return nil
	})
	app.Window().Call(idle, next)
}

func today() int64 { return reader().day(time.Now()) }
