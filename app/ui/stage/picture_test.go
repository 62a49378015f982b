//go:build !js

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// Where app/client keeps the session and the picture of Alice at "/"; its own tests know these keys, too.
var (
	sessionKey = "directus-chat/1//:session"
	pictureKey = "directus-chat/1//:picture/" + string(alice.ID) + "/g/"
)

// seen says where the messages are that can be seen, in the picture while it is there.
const seen = `Object.fromEntries([...(document.getElementById("picture") ?? document.getElementById("messages")).querySelectorAll("article")].
	map(a => [a.dataset.messageId + " " + a.innerText, a.getBoundingClientRect()]).
	filter(([, at]) => at.bottom > document.querySelector(".stage").getBoundingClientRect().top && at.top < innerHeight).
	map(([id, at]) => [id, [at.left, at.top, at.width, at.height]]))`

// newReturner is a visitor whose program is not the worker's at the second visit, so that it can be held.
func newReturner(tb testing.TB) *visitor {
	v := newVisitor(tb)
	v.first(`Object.defineProperty(navigator, "serviceWorker", { value: undefined })`)
	return v
}

type places map[string][]float64

// requireSame fails if any message has moved by a pixel, has come, gone, or says something else.
func requireSame(t *testing.T, want, got places) {
	t.Helper()
	require.ElementsMatch(t, slices.Collect(maps.Keys(want)), slices.Collect(maps.Keys(got)))
	for id, place := range want {
		require.InDeltaSlice(t, place, got[id], 0.99, id)
	}
}

// leaveBehind keeps a picture of what is drawn, as the program does, beside Alice's session.
func (v *visitor) leaveBehind(at time.Time) {
	v.tb.Helper()
	picture := v.picture(alice, at)
	require.NotEmpty(v.tb, picture)
	for key, value := range map[string]string{
		tokenKey: "a refresh token", sessionKey: `{"me":{"ID":"` + string(alice.ID) + `"},"generation":"g"}`, pictureKey: picture,
	} {
		eval[any](v, `localStorage.setItem(`+quote(key)+`, `+quote(value)+`)`)
	}
}

func (v *visitor) picture(who chat.Person, at time.Time) string {
	v.tb.Helper()
	return eval[string](v, fmt.Sprintf(`takePicture(%s, %d)`, quote(string(who.ID)), at.UnixMilli()))
}

const painted = `document.getElementById("picture") !== null`

// starting is a room whose connection is not there yet.
func starting(s chat.Snapshot) chat.Snapshot {
	s.Connection = chat.ConnectionConnecting
	return s
}

// TestReturnVisit: the last conversation is there before the program runs, and stays where it is when the program draws it.
func TestReturnVisit(t *testing.T) {
	answer := row(90, bob, time.Now(), "An answer")
	answer.Reply = chat.Quote{ID: row(89, alice, time.Now(), "").ID, Author: alice.ID, Name: alice.Name, Text: "A question", Known: true}
	cheered := allowed(many(40)...) // some lines of emoji, and some that the reader has given
	for i := range cheered {
		for n, emoji := range []string{"👍", "👨‍👩‍👧‍👦", "🎉", "❤️", "😂", "😮", "🙏"}[:i%8] {
			reaction := chat.Reaction{Emoji: emoji, People: append([]chat.Person{}, bob, carol)[:n%3], Mine: n%3 != 1}
			if reaction.Mine {
				reaction.People = append(reaction.People, alice)
			}
			cheered[i].Reactions = append(cheered[i].Reactions, reaction)
		}
	}
	for name, test := range map[string]struct {
		rows     []chat.Row
		locale   string
		scrolled int
		height   int64 // of the window, if it is not the usual one
	}{
		"few":       {rows: many(3)},
		"many":      {rows: many(60)},
		"every way": {rows: append(append(busy().Room.Rows, formatted().Room.Rows...), answer)},
		"scrolled":  {rows: many(60), scrolled: 250},
		"cheered":   {rows: cheered},
		"tall":      {rows: ofOne(many(100)), height: 1800},
		"Hebrew":    {rows: append(many(20), busy().Room.Rows...), locale: "he"},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range test.rows { // scenes are put together
				test.rows[i].ID = row(i, alice, time.Now(), "").ID
			}
			v := newReturner(t)
			if test.locale != "" {
				v.speaks(test.locale)
			}
			if test.height > 0 {
				v.view(800, test.height, nil)
			}
			v.open("/")
			v.show(room(test.rows...))
			left := eval[places](v, seen)
			v.leaveBehind(time.Now())

			release := v.openHeld()
			v.await(`Object.keys(` + seen + `).length > 0`) // nothing has a place before the style is there
			requireSame(t, left, eval[places](v, seen))
			assert.Contains(t, eval[string](v, `document.querySelector(".as-of").innerText`), eval[string](v, `new Date().toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" }).slice(0, 3)`))
			assert.Equal(t, "message", eval[string](v, focused))
			if test.scrolled > 0 {
				eval[any](v, fmt.Sprintf(`(document.querySelector(".past").scrollTop = %d, 1)`, -test.scrolled))
			}
			left = eval[places](v, seen)
			eval[any](v, `(window.frames = [], requestAnimationFrame(function look() { frames.push(`+seen+`); requestAnimationFrame(look) }), 1)`)
			release()
			v.await(`document.documentElement.dataset.app === "running"`)
			v.show(chat.Snapshot{Phase: chat.PhaseSignedIn, Me: alice, Connection: chat.ConnectionConnecting, CanWrite: true})
			assert.True(t, eval[bool](v, painted), "nothing is known of the room yet")
			v.show(starting(room(test.rows...)))
			assert.False(t, eval[bool](v, painted))
			for _, frame := range eval[[]places](v, `frames`) {
				requireSame(t, left, frame)
			}
			v.requireNoTroubles()
		})
	}
}

// TestPictureIsPaintedFirst, also if the page comes in pieces: nothing is painted before it, and before somebody can type.
func TestPictureIsPaintedFirst(t *testing.T) {
	v := newReturner(t)
	v.open("/")
	v.show(room(many(3)...))
	v.leaveBehind(time.Now())
	v.first(`requestAnimationFrame(() => {
		globalThis.first = [document.getElementById("picture") !== null, document.getElementById("message") !== null]
	})`)
	stage.gate.Lock()
	defer stage.gate.Unlock()
	stage.rest.Lock()
	release := sync.OnceFunc(stage.rest.Unlock)
	defer release()
	v.do(chromedp.Evaluate[chromedp.Void](`location.href = ` + quote(stage.http.URL)))
	const some = 200 // milliseconds: a dozen frames
	v.await(`document.querySelector(".bar") && !document.getElementById("message") && document.styleSheets.length > 0`)
	v.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`new Promise((go) => setTimeout(go, %d))`, some), chromedp.EvalAwaitPromise))
	require.False(t, eval[bool](v, `"first" in globalThis`), "half a page is painted")
	release()
	v.await(`"first" in globalThis`)
	assert.Equal(t, []bool{true, true}, eval[[]bool](v, `first`))
	v.requireNoTroubles()
}

// TestPictureOfAnotherDay says which day that was.
func TestPictureOfAnotherDay(t *testing.T) {
	v := newReturner(t)
	v.open("/")
	at := time.Now().AddDate(0, 0, -3)
	v.show(room(row(1, bob, at, "long ago")))
	v.leaveBehind(at)
	eval[any](v, `(key => localStorage.setItem(key, localStorage.getItem(key).replace(/("h2",{"class":"day"},)"[^"]*"/, '$1"Today"')))(`+quote(pictureKey)+`)`)
	v.openHeld()
	day := eval[string](v, fmt.Sprintf(`new Date(%d).toLocaleDateString("en", { weekday: "long", day: "numeric", month: "long" })`, at.UnixMilli()))
	assert.Equal(t, day, eval[string](v, `document.querySelector("#picture .day").textContent`))
	assert.Contains(t, eval[string](v, `document.querySelector(".as-of").innerText`), day[:strings.Index(day, ",")])
}

// TestPictureIsNotShown where it could be somebody else's, out of date, or in the way.
func TestPictureIsNotShown(t *testing.T) {
	set := func(key, value string) string {
		return `localStorage.setItem(` + quote(key) + `, ` + quote(value) + `)`
	}
	edit := func(from, to string) string {
		return `(key => localStorage.setItem(key, localStorage.getItem(key).replace(` + from + `, ` + quote(to) + `)))(` + quote(pictureKey) + `)`
	}
	for name, test := range map[string]struct {
		before string // in the page that is left
		path   string
		shown  bool
	}{
		"as it is":                 {before: `1`, shown: true},
		"logged out":               {before: `localStorage.removeItem(` + quote(tokenKey) + `)`},
		"no session":               {before: `localStorage.removeItem(` + quote(sessionKey) + `)`},
		"on a shared computer":     {before: `sessionStorage.setItem(` + quote(tokenKey) + `, "a refresh token")`},
		"somebody else":            {before: set(sessionKey, `{"me":{"ID":"`+string(bob.ID)+`"},"generation":"g"}`)},
		"after another log-in":     {before: set(sessionKey, `{"me":{"ID":"`+string(alice.ID)+`"},"generation":"h"}`)},
		"of another version":       {before: edit(`/"version":"/`, `"version":"x`)},
		"in another language":      {before: edit(`/"lang":"en"/`, `"lang":"de"`)},
		"older than a session":     {before: edit(`/"at":[0-9]+/`, fmt.Sprint(`"at":`, time.Now().AddDate(0, 0, -8).UnixMilli()))},
		"broken":                   {before: set(pictureKey, `{`)},
		"of a row that cannot be":  {before: edit(`/"article"/`, `"<article>"`)},
		"at a link to one message": {before: `1`, path: "/m/" + string(row(1, alice, time.Now(), "").ID)},
	} {
		t.Run(name, func(t *testing.T) {
			v := newReturner(t)
			v.open("/")
			v.show(room(many(3)...))
			v.leaveBehind(time.Now())
			eval[any](v, test.before)
			stage.gate.Lock()
			defer stage.gate.Unlock()
			v.do(chromedp.Evaluate[chromedp.Void](`location.href = ` + quote(stage.http.URL+test.path)))
			v.await(`!window.intents.length && !document.querySelector("#messages article") && document.readyState !== "loading"`)
			assert.Equal(t, test.shown, eval[bool](v, painted))
			assert.Equal(t, "loading", eval[string](v, `document.documentElement.dataset.app`))
		})
	}
}

// TestPictureLeaves when it turns out that its reader is not signed in any more.
func TestPictureLeaves(t *testing.T) {
	stranger := room(many(3)...)
	stranger.Me, stranger.Room = bob, chat.RoomView{}
	broken := room()
	broken.Room, broken.Problem = chat.RoomView{}, chat.Problem{Code: chat.ProblemReadForbidden}
	for name, s := range map[string]chat.Snapshot{
		"signed out": refused(chat.ProblemSessionEnded), "somebody else": stranger, "an empty room": room(), "may not read": broken,
	} {
		t.Run(name, func(t *testing.T) {
			v := newReturner(t)
			v.open("/")
			v.show(room(many(3)...))
			v.leaveBehind(time.Now())
			v.openHeld()()
			v.await(`document.documentElement.dataset.app === "running"`)
			require.True(t, eval[bool](v, painted))
			v.show(s)
			assert.False(t, eval[bool](v, painted))
			v.requireNoTroubles()
		})
	}
}

// TestPictureIsSmall, whatever is drawn; and it is only taken of the newest messages, for who sees them.
func TestPictureIsSmall(t *testing.T) {
	v := newReturner(t)
	v.open("/")
	assert.Empty(t, v.picture(alice, time.Now()), "nothing is drawn")
	rows := many(200)
	v.show(room(rows...))
	count := func() int {
		return eval[int](v, fmt.Sprintf(`JSON.parse(takePicture(%s, 0)).rows.length`, quote(string(alice.ID))))
	}
	assert.LessOrEqual(t, count(), 30)
	assert.Empty(t, v.picture(bob, time.Now()))
	eval[any](v, `(document.getElementById("messages").scrollTop -= 500, 1)`)
	v.await(`!document.querySelector(".pill").hidden`)
	assert.Empty(t, v.picture(alice, time.Now()), "others are seen")

	for i := range rows {
		rows[i].Text = "long" + strings.Repeat("\u2060", 3900) // which nobody sees: so many are drawn
	}
	v.show(signedOut())
	v.show(room(rows...))
	require.Greater(t, eval[int](v, `document.querySelectorAll("article").length`), 11)
	picture := v.picture(alice, time.Now())
	assert.Less(t, len([]rune(picture)), 41_000)
	assert.Greater(t, len([]rune(picture)), 30_000, "else this test could not fail")
	assert.Greater(t, count(), 1)
}
