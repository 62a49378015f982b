package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTwoPeopleTalk is the main job of the product: two people, two browsers, one conversation.
func TestTwoPeopleTalk(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			s := newSite(t, siteOptions{Version: version})
			s.store(t, alice, "Written before anybody came")

			a, b := newPerson(t), newPerson(t)
			a.enter(s, alice)
			b.enter(s, bob)
			a.awaitMessage("Written before anybody came", "stored")
			b.awaitMessage("Written before anybody came", "stored")

			a.say("Hello Bob")
			a.awaitMessage("Hello Bob", "stored")
			b.awaitMessage("Hello Bob", "stored")
			b.say("Hello Alice")
			a.awaitMessage("Hello Alice", "stored")
			b.awaitMessage("Hello Alice", "stored")
			assert.Len(t, s.upstream.Upgrades(), 2+3, "to Directus: two pages, and for both one subscription to each of three collections")

			want := []string{"Written before anybody came", "Hello Bob", "Hello Alice"}
			assert.Equal(t, want, a.messages())
			assert.Equal(t, want, b.messages())
			assert.Contains(t, b.author("Hello Bob"), "Alice")
			assert.NotContains(t, b.author("Hello Bob"), "@")
			assert.Equal(t, "3", eval[string](b, `document.querySelector("[aria-label=Messages]").dataset.count`))
			assert.Empty(t, eval[string](a, `document.activeElement.value`), "the field is cleared")
			assert.Equal(t, "TEXTAREA", eval[string](a, `document.activeElement.tagName`), "and keeps the focus")

			a.reload()
			a.awaitConnection("live")
			a.awaitMessage("Hello Alice", "stored")
			assert.Equal(t, want, a.messages(), "the same after a reload")

			a.requireNoTroubles()
			b.requireNoTroubles()
		})
	}
}

// TestOwnMessagesAreDrawnWithTheNextFrame: nothing waits for a clock, also when the page has just drawn.
func TestOwnMessagesAreDrawnWithTheNextFrame(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := newPerson(t)
	a.enter(s, alice)
	drawn := eval[[]string](a, `(async () => {
		const drawn = [];
		for (const text of ["one", "two"]) {
			message.focus();
			document.execCommand("insertText", false, text);
			composer.requestSubmit();
			await new Promise(requestAnimationFrame); // asked for behind the program's, so it comes right behind it
			drawn.push([...document.querySelectorAll("[data-part=text]")].at(-1)?.textContent);
		}
		return drawn;
	})()`)
	assert.Equal(t, []string{"one", "two"}, drawn)
	a.awaitMessage("two", "stored")
	assert.Equal(t, []string{"one", "two"}, a.messages())
	a.requireNoTroubles()
}

func TestEditsAndDeletionsInTheStudioShowLive(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := newPerson(t)
	a.enter(s, alice)
	id := s.store(t, bob, "First words")
	other := s.store(t, bob, "To be taken away")
	a.awaitMessage("First words", "stored")
	a.awaitMessage("To be taken away", "stored")

	s.admin(t, "PATCH", "/items/messages/"+id, map[string]any{"content": "Better words"}, nil)
	a.awaitMessage("Better words", "stored")
	s.admin(t, "DELETE", "/items/messages/"+other, nil, nil)
	a.await(`document.querySelectorAll("article").length === 1`)
	assert.Equal(t, []string{"Better words"}, a.messages())
}

func TestBlankIsRefusedQuietly(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := newPerson(t)
	a.enter(s, alice)
	a.say("   ")
	a.press("\r")
	a.say("something")
	a.awaitMessage("something", "stored")
	assert.Equal(t, []string{"something"}, a.messages())
}

func TestShiftEnterBreaksTheLine(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := newPerson(t)
	a.enter(s, alice)
	a.clickNode(a.find("textbox", "Message"))
	a.insert("one")
	a.pressShiftEnter()
	a.insert("two")
	assert.Empty(t, a.messages())
	a.press("\r")
	a.awaitMessage("one\ntwo", "stored")
}

func TestTooLongIsKeptAndSaid(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := newPerson(t)
	a.enter(s, alice)
	long := strings.Repeat("x", 4001)
	a.say(long)
	a.awaitAlert("4,000")
	require.Equal(t, long, eval[string](a, `document.activeElement.value`), "what was typed is still there")
	assert.Empty(t, s.contents(t), "and nothing was sent")
}

// TestHostileTextStaysText: what people write is text, whatever it looks like.
func TestHostileTextStaysText(t *testing.T) {
	s := newSite(t, siteOptions{})
	a := newPerson(t)
	a.enter(s, alice)
	hostile := []string{
		`<script>document.title="owned"</script>`,
		`<img src=x onerror="document.title='owned'">`,
		`javascript:document.title='owned'`,
		`{{constructor.constructor('document.title=1')()}}`,
		"\u202egnp.exe",
		`"><svg onload=alert(1)>`,
	}
	for _, text := range hostile {
		s.store(t, bob, text)
	}
	s.store(t, bob, strings.Repeat("w", 3999))
	for _, text := range hostile {
		a.awaitMessage(text, "stored")
	}
	a.await(`document.querySelectorAll("article").length === 7`)
	assert.NotEqual(t, "owned", eval[string](a, `document.title`))
	assert.Zero(t, eval[int](a, `document.querySelectorAll("article script, article img, article svg[onload]").length`))
	assert.Zero(t, eval[int](a, `document.documentElement.scrollWidth - document.documentElement.clientWidth`), "the page is as wide as it was")
	assert.True(t, eval[bool](a, `(l => l.scrollWidth <= l.clientWidth)(document.querySelector("[aria-label=Messages]"))`))
	a.requireNoTroubles()
}

// TestRowsThatAreOdd: a row without author or date, and one far too large, break nothing.
func TestRowsThatAreOdd(t *testing.T) {
	s := newSite(t, siteOptions{Env: map[string]string{"MAX_PAYLOAD_SIZE": "10mb"}})
	s.admin(t, "PATCH", "/fields/messages/content", map[string]any{"meta": map[string]any{"validation": nil}}, nil)
	odd := s.store(t, bob, "no author, no date")
	s.admin(t, "PATCH", "/items/messages/"+odd, map[string]any{"user_created": nil, "date_created": nil}, nil)
	s.store(t, bob, strings.Repeat("five megabytes ", 350_000))
	s.store(t, bob, "after them")

	a := newPerson(t)
	a.enter(s, alice)
	a.awaitMessage("after them", "stored")
	a.say("and it goes on")
	a.awaitMessage("and it goes on", "stored")
	eval[any](a, `(document.querySelector("[aria-label=Messages]").scrollTop = 0, 1)`) // the large one is many screens high
	a.awaitMessage("no author, no date", "stored")
	assert.Less(t, eval[int](a, `document.body.innerText.length`), 200_000, "the large row is cut")
	a.requireNoTroubles()
}
