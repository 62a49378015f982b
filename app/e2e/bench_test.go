package e2e

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	runs = flag.Int("runs", 9, "how often BenchmarkChats measures each page")
	only = flag.String("only", "", "the one discipline of BenchmarkChats: start, slow, return, talk, burst or early")
)

// A line is one of the table.
type line struct {
	what    string
	unit    string
	measure string
	theirs  string  // what of the rival's it is compared with; "" for the same
	rank    float64 // of all that was measured: 0.5 for the median
	against string  // the rival that the budget names; "" where it is a number
	budget  float64 // of the ratio, or the number; 0 for none
}

const median, late = 0.5, 0.95

var lines = []line{
	{"first contentful paint", "ms", "paint", "", median, "Preact", 1.0},
	{"first usable keystroke", "ms", "key", "", median, "Preact", 1.0},
	{"return visit: last conversation visible, beside Preact's first paint", "ms", "return, seen", "return, paint", median, "Preact", 1.0},
	{"return visit: the same, beside Preact's", "ms", "return, seen", "", median, "", 0},
	{"program in charge, cold", "ms", "charge, cold", "", median, "Preact", 2.3},
	{"the same, one heading in go-app in our page", "ms", "heading: charge, cold", "charge, cold", median, "", 0},
	{"the same, one line of Go in our page", "ms", "line: charge, cold", "charge, cold", median, "", 0},
	{"program in charge, warm", "ms", "charge, warm", "", median, "Preact", 2.5},
	{"first contentful paint at 10 Mbit/s, 40 ms, CPU ÷ 4", "ms", "paint, slow", "", median, "", 0},
	{"program in charge at 10 Mbit/s, 40 ms, CPU ÷ 4, cold", "ms", "charge, slow", "", median, "Preact", 2.2},
	{"the same, one heading in go-app in our page", "ms", "heading: charge, slow", "charge, slow", median, "", 0},
	{"the same, one line of Go in our page", "ms", "line: charge, slow", "charge, slow", median, "", 0},
	{"log-in pressed, 3 s after the program is in charge → 100 messages on screen", "ms", "log-in", "", median, "Preact", 1.1},
	{"the same, pressed at once", "ms", "log-in, at once", "", median, "", 0},
	{"send → own row on screen", "frames", "send, frames", "", median, "", 1},
	{"send → own row on screen, p95", "frames", "send, frames", "", late, "", 1},
	{"send → own row on screen", "ms", "send, own", "", median, "", 0},
	{"send → on screen in a second window", "ms", "send, other", "", median, "Preact", 1.1},
	{"send → on screen in a second window, p95", "ms", "send, other", "", late, "Preact", 1.1},
	{"10,000 events back to back, all on screen", "ms", "burst", "", median, "plain", 1.1},
	{"of these lost", "events", "burst, lost", "", 1, "", 0},
	{"longest wait of a key meanwhile", "ms", "burst, starved", "", median, "", 50},
	{"CPU time of the page's thread per event", "µs", "burst, CPU", "", median, "", 0},
	{"all on screen, after a log-in that was pressed at once", "ms", "early burst", "", median, "", 0},
	{"of these lost", "events", "early burst, lost", "", 1, "", 0},
	{"longest wait of a key meanwhile", "ms", "early burst, starved", "", median, "", 0},
	{"memory of scripts before", "MB", "burst, memory before, JavaScript", "", median, "", 0},
	{"memory of scripts after", "MB", "burst, memory after, JavaScript", "", median, "", 0},
	{"memory of the program before", "MB", "burst, memory before, program", "", median, "", 0},
	{"memory of the program after", "MB", "burst, memory after, program", "", median, "", 0},
}

// samples are what was measured, by what it is and by whose it is.
type samples map[string]map[string][]float64

func (s samples) add(measure, whose string, value float64) {
	if s[measure] == nil {
		s[measure] = map[string][]float64{}
	}
	s[measure][whose] = append(s[measure][whose], value)
}

// rank is the value that so many of all do not exceed.
func (s samples) rank(measure, whose string, q float64) float64 {
	all := slices.Sorted(slices.Values(s[measure][whose]))
	if len(all) == 0 {
		return math.NaN()
	}
	return all[min(len(all)-1, int(q*float64(len(all))))]
}

// ours is the name of what is compared with the rivals.
const ours = "chat"

func (l line) print(s samples) {
	theirs := l.theirs
	if theirs == "" {
		theirs = l.measure
	}
	number := func(v float64) string {
		switch {
		case math.IsNaN(v):
			return ""
		case v < 10:
			return fmt.Sprintf("%.1f", v)
		default:
			return fmt.Sprintf("%.0f", v)
		}
	}
	mine := s.rank(l.measure, ours, l.rank)
	cells := []string{l.what + ", " + l.unit, number(mine)}
	value := mine
	for _, r := range rivals {
		his := s.rank(theirs, r.name, l.rank)
		cells = append(cells, number(his))
		ratio := ""
		if his > 0 {
			ratio = fmt.Sprintf("%.2f", mine/his)
		}
		cells = append(cells, ratio)
		if r.name == l.against {
			value = mine / his
		}
	}
	switch {
	case l.budget == 0:
		cells = append(cells, "", "")
	case l.against != "":
		cells = append(cells, fmt.Sprintf("≤ %.1f × %s", l.budget, l.against), met(value, l.budget))
	default:
		cells = append(cells, fmt.Sprintf("≤ %.0f %s", l.budget, l.unit), met(value, l.budget))
	}
	fmt.Println("| " + strings.Join(cells, " | ") + " |")
}

// print prints the table, in Markdown, without what was not measured.
func (s samples) print() {
	fmt.Printf("\n| | %s | Preact | ratio | plain | ratio | budget | |\n| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |\n", ours)
	for _, l := range lines {
		if s[l.measure] != nil {
			l.print(s)
		}
	}
}

// met compares as the table shows it, with two digits.
func met(value, budget float64) string {
	if math.Round(100*value) <= 100*budget {
		return "met"
	}
	return "**not met**"
}

// BenchmarkChats prints how fast ours is beside its rivals. It never fails on a time.
func BenchmarkChats(b *testing.B) {
	const held, events, messages = 100, 10_000, 20
	found := samples{}
	arena := newArena(b)
	last := arena.fill(held + 20)
	contenders := []*contender{{tb: b, arena: arena, path: "/"}}
	names := []string{ours}
	for _, r := range rivals {
		contenders = append(contenders, &contender{tb: b, arena: arena, path: r.path})
		names = append(names, r.name)
	}
	for i, c := range contenders {
		c.note = func(what string, value float64) { found.add(what, names[i], value) }
	}
	var least []*contender
	if *only == "" || *only == "start" || *only == "slow" {
		require.NoError(b, arena.addPrograms())
		for _, p := range programs {
			least = append(least, &contender{tb: b, arena: arena, path: p.path, note: func(what string, value float64) {
				found.add(p.name+": "+what, ours, value)
			}})
		}
	}
	defer found.print() // what there is, also when something has failed
	for range b.N {
		for _, discipline := range []struct {
			name string
			do   func(*contender)
			also func(*contender) // what the programs do that can nothing else
		}{
			{"start", (*contender).start, (*contender).startOnce},
			{"slow", (*contender).startSlowly, (*contender).startSlowly},
			{"return", func(c *contender) { c.comeBack(last, held) }, nil},
			{"talk", func(c *contender) { last = c.talk(last, held, messages) }, nil},
			{"burst", func(c *contender) { c.burst("burst", typing, last, held, events) }, nil},
			{"early", func(c *contender) { c.burst("early burst", 0, last, held, events) }, nil},
		} {
			if *only != "" && *only != discipline.name {
				continue
			}
			var turns []func()
			for _, c := range contenders {
				turns = append(turns, func() { discipline.do(c) })
			}
			if discipline.also != nil {
				for _, c := range least {
					turns = append(turns, func() { discipline.also(c) })
				}
			}
			for range *runs { // in turns, since what else the machine does, it does to all; in any order, since so does who was before
				for _, i := range rand.Perm(len(turns)) {
					turns[i]()
				}
			}
		}
	}
}
