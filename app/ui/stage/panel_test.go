//go:build !js

package main

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

const (
	panel  = `document.getElementById("connection")`
	status = `[role=status] button`
)

// diagnose sets what the panel is told.
func (v *visitor) diagnose(d chat.Diagnostics) {
	v.tb.Helper()
	text, err := json.Marshal(d)
	require.NoError(v.tb, err)
	eval[any](v, "diagnose("+quote(string(text))+")")
}

// eventful is a connection that has seen something.
func eventful() chat.Diagnostics {
	now := time.Now()
	at := func(d time.Duration) time.Time { return now.Add(-d).UTC() }
	d := chat.Diagnostics{
		Lines: []string{"program: 1.0", "project: Staff room"},
		Gaps: []chat.GapReport{
			{Reason: chat.GapConnection, Until: at(40 * time.Minute), Rows: 50},
			{Reason: chat.GapClockJump, From: at(31 * time.Minute), Until: at(12 * time.Minute), Rows: 1},
			{Reason: chat.GapConnection, From: at(time.Minute), Problem: chat.Problem{Code: chat.ProblemServerFailing}},
		},
		Outbox: []chat.OutboxLine{
			{ID: "0198c0de-0000-7000-8000-000000000012", Stage: "sending", Pressed: at(time.Minute), Tries: 2, Problem: chat.Problem{Code: chat.ProblemServerFailing}},
			{ID: "0198c0de-0000-7000-8000-000000000013", Stage: "queued", Pressed: at(time.Minute)},
		},
		States: []chat.TraceLine{
			{Time: at(40 * time.Minute), Kind: "state", Text: "connecting"},
			{Time: at(39 * time.Minute), Kind: "state", Text: "open"},
		},
	}
	for i := range 50 {
		d.Frames = append(d.Frames,
			chat.TraceLine{Time: at(time.Duration(50-i) * time.Second), Kind: "out", Text: fmt.Sprintf(`{"type":"ping","uid":"%d"}`, i)},
			chat.TraceLine{Time: at(time.Duration(50-i) * time.Second), Kind: "in", Text: fmt.Sprintf(`{"type":"pong","uid":"%d"}`, i)})
	}
	return d
}

func audited(s chat.Snapshot) chat.Snapshot {
	s.LastNews = time.Now()
	s.Audit = chat.AuditView{At: time.Now(), Held: 12431, Stored: 12431}
	return s
}

// openPanel presses the status line.
func (v *visitor) openPanel() {
	v.tb.Helper()
	v.click(status)
	v.await(panel + `?.matches(":modal")`)
}

func TestPanelTells(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	v.diagnose(eventful())
	v.show(audited(busy()))
	part := func(name, expression string) string {
		return eval[string](v, fmt.Sprintf(`(p => String(%s))(%s.querySelector("[data-part=%s]"))`, expression, panel, name))
	}
	v.openPanel()
	assert.True(t, eval[bool](v, panel+`.contains(document.activeElement)`))
	assert.Contains(t, part("state", `p.innerText`), "Up to date, since ")
	assert.Equal(t, "live", part("state", `p.dataset.connection`))
	assert.Equal(t, "false", part("state", `isNaN(Date.parse(p.dataset.since))`))
	assert.Regexp(t, `^12,431 of 12,431, checked \d+:\d\d [AP]M\.`, part("audit", `p.innerText`))
	assert.Equal(t, "12431 12431 0 0 false", part("audit", `[p.dataset.held, p.dataset.stored, p.dataset.missing, p.dataset.doubled, p.dataset.running].join(" ")`))
	assert.Equal(t, "sending 2,queued 0", part("outbox", `[...p.children].map(e => e.dataset.stage + " " + e.dataset.tries)`))
	assert.Equal(t, "connection true,clock-jump false,connection false", part("gaps", `[...p.children].map(e => e.dataset.reason + " " + e.dataset.open)`))
	assert.Contains(t, part("gaps", `p.children[1].textContent`), "The device was asleep · 1 message found")
	assert.Contains(t, part("gaps", `p.children[0].textContent`), "not filled yet")
	assert.Regexp(t, `(?s)open\n.*connecting$`, part("states", `p.textContent`))
	assert.Equal(t, "100", part("frames", `p.textContent.split("\n").length`))
	assert.Contains(t, part("frames", `p.textContent`), `← {"type":"pong","uid":"49"}`)
	assert.Equal(t, "null", part("retry", `p`))

	v.click(`#connection [data-action=audit]`)
	v.await(`intents.length === 1`)
	assert.Equal(t, []string{"Audit {}"}, v.intents())
	v.press("\x1b")
	v.await(panel + ` === null`)
	assert.True(t, eval[bool](v, `document.activeElement.matches(`+quote(status)+`)`), "the focus is back")
	v.openPanel()
	v.click(`#connection [data-action=close]`)
	v.await(panel + ` === null`)
	v.requireNoTroubles()
}

// TestPanelIsFresh: each second, only while it is open, and without touching the room.
func TestPanelIsFresh(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	s := withProblem(busy(), chat.ConnectionWaiting, "")
	s.RetryAt = time.Now().Add(time.Hour)
	v.show(s)
	assert.Zero(t, eval[int](v, `lookups`))
	v.openPanel()
	v.click(`#connection [data-action=audit]`)
	assert.Empty(t, v.intents(), "there is nobody to ask")
	eval[any](v, `(window.mutations = [], new MutationObserver(all => mutations.push(...all)).observe(`+list+`, { subtree: true, childList: true, attributes: true, characterData: true }))`)
	retry := panel + `.querySelector("[data-part=retry]").textContent`
	before := eval[string](v, retry)
	assert.Regexp(t, `^in 3,\d{3} seconds$`, before)
	v.diagnose(eventful())
	v.await(retry + ` !== ` + quote(before))
	v.await(panel + `.querySelector("[data-part=frames]").textContent.includes("pong")`)
	assert.Equal(t, "waiting", eval[string](v, `document.querySelector("[role=status]").dataset.connection`))
	v.await(`lookups >= 3`)
	assert.Empty(t, eval[[]string](v, `mutations.map(m => m.type)`), "the room is not drawn again")

	v.click(`#connection [data-action=close]`)
	v.await(panel + ` === null`)
	lookups := eval[int](v, `lookups`)
	eval[any](v, `new Promise(done => setTimeout(done, 2500)).then(() => 1)`)
	assert.Equal(t, lookups, eval[int](v, `lookups`), "closed, nothing is looked up")

	v.openPanel()
	v.show(signedOut())
	assert.True(t, eval[bool](v, panel+` === null`))
	v.write("email", "the page is usable")
	v.requireNoTroubles()
}

func TestCopyDiagnostics(t *testing.T) {
	start := func(t *testing.T) (*visitor, string) {
		v := newVisitor(t)
		v.open("/")
		v.diagnose(eventful())
		v.show(audited(busy()))
		v.openPanel()
		return v, eventful().Lines[0]
	}
	t.Run("to the clipboard", func(t *testing.T) {
		v, want := start(t)
		eval[any](v, `((write) => { navigator.clipboard.writeText = text => write.call(navigator.clipboard, window.copied = text); return 1 })(navigator.clipboard.writeText)`)
		v.click(`#connection [data-action=copy]`)
		v.await(panel + `.innerText.includes("Copied.")`)
		assert.Contains(t, eval[string](v, `copied`), want)
		assert.True(t, eval[bool](v, `document.getElementById("diagnostics") === null`))
		v.requireNoTroubles()
	})
	for name, refuse := range map[string]string{
		"refused": `navigator.clipboard.writeText = () => Promise.reject(new DOMException("", "NotAllowedError"))`,
		"no such": `Object.defineProperty(navigator, "clipboard", { value: undefined })`,
	} {
		t.Run(name, func(t *testing.T) {
			v, want := start(t)
			eval[any](v, `(`+refuse+`, 1)`)
			v.click(`#connection [data-action=copy]`)
			v.await(focused + ` === "diagnostics"`)
			assert.Contains(t, eval[string](v, `getSelection().toString()`), want)
			assert.Contains(t, eval[string](v, panel+`.innerText`), "does not allow copying")
			v.await(`lookups >= 4`) // the panel goes on
			assert.Contains(t, eval[string](v, `getSelection().toString()`), want, "and the selection stays")
			v.requireNoTroubles()
		})
	}
}
