package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the product promises after the network, a page, or a machine is back.
const (
	soon         = 5 * time.Second
	afterRestart = 10 * time.Second // of Directus
	untilNoticed = 30 * time.Second // a dead connection, by a page that is in sight
)

// TestPromise tries the promise on the kinds of project that we work with, under one kind of trouble after the other:
// every message that was sent is stored exactly once, or its writer is told; every message that is stored shows once, in
// one order, in every window; and what was typed and not sent still stands in its box.
func TestPromise(t *testing.T) {
	for _, project := range []struct {
		name     string
		options  siteOptions
		troubles which
	}{
		{"12.4.0", siteOptions{Own: true}, everyTrouble},
		{"11.17.4", siteOptions{Own: true, Version: "11.17.4"}, mainTroubles},
		{"integer keys", tutorial("text"), mainWithoutKeys},
		{"completed 12.4.0", completed(""), keyTroubles},
		{"completed 11.17.4", completed("11.17.4"), keyTroubles},
	} {
		t.Run(project.name, func(t *testing.T) {
			s := newSite(t, project.options)
			for _, trouble := range troubles {
				if project.troubles(trouble.main, trouble.keys) {
					t.Run(trouble.name, func(t *testing.T) {
						s.empty(t)
						trouble.run(t, s)
					})
				}
			}
		})
	}
}

// Which troubles a project is tried under.
type which func(main, keys bool) bool

func everyTrouble(_, _ bool) bool          { return true }
func mainTroubles(main, _ bool) bool       { return main }
func mainWithoutKeys(main, keys bool) bool { return main && !keys }
func keyTroubles(_, keys bool) bool        { return keys }

var troubles = []struct {
	name string
	main bool
	keys bool // where no message has a key of ours, its writer is asked: a write without an answer may never have come
	run  func(*testing.T, *site)
}{
	{"Directus restarts under load", true, false, directusRestarts},
	{"chatd is replaced under load", true, false, chatdIsReplaced},
	{"offline", true, false, offline},
	{"a cold start offline", false, false, coldStart},
	{"a reply is lost", true, false, replyLost},
	{"a reply is lost behind chatd", false, true, replyLostUpstream},
	{"connections die silently", false, false, silentCut},
	{"nothing answers", false, false, nothingAnswers},
	{"a link freezes and thaws", false, false, linkThaws},
	{"reloads while sending", true, false, reloads},
	{"a tab dies while sending", true, true, tabDies},
	{"a browser's last tab dies while sending", false, true, lastTabDies},
	{"a tab is frozen", false, false, tabFrozen},
	{"clocks are wrong", false, false, wrongClocks},
	{"the machine sleeps", false, false, machineSleeps},
	{"two tabs write at a time", true, false, twoTabs},
	{"storage is full", false, false, storageFull},
}

// empty takes all messages away.
func (s *site) empty(t *testing.T) {
	t.Helper()
	s.admin(t, http.MethodDelete, "/items/messages", map[string]any{"query": map[string]any{"limit": -1}}, nil)
}

// newVisitor opens a browser with a network of its own.
func (s *site) newVisitor(t *testing.T) *person {
	t.Helper()
	p := newPerson(t)
	p.link = newLink(t, s.chatd)
	return p
}

// join opens a browser with a network of its own, and logs somebody in.
func (s *site) join(t *testing.T, who account) *person {
	t.Helper()
	p := s.newVisitor(t)
	p.visit(p.link.URL())
	p.logIn(who)
	p.awaitConnection("live")
	return p
}

// openTab opens another tab of somebody who is logged in.
func (p *person) openTab() *person {
	p.tb.Helper()
	tab := p.newTab()
	tab.visit(p.link.URL())
	return tab
}

// storeMany writes messages as somebody, past the browser.
func (s *site) storeMany(t *testing.T, who account, format string, n int) {
	t.Helper()
	for i := range n {
		s.store(t, who, fmt.Sprintf(format, i))
	}
}

// requireSame waits until every window is live and shows exactly what the table holds.
func (s *site) requireSame(t *testing.T, limit time.Duration, windows ...*person) {
	t.Helper()
	want := s.contents(t)
	deadline := time.Now().Add(limit)
	for i, window := range windows {
		for {
			got := window.messages()
			wanted := want[len(want)-min(len(want), max(len(got), 60)):] // of a long history a window draws the end
			if slices.Equal(wanted, got) && window.isLive() {
				break
			}
			if time.Now().After(deadline) {
				require.Failf(t, "a window does not show the table", "window %d after %v, live: %v\n%s", i, limit, window.isLive(), difference(wanted, got))
			}
			window.pause()
			want = s.contents(t) // somebody may still have been sending
		}
	}
}

// difference says what is wrong with a list of messages, each of which is unique.
func difference(want, got []string) string {
	count := map[string]int{}
	for _, text := range got {
		count[text]++
	}
	var missing, doubled, unknown []string
	for _, text := range want {
		if count[text] == 0 {
			missing = append(missing, text)
		}
	}
	for text, n := range count {
		if n > 1 {
			doubled = append(doubled, text)
		}
		if !slices.Contains(want, text) {
			unknown = append(unknown, text)
		}
	}
	return fmt.Sprintf("%d of %d missing: %q\n%d doubled: %q\n%d not in the table: %q\nsame order: %v",
		len(missing), len(want), missing, len(doubled), doubled, len(unknown), unknown,
		len(missing)+len(doubled)+len(unknown) > 0 || slices.Equal(want, got))
}

// requireOnce fails unless each of these messages is stored exactly once, in this order.
func (s *site) requireOnce(t *testing.T, texts ...string) {
	t.Helper()
	var found []string
	for _, text := range s.contents(t) {
		if slices.Contains(texts, text) {
			found = append(found, text)
		}
	}
	require.Equal(t, texts, found)
}

// awaitSettled waits until nothing of a person's waits to be sent.
func (p *person) awaitSettled() {
	p.tb.Helper()
	p.await(`[...document.querySelectorAll("article")].every(a => a.dataset.state === "stored")`)
}

// requireThought fails unless what was typed and not sent still stands in its box.
func requireThought(t *testing.T, text string, windows ...*person) {
	t.Helper()
	for _, window := range windows {
		assert.Equal(t, text, window.value("Message"), "what was typed")
		window.requireNoTroubles()
	}
}

func (p *person) isLive() bool {
	p.tb.Helper()
	return eval[bool](p, `document.querySelector("[role=status]")?.dataset.connection === "live"`)
}

// awaitNotLive waits until the page has noticed that something is wrong.
func (p *person) awaitNotLive(limit time.Duration) {
	p.tb.Helper()
	p.awaitWithin(limit, `document.querySelector("[role=status]").dataset.connection !== "live"`)
}

// messagesWhenLive are the messages on the screen at the very moment it says that all is up to date.
func (p *person) messagesWhenLive(limit time.Duration) []string {
	p.tb.Helper()
	p.awaitWithin(limit, `document.querySelector("[role=status]").dataset.connection === "live" && (globalThis.seenWhenLive =
		[...document.querySelectorAll("article [data-part=text]")].map(t => t.innerText))`)
	return eval[[]string](p, `globalThis.seenWhenLive`)
}

func numbered(format string, n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf(format, i)
	}
	return texts
}

// pause is the time between two looks.
func (p *person) pause() {
	select {
	case <-p.ctx.Done():
	case <-time.After(30 * time.Millisecond):
	}
}

func (p *person) awaitCount(n int, prefix string) {
	p.tb.Helper()
	p.await(fmt.Sprintf(`[...document.querySelectorAll("article [data-part=text]")].filter(t => t.innerText.startsWith(%s)).length >= %d`, quote(prefix), n))
}
