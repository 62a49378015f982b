package e2e

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	soakFor  = flag.Duration("soak", 0, "how long TestSoak injects faults; 0: not at all")
	soakSeed = flag.Uint64("seed", 0, "of the faults' order; 0: another one each time")
)

// TestSoak is the long form of everything: people write, faults of all kinds are injected one after the other, and at
// quiet points every window is compared with the table. Beside them a browser with twelve tabs does nothing but keep its
// session.
func TestSoak(t *testing.T) {
	if *soakFor == 0 {
		t.Skip("takes long: make soak runs it")
	}
	t.Run("faults", func(t *testing.T) {
		t.Parallel()
		newStorm(t).run(*soakFor)
	})
	t.Run("twelve tabs", func(t *testing.T) {
		t.Parallel()
		twelveTabs(t, newSite(t, shortLived), max(2, int(*soakFor/(15*time.Second))))
	})
}

// A storm is what TestSoak does to some people.
type storm struct {
	t       *testing.T
	s       *site
	random  *rand.Rand
	began   time.Time
	windows []*person // alice in two tabs of one browser, bob in another one
	load    writer    // bob once more, by REST

	said     []string // by windows
	injected map[string]int
	compared int
}

func newStorm(t *testing.T) *storm {
	seed := *soakSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	m := &storm{t: t, s: newSite(t, shortLived), random: rand.New(rand.NewPCG(seed, 0)), began: time.Now(), injected: map[string]int{}}
	a := m.s.join(t, alice)
	second := a.openTab()
	second.awaitConnection("live")
	m.windows = []*person{a, second, m.s.join(t, bob)}
	return m
}

// A fault happens while the load goes on. Those that take minutes are left out where there is no time for them.
type fault struct {
	name  string
	takes time.Duration
	do    func(m *storm)
}

var faults = []fault{
	{"reset", 0, func(m *storm) { m.anyone().link.Reset() }},
	{"cut for 5 s", 0, func(m *storm) { m.broken((*link).Cut, 5*time.Second) }},
	{"cut for 60 s", time.Minute, func(m *storm) { m.broken((*link).Cut, time.Minute) }},
	{"silence for 45 s", time.Minute, func(m *storm) { m.broken((*link).Silence, 45*time.Second) }},
	{"link frozen for 15 s", 0, func(m *storm) { m.broken((*link).Freeze, 15*time.Second) }},
	{"connections stranded", 0, func(m *storm) { m.anyone().link.Strand() }},
	{"a reply is lost", 0, (*storm).loseReply},
	{"chatd loses Directus", 0, func(m *storm) { m.s.upstream.Reset() }},
	{"chatd does not reach Directus for 5 s", 0, func(m *storm) { m.s.upstream.Cut(); m.wait(5 * time.Second); m.s.upstream.Mend() }},
	{"chatd is replaced", 0, (*storm).replaceChatd},
	{"Directus restarts", 0, func(m *storm) { m.s.directus.Stop(); m.wait(3 * time.Second); m.s.startDirectus(m.t) }},
	{"Directus is killed", 0, func(m *storm) { m.s.directus.Kill(); m.s.startDirectus(m.t) }},
	{"offline for 10 s", 0, (*storm).offline},
	{"reload while sending", 0, func(m *storm) { p := m.anyone(); m.say(p, 3); p.reload() }},
	{"a tab dies while sending", 0, (*storm).crash},
	{"a tab is frozen for 15 s", 0, func(m *storm) { m.frozen(15 * time.Second) }},
	{"a tab is frozen for 3 min", 3 * time.Minute, func(m *storm) { m.frozen(3 * time.Minute) }},
	{"an edit and a deletion while cut", 0, (*storm).editAndDelete},
}

// replaceChatd leads everybody to another one, and asks the old one to stop.
func (m *storm) replaceChatd() {
	end := m.s.end
	m.s.startChatd()
	for _, window := range m.windows {
		window.link.leadNew(m.s.chatd)
	}
	require.NoError(m.t, end())
}

// run deals out the faults as from a deck of cards, shuffled anew when it is empty.
func (m *storm) run(length time.Duration) {
	defer m.report()
	end := m.began.Add(length)
	var deck []fault
	for n := 1; time.Now().Before(end); n++ {
		if len(deck) == 0 {
			deck = slices.Clone(faults)
			m.random.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		f := deck[0]
		deck = deck[1:]
		if f.takes > time.Until(end) {
			continue
		}
		m.load = newWriter(m.t, m.s, bob, fmt.Sprintf("load %d", n))
		m.t.Logf("%6s  %s", time.Since(m.began).Round(time.Second), f.name)
		m.injected[f.name]++
		f.do(m)
		m.say(m.anyone(), 1)
		m.load.stop()
		if n%3 == 0 {
			m.compare()
		}
	}
	m.compare()
	for _, p := range m.windows {
		m.s.requireWhole(m.t, p)
	}
}

// compare is a quiet point: every window has to show the table, and everything that was sent is in it once.
func (m *storm) compare() {
	m.t.Helper()
	for _, p := range m.windows {
		p.focus()
		p.sendLeftovers()
	}
	m.s.requireSame(m.t, time.Minute, m.windows...)
	texts := m.s.contents(m.t)
	slices.Sort(texts)
	require.Len(m.t, slices.Compact(slices.Clone(texts)), len(texts), "no text is stored twice")
	stored := strings.Join(texts, "\n") // what came back into the box was sent as one message
	for _, text := range m.said {
		require.Equal(m.t, 1, strings.Count(stored, text), "how often %q is stored", text)
	}
	m.compared++
}

// sendLeftovers sends what a reload has brought back into the box, and again what it has left the user to decide about:
// with keys of the server's, whether another tab has sent it.
func (p *person) sendLeftovers() {
	p.tb.Helper()
	eval[any](p, `document.querySelectorAll("article[data-state=failed] .note button:first-of-type").forEach(retry => retry.click())`)
	if p.value("Message") != "" {
		p.clickNode(p.find("textbox", "Message"))
		p.press("\r")
		p.await(`document.querySelector("#message").value === ""`)
	}
}

func (m *storm) report() {
	total := 0
	for _, n := range m.injected {
		total += n
	}
	m.t.Logf("%d faults of %d kinds; %d messages sent by %d windows, %d stored in all; compared %d times; it took %v",
		total, len(m.injected), len(m.said), len(m.windows), len(m.s.contents(m.t)), m.compared, time.Since(m.began).Round(time.Second))
	if !m.t.Failed() {
		m.t.Log("nothing missing, nothing doubled, one order, in all of history")
	}
}

func (m *storm) anyone() *person { return m.windows[m.random.IntN(len(m.windows))] }

// wait is how long a fault lasts.
func (m *storm) wait(d time.Duration) {
	select {
	case <-time.After(d):
	case <-m.t.Context().Done():
	}
}

func (m *storm) say(p *person, n int) {
	texts := numbered(fmt.Sprintf("said %d.%%d", len(m.said)), n)
	m.said = append(m.said, texts...)
	p.sendLeftovers()
	p.sayAll(texts...)
}

func (m *storm) broken(breaks func(*link), d time.Duration) {
	p := m.anyone()
	breaks(p.link)
	m.say(p, 3)
	m.wait(d)
	p.link.Mend()
}

func (m *storm) loseReply() {
	p := m.anyone()
	said := p.link.LoseReply(fmt.Sprintf("said %d.0", len(m.said)))
	m.say(p, 2)
	select {
	case <-said:
	case <-time.After(patience):
		require.Fail(m.t, "Directus never said that it had the message")
	}
}

func (m *storm) offline() {
	p := m.anyone()
	p.goOffline()
	m.say(p, 3)
	m.wait(10 * time.Second)
	p.goOnline()
}

func (m *storm) frozen(d time.Duration) {
	p := m.anyone()
	m.say(p, 2)
	p.freeze()
	m.wait(d)
	p.thaw()
}

// crash kills a tab with messages on their way, and opens another one in its browser.
func (m *storm) crash() {
	i := m.random.IntN(len(m.windows))
	p := m.windows[i]
	m.say(p, 2)
	p.await(`document.querySelector("#message").value === ""`) // from here on they are safe
	again := p.newTab()
	p.crash()
	again.visit(p.link.URL())
	m.windows[i] = again
}

// editAndDelete changes rows behind the back of somebody who is cut off.
func (m *storm) editAndDelete() {
	p := m.anyone()
	p.link.Cut()
	var rows []struct{ ID string }
	m.s.admin(m.t, http.MethodGet, "/items/messages?fields=id&sort=-date_created&limit=20&filter[content][_starts_with]=load", nil, &rows)
	require.Len(m.t, rows, 20, "rows by the writer")
	m.s.admin(m.t, http.MethodPatch, "/items/messages/"+rows[5].ID, map[string]any{"content": fmt.Sprintf("edited after %d", len(m.said))}, nil)
	m.s.admin(m.t, http.MethodDelete, "/items/messages/"+rows[15].ID, nil, nil)
	p.link.Mend()
}

// requireWhole goes back through all of history, screen by screen, and compares it with the table.
func (s *site) requireWhole(t *testing.T, p *person) {
	t.Helper()
	const up = `(list => list.scrollTop > 0
		? document.querySelector("article").scrollIntoView({ block: "end" })
		: document.querySelector("[data-action=earlier]:not([aria-busy=true])")?.click())(document.getElementById("messages"))` // busy, it hears nothing
	want := s.contents(t)
	before := len(want) // where what was seen last begins
	for {
		for eval[bool](p, `Boolean(document.querySelector("[data-action=fill]"))`) {
			eval[any](p, `void document.querySelector("[data-action=fill]").click()`)
			p.pause()
		}
		got := p.messages()
		require.NotEmpty(t, got)
		from := slices.Index(want, got[0])
		require.GreaterOrEqual(t, from, 0, "not in the table: %q", got[0])
		require.GreaterOrEqual(t, from+len(got), before, "what is between %q and %q has never been drawn", got[len(got)-1], want[min(before, len(want)-1)])
		if !assert.True(t, slices.Equal(want[from:min(len(want), from+len(got))], got), strings.TrimSpace(difference(want[from:], got))) || from == 0 {
			return
		}
		before = from
		p.await(`document.querySelector("article [data-part=text]").innerText !== ` + quote(got[0]) + ` || void ` + up)
	}
}
