//go:build !js

package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

const box = message + `.value`

// drafted is what was kept last.
func (v *visitor) drafted(want string) {
	v.tb.Helper()
	v.await(`drafts.at(-1) === ` + quote(want))
}

func withDraft(s chat.Snapshot, text string) chat.Snapshot {
	s.Room.Draft = text
	return s
}

func TestDraftIsKeptWhileTyping(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	v.show(room(many(3)...))
	v.write("message", "half")
	v.drafted("half")
	v.write("message", " a sentence")
	v.drafted("half a sentence")

	eval[any](v, `drafts.length = 0`)
	v.press("\r")
	assert.Equal(t, []string{""}, eval[[]string](v, `drafts`), "what was sent is no draft, although it stands in the box until it is safe")
	s := room(many(3)...)
	v.show(s)
	v.write("message", "next")
	v.drafted("next")
	s.Room.Kept = v.sent().ID
	v.show(s)
	assert.NotContains(t, strings.Join(eval[[]string](v, `drafts`), "\n"), "half")

	v.press("\r")
	s.Room.Kept = v.sent().ID
	v.show(s)
	v.drafted("")
	v.write("message", " \n ")
	v.write("message", "x")
	v.drafted(" \n x")
	v.press("\b")
	v.drafted("") // blank is nothing
	v.requireNoTroubles()
}

// TestDraftIsKeptInTime: a page that is hidden or frozen may not get another chance.
func TestDraftIsKeptInTime(t *testing.T) {
	for name, event := range map[string]string{
		"pagehide": `dispatchEvent(new Event("pagehide"))`,
		"freeze":   `document.dispatchEvent(new Event("freeze"))`,
		"hidden":   `(Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true }), document.dispatchEvent(new Event("visibilitychange")))`,
	} {
		t.Run(name, func(t *testing.T) {
			v := newVisitor(t)
			v.open("/")
			v.show(room())
			// In one go: no timer runs in between.
			got := eval[[]string](v, `(`+message+`.value = "unfinished", `+message+`.dispatchEvent(new Event("input")), `+event+`, drafts)`)
			assert.Equal(t, []string{"unfinished"}, got)
			v.requireNoTroubles()
		})
	}
}

func TestDraftIsRestored(t *testing.T) {
	draft := "half a sentence\nand more 😀"
	t.Run("into an empty box, once", func(t *testing.T) {
		v := newVisitor(t)
		v.signIn()
		v.open("/")
		v.show(room())
		v.show(withDraft(room(), draft)) // storage may answer late
		assert.Equal(t, draft, eval[string](v, box))
		end := eval[int](v, box+`.length`)
		assert.Equal(t, []int{end, end}, eval[[]int](v, `[`+message+`.selectionStart, `+message+`.selectionEnd]`), "the caret is at the end")
		assert.Equal(t, "message", eval[string](v, focused))
		assert.Greater(t, eval[float64](v, message+`.clientHeight`), 50.0, "the box has grown with it")

		v.press("!")
		v.drafted(draft + "!")
		assert.Equal(t, []string{draft + "!"}, eval[[]string](v, `drafts`), "what was restored is kept already")
		v.press("z", chromedp.KeyModifiers(chromedp.ModifierCtrl))
		assert.Equal(t, draft, eval[string](v, box), "undo takes back what was typed")
		eval[any](v, message+`.select()`)
		v.press("\b")
		v.drafted("")
		v.show(withDraft(room(many(1)...), draft))
		assert.Empty(t, eval[string](v, box), "it was deleted")
		v.requireNoTroubles()
	})
	t.Run("never over what was typed", func(t *testing.T) {
		v := newVisitor(t)
		v.signIn()
		release := v.openHeld()
		v.write("message", "typed early")
		release()
		v.await(`document.documentElement.dataset.app === "running"`)
		v.show(withDraft(room(), draft))
		assert.Equal(t, "typed early", eval[string](v, box))
		v.drafted("typed early")
	})
	t.Run("not into a box that was emptied by hand", func(t *testing.T) {
		v := newVisitor(t)
		v.open("/")
		v.show(room())
		v.write("message", "x")
		v.press("\b")
		v.show(withDraft(room(), draft))
		assert.Empty(t, eval[string](v, box))
	})
	t.Run("of whoever logs in", func(t *testing.T) {
		v := newVisitor(t)
		v.open("/")
		v.show(withDraft(room(), "of alice"))
		ended := refused(chat.ProblemSessionEnded)
		v.show(ended)
		s := withDraft(room(), "of bob")
		s.Me = bob
		v.show(s)
		assert.Equal(t, "of bob", eval[string](v, box))
		assert.NotContains(t, eval[[]string](v, `drafts`), "", "nothing is taken from anybody's storage")
	})
}

// TestDraftUnderBanners: whatever is said above it and below it, the box is as it was, with its caret.
func TestDraftUnderBanners(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	v.show(room(many(3)...))
	v.write("message", "half a sentence")
	eval[any](v, `(window.held = `+message+`, held.setSelectionRange(5, 6), 1)`)
	full := room(many(3)...)
	full.Storage = chat.Problem{Code: chat.ProblemStorageFailing}
	leaving := room(many(3)...)
	leaving.Leaving = chat.LeavingView{Waiting: true, Unsent: 1}
	for _, s := range []chat.Snapshot{
		withProblem(room(many(3)...), chat.ConnectionOffline, chat.ProblemServerFailing), full, leaving, unread(room(many(4)...), 1, 1, many(4)[3].ID), room(many(3)...),
	} {
		v.show(s)
		assert.Equal(t, "half a sentence|5|6|true", eval[string](v, `[held.value, held.selectionStart, held.selectionEnd, held === `+message+` && held === document.activeElement].join("|")`))
	}
	v.requireNoTroubles()
}

// TestDraftNobodySignedIn: there is nobody to keep it for.
func TestDraftNobodySignedIn(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	v.show(room())
	v.write("message", "half a sentence")
	v.drafted("half a sentence")
	v.show(signedOut())
	eval[any](v, `dispatchEvent(new Event("pagehide"))`)
	require.Equal(t, []string{"half a sentence"}, eval[[]string](v, `drafts`), "a log-out wipes it: nothing may be written after")
}
