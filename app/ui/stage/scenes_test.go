//go:build !js

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// The people of the scenes.
var (
	alice = chat.Person{ID: "0a3c1f7e-5c1d-4a57-9d43-0c9d1f0e2b11", Name: "Alice Example"}
	bob   = chat.Person{ID: "7d0c2b9a-1b7e-4a0e-8c51-2f6a3be0c922", Name: "Bob Example"}
	carol = chat.Person{ID: "c1f0d2e3-9a8b-4c7d-8e6f-5a4b3c2d1e07", Name: "Carol Example"}
)

func signedOut() chat.Snapshot { return chat.Snapshot{Phase: chat.PhaseSignedOut} }

func refused(code chat.ProblemCode) chat.Snapshot {
	s := signedOut()
	s.Login = chat.LoginView{Attempt: 1, Problem: chat.Problem{Code: code}, NeedsCode: code == chat.ProblemCodeNeeded}
	return s
}

// room is what Alice sees of these rows.
func room(rows ...chat.Row) chat.Snapshot {
	return chat.Snapshot{
		Phase:      chat.PhaseSignedIn,
		Me:         alice,
		Connection: chat.ConnectionLive,
		CanWrite:   true,
		Room:       chat.RoomView{Loaded: true, Count: len(rows), Rows: rows},
	}
}

func row(n int, who chat.Person, at time.Time, text string) chat.Row {
	return chat.Row{
		ID:       chat.MessageID(fmt.Sprintf("0198c0de-0000-7000-8000-%012d", n)),
		Author:   who.ID,
		Name:     who.Name,
		Text:     text,
		Time:     at.UTC(),
		Delivery: chat.Stored,
		Mine:     who.ID == alice.ID,
	}
}

func delivered(r chat.Row, d chat.Delivery) chat.Row {
	r.Delivery = d
	return r
}

// many are n messages, some minutes apart.
func many(n int) []chat.Row {
	rows := make([]chat.Row, n)
	people := []chat.Person{alice, bob, carol}
	start := time.Now().Add(-time.Duration(n) * time.Minute)
	for i := range rows {
		rows[i] = row(i, people[i/2%len(people)], start.Add(time.Duration(i)*time.Minute), fmt.Sprintf("Message number %d", i))
	}
	return rows
}

// ofOne lets Alice have written them all: most are low, without a name.
func ofOne(rows []chat.Row) []chat.Row {
	for i := range rows {
		rows[i].Author, rows[i].Name = alice.ID, alice.Name
	}
	return rows
}

// busy is a conversation with a bit of everything.
func busy() chat.Snapshot {
	now := time.Now()
	at := func(days, hour, minute int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+days, hour, minute, 0, 0, time.Local)
	}
	edited := row(6, bob, at(0, 0, 12), "No shouting from here. One thing to watch while you do it: the queue length. If it goes over 500, pause and call me.")
	edited.Edited = true
	gone := row(7, carol, at(0, 0, 13), "")
	gone.Deleted = true
	unknown := row(9, chat.Person{ID: "3f2a7c10-77aa-4f11-9d0f-1a2b3c4d5e6f"}, at(0, 0, 19), "Hello from the night shift, I have just been added here.")
	failed := delivered(row(13, alice, at(0, 0, 24), "And I asked the hosting people to be around."), chat.Failed)
	failed.Problem = chat.Problem{Code: chat.ProblemRefused, Detail: "You exceeded the rate limit."}
	s := room(
		row(1, bob, at(-1, 16, 42), "The import from the old system finished. 12,431 rows, no errors."),
		row(2, bob, at(-1, 16, 43), "I put the mapping into orders.import.yaml, next to the runbook."),
		row(3, carol, at(-1, 16, 50), "Lovely!\nThen I switch the shop over tomorrow:\n  1. freeze orders\n  2. import\n  3. unfreeze"),
		row(4, alice, at(-1, 16, 51), "Works for me."),
		row(5, carol, at(0, 0, 5), "Good morning. I start in five minutes, unless somebody shouts."),
		edited, gone,
		row(8, chat.Person{ID: "9b", Name: "نور الهاشمي"}, at(0, 0, 16), "صباح الخير! متى نبدأ بالضبط؟"),
		unknown,
		row(10, bob, at(0, 0, 20), "🎉"),
		row(11, alice, at(0, 0, 22), "Watching it. The dashboard is on the big screen."),
		delivered(row(12, alice, at(0, 0, 23), "All green so far, 3,100 of 12,431 rows are over."), chat.Sending),
		failed,
	)
	return s
}

// formatted shows what people can do to a text.
func formatted() chat.Snapshot {
	now := time.Now()
	return room(
		row(1, bob, now, "**Plan** for the switch, _please_ read it ~~today~~ now:\n1. freeze orders\n2. import\n   - `orders.csv`\n   - `customers.csv`\n3. unfreeze"),
		row(2, carol, now, "> The queue must stay below 500.\nIt did, see https://example.com/queue?from=8:00 (at the bottom)."),
		row(3, bob, now, "```sql\nselect count(*) from orders\nwhere imported_at is null and shop in (1, 2, 3, 5, 8, 13) and not cancelled and total > 0;\n```\nZero rows."),
		row(4, chat.Person{ID: "9b", Name: "نور الهاشمي"}, now, "> Zero rows.\n**ممتاز!** شكرًا لكم:\n- أولًا\n- ثانيًا"),
		row(5, carol, now, "🎉🥳"),
	)
}

// long holds what could break a layout.
func long() chat.Snapshot {
	name := chat.Person{ID: "x", Name: strings.Repeat("Maximiliane-Alexandra von und zu ", 6)}
	return room(
		row(1, name, time.Now(), strings.Repeat("w", 100_000)),
		row(2, bob, time.Now(), "\u202egnp.exe <img src=x onerror=alert(1)> {{constructor}} \u200e"),
		row(3, carol, time.Now(), "after them"),
	)
}

// torn is a part of a long conversation, with a gap in it.
func torn() chat.Snapshot {
	s := busy()
	s.Room.Rows = s.Room.Rows[:11]
	s.Room.Earlier, s.Room.Later = true, 128
	s.Room.Rows[3].Gap = chat.GapKnown
	return s
}

func withProblem(s chat.Snapshot, c chat.Connection, code chat.ProblemCode) chat.Snapshot {
	s.Connection = c
	s.Problem.Code = code
	return s
}

func withoutStorage(s chat.Snapshot) chat.Snapshot {
	s.Storage.Code = chat.ProblemStorageFailing
	return s
}

// acted is a conversation in which people have done something to each other's messages.
func acted() chat.Snapshot {
	s := busy()
	rows := allowed(s.Room.Rows...)
	party := []chat.Person{carol, {ID: "9b", Name: "نور الهاشمي"}, alice}
	rows[4].Reactions = []chat.Reaction{
		{Emoji: "👍", People: []chat.Person{bob, alice}, Mine: true},
		{Emoji: "❤️", People: []chat.Person{bob}},
	}
	rows[5].Reply = chat.Quote{ID: rows[4].ID, Author: carol.ID, Name: carol.Name, Text: rows[4].Text, Known: true}
	rows[7].Reply = chat.Quote{ID: "gone", Author: carol.ID, Name: carol.Name, Deleted: true, Known: true}
	rows[8].Reply = chat.Quote{ID: "unknown"}
	rows[9].Reactions = []chat.Reaction{
		{Emoji: "🎉", People: party, Mine: true, ID: "waits"},
		{Emoji: "👀", People: party[2:], Mine: true, ID: "refused", Failed: chat.Problem{Code: chat.ProblemRefused}},
	}
	mine := row(14, alice, rows[12].Time, "")
	mine.Deleted, mine.Change = true, chat.Change{Op: chat.OpDelete, ID: "deletion", Undo: true}
	edited := row(15, alice, rows[12].Time, "This one could not be changed.")
	edited.Change = chat.Change{Op: chat.OpEdit, ID: "edit", Delivery: chat.Failed, Problem: chat.Problem{Code: chat.ProblemWriteForbidden}}
	s.Room.Rows = append(rows[:12:12], mine, edited)
	return s
}

// doing shows what can be done to the message of acted with that index.
func doing(index int, then func(*visitor, chat.MessageID)) func(*visitor) {
	return func(v *visitor) { then(v, acted().Room.Rows[index].ID) }
}

var scenes = []struct {
	name     string
	snapshot chat.Snapshot
	before   func(*visitor)
	after    func(*visitor) // it is shown
}{
	{name: "log-in", snapshot: signedOut()},
	{name: "log-in-refused", snapshot: refused(chat.ProblemWrongPassword), before: func(v *visitor) {
		v.write("email", "alice@example.com")
		v.write("password", "not the password")
	}},
	{name: "log-in-code", snapshot: refused(chat.ProblemCodeNeeded), before: func(v *visitor) {
		v.write("email", "alice@example.com")
		v.write("password", "the password")
	}},
	{name: "logging-in", snapshot: chat.Snapshot{Phase: chat.PhaseSigningIn}},
	{name: "loading", snapshot: chat.Snapshot{Phase: chat.PhaseSignedIn, Me: alice, Connection: chat.ConnectionCatchingUp, CanWrite: true}},
	{name: "empty", snapshot: room()},
	{name: "busy", snapshot: busy()},
	{name: "formatted", snapshot: formatted()},
	{name: "long", snapshot: long()},
	{name: "offline", snapshot: func() chat.Snapshot {
		s := withProblem(busy(), chat.ConnectionOffline, "")
		s.LastNews = time.Now().Add(-3 * time.Minute)
		return s
	}()},
	{name: "storage", snapshot: withoutStorage(withProblem(busy(), chat.ConnectionWaiting, chat.ProblemServerFailing))},
	{name: "log-in-unsent", snapshot: func() chat.Snapshot {
		s := signedOut()
		s.Login = chat.LoginView{Unsent: 2, UnsentName: alice.Name, Revoking: true}
		return s
	}()},
	{name: "log-out", snapshot: leaving(chat.LeavingView{Asking: true, Unsent: 2})},
	{name: "log-out-waits", snapshot: leaving(chat.LeavingView{Waiting: true, Unsent: 2})},
	{name: "history", snapshot: torn(), after: func(v *visitor) { eval[any](v, list+`.scrollTop = 0`) }},
	{name: "history-loading", snapshot: func() chat.Snapshot {
		s := torn()
		s.Room.Reading = true
		s.Room.Rows[3].Gap = chat.GapReading
		return s
	}(), after: func(v *visitor) { eval[any](v, list+`.scrollTop = 0`) }},
	{name: "history-later", snapshot: torn(), after: func(v *visitor) { eval[any](v, list+`.scrollTop = 1e6`) }},
	{name: "connection", snapshot: audited(busy()), after: func(v *visitor) {
		v.diagnose(eventful())
		v.openPanel()
	}},
	{name: "connection-new", snapshot: room(), after: func(v *visitor) { v.openPanel() }},
	{name: "connection-waiting", snapshot: func() chat.Snapshot {
		s := audited(withProblem(busy(), chat.ConnectionWaiting, chat.ProblemServerFailing))
		s.RetryAt = time.Now().Add(time.Hour)
		s.Audit.Missing, s.Audit.Doubled = 2, 1
		return s
	}(), after: func(v *visitor) {
		v.diagnose(eventful())
		v.openPanel()
		eval[any](v, panel+`.querySelectorAll("details").forEach(d => d.open = true)`)
		eval[any](v, `(Object.defineProperty(navigator, "clipboard", { value: undefined }), 1)`)
		v.click(`#connection [data-action=copy]`)
		v.await(focused + ` === "diagnostics"`)
	}},
	{name: "unread", snapshot: unread(room(many(40)...), 12, 30, many(40)[36].ID), after: func(v *visitor) {
		eval[any](v, list+`.scrollTop -= 150`)
		v.await(`!` + pill + `.hidden`)
	}},
	{name: "link-dead", snapshot: func() chat.Snapshot {
		s := unread(room(many(40)...), 0, 35, many(40)[5].ID)
		s.Room.Target = chat.Target{ID: "gone", Opened: 1, Problem: chat.Problem{Code: chat.ProblemMissing}}
		return s
	}()},
	{name: "find", snapshot: found(busy(), "the", busy().Room.Rows[0], busy().Room.Rows[1], busy().Room.Rows[5]), after: func(v *visitor) {
		v.click(".seek")
		v.await(focused + ` === "find-text"`)
	}},
	{name: "actions", snapshot: acted(), after: doing(10, func(v *visitor, id chat.MessageID) {
		eval[any](v, list+`.focus()`) // by the keyboard: the mouse is lost when the window changes its size
		for range 4 {
			v.press(kb.ArrowUp)
		}
		v.await(stopped + ` === ` + quote(string(id)) + ` && !` + toolbar + `.hidden`)
	})},
	{name: "actions-menu", snapshot: acted(), after: doing(10, func(v *visitor, id chat.MessageID) { v.menu(id) })},
	{name: "actions-givers", snapshot: acted(), after: doing(9, func(v *visitor, id chat.MessageID) {
		v.menu(id)
		v.click("#actions [data-action=givers]")
	})},
	{name: "actions-picker", snapshot: acted(), after: doing(9, func(v *visitor, id chat.MessageID) {
		v.menu(id)
		v.click("#actions [data-action=pick]")
		v.await(`document.querySelector(".grid > button")`)
	})},
	{name: "replying", snapshot: acted(), after: doing(5, func(v *visitor, id chat.MessageID) {
		v.menu(id)
		v.click("#actions [data-action=reply]")
		v.write("message", "I shall.")
	})},
	{name: "editing", snapshot: acted(), after: doing(10, func(v *visitor, id chat.MessageID) {
		v.menu(id)
		v.click("#actions [data-action=edit]")
		v.await(focused + ` === "message"`)
	})},
	{name: "editing-emptied", snapshot: acted(), after: doing(10, func(v *visitor, id chat.MessageID) {
		v.menu(id)
		v.click("#actions [data-action=edit]")
		v.await(focused + ` === "message"`)
		eval[any](v, message+`.select()`)
		v.press("\b\r")
	})},
	{name: "read-only", snapshot: func() chat.Snapshot {
		s := withProblem(busy(), chat.ConnectionLive, chat.ProblemWriteForbidden)
		s.CanWrite = false
		return s
	}()},
	{name: "too-long", snapshot: room(many(4)...), before: func(v *visitor) {
		v.show(room(many(4)...))
		v.write("message", strings.Repeat("A sentence that goes on. ", 200))
		v.press("\r")
	}},
}

// stageScene shows a scene.
func (v *visitor) stageScene(name string) {
	v.tb.Helper()
	for _, scene := range scenes {
		if scene.name != name {
			continue
		}
		if scene.before != nil {
			scene.before(v)
		}
		v.show(scene.snapshot)
		if scene.after != nil {
			scene.after(v)
		}
		return
	}
	require.FailNow(v.tb, "there is no scene "+name)
}

// A look is how a visitor sees a scene.
type look struct {
	name          string
	width, height int64
	prefers       map[string]string
	examined      bool // by axe-core, too
}

var (
	light = map[string]string{"prefers-color-scheme": "light"}
	dark  = map[string]string{"prefers-color-scheme": "dark"}
)

// TestScenes looks at every scene, in every size and theme, and in every language: nothing is wider than the window, all of
// it turns around for a language that runs from the right, and neither the browser nor axe-core has anything to
// complain about.
func TestScenes(t *testing.T) {
	languages := []struct {
		locale string
		looks  []look
	}{
		{"en-GB", []look{
			{"desktop-light", 1180, 820, light, true},
			{"desktop-dark", 1180, 820, dark, false},
			{"phone-light", 390, 844, light, false},
			{"phone-dark", 390, 844, dark, true},
			{"narrow", 320, 640, map[string]string{"prefers-color-scheme": "light", "forced-colors": "active"}, false},
		}},
		{"de-DE", []look{{"german", 390, 844, light, false}, {"german-narrow", 320, 640, dark, false}}},
		{"he-IL", []look{{"hebrew", 1180, 820, light, true}, {"hebrew-phone", 390, 844, dark, false}, {"hebrew-narrow", 320, 640, light, false}}},
	}
	for _, language := range languages {
		t.Run(language.locale, func(t *testing.T) {
			t.Parallel() // much of it is waiting for frames
			arrive := func(t *testing.T) *visitor {
				v := newVisitor(t)
				v.speaks(language.locale)
				v.open("/")
				return v
			}
			first := arrive(t)
			for _, scene := range scenes {
				t.Run(scene.name, func(t *testing.T) {
					v := first
					if scene.before != nil || scene.after != nil { // something is done to the page
						v = arrive(t)
					}
					v.tb = t
					v.stageScene(scene.name)
					for _, look := range language.looks {
						v.view(look.width, look.height, look.prefers)
						v.look(scene.name, look)
					}
					if language.locale == "en-GB" {
						v.mirrors()
					}
					v.requireNoTroubles()
				})
			}
		})
	}
}

func (v *visitor) look(scene string, look look) {
	v.tb.Helper()
	assert.LessOrEqual(v.tb, eval[int64](v, `document.documentElement.scrollWidth`), look.width, "%s: the page is wider than the window", look.name)
	assert.True(v.tb, eval[bool](v, `(m => m.scrollWidth <= m.clientWidth)(document.getElementById("messages"))`), "%s: the list scrolls sideways", look.name)
	assert.Empty(v.tb, eval[[]string](v, smallTargets), "%s: too small to hit", look.name)
	eval[any](v, `document.getAnimations().filter(a => a.effect.getComputedTiming().iterations === 1).forEach(a => a.finish())`)
	if look.examined {
		assert.Empty(v.tb, v.barriers(), look.name)
	}
	if *screens != "" {
		picture, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
		require.NoError(v.tb, err)
		require.NoError(v.tb, os.WriteFile(filepath.Join(*screens, scene+"-"+look.name+".png"), picture, 0o644))
	}
}
