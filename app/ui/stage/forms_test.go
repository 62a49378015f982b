//go:build !js

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat"
	"directuschat/app/chat"
)

// tokenKey is where app/store keeps the refresh token of the site at "/".
const tokenKey = "directus-chat/1//:token"

const (
	focused   = `document.activeElement.id`
	message   = `document.getElementById("message")`
	visible   = `(e => e.checkVisibility({ visibilityProperty: true }))`
	loginName = `[...document.querySelectorAll("#login-form .primary > span")].find(` + visible + `).textContent`
)

// sent is the newest message the visitor wanted sent.
func (v *visitor) sent() chat.Send {
	v.tb.Helper()
	v.await(`intents.at(-1)?.startsWith("Send ")`)
	var send chat.Send
	require.NoError(v.tb, json.Unmarshal([]byte(strings.TrimPrefix(eval[string](v, `intents.at(-1)`), "Send ")), &send))
	return send
}

// TestTakeOver: what is typed, selected and pressed before the program runs is as it was when it runs.
func TestTakeOver(t *testing.T) {
	t.Run("log-in", func(t *testing.T) {
		v := newVisitor(t)
		release := v.openHeld()
		v.write("email", "alice@example.com")
		v.write("password", "secret")
		v.press("\r")
		assert.Equal(t, "Starting…", eval[string](v, loginName))
		release()
		v.await(`intents.length === 1`)
		assert.Equal(t, []string{`LogIn {"Email":"alice@example.com","Password":"secret","Code":"","Shared":false}`}, v.intents())
		assert.Equal(t, "password", eval[string](v, focused))
		assert.Equal(t, stage.http.URL+"/", eval[string](v, `location.href`), "nothing of the form is in the address")
		v.requireNoTroubles()
	})
	t.Run("log-in, typed on", func(t *testing.T) {
		v := newVisitor(t)
		release := v.openHeld()
		v.write("email", "alice")
		v.press("\r")
		v.write("email", "@example.com")
		assert.Equal(t, "Log in", eval[string](v, loginName))
		release()
		v.await(`document.documentElement.dataset.app === "running"`)
		assert.Empty(t, v.intents(), "who types on has not finished")
	})
	t.Run("message", func(t *testing.T) {
		v := newVisitor(t)
		v.signIn()
		release := v.openHeld()
		v.do(chromedp.Evaluate[chromedp.Void](`new Promise(requestAnimationFrame)`, chromedp.EvalAwaitPromise)) // a browser focuses before its first frame
		assert.Equal(t, "message", eval[string](v, focused), "the box can be typed into at once")
		v.write("message", "one two three")
		eval[any](v, message+`.setSelectionRange(4, 7)`)
		eval[any](v, `window.box = `+message)
		release()
		v.await(`document.documentElement.dataset.app === "running"`)
		v.show(room(many(3)...))
		assert.True(t, eval[bool](v, `box === `+message), "the same node")
		assert.Equal(t, "one two three", eval[string](v, message+`.value`))
		assert.Equal(t, []int{4, 7}, eval[[]int](v, `[box.selectionStart, box.selectionEnd]`))
		assert.Equal(t, "message", eval[string](v, focused))
		assert.Empty(t, v.intents())
		v.requireNoTroubles()
	})
	t.Run("message, sent early", func(t *testing.T) {
		v := newVisitor(t)
		v.signIn()
		release := v.openHeld()
		v.write("message", "one")
		v.press("\r")
		v.write("message", "two")
		v.press("\r")
		release()
		v.await(`document.documentElement.dataset.app === "running"`)
		assert.Empty(t, v.intents(), "it is not known yet who is signed in")
		v.show(room())
		assert.Equal(t, "one\ntwo", v.sent().Text)
	})
	t.Run("message, nothing sent early", func(t *testing.T) {
		v := newVisitor(t)
		v.signIn()
		release := v.openHeld()
		v.click("#composer .primary")
		release()
		v.await(`document.documentElement.dataset.app === "running"`)
		v.show(withDraft(room(), "half a sentence"))
		assert.Equal(t, "half a sentence", eval[string](v, box))
		assert.Empty(t, v.intents(), "the draft was not there when Send was pressed")
	})
}

// TestFilledByAManager: what a password manager fills in before the program runs is what logs in, whether it tells the page
// of it or not, and however the form is then sent.
func TestFilledByAManager(t *testing.T) {
	const told = `f.dispatchEvent(new Event("input", { bubbles: true })), f.dispatchEvent(new Event("change", { bubbles: true }))`
	fill := func(v *visitor, email, password, told string) {
		for id, text := range map[string]string{"email": email, "password": password} {
			eval[any](v, `(f => { f.value = `+quote(text)+`; `+told+` })(document.getElementById(`+quote(id)+`))`)
		}
	}
	enter := func(v *visitor) { v.press("\r") }
	button := func(v *visitor) { v.click("#login-form .primary") }
	for name, test := range map[string]struct {
		told        string
		press       func(*visitor)
		typed       string // before, by hand
		again, then string // the password that is filled in after it was pressed, and what is typed after that
		want        string // the password that logs in, "" if nobody does
	}{
		"quietly, Enter":         {press: enter, want: "secret"},
		"quietly, button":        {press: button, want: "secret"},
		"told, Enter":            {told: told, press: enter, want: "secret"},
		"told, button":           {told: told, press: button, want: "secret"},
		"over what was typed":    {told: told, press: enter, typed: "wrong", want: "secret"},
		"again, quietly":         {press: enter, again: "secret", want: "secret"},
		"again, told":            {told: told, press: enter, again: "secret", want: "secret"},
		"late, over what it was": {told: told, press: enter, again: "newer", want: "newer"},
		"typed on":               {told: told, press: enter, then: "s"},
		"again, and typed on":    {told: told, press: enter, again: "secret", then: "s"},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVisitor(t)
			release := v.openHeld()
			if test.typed != "" {
				v.write("password", test.typed)
			}
			fill(v, "alice@example.com", "secret", test.told)
			test.press(v)
			assert.Equal(t, "Starting…", eval[string](v, loginName))
			if test.again != "" {
				fill(v, "alice@example.com", test.again, test.told)
			}
			if test.then != "" {
				v.write("password", test.then)
			}
			release()
			if test.want == "" {
				v.await(`document.documentElement.dataset.app === "running"`)
				assert.Empty(t, v.intents(), "who types on has not finished")
				assert.Equal(t, "Log in", eval[string](v, loginName))
				return
			}
			v.await(`intents.length === 1`)
			assert.Equal(t, []string{`LogIn {"Email":"alice@example.com","Password":"` + test.want + `","Code":"","Shared":false}`}, v.intents())
			v.requireNoTroubles()
		})
	}
}

// TestSharedComputerAsAnAfterthought: ticking the box after Enter is no change of mind about that, and counts.
func TestSharedComputerAsAnAfterthought(t *testing.T) {
	v := newVisitor(t)
	release := v.openHeld()
	v.write("email", "alice@example.com")
	v.write("password", "secret")
	v.press("\r")
	v.click("#login-form label[for=shared]")
	assert.Equal(t, "Starting…", eval[string](v, loginName))
	release()
	v.await(`intents.length === 1`)
	assert.Equal(t, []string{`LogIn {"Email":"alice@example.com","Password":"secret","Code":"","Shared":true}`}, v.intents())
}

// signIn makes the page believe that somebody has logged in before.
func (v *visitor) signIn() {
	v.tb.Helper()
	v.open("/")
	eval[any](v, `localStorage.setItem(`+quote(tokenKey)+`, "a refresh token")`)
}

// TestStorageProblem is told where the text is that is at risk, and a complaint about that text does not hide it for long.
func TestStorageProblem(t *testing.T) {
	const alert = `document.getElementById("composer-alert").textContent`
	v := newVisitor(t)
	v.open("/")
	v.show(withoutStorage(withProblem(room(), chat.ConnectionLive, chat.ProblemStorageFailing)))
	assert.Contains(t, eval[string](v, alert), "storage is full or forbidden")
	assert.Empty(t, eval[string](v, `document.querySelector(".banner").textContent`))
	v.write("message", strings.Repeat("x", directuschat.MaxLength+1))
	v.press("\r")
	v.await(alert + `.includes("1 over")`)
	v.press("\b")
	assert.Contains(t, eval[string](v, alert), "storage is full or forbidden")
	v.press("\r")
	assert.Len(t, v.sent().Text, directuschat.MaxLength, "it can be sent all the same")
	v.show(room())
	assert.Empty(t, eval[string](v, alert))
}

// TestUndo takes back what was typed, and not what was sent.
func TestUndo(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	s := room()
	v.show(s)
	v.write("message", "sent")
	v.press("\r")
	s.Room.Kept = v.sent().ID
	v.show(s)
	v.press("abc")
	v.press("z", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	assert.Empty(t, eval[string](v, message+`.value`))
}

func TestSend(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	rows := many(3)
	v.show(room(rows...))

	v.write("message", " ")
	v.press("\r")
	v.press("\r", chromedp.KeyModifiers(chromedp.ModifierShift))
	v.write("message", "hello")
	v.press("\r", chromedp.KeyModifiers(chromedp.ModifierShift))
	v.write("message", "there")
	assert.Empty(t, v.intents(), "blank is refused quietly, Shift+Enter breaks the line")
	v.press("\r")
	send := v.sent()
	assert.Equal(t, "hello\nthere", send.Text)
	assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, send.ID)

	v.press("\r")
	pending := delivered(row(9, alice, time.Now(), send.Text), chat.Queued)
	pending.ID = send.ID
	s := room(append(rows, pending)...)
	v.show(s)
	assert.Len(t, v.intents(), 1, "pressed again, it is still the same message")
	assert.Equal(t, " \nhello\nthere", eval[string](v, message+`.value`), "it stays until it is safe")

	v.write("message", " and more")
	s.Room.Kept = send.ID
	v.show(s)
	assert.Equal(t, " and more", eval[string](v, message+`.value`), "what was typed since is kept")
	assert.Equal(t, "message", eval[string](v, focused))

	v.press("\r")
	next := v.sent()
	assert.Equal(t, "and more", next.Text)
	assert.Greater(t, next.ID, send.ID)
	s.Room.Kept = next.ID
	v.show(s)
	assert.Empty(t, eval[string](v, message+`.value`))
	v.requireNoTroubles()
}

// TestSendFasterThanStorage: what is typed after Enter is the next message, however long the last takes to be safe.
func TestSendFasterThanStorage(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	s := room()
	v.show(s)
	var want, got []string
	for i := range 20 {
		text := fmt.Sprintf("message %d", i)
		want = append(want, text)
		v.write("message", text)
		v.press("\r")
	}
	v.write("message", "unfinished")
	for _, intent := range v.intents() {
		var send chat.Send
		require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(intent, "Send ")), &send))
		got = append(got, send.Text)
		s.Room.Kept = send.ID // one snapshot tells of the last only
	}
	assert.Equal(t, want, got)
	v.show(s)
	assert.Equal(t, "unfinished", eval[string](v, message+`.value`))
	v.requireNoTroubles()
}

// TestWhatIsOnItsWayIsNotEdited: it was sent. Whoever edits it, because storage is slow, writes the next message.
func TestWhatIsOnItsWayIsNotEdited(t *testing.T) {
	ctrl := chromedp.KeyModifiers(chromedp.ModifierCtrl)
	at := func(start, end int) func(*visitor) {
		return func(v *visitor) { eval[any](v, fmt.Sprintf(message+`.setSelectionRange(%d, %d)`, start, end)) }
	}
	press := func(key string, options ...chromedp.KeyOption) func(*visitor) {
		return func(v *visitor) { v.press(key, options...) }
	}
	for _, test := range []struct {
		name  string
		typed string // behind it
		edit  []func(*visitor)
		want  string // stands in the box then
	}{
		{"before it", "", []func(*visitor){at(0, 0), press("x")}, "x"},
		{"in it", "", []func(*visitor){at(7, 7), press("x")}, "x"},
		{"in it, before more", " more", []func(*visitor){at(7, 7), press("x")}, "x more"},
		{"over it", "", []func(*visitor){at(0, 11), press("x")}, "x"},
		{"over it and more", " more", []func(*visitor){at(7, 13), press("x")}, "xore"},
		{"its end deleted", "", []func(*visitor){press("\b")}, ""},
		{"its last word deleted", "more", []func(*visitor){press("\b", ctrl)}, ""},
		{"all deleted", " more", []func(*visitor){at(0, 16), press("\b")}, ""},
		{"undone", "", []func(*visitor){press("z", ctrl)}, ""},
		{"by an input method", "", []func(*visitor){at(7, 7), func(v *visitor) { v.compose("か"); v.write("message", "か") }}, "firstseかcond"},
		{"by a script", "", []func(*visitor){func(v *visitor) { eval[any](v, message+`.value = "other"`) }}, "other"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := newVisitor(t)
			v.open("/")
			s := room()
			v.show(s)
			for _, text := range []string{"first", "second"} {
				v.write("message", text)
				v.press("\r")
			}
			v.write("message", test.typed)
			for _, edit := range test.edit {
				edit(v)
			}
			assert.Equal(t, test.want, eval[string](v, box))
			assert.Len(t, v.intents(), 2)

			eval[any](v, message+`.setSelectionRange(99, 99)`)
			v.write("message", " next")
			v.press("\r")
			next := v.sent()
			assert.Equal(t, strings.TrimSpace(test.want+" next"), next.Text, "Enter sends it at once")
			v.press("\r")
			assert.Len(t, v.intents(), 3, "once")
			s.Room.Kept = next.ID
			v.show(s)
			assert.Empty(t, eval[string](v, box))
			v.requireNoTroubles()
		})
	}
}

// TestWhoseTextItIs: what is typed outlives the end of a session, but is never left for somebody else.
func TestWhoseTextItIs(t *testing.T) {
	out := func(why chat.ProblemCode) chat.Snapshot {
		s := refused(why)
		s.Login.NeedsCode = false
		return s
	}
	as := func(who chat.Person) chat.Snapshot {
		s := room()
		s.Me = who
		return s
	}
	for _, test := range []struct {
		name string
		out  chat.Snapshot
		next chat.Person
		want string
	}{
		{"logged out", signedOut(), alice, ""},
		{"logged out in another window", out(chat.ProblemLoggedOutByOther), alice, ""},
		{"session ended", out(chat.ProblemSessionEnded), alice, "half a sen"},
		{"session ended, somebody else logs in", out(chat.ProblemSessionEnded), bob, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := newVisitor(t)
			v.open("/")
			v.show(as(alice))
			v.write("message", "half a sen")
			v.show(test.out)
			v.show(as(test.next))
			assert.Equal(t, test.want, eval[string](v, message+`.value`))
			assert.Equal(t, "message", eval[string](v, focused), "also where another window has logged in")
			v.requireNoTroubles()
		})
	}
}

func TestInputMethodsKeepTheirEnter(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	v.show(room())
	v.write("message", "")
	v.compose("こんにち")
	enter := func(how string) {
		eval[any](v, message+`.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, `+how+` }))`)
	}
	enter(`isComposing: true`)
	enter(`keyCode: 229`) // what Safari says of the Enter that ends a composition
	assert.Empty(t, v.intents())
	v.write("message", "こんにちは") // the composition ends
	v.press("\r")
	assert.Equal(t, "こんにちは", v.sent().Text)
}

// TestACompositionIsTakenOver: an input method that is at work when the program takes charge goes on, in the same box.
func TestACompositionIsTakenOver(t *testing.T) {
	const enter = message + `.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, isComposing: true }))`
	const events = `window.compositions = [];
		for (const type of ["compositionstart", "compositionend"]) addEventListener(type, e => compositions.push(type + " " + e.data), true)`
	start := func(t *testing.T) *visitor {
		v := newVisitor(t)
		v.signIn()
		v.first(events)
		release := v.openHeld()
		v.write("message", "前 後")
		eval[any](v, `(window.box = `+message+`, box.setSelectionRange(1, 1))`)
		v.compose("か")
		eval[any](v, enter)
		release()
		v.await(`document.documentElement.dataset.app === "running"`)
		return v
	}
	same := func(t *testing.T, v *visitor, text string, caret int) {
		t.Helper()
		assert.Equal(t, text, eval[string](v, box))
		assert.Equal(t, []int{caret, caret}, eval[[]int](v, `[box.selectionStart, box.selectionEnd]`))
		assert.True(t, eval[bool](v, `box === `+message+` && box === document.activeElement`))
		assert.Equal(t, []string{"compositionstart "}, eval[[]string](v, `compositions`), "it goes on")
	}
	t.Run("and goes on", func(t *testing.T) {
		v := start(t)
		same(t, v, "前か 後", 2)
		v.show(withDraft(room(many(3)...), "of the last visit"))
		same(t, v, "前か 後", 2)
		v.compose("かく")
		same(t, v, "前かく 後", 3)
		eval[any](v, enter)
		assert.Empty(t, v.intents(), "Enter is the input method's, before and after")
		same(t, v, "前かく 後", 3)
		v.write("message", "書く")
		assert.Equal(t, "前書く 後", eval[string](v, box))
		assert.Equal(t, []int{3, 3}, eval[[]int](v, `[box.selectionStart, box.selectionEnd]`))
		assert.Equal(t, []string{"compositionstart ", "compositionend 書く"}, eval[[]string](v, `compositions`))
		v.press("\r")
		assert.Equal(t, "前書く 後", v.sent().Text)
		v.requireNoTroubles()
	})
	t.Run("and is sent by voice", func(t *testing.T) { // by what leaves the focus where it is
		v := start(t)
		s := room()
		v.show(s)
		eval[any](v, `document.querySelector("#composer .primary").click()`)
		sent := v.sent()
		assert.Equal(t, "前か 後", sent.Text)
		s.Room.Kept = sent.ID
		v.show(s)
		same(t, v, "前か 後", 2) // to empty the box would end it
		v.write("message", "か")
		v.await(box + ` === ""`)
		v.requireNoTroubles()
	})
}

// compose has an input method show a text that is not chosen yet.
func (v *visitor) compose(text string) {
	v.tb.Helper()
	v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		end := int64(len([]rune(text)))
		_, err := cdp.Call(ctx, t, input.ImeSetComposition, input.ImeSetCompositionParams{Text: text, SelectionStart: end, SelectionEnd: end})
		return err
	}))
}

func TestACompositionIsLeftAlone(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	s := room()
	v.show(s)
	v.write("message", "sent")
	v.press("\r")
	s.Room.Kept = v.sent().ID
	v.compose("か")
	v.show(s)
	assert.Equal(t, "sentか", eval[string](v, message+`.value`), "clearing the box would end the composition")
	v.write("message", "書く")
	v.await(message + `.value === "書く"`)
}

func TestTooLong(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	v.show(room())
	full := strings.Repeat("😀", directuschat.MaxLength/2) // two units each
	v.write("message", full)
	assert.Equal(t, "4,000 of 4,000", eval[string](v, `document.getElementById("composer-count").textContent`))
	v.write("message", "!")
	v.press("\r")
	v.await(`document.getElementById("composer-alert").textContent.includes("1 over")`)
	assert.Equal(t, full+"!", eval[string](v, message+`.value`))
	assert.Empty(t, v.intents())
	v.press("\b\r")
	assert.Equal(t, full, v.sent().Text)
	assert.Empty(t, eval[string](v, `document.getElementById("composer-alert").textContent`))
}

func TestReadOnly(t *testing.T) {
	v := newVisitor(t)
	v.open("/")
	v.show(room())
	v.write("message", "half a sen")
	s := room()
	s.CanWrite = false
	v.show(s)
	assert.True(t, eval[bool](v, message+`.disabled`))
	assert.Contains(t, eval[string](v, `document.getElementById("composer-alert").textContent`), "not write")
	v.show(room())
	assert.Equal(t, "false|half a sen|", eval[string](v, `[message.disabled, message.value, document.getElementById("composer-alert").textContent].join("|")`))
}
