//go:build !js

package main

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

// touches makes the visitor's screen one that is touched.
func (v *visitor) touches() {
	v.tb.Helper()
	v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true, MaxTouchPoints: 1})
		return err
	}))
}

// middle is where an element is, given as a JavaScript expression.
func (v *visitor) middle(element string) (x, y float64) {
	v.tb.Helper()
	at := eval[[]float64](v, `(r => [r.left + r.width / 2, r.top + r.height / 2])(`+element+`.getBoundingClientRect())`)
	return at[0], at[1]
}

// finger lets one come down, or lifts it.
func (v *visitor) finger(kind input.DispatchTouchEventType, points ...*input.TouchPoint) {
	v.tb.Helper()
	v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: append([]*input.TouchPoint{}, points...)})
		return err
	}))
}

// rest puts a finger on the middle of an element, and leaves it there.
func (v *visitor) rest(element string) {
	v.tb.Helper()
	x, y := v.middle(element)
	v.finger("touchStart", &input.TouchPoint{X: x, Y: y})
}

func (v *visitor) lift() {
	v.tb.Helper()
	v.finger("touchEnd")
}

func (v *visitor) tap(element string) {
	v.tb.Helper()
	v.rest(element)
	v.lift()
}

// TestTouch: a tap on a message shows what can be done to it, in targets for fingers.
func TestTouch(t *testing.T) {
	v := newVisitor(t)
	v.view(390, 844, nil)
	v.touches()
	v.open("/")
	rows := allowed(row(1, bob, time.Now(), "his"), row(2, alice, time.Now(), "mine"))
	rows[0].Reactions = []chat.Reaction{{Emoji: "🎉", People: []chat.Person{bob}}}
	v.show(room(rows...))
	assert.True(t, eval[bool](v, `matchMedia("(pointer: coarse)").matches`))
	v.tap(article(rows[1].ID))
	v.await(`!` + toolbar + `.hidden`)
	assert.Empty(t, eval[[]string](v, `[...document.querySelectorAll(".toolbar button")].filter(b => (r => r.width < 44 || r.height < 44)(b.getBoundingClientRect())).map(b => b.outerHTML)`))
	v.tap(`document.querySelector(".toolbar [data-action=more]")`)
	v.await(dialog + `?.open`)
	assert.Empty(t, eval[[]string](v, `[...`+dialog+`.querySelectorAll("button")].filter(b => (r => r.width < 44 || r.height < 44)(b.getBoundingClientRect())).map(b => b.outerHTML)`))
	assert.Equal(t, 844.0, eval[float64](v, dialog+`.getBoundingClientRect().bottom`), "at the bottom, where the thumb is")
	v.tap(dialog + `.querySelector("[data-action=edit]")`)
	v.await(bar + ` === "Editing your message"`)
	v.tap(`document.querySelector(".chip")`)
	assert.Equal(t, "🎉", intent[chat.React](v).Emoji)
	v.requireNoTroubles()
}

// TestLongPress: a finger that rests on a message opens its menu, and does nothing else.
func TestLongPress(t *testing.T) {
	v := newVisitor(t)
	v.view(390, 844, nil)
	v.touches()
	v.open("/")
	rows := allowed(many(60)...)
	rows[58].Text = "see https://example.com/a-page-with-a-long-address-that-fills-the-line"
	rows[59].Text = "first"
	v.show(room(rows...))
	v.rest(article(rows[59].ID))
	v.await(dialog + `?.open`)
	v.lift()
	v.frames(6)
	assert.True(t, eval[bool](v, dialog+`?.open`), "lifting it presses nothing")
	assert.Empty(t, eval[string](v, `getSelection().toString()`))
	v.tap(dialog + `.querySelector("[data-action=reply]")`)
	v.await(bar + `.startsWith("Replying to")`)
	assert.Empty(t, v.intents())

	v.frames(6) // the composer has grown
	before := eval[float64](v, list+`.scrollTop`)
	x, y := v.middle(drawn(rows[55].ID))
	v.finger("touchStart", &input.TouchPoint{X: x, Y: y})
	eval[any](v, `(window.late = performance.now() + 1000, 1)`)
	for moved := 20.0; moved < 100 || !eval[bool](v, `performance.now() > late`); moved += 5 {
		v.finger("touchMove", &input.TouchPoint{X: x, Y: y + moved})
		v.frames(2)
	}
	v.lift()
	assert.Less(t, eval[float64](v, list+`.scrollTop`), before-50, "a slow finger scrolls")
	assert.True(t, eval[bool](v, dialog+` === null`))

	v.rest(drawn(rows[58].ID) + `.querySelector("a")`)
	v.await(`performance.now() > (window.rested ??= performance.now() + 1000)`)
	v.lift()
	assert.True(t, eval[bool](v, dialog+` === null`), "a link has the browser's own menu")
	v.requireNoTroubles()
}
