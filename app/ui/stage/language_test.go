//go:build !js

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
	"directuschat/app/texts"
)

// TestSpeaksTheReadersLanguage: the page before the program runs, and the program; words, numbers and dates.
func TestSpeaksTheReadersLanguage(t *testing.T) {
	newYear := time.Date(2025, 12, 31, 12, 0, 0, 0, time.UTC)
	for locale, want := range map[string]struct{ tag, dir, day, late string }{
		"en-GB": {"en", "ltr", "Wednesday, 31 December 2025", "12,431 newer messages"},
		"de-DE": {"de", "ltr", "Mittwoch, 31. Dezember 2025", "12.431 neuere Nachrichten"},
		"he-IL": {"he", "rtl", "יום רביעי, 31 בדצמבר 2025", "12,431 הודעות חדשות יותר"},
		"fr-FR": {"en", "ltr", "Wednesday, December 31, 2025", "12,431 newer messages"},
	} {
		t.Run(locale, func(t *testing.T) {
			words := texts.For(want.tag).Texts
			v := newVisitor(t)
			v.speaks(locale)
			v.signIn()
			release := v.openHeld()
			assert.Equal(t, want.tag+" "+want.dir, eval[string](v, `document.documentElement.lang + " " + document.documentElement.dir`))
			assert.Equal(t, words["status-connecting"], eval[string](v, `document.querySelector("[role=status]").innerText`), "before the program")
			assert.Equal(t, words["placeholder"], eval[string](v, message+`.placeholder`))
			release()
			v.await(`document.documentElement.dataset.app === "running"`)
			assert.Equal(t, words["status-connecting"], eval[string](v, `document.querySelector("[role=status]").innerText`), "then")
			s := room(row(1, bob, newYear, "Happy new year"))
			s.Room.Later = 12431
			v.show(s)
			assert.Equal(t, want.day, eval[string](v, `document.querySelector(".day").innerText`))
			assert.Equal(t, want.late, eval[string](v, `document.querySelector("[data-action=newer]").innerText`))
			assert.Equal(t, words["status-live"], eval[string](v, `document.querySelector("[role=status]").innerText`))
			v.show(chat.Snapshot{Phase: chat.PhaseSignedOut, Login: chat.LoginView{Attempt: 1, Problem: chat.Problem{Code: chat.ProblemWrongPassword}}})
			assert.Equal(t, words["problem-wrong-password"], eval[string](v, `document.getElementById("login-alert").innerText`))
			v.requireNoTroubles()
		})
	}
}

// TestForms: one and other are all that our languages tell apart, where numbers are written in digits.
func TestForms(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	for _, l := range texts.Languages() {
		single := eval[[]int](v, fmt.Sprintf(`[...Array(1000).keys()].filter(n => new Intl.PluralRules(%q).select(n) === "one")`, l.Tag))
		require.Equal(t, []int{1}, single, l.Tag)
	}
}

// TestClocks: every row's clock is what the browser says of that time, with twelve hours and with twenty-four, whichever of
// an hour's minutes was asked for first.
func TestClocks(t *testing.T) {
	for locale, hours := range map[string]int{"en-US": 12, "en-GB": 24, "de-DE": 24, "he-IL": 24} {
		t.Run(locale, func(t *testing.T) {
			v := newVisitor(t)
			v.speaks(locale)
			v.lives("Asia/Kathmandu") // three quarters of an hour off
			v.view(800, 9000, nil)
			v.open("/")
			var rows []chat.Row
			for n := range 24 * 60 / 13 { // each hour has some, and some have its own number
				rows = append(rows, row(n, bob, time.Date(2026, 3, 1, 0, 13*n, 0, 0, time.UTC), "at "+fmt.Sprint(n)))
			}
			v.show(room(rows...))
			v.await(fmt.Sprintf(`document.querySelectorAll("article").length === %d`, len(rows)))
			told := eval[[][]string](v, fmt.Sprintf(`(clock => [...document.querySelectorAll("article time")].map(t => [t.textContent, clock.format(new Date(t.dateTime))]))
				(new Intl.DateTimeFormat(%q, { timeStyle: "short" }))`, locale))
			for _, clock := range told {
				assert.Equal(t, clock[1], clock[0])
			}
			assert.Equal(t, hours == 12, strings.HasSuffix(told[0][0], "M"), told[0][0])
		})
	}
}
