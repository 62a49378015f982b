//go:build !js

package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

// smallTargets are what can be pressed and is less than 24 pixels wide or high; links in a text are as high as the text.
const smallTargets = `[...document.querySelectorAll("button, a[href], input, textarea, summary, [role=button]")]
	.filter(e => e.checkVisibility() && !e.closest("[data-part=text]"))
	.map(e => ({ e, box: e.getBoundingClientRect() }))
	.filter(({ box }) => Math.min(box.width, box.height) < 24)
	.map(({ e, box }) => e.outerHTML + " " + box.width + " x " + box.height)`

// TestAxeFindsBarriers: silence would mean nothing if it could not speak.
func TestAxeFindsBarriers(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	v.show(room(many(3)...))
	assert.Empty(t, v.barriers())
	eval[any](v, `(document.getElementById("message").removeAttribute("aria-label"), document.getElementById("message").removeAttribute("placeholder"),
		document.querySelector("h1").style.color = "#ccc", document.documentElement.removeAttribute("lang"))`)
	found := fmt.Sprint(v.barriers())
	for _, rule := range []string{"label |", "color-contrast |", "html-has-lang |"} {
		assert.Contains(t, found, rule)
	}
}

// TestLandmarks: one way to get anywhere, and what is read is in the order in which it is shown.
func TestLandmarks(t *testing.T) {
	const shown = `[...document.querySelectorAll(%q)].filter(e => e.checkVisibility()).length`
	v := newVisitor(t)
	v.open("/")
	for _, s := range []chat.Snapshot{signedOut(), room(), busy()} {
		v.show(s)
		assert.Equal(t, 1, eval[int](v, fmt.Sprintf(shown, "main")))
		assert.Equal(t, 1, eval[int](v, fmt.Sprintf(shown, "h1")))
		assert.Equal(t, 1, eval[int](v, fmt.Sprintf(shown, "form[aria-label], form[aria-labelledby]")))
		assert.Contains(t, eval[string](v, `document.title`), "Staff room")
	}
	assert.True(t, eval[bool](v, `[...document.querySelectorAll("article")].every(a => {
		const [author, time, text] = ["[data-part=author]", "time[datetime]", "[data-part=text]"].map(s => a.querySelector(s));
		return author.compareDocumentPosition(time) === Node.DOCUMENT_POSITION_FOLLOWING && time.compareDocumentPosition(text) === Node.DOCUMENT_POSITION_FOLLOWING;
	})`))
	assert.True(t, eval[bool](v, `(tops => tops.every((top, i) => !i || top >= tops[i - 1]))([...document.querySelectorAll("article")].map(a => a.getBoundingClientRect().top))`))
	assert.False(t, eval[bool](v, `/user-scalable|maximum-scale|minimum-scale/.test(document.querySelector("meta[name=viewport]").content)`))
}

// stops presses Tab until the focus has left the page, and names where it has been. What has the focus shows it.
func (v *visitor) stops() (stops []string) {
	v.tb.Helper()
	eval[any](v, `(body => { body.tabIndex = -1; body.focus(); body.removeAttribute("tabindex"); return 1 })(document.body)`)
	for range 100 {
		v.press("\t")
		stop := eval[string](v, `(e => e === document.body ? "" : e.id || e.dataset.action || e.parentElement.getAttribute("role") || e.className)(document.activeElement)`)
		if stop == "" {
			return stops
		}
		assert.True(v.tb, eval[bool](v, `(e => [e, e.closest(".box") ?? e].some(e => (s => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1 || s.boxShadow !== "none")(getComputedStyle(e))))(document.activeElement)`),
			"nobody sees that %q has the focus", stop)
		assert.True(v.tb, eval[bool](v, `(box => box.bottom > 0 && box.top < innerHeight)(document.activeElement.getBoundingClientRect())`), "%q is out of sight", stop)
		stops = append(stops, stop)
	}
	assert.Fail(v.tb, "the focus never gets out", "%q", stops)
	return stops
}

// TestTab: the keyboard gets everywhere, in the order in which things are read, and out again.
func TestTab(t *testing.T) {
	for _, prefers := range []map[string]string{light, dark, {"forced-colors": "active"}} {
		v := newVisitor(t)
		v.open("/")
		v.view(1180, 820, prefers)
		v.show(refused(chat.ProblemCodeNeeded))
		assert.Equal(t, []string{"email", "password", "reveal", "code", "shared", "primary"}, v.stops())
		v.show(room(many(30)...))
		stops := v.stops()
		inOrder := []string{}
		for _, stop := range stops {
			switch stop {
			case "status", "quiet", "messages", "message", "primary":
				inOrder = append(inOrder, stop)
			}
		}
		assert.Equal(t, []string{"status", "quiet", "messages", "message", "primary"}, inOrder, "all: %q", stops)

		v.show(formatted())
		eval[any](v, `(`+list+`.focus(), 1)`)
		for range 3 { // from the last message, a cheerful one, to the block of code
			v.do(chromedp.KeyEvent(kb.ArrowUp))
		}
		v.press("\t")
		assert.Equal(t, "PRE", eval[string](v, `document.activeElement.tagName`))
		v.requireNoTroubles()
	}
}

// TestFocusIsKept: whatever arrives, what has the focus keeps it.
func TestFocusIsKept(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	nameless := room(many(30)...)
	nameless.Me.Name = ""
	offline := withProblem(room(many(30)...), chat.ConnectionOffline, chat.ProblemServerFailing)
	older := room(many(60)...)
	older.Room.Earlier = true
	edited := room(many(31)...)
	edited.Room.Rows[30].Edited = true
	for _, selector := range []string{".status button", ".seek", ".bar .quiet", "#messages", "#message", "#composer .primary"} {
		v.show(nameless)
		eval[any](v, fmt.Sprintf(`(window.held = document.querySelector(%q), held.focus(), 1)`, selector))
		for i, s := range []chat.Snapshot{nameless, room(many(30)...), room(many(31)...), edited, offline, room(many(31)...), older} {
			v.show(s)
			assert.True(t, eval[bool](v, `document.activeElement === held && held.isConnected`), "%s has lost the focus at %d", selector, i)
		}
	}
	v.requireNoTroubles()
}

// TestLargeText: zoomed to 200 %, on a narrow phone, and with the spacing that some need to read, all of it is there.
func TestLargeText(t *testing.T) {
	const spacing = `(sheet => {
		sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-block-end: 2em !important }");
		document.adoptedStyleSheets = [sheet];
		return 1;
	})(new CSSStyleSheet())`
	// What ends in dots is there in whole elsewhere, and what scrolls is not cut.
	const cut = `[...document.querySelectorAll("body *")].filter(e => {
		const style = getComputedStyle(e);
		return e.checkVisibility() && !e.closest(".visually-hidden, [data-part=author]") && e.textContent.trim() && style.textOverflow !== "ellipsis" &&
			(["hidden", "clip"].includes(style.overflowX) && e.scrollWidth > e.clientWidth + 1 || ["hidden", "clip"].includes(style.overflowY) && e.scrollHeight > e.clientHeight + 1);
	}).map(e => e.outerHTML)`
	for _, scene := range []string{"log-in-code", "log-in-unsent", "empty", "busy", "storage", "connection", "log-out", "log-out-waits"} {
		t.Run(scene, func(t *testing.T) {
			t.Parallel()
			v := newVisitor(t)
			v.open("/")
			v.stageScene(scene)
			eval[any](v, spacing)
			for _, size := range [][2]int64{{640, 410}, {390, 844}, {320, 640}} {
				v.view(size[0], size[1], light)
				assert.LessOrEqual(t, eval[int64](v, `document.documentElement.scrollWidth`), size[0], "%v", size)
				assert.LessOrEqual(t, eval[int64](v, `document.documentElement.scrollHeight`), size[1], "%v", size)
				assert.Empty(t, eval[[]string](v, cut), "%v", size)
				assert.True(t, eval[bool](v, `(m => !m.checkVisibility() || m.clientHeight > 24)(document.getElementById("messages"))`), "no room for a line in %v", size)
			}
		})
	}
}

// TestReducedMotion: whoever does not want things to move sees none move.
func TestReducedMotion(t *testing.T) {
	const moving = `document.getAnimations().filter(a => (t => t.activeDuration > 0)(a.effect.getComputedTiming())).map(a => a.animationName)`
	v := newVisitor(t)
	release := v.openHeld()
	v.view(390, 844, map[string]string{"prefers-reduced-motion": "no-preference"})
	assert.Contains(t, eval[[]string](v, moving), "load", "else this test could not fail")
	v.view(390, 844, map[string]string{"prefers-reduced-motion": "reduce"})
	assert.Empty(t, eval[[]string](v, moving))
	release()
	v.await(`document.documentElement.dataset.app === "running"`)
	for _, name := range []string{"logging-in", "loading", "busy", "connection-waiting"} {
		v.stageScene(name)
		assert.Empty(t, eval[[]string](v, moving), name)
	}
}

// TestEdges: what tells a control from its ground, and that it has the focus, can be seen by those who see little.
func TestEdges(t *testing.T) {
	const contrast = `((a, b) => {
		const light = color => {
			const [r, g, b] = color.match(/[\d.]+/g).map(n => n / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
			return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
		};
		const [x, y] = [light(a), light(b)];
		return Math.max(x, y) / Math.min(x, y);
	})`
	for _, prefers := range []map[string]string{light, dark} {
		v := newVisitor(t)
		v.open("/")
		v.view(1180, 820, prefers)
		check := func(what, edge, ground string) {
			t.Helper()
			ratio := eval[float64](v, contrast+`(`+edge+`, `+ground+`)`)
			assert.GreaterOrEqual(t, ratio, 3.0, "%s, %v", what, prefers)
		}
		style := func(selector, property string) string {
			return fmt.Sprintf(`getComputedStyle(document.querySelector(%q)).%s`, selector, property)
		}
		v.show(refused(chat.ProblemWrongPassword))
		check("a field with a fault", style("#email", "borderTopColor"), style("#login-form", "backgroundColor"))
		check("a field", style("#code", "borderTopColor"), style("#login-form", "backgroundColor"))
		check("the focus", style("#login-alert", "outlineColor"), style("#login-form", "backgroundColor"))
		check("a button", style("#login-form .primary", "backgroundColor"), style("#login-form", "backgroundColor"))
		v.stageScene("history")
		check("the composer", style(".box", "borderTopColor"), style("html", "backgroundColor"))
		check("a button with an edge", style(".outlined", "borderTopColor"), style("html", "backgroundColor"))
		v.press("\t")
		check("the focus", `getComputedStyle(document.activeElement).outlineColor`, style("html", "backgroundColor"))
	}
}

// TestKeyboardOfAPhone: where it covers the page instead of shrinking it, the composer stands on it all the same.
func TestKeyboardOfAPhone(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	v.view(390, 844, light)
	v.show(room(many(60)...))
	v.await(below + ` === 0`)
	sees := func(height, scale float64) {
		eval[any](v, fmt.Sprintf(`(Object.defineProperties(visualViewport, { height: { value: %v, configurable: true }, scale: { value: %v, configurable: true } }),
			visualViewport.dispatchEvent(new Event("resize")))`, height, scale))
	}
	const bottom = `Math.round(document.getElementById("composer").getBoundingClientRect().bottom)`
	assert.Equal(t, 844, eval[int](v, bottom))
	sees(500, 1)
	assert.Equal(t, 500, eval[int](v, bottom))
	v.await(below + ` === 0`) // what was just read is still seen
	assert.LessOrEqual(t, eval[float64](v, `[...document.querySelectorAll("article")].at(-1).getBoundingClientRect().bottom`), 500.0)
	sees(844, 1)
	assert.Equal(t, 844, eval[int](v, bottom))
	sees(422, 2)
	assert.Equal(t, 844, eval[int](v, bottom), "somebody has zoomed in")
	for _, id := range []string{"message", "email", "password", "code"} {
		size := eval[float64](v, fmt.Sprintf(`parseFloat(getComputedStyle(document.getElementById(%q)).fontSize)`, id))
		assert.GreaterOrEqual(t, size, 16.0, "phones zoom in on %s", id)
	}
	v.requireNoTroubles()
}
