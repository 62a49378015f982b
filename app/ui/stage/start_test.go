//go:build !js

package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"

	"directuschat/app/texts"
)

// TestProgressLine: where the program takes long, a line says that it is on its way; it does not move for those who do not
// want that, and is gone when the program is there.
func TestProgressLine(t *testing.T) {
	const at = `(ms => {
		document.getAnimations().filter(a => a.effect.pseudoElement === "::after" && a.effect.target === document.body).forEach(a => { a.pause(); a.currentTime = ms })
		const { opacity, transform, content } = getComputedStyle(document.body, "::after")
		return [opacity, transform, content].join(" ")
	})`
	for motion, moves := range map[string]bool{"no-preference": true, "reduce": false} {
		t.Run(motion, func(t *testing.T) {
			v := newVisitor(t)
			v.view(800, 600, map[string]string{"prefers-reduced-motion": motion})
			release := v.openHeld()
			assert.Regexp(t, `^0 `, eval[string](v, at+`(399)`))
			early, late := eval[string](v, at+`(500)`), eval[string](v, at+`(5000)`)
			assert.Regexp(t, `^1 matrix`, early)
			assert.Equal(t, moves, early != late)
			release()
			v.await(`document.documentElement.dataset.app === "running"`)
			assert.Contains(t, eval[string](v, at+`(5000)`), " none")
		})
	}
}

// TestAnswersAPressAtOnce: what is pressed before the program runs is answered without waiting for it, in the next frame
// and within 100 ms. Time is the page's own: from the moment of the event to the frame after the one that shows the answer.
func TestAnswersAPressAtOnce(t *testing.T) {
	const most = 100.0 // milliseconds
	const answers = `window.answers = [], window.unanswered = 0;
		let at;
		for (const press of ["keydown", "pointerup"]) addEventListener(press, e => { at = e.timeStamp }, true);
		addEventListener("submit", ({ target }) => requestAnimationFrame(() => {
			if (!` + visible + `(target.querySelector(".starting"))) unanswered++;
			requestAnimationFrame(() => answers.push(performance.now() - at));
		}))`
	returning := func(t *testing.T) *visitor {
		v := newReturner(t)
		v.open("/")
		v.show(room(many(30)...))
		v.leaveBehind(time.Now())
		return v
	}
	for name, test := range map[string]struct {
		visitor func(t *testing.T) *visitor
		field   string
		press   func(v *visitor)
	}{
		"log-in, Enter":   {func(t *testing.T) *visitor { return newVisitor(t) }, "email", func(v *visitor) { v.press("\r") }},
		"log-in, button":  {func(t *testing.T) *visitor { return newVisitor(t) }, "email", func(v *visitor) { v.click("#login-form .primary") }},
		"message, Enter":  {returning, "message", func(v *visitor) { v.press("\r") }},
		"message, button": {returning, "message", func(v *visitor) { v.click("#composer .primary") }},
	} {
		t.Run(name, func(t *testing.T) {
			v := test.visitor(t)
			v.first(answers)
			v.openHeld()
			const presses = 5 // of which one may be late, on a machine that is busy with something else
			for i := range presses {
				v.write(test.field, "a")
				assert.False(t, eval[bool](v, `[...document.querySelectorAll(".starting")].some(`+visible+`)`), "who types on has not finished")
				test.press(v)
				v.await(fmt.Sprintf(`answers.length > %d`, i))
			}
			took := eval[[]float64](v, `answers`)
			slices.Sort(took)
			t.Logf("%.0f ms", took)
			assert.Less(t, took[presses-2], most)
			assert.Zero(t, eval[int](v, `unanswered`), "in the next frame")
			assert.Equal(t, "loading", eval[string](v, `document.documentElement.dataset.app`))
		})
	}
}

// TestFailuresInEveryLanguage: what is missing is said in the reader's words.
func TestFailuresInEveryLanguage(t *testing.T) {
	for key, before := range map[texts.Key]string{
		"failure-webassembly": `delete window.WebAssembly`,
		"failure-load":        `delete window.TextEncoder`, // without which Go's script throws
		"failure-storage":     `Object.defineProperty(window, "localStorage", { get() { throw new DOMException("", "SecurityError") } })`,
	} {
		for _, l := range texts.Languages() {
			t.Run(string(key)+" "+l.Tag, func(t *testing.T) {
				v := newVisitor(t)
				v.speaks(l.Tag)
				v.first(before)
				v.do(chromedp.Navigate(stage.http.URL))
				v.await(`document.documentElement.dataset.app === "failed"`)
				said := eval[string](v, `[...document.querySelectorAll("#failure > [data-reason]")].filter(`+visible+`).map(p => p.innerText).join("|")`)
				assert.Equal(t, l.Texts[key], said)
			})
		}
	}
}
