package chat_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"directuschat/app/chat"
)

// failures are the messages that a tab shows as failed.
func (p *tab) failures() []chat.Row {
	return slices.DeleteFunc(slices.Clone(p.state.Snapshot().Room.Rows), func(r chat.Row) bool { return r.Delivery != chat.Failed })
}

// become ends the session in all tabs and begins another, or none.
func (b *browser) become(user chat.UserID) {
	b.user = user
	for _, p := range b.tabs {
		p.apply(chat.SignedOut{})
		p.signIn()
	}
}

// logOut wipes what is stored for the user; nothing that was on its way into storage gets there.
func (b *browser) logOut(p *tab) {
	for _, q := range b.tabs {
		for _, row := range q.state.Snapshot().Room.Rows {
			b.discarded[row.Text] = b.discarded[row.Text] || row.Delivery != chat.Stored
		}
		q.disk = slices.DeleteFunc(q.disk, func(e chat.Effect) bool { _, ok := e.(chat.Save); return ok })
	}
	for _, item := range b.stored[b.user] {
		b.discarded[item.Text] = true
	}
	clear(b.stored[b.user])
	for _, q := range b.tabs {
		draft := draftKey{b.user, q.name}
		for _, item := range b.drafts[draft] {
			b.discarded[item.Text] = true
		}
		delete(b.drafts, draft)
	}
	p.apply(chat.LogOut{Unsent: chat.UnsentDiscard})
	b.become("")
}

// happen lets one of all that can happen now happen, the usual more often than the rare.
func (b *browser) happen() {
	type move struct {
		name string
		do   func()
	}
	var moves []move
	may := func(weight int, name string, choices int, do func(i int)) {
		for i := range choices {
			moves = append(moves, slices.Repeat([]move{{name, func() { do(i) }}}, weight)...)
		}
	}
	for _, p := range b.tabs {
		if b.user != "" {
			may(3, p.name+" sends", 1, func(int) { p.send(1) })
			may(1, p.name+" sends three", 1, func(int) { p.send(3) })
			may(2, p.name+" is connected", 1, func(int) { p.connect() })
			may(1, p.name+" is cut off", 1, func(int) { p.cut() })
		}
		failures := p.failures()
		may(2, p.name+" retries", len(failures), func(i int) { p.retry(failures[i]) })
		may(1, p.name+" discards", len(failures), func(i int) { p.discard(failures[i]) })
		may(20, p.name+" reaches storage", min(len(p.disk), 1), func(int) { p.write() })
		may(10, p.name+" is told", len(p.inbox), p.deliver)
		may(10, p.name+" has waited", len(p.timers), p.ring)
		may(1, p.name+" crashes", 1, func(int) { p.start() })
		may(20, p.name+" reaches the server", len(p.attempts), func(i int) { p.attempt(i, "answered") })
		for _, fate := range []string{"answered twice", "stored without an answer", "late", "lost", "lost with a word", "not sent", "refused"} {
			may(2, p.name+" "+fate, len(p.attempts), func(i int) { p.attempt(i, fate) })
		}
	}
	may(2, "a late write", len(b.late), b.storeLate)
	if b.holder.tab == nil {
		may(20, "the outbox is given", len(b.waiting), b.seat)
	} else {
		may(5, "the outbox is taken away", len(b.waiting), b.seat)
	}
	if b.refuses {
		may(10, "storage works again", 1, func(int) { b.refuses = false })
	} else if b.fragile {
		may(1, "storage fails", 1, func(int) { b.refuses = true })
	}
	may(1, "time passes", 1, func(int) { b.now = b.now.Add(3 * time.Second) })
	if b.chance.IntN(50) == 0 { // rarer than anything else
		may(5, "me", 1, func(int) { b.become(me) })
		may(1, "the other one", 1, func(int) { b.become(other) })
		may(1, "nobody", 1, func(int) { b.become("") })
		may(1, "log-out", 1, func(int) { b.logOut(b.tabs[0]) })
	}
	next := moves[b.chance.IntN(len(moves))]
	b.t.Log(next.name)
	next.do()
}

func (p *tab) send(n int) {
	b := p.b
	b.now = b.now.Add(time.Millisecond)
	for range n {
		b.serial++
		text := fmt.Sprintf("%s %s %04d", b.user, p.name, b.serial)
		p.apply(chat.Send{ID: chat.MessageID(fmt.Sprintf("own-%04d", b.serial)), Text: text})
	}
}

func (p *tab) retry(row chat.Row) {
	p.b.again[row.Text] = p.b.again[row.Text] || row.Problem.Code == chat.ProblemUnsure
	p.apply(chat.Retry{ID: row.ID})
}

func (p *tab) discard(row chat.Row) {
	p.b.discarded[row.Text] = true
	p.apply(chat.Discard{ID: row.ID})
}

// rest ends all faults and lets everything of a user come to rest.
func (b *browser) rest(user chat.UserID) {
	b.refuses = false
	if b.user != user {
		b.become(user)
	}
	for _, p := range b.tabs {
		p.connect()
	}
	for len(b.late) > 0 {
		b.storeLate(0)
	}
	for range 20_000 {
		if !b.step() {
			return
		}
	}
	require.Fail(b.t, "the tabs never come to rest")
}

func (b *browser) step() (stepped bool) {
	if b.holder.tab == nil && len(b.waiting) > 0 {
		b.seat(0)
		stepped = true
	}
	for _, p := range b.tabs {
		stepped = stepped || len(p.disk)+len(p.inbox)+len(p.attempts)+len(p.timers) > 0
		switch {
		case len(p.disk) > 0:
			p.write()
		case len(p.inbox) > 0:
			p.deliver(0)
		case len(p.attempts) > 0:
			p.attempt(0, "answered")
		case len(p.timers) > 0:
			p.ring(0)
		}
	}
	return stepped
}

// check is to be true when everything of the signed-in user has come to rest.
func (b *browser) check() {
	var drawn [2]map[string]bool
	for i, p := range b.tabs {
		drawn[i] = map[string]bool{}
		for _, row := range p.state.Snapshot().Room.Rows {
			if row.Delivery != chat.Stored {
				require.Equal(b.t, chat.Failed, row.Delivery, "%q is left in the %s tab", row.Text, p.name)
				drawn[i][row.Text] = true
			}
		}
	}
	shown := drawn[0]
	if !b.refused {
		require.Equal(b.t, drawn[0], drawn[1], "both tabs show the same")
		require.Len(b.t, b.stored[b.user], len(shown), "and it is what is stored")
	}
	maps.Copy(shown, drawn[1])

	writes := map[string]int{}
	for _, text := range b.written {
		writes[text]++
	}
	for text, n := range writes {
		require.True(b.t, n == 1 || !b.project.OwnKeys, "%q is stored twice", text)
	}
	for text := range b.promised {
		n := writes[text]
		if !strings.HasPrefix(text, string(b.user)+" ") {
			continue
		}
		if !b.again[text] {
			require.LessOrEqual(b.t, n, 1, "%q is stored twice", text)
		}
		if b.project.OwnKeys && n == 1 {
			require.False(b.t, shown[text], "%q is stored, and shown as if it were not", text)
		}
		require.True(b.t, n > 0 || shown[text] || b.discarded[text], "%q is lost and nobody was told", text)
	}
	b.checkOrder()
}

// checkOrder finds what was stored before what had been sent earlier in the same tab. What has failed goes when the user
// says so, and what storage does not take goes on as well as it can.
func (b *browser) checkOrder() {
	last := map[string]string{}
	for _, text := range b.written {
		if b.failed[text] || b.handedIn[text] || b.refused {
			continue
		}
		who, number := text[:strings.LastIndex(text, " ")], text
		require.Less(b.t, last[who], number)
		last[who] = number
	}
}

// Ensure that whatever becomes of two tabs, their shared storage, their lock and their connections: what was durable is
// stored once, or shown as failed, or was discarded; in the order in which it was sent; and as nobody else's.
func TestWhateverHappensToTwoTabs(t *testing.T) {
	for name, project := range map[string]struct {
		chat.Project
		numbers bool
	}{
		"own keys":                 {own, false},
		"ours beside the server's": {own, true},
		"server's keys":            {chat.Project{CanWrite: true, Dated: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				b := newBrowser(t, project.Project, project.numbers)
				for range rapid.IntRange(0, 500).Draw(t, "steps") {
					b.happen()
				}
				for _, user := range []chat.UserID{me, other} {
					b.rest(user)
					b.check()
				}
			})
		})
	}
}
