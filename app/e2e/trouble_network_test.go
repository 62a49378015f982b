package e2e

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Troubles of the network and of the server.

// A writer writes one message after the other by REST, whether Directus is there or not.
type writer struct {
	stop func()
}

func newWriter(t *testing.T, s *site, who account, words string) writer {
	token := s.tokenOf(t, who)
	stopped := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		for i := 0; ; i++ {
			_, _, _ = s.tryCall("POST", "/items/messages", token, map[string]any{s.text: fmt.Sprintf("%s %d", words, i)})
			select {
			case <-stopped:
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
	})
	w := writer{stop: sync.OnceFunc(func() { close(stopped); done.Wait() })}
	t.Cleanup(w.stop)
	return w
}

func directusRestarts(t *testing.T, s *site) {
	a, b := s.join(t, alice), s.join(t, bob)
	load := newWriter(t, s, bob, "load")
	a.awaitCount(3, "load")

	s.directus.Stop()
	a.awaitNotLive(patience)
	a.say("written while it was away")
	a.awaitMessage("written while it was away", "queued")
	a.think("half a thought")
	s.startDirectus(t)
	back := time.Now()
	for _, window := range []*person{a, b} {
		window.awaitWithin(time.Until(back.Add(afterRestart)), `document.querySelector("[role=status]").dataset.connection === "live"`)
	}
	a.awaitMessage("written while it was away", "stored")
	load.stop()

	s.requireSame(t, soon, a, b)
	s.requireOnce(t, "written while it was away")
	requireThought(t, "half a thought", a)
	requireThought(t, "", b)
}

// chatdIsReplaced: there is a new one, the load balancer leads there, and the old one is asked to stop while people write.
func chatdIsReplaced(t *testing.T, s *site) {
	a, b := s.join(t, alice), s.join(t, bob)
	load := newWriter(t, s, bob, "load")
	a.awaitCount(3, "load")

	end := s.end
	s.startChatd()
	for _, window := range []*person{a, b} {
		window.link.leadNew(s.chatd)
	}
	written := numbered("while chatd is replaced %d", 10)
	a.sayAll(written[:5]...)
	require.NoError(t, end(), "it lets what is open finish in time")
	a.sayAll(written[5:]...)
	a.think("half a thought")
	a.awaitMessage(written[9], "stored")
	load.stop()

	s.requireSame(t, soon, a, b)
	s.requireOnce(t, written...)
	requireThought(t, "half a thought", a)
	requireThought(t, "", b)
}

func offline(t *testing.T, s *site) {
	s.store(t, bob, "before") // and from there on nothing is left out
	a, b := s.join(t, alice), s.join(t, bob)
	a.goOffline()
	a.awaitConnection("offline")
	written := numbered("written offline %d", 3)
	a.sayAll(written...)
	a.awaitMessage(written[2], "queued")
	a.think("half a thought")
	s.storeMany(t, bob, "missed %d", 120) // more than a page

	a.goOnline()
	missed := a.messagesWhenLive(soon)
	assert.Subset(t, missed, numbered("missed %d", 120)[60:], "live is said when all is there that is drawn")
	s.requireSame(t, soon, a, b)
	s.requireOnce(t, written...)
	requireThought(t, "half a thought", a)
	for _, text := range written {
		a.awaitMessage(text, "stored") // only then it is counted
	}
	assert.Equal(t, "124", eval[string](a, `document.querySelector("[aria-label=Messages]").dataset.count`))
	s.requireWhole(t, a)
}

// coldStart: the program, the last messages and the user's own ones come from the browser alone.
func coldStart(t *testing.T, s *site) {
	s.storeMany(t, bob, "kept %d", 20)
	a := s.join(t, alice)
	a.awaitMessage("kept 19", "stored")
	a.awaitKept("kept 19")
	a.await(`(async () => { globalThis.ready = (await navigator.serviceWorker.ready).active.state })() && globalThis.ready === "activated"`)

	a.goOffline()
	a.reload()
	a.awaitMessage("kept 19", "stored")
	assert.Equal(t, numbered("kept %d", 20), a.messages())
	assert.False(t, a.isLive())
	a.say("written at a cold start")
	a.awaitMessage("written at a cold start", "queued")
	a.reload()
	a.awaitMessage("written at a cold start", "queued")
	a.think("half a thought")
	s.store(t, bob, "meanwhile")

	a.goOnline()
	a.awaitMessage("written at a cold start", "stored")
	s.requireSame(t, soon, a)
	s.requireOnce(t, "written at a cold start")
	requireThought(t, "half a thought", a)
}

// replyLost: the connection is reset after Directus has stored a message and before the page hears of it.
func replyLost(t *testing.T, s *site) {
	a, b := s.join(t, alice), s.join(t, bob)
	loseReplies(t, s, a, b, a.link)
}

// replyLostUpstream: the same, between chatd and Directus.
func replyLostUpstream(t *testing.T, s *site) {
	a := s.join(t, alice) // alone: else the reset might be of somebody's who only listens
	loseReplies(t, s, a, a, s.upstream)
}

func loseReplies(t *testing.T, s *site, a, b *person, between *link) {
	var texts []string
	for i := range 3 {
		text := fmt.Sprintf("the reply is lost %d", i)
		texts = append(texts, text)
		said := between.LoseReply(text)
		a.say(text)
		select {
		case <-said:
		case <-time.After(patience):
			require.FailNow(t, "Directus never said that it had the message")
		}
		if i == 2 {
			a.think("half a thought")
		}
		a.focus() // does not wait for the pause before the next attempt
		a.awaitMessage(text, "stored")
	}
	s.requireSame(t, soon, a, b)
	s.requireOnce(t, texts...)
	requireThought(t, "half a thought", a)
}

// silentCut: connections stay open and nothing comes through them any more.
func silentCut(t *testing.T, s *site) {
	a, b := s.join(t, alice), s.join(t, bob)
	for round, notices := range []func(){
		func() { a.awaitNotLive(untilNoticed) },
		func() { a.focus(); a.awaitNotLive(soon) },
	} {
		a.link.Silence()
		s.storeMany(t, bob, fmt.Sprintf("round %d, missed %%d", round), 5)
		mine := fmt.Sprintf("into the void %d", round)
		a.say(mine)
		a.think("half a thought")
		notices()
		a.link.Mend()
		a.focus()
		assert.Contains(t, a.messagesWhenLive(soon), fmt.Sprintf("round %d, missed 4", round))
		a.awaitMessage(mine, "stored")
		s.requireSame(t, soon, a, b)
		s.requireOnce(t, mine)
		requireThought(t, "half a thought", a)
		a.fill("Message", "")
	}
}

// nothingAnswers: the connection is reset, and whoever takes the next ones never answers. A connection that hangs must
// not keep the page from trying a fresh one.
func nothingAnswers(t *testing.T, s *site) {
	a := s.join(t, alice)
	a.link.Cut()
	a.link.Silence()
	a.focus()
	a.awaitNotLive(soon)
	a.say("to nobody")
	a.awaitMessage("to nobody", "queued")
	a.awaitConnection("connecting") // an attempt hangs
	a.think("half a thought")
	s.storeMany(t, bob, "missed %d", 5)
	a.link.Mend()
	a.focus()
	s.requireSame(t, soon, a)

	a.link.Strand() // this time the dead connections are followed by good ones
	s.storeMany(t, bob, "missed again %d", 5)
	a.focus()
	s.requireSame(t, soon, a)
	s.requireOnce(t, "to nobody")
	requireThought(t, "half a thought", a)
}

// linkThaws: nothing is lost, everything is late.
func linkThaws(t *testing.T, s *site) {
	a, b := s.join(t, alice), s.join(t, bob)
	a.link.Freeze()
	s.storeMany(t, bob, "late %d", 5)
	a.sayAll("sent into the ice", "and another")
	a.awaitMessage("sent into the ice", "sending")
	a.think("half a thought")
	a.focus()
	a.awaitNotLive(soon)
	a.link.Mend()
	s.requireSame(t, soon, a, b)
	s.requireOnce(t, "sent into the ice", "and another")
	requireThought(t, "half a thought", a)
}
