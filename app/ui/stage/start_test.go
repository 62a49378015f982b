//go:build !js

package main

import (
	"testing"

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

// TestAnswersAPressAtOnce: what is pressed before the program runs is answered without waiting for it.
func TestAnswersAPressAtOnce(t *testing.T) {
	v := newVisitor(t)
	v.openHeld()
	v.write("email", "alice@example.com")
	v.press("\r")
	v.await(loginName + ` === "Starting…"`)
	assert.Equal(t, "loading", eval[string](v, `document.documentElement.dataset.app`))
}

// TestFailuresInEveryLanguage: what is missing is said in the reader's words.
func TestFailuresInEveryLanguage(t *testing.T) {
	for key, before := range map[texts.Key]string{
		"failure-webassembly": `delete window.WebAssembly`,
		"failure-storage":     `Object.defineProperty(window, "localStorage", { get() { throw new DOMException("", "SecurityError") } })`,
	} {
		for _, l := range texts.Languages {
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
