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

// tap touches the middle of an element, given as a JavaScript expression.
func (v *visitor) tap(element string) {
	v.tb.Helper()
	at := eval[[]float64](v, `(r => [r.left + r.width / 2, r.top + r.height / 2])(`+element+`.getBoundingClientRect())`)
	v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		touch := input.DispatchTouchEventParams{Type: "touchStart", TouchPoints: []*input.TouchPoint{{X: at[0], Y: at[1]}}}
		if _, err := cdp.Call(ctx, t, input.DispatchTouchEvent, touch); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: "touchEnd", TouchPoints: []*input.TouchPoint{}})
		return err
	}))
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
