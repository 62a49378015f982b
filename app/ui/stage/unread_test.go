//go:build !js

package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"

	"directuschat/app/chat"
)

const upward = `document.querySelector(".unread-pill")`

// inFront gives the window the focus, as if it were in front.
func (v *visitor) inFront() {
	v.tb.Helper()
	v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return err
	}))
}

// lookAway has somebody else's window in front, as far as the page can tell.
func (v *visitor) lookAway() {
	v.tb.Helper()
	eval[any](v, `(document.hasFocus = () => false, dispatchEvent(new Event("blur")), 1)`)
}

func (v *visitor) comeBack() {
	v.tb.Helper()
	eval[any](v, `(document.hasFocus = () => true, dispatchEvent(new Event("focus")), 1)`)
}

func unread(s chat.Snapshot, count, since int, first chat.MessageID) chat.Snapshot {
	s.Room.Unread = chat.Unread{Count: count, Since: since, First: first, Last: "before"}
	for i := range s.Room.Rows {
		s.Room.Rows[i].Unread = s.Room.Rows[i].ID == first
	}
	return s
}

// TestPillCounts: who reads further up stays there, and is told how much has come below.
func TestPillCounts(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	rows := many(60)
	v.show(room(rows...))
	eval[any](v, list+`.scrollTop -= 300`)
	v.await(`!` + pill + `.hidden`)
	read := rows[46].ID
	before := v.place(read)
	for n := 1; n <= 20; n++ {
		rows = append(rows, row(100+n, bob, time.Now(), "news"))
		s := room(rows...)
		s.Room.Unread.Count = n
		v.push(s)
	}
	v.await(pill + `.textContent === "20 new messages"`)
	v.frames(3)
	assert.InDelta(t, before, v.place(read), 1)
	v.requireNoTroubles()
}

// TestUnreadLine: it stands above the first message that is new, and leads to it when it is further up.
func TestUnreadLine(t *testing.T) {
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	all := many(100)
	v.show(unread(room(all[:80]...), 2, 2, all[78].ID))
	assert.True(t, eval[bool](v, drawn(all[78].ID)+`.previousElementSibling.matches(".unread")`))
	assert.Equal(t, 1, eval[int](v, `document.querySelectorAll(".unread").length`))
	assert.True(t, eval[bool](v, upward+`.hidden`), "it is seen")
	assert.Zero(t, eval[int](v, below))

	v = newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	v.show(unread(room(all[:80]...), 0, 70, all[10].ID))
	v.await(`!` + upward + `.hidden`)
	assert.Equal(t, "70 unread messages", eval[string](v, upward+`.textContent`))
	v.click(".unread-pill")
	v.await(`intents.length === 1`)
	assert.Equal(t, []string{fmt.Sprintf(`Open {"Room":"","Message":%q}`, all[10].ID)}, v.intents())
	v.await(upward + `.hidden`)
	assert.Equal(t, "messages", eval[string](v, focused))
	v.show(opened(unread(room(all[:80]...), 0, 70, all[10].ID), all[10].ID, 1))
	v.await(drawn(all[10].ID) + `?.previousElementSibling.matches(".unread")`)
	eval[any](v, list+`.scrollTop = 1e6`)
	v.frames(6)
	assert.True(t, eval[bool](v, upward+`.hidden`), "who has been there knows the way")

	v = newVisitor(t)
	v.view(800, 600, nil)
	v.open("/")
	v.show(unread(room(all[:80]...), 0, 100, ""))
	v.await(`!` + upward + `.hidden`)
	assert.Equal(t, "99+ unread messages", eval[string](v, upward+`.textContent`))
	v.click(".unread-pill")
	v.await(`intents.length === 1`)
	assert.Equal(t, []string{`Open {"Room":"","Message":"before"}`}, v.intents(), "what was read last is where it is")
	v.requireNoTroubles()
}

// TestAttention: what was really seen is told, and whether somebody looks at the newest.
func TestAttention(t *testing.T) {
	const last = `attention.at(-1)`
	v := newVisitor(t)
	v.view(800, 600, nil)
	v.inFront()
	v.open("/")
	all := many(80)
	v.show(room(all...))
	v.await(last + ` === "{Room: Looking:true Newest:true}"`)
	v.lookAway()
	v.await(last + ` === "{Room: Looking:false Newest:true}"`)
	v.comeBack()
	v.await(last + ` === "{Room: Looking:true Newest:true}"`)
	eval[any](v, list+`.scrollTop -= 1000`)
	v.await(last + ` === "{Room: Looking:true Newest:false}"`)
	v.frames(6)
	assert.Equal(t, "{Room: Looking:true Newest:false}", eval[string](v, last), "nothing is unread")

	v.lookAway()
	s := unread(room(append(all[:80:80], row(80, bob, time.Now(), "news"))...), 40, 40, all[41].ID)
	v.show(s)
	v.await(last + ` === "{Room: Looking:false Newest:false}"`)
	v.frames(6)
	assert.Equal(t, "{Room: Looking:false Newest:false}", eval[string](v, last), "nobody sees it")
	v.comeBack()
	v.await(`/^{Room: Message:/.test(` + last + `)`)
	const lastSeen = `[...document.querySelectorAll("article")].filter(a => a.getBoundingClientRect().bottom <= ` + list + `.getBoundingClientRect().bottom + 1).at(-1).dataset.messageId`
	assert.Equal(t, "{Room: Message:"+eval[string](v, lastSeen)+"}", eval[string](v, last))
	eval[any](v, list+`.scrollTop += 300`)
	v.await(last + ` === "{Room: Message:" + ` + lastSeen + ` + "}"`)
	eval[any](v, list+`.scrollTop = 1e6`)
	v.await(last + ` === "{Room: Looking:true Newest:true}"`)
	v.requireNoTroubles()
}

// TestTitleCounts: the title and the program's icon say what was missed, as long as nobody looks.
func TestTitleCounts(t *testing.T) {
	v := newVisitor(t)
	v.inFront()
	v.first(`window.badges = [];
		Navigator.prototype.setAppBadge = async n => { badges.push(n); throw new DOMException("", "NotAllowedError") };
		Navigator.prototype.clearAppBadge = async () => { badges.push(0) }`)
	v.open("/")
	some := room(many(3)...)
	some.Room.Unread.Count = 2
	v.show(some)
	assert.Equal(t, "Staff room", eval[string](v, `document.title`))
	v.lookAway()
	v.await(`document.title === "(2) Staff room"`)
	some.Room.Unread.Count = 100
	v.show(some)
	assert.Equal(t, "(99+) Staff room", eval[string](v, `document.title`))
	v.comeBack()
	v.await(`document.title === "Staff room"`)
	v.lookAway()
	v.await(`document.title === "(99+) Staff room"`)
	v.show(signedOut())
	assert.Equal(t, "Staff room", eval[string](v, `document.title`), "whoever comes next need not know")
	assert.Equal(t, []int{2, 100, 0, 100, 0}, eval[[]int](v, `badges`))
	v.requireNoTroubles()

	without := newVisitor(t)
	without.inFront()
	without.first(`delete Navigator.prototype.setAppBadge; delete Navigator.prototype.clearAppBadge`)
	without.open("/")
	without.lookAway()
	without.show(some)
	without.await(`document.title === "(99+) Staff room"`)
	without.requireNoTroubles()
}
