package fanout

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const inForce = `{"type":"subscription","event":"init","data":[],"uid":"messages"}`

func TestOneSubscriptionServesMany(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice, bob := s.comes("alice-token", 0), s.comes("bob-token", 0)
		for _, g := range []*guest{alice, bob} {
			require.True(t, g.subscribes(forMessages))
			assert.Equal(t, []string{inForce}, g.got)
		}
		dora := s.comes("dora-token", 0)
		require.True(t, dora.subscribes(strings.Replace(forMessages, `"messages"`, `"other \"name\""`, 1)), "under another uid")
		s.happens("1")

		event := `{"type":"subscription","event":"create","data":[{"id":"1"}],"uid":"messages"}`
		assert.Equal(t, []string{inForce, event}, alice.got)
		assert.Equal(t, []string{inForce, event}, bob.got)
		assert.Equal(t, strings.Replace(event, `"messages"`, `"other \"name\""`, 1), dora.got[1])
		require.Len(t, s.links, 1)
		assert.Equal(t, []string{`{"type":"subscribe","uid":"feed","collection":"messages","query":{"fields":["id","content"],"sort":["id"],"limit":0}}`}, s.links[0].heard)
		feeds, served := s.hub.Len()
		assert.Equal(t, []int{1, 3}, []int{feeds, served})

		for _, g := range []*guest{alice, bob, dora} {
			g.goes()
		}
		assert.Empty(t, s.open(), "nobody is left to hear")
		feeds, served = s.hub.Len()
		assert.Equal(t, []int{0, 0}, []int{feeds, served})
	})
}

// Whose rights are not plainly those of the others is served by Directus itself.
func TestOnlyEqualsShare(t *testing.T) {
	for name, p := range map[string]person{
		"some rows":    {rights: Rights{"message_reactions": {"*"}}},
		"some fields":  {rights: Rights{"messages": {"id", "date_created"}}},
		"not sorted":   {rights: Rights{"messages": {"content"}}},
		"nobody knows": {rights: whole, unknown: true},
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, func(t *testing.T, s *stage) {
				alice := s.comes("alice-token", 0)
				require.True(t, alice.subscribes(forMessages))
				s.people["mallory-token"] = &p
				mallory := s.comes("mallory-token", 0)
				if mallory.subscribes(forMessages) {
					s.wait(heldFor)
					assert.Equal(t, []string{forMessages}, mallory.forwarded)
				}
				s.happens("1")
				assert.Empty(t, mallory.got)
				assert.Equal(t, []string{"1"}, alice.heard())
			})
		})
	}
	onStage(t, func(t *testing.T, s *stage) {
		s.people["carol-token"] = &person{rights: Rights{"messages": {"content", "id"}}}
		assert.True(t, s.comes("carol-token", 0).subscribes(forMessages), "all the fields that are asked for")
	})
}

// A subscription waits while its rights are asked for, and goes to Directus if that says nothing.
func TestAskedFirst(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.people["alice-token"] = &person{rights: whole}
		alice := &guest{stage: s}
		s.hub.LoggedIn(alice, "alice-token", time.Time{})
		require.True(t, s.hub.Subscribe(alice, []byte(forMessages)), "nobody has answered yet")
		s.wait(0)
		assert.Equal(t, []string{inForce}, alice.got)

		s.people["bob-token"] = &person{unknown: true}
		bob := &guest{stage: s}
		s.hub.LoggedIn(bob, "bob-token", time.Time{})
		require.True(t, s.hub.Subscribe(bob, []byte(forMessages)))
		s.wait(heldFor)
		assert.Empty(t, bob.got)
		assert.Equal(t, []string{forMessages}, bob.forwarded)
		s.wait(inOrder)
		assert.False(t, bob.subscribes(forMessages), "Directus has it, and would say so of its end")
		assert.Contains(t, s.log.String(), "503")
	})
}

func TestStrangersAreNotServed(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		stranger := &guest{stage: s}
		assert.False(t, stranger.subscribes(forMessages), "who has not logged in")
		s.hub.LoggedOut(stranger)
		s.hub.Unsubscribe(stranger, []byte(`{"type":"unsubscribe"}`))
		stranger.goes()
	})
}

// A right that is lost counts after a minute at the latest. Then Directus says what there is to say, to a new socket.
func TestLostRight(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice, bob := s.comes("alice-token", 0), s.comes("bob-token", 0)
		alice.subscribes(forMessages)
		bob.subscribes(forMessages)
		s.people["bob-token"].rights = Rights{}
		s.wait(recheckEvery)
		s.happens("1")
		assert.Equal(t, []string{"1"}, alice.heard())
		assert.Empty(t, bob.heard())
		assert.True(t, bob.interrupted)
		bob.goes()
		assert.False(t, s.comes("bob-token", 0).subscribes(forMessages))
	})
}

// What Directus said last counts for some time if it says nothing now.
func TestUnknownRight(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice := s.comes("alice-token", 0)
		alice.subscribes(forMessages)
		s.people["alice-token"].unknown = true
		s.wait(recheckEvery + retryCheck)
		s.happens("1")
		assert.Equal(t, []string{"1"}, alice.heard())
		s.wait(doubtful)
		s.happens("2")
		assert.Equal(t, []string{"1"}, alice.heard())
		assert.True(t, alice.interrupted)
	})
}

// Of whom nothing is shared, nothing is asked.
func TestAsksForAReason(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice := s.comes("alice-token", 0)
		s.wait(10 * recheckEvery)
		assert.Len(t, s.asked, 1)
		require.True(t, alice.subscribes(forMessages))
		assert.Len(t, s.asked, 3, "what was said is too old; and the feed asks for itself")
		s.wait(10 * recheckEvery)
		assert.InDelta(t, 12+10*recheckEvery/recheckLink, len(s.asked), 2, "of alice, and of the bearer")
		alice.unsubscribes(`{"type":"unsubscribe","uid":"messages"}`)
		asked := len(s.asked)
		s.wait(10 * recheckEvery)
		assert.Len(t, s.asked, asked)
	})
}

// While Directus takes somebody for nobody, they hear nothing; then they do, without subscribing again.
func TestLoggedOutForNow(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice, bob := s.comes("alice-token", 0), s.comes("bob-token", 0)
		alice.subscribes(forMessages)
		bob.subscribes(forMessages)
		alice.logsOut()
		s.happens("1")
		alice.logsIn("alice-token-2", 0)
		s.happens("2")
		assert.Equal(t, []string{"2"}, alice.heard())
		assert.Equal(t, []string{"1", "2"}, bob.heard())
		assert.Equal(t, "alice-token-2", s.asked[len(s.asked)-1], "what they may now")
	})
}

// Another token on the same socket may be another person's.
func TestAnotherPersonsToken(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice := s.comes("alice-token", 0)
		alice.subscribes(forMessages)
		s.people["mallory-token"] = &person{rights: Rights{}}
		alice.logsIn("mallory-token", 0)
		assert.True(t, alice.interrupted)
		s.happens("1")
		assert.Empty(t, alice.heard())
	})
}

func TestUnsubscribe(t *testing.T) {
	for name, text := range map[string]string{"one": `{"type":"unsubscribe","uid":"messages"}`, "all": `{"type":"unsubscribe"}`} {
		t.Run(name, func(t *testing.T) {
			onStage(t, func(t *testing.T, s *stage) {
				alice := s.comes("alice-token", 0)
				alice.subscribes(forMessages)
				alice.unsubscribes(text)
				s.happens("1")
				assert.Empty(t, alice.heard())
				assert.True(t, alice.subscribes(forMessages))
				alice.unsubscribes(`{"type":"unsubscribe","uid":"probe"}`)
				s.happens("2")
				assert.Equal(t, []string{"2"}, alice.heard())
			})
		})
	}
}

// A subscription takes the place of another one of its uid, whoever sees to them.
func TestSubscribedAgain(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice := s.comes("alice-token", 0)
		alice.subscribes(forMessages)
		require.True(t, alice.subscribes(forMessages))
		s.happens("1")
		assert.Len(t, alice.got, 3, "two beginnings and one event")
		assert.False(t, alice.subscribes(`{"type":"subscribe","uid":"messages","collection":"messages"}`))
		s.happens("2")
		assert.Equal(t, []string{"1"}, alice.heard(), "Directus has taken over")
		assert.False(t, alice.subscribes(forMessages), "it would go on beside this one")
		alice.unsubscribes(`{"type":"unsubscribe","uid":"messages"}`)
		assert.True(t, alice.subscribes(forMessages))
	})
}

// Nobody can have as many feeds, or as much looked after, as they like.
func TestLimits(t *testing.T) {
	other := func(i int) string { // one of 255
		fields := `"id"`
		for bit, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
			if i&(1<<bit) != 0 {
				fields += `,"` + name + `"`
			}
		}
		return fmt.Sprintf(`{"type":"subscribe","uid":"uid%d","collection":"messages","query":{"fields":[%s],"limit":0}}`, i, fields)
	}
	onStage(t, func(t *testing.T, s *stage) {
		mallory := s.comes("mallory-token", 0)
		for i := range 100 {
			assert.Equal(t, i < maxOfAClient, mallory.subscribes(other(i)), i)
		}
		for j := range 30 {
			again := s.comes("mallory-token", 0)
			for i := range maxOfAClient {
				again.subscribes(other(maxOfAClient*j + i))
			}
		}
		assert.Len(t, s.open(), maxFeeds)
		cl := s.hub.clients[mallory]
		assert.LessOrEqual(t, len(cl.members)+len(cl.direct), maxOfAClient)
	})
}

// Who subscribes again and again does not put off what is asked.
func TestAskedInTimeWhateverHappens(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice, mallory := s.comes("alice-token", 0), s.comes("mallory-token", 0)
		alice.subscribes(forMessages)
		mallory.subscribes(forMessages)
		s.people["mallory-token"].rights = Rights{}
		for range 7 {
			s.wait(recheckEvery / 6)
			mallory.subscribes(`{"type":"subscribe","uid":"other","collection":"messages","query":{"fields":["id"],"limit":0}}`)
		}
		assert.True(t, mallory.interrupted)
		s.happens("1")
		assert.Empty(t, mallory.heard())
	})
}

// The rights of another token are not those of this one, also while they are asked for.
func TestNewTokensRights(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice := s.comes("alice-token", 0)
		alice.subscribes(forMessages)
		s.people["mallory-token"] = &person{rights: whole, unknown: true}
		s.hub.LoggedIn(alice, "mallory-token", time.Time{})
		assert.True(t, s.hub.Subscribe(alice, []byte(strings.Replace(forMessages, `"messages"`, `"other"`, 1))), "it waits")
		s.wait(strange - time.Second)
		assert.NotContains(t, alice.got, strings.Replace(inForce, `"messages"`, `"other"`, 1))
		assert.False(t, alice.interrupted, "Directus may just be slow")
		s.wait(2 * time.Second)
		assert.True(t, alice.interrupted, "what is known is another one's")
	})
}

// What a client says of a subscription does not overtake what the Hub has said of it.
func TestInOrder(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.people["bob-token"] = &person{unknown: true}
		bob := s.comes("bob-token", 0)
		bob.subscribes(forMessages)
		s.wait(heldFor)
		require.Equal(t, []string{forMessages}, bob.forwarded)
		whatever := `{"type":"subscribe","uid":"messages","collection":"messages"}`
		assert.True(t, bob.subscribes(whatever))
		end := `{"type":"unsubscribe","uid":"messages"}`
		assert.True(t, bob.unsubscribes(end))
		assert.Equal(t, []string{forMessages, whatever, end}, bob.forwarded)
		assert.False(t, bob.unsubscribes(end), "nothing is left to overtake")
	})
}

// Nobody waits for long.
func TestHeldForSomeTime(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice := s.comes("alice-token", 0)
		s.deaf = true
		require.True(t, alice.subscribes(forMessages))
		s.wait(heldFor - time.Millisecond)
		assert.Empty(t, alice.forwarded)
		s.wait(time.Millisecond)
		assert.Equal(t, []string{forMessages}, alice.forwarded)
	})
}

// Whom Directus sees to for want of an answer, the Hub sees to when there is one. Nothing is missed between the two.
func TestSharedAfterAll(t *testing.T) {
	for name, trouble := range map[string]func(s *stage, on bool){
		"rights are not told": func(s *stage, on bool) { s.people["bob-token"].unknown = on },
		"no way there":        func(s *stage, on bool) { s.noDial = on },
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, func(t *testing.T, s *stage) {
				s.people["bob-token"] = &person{rights: whole}
				trouble(s, true)
				bob := s.comes("bob-token", 0)
				bob.subscribes(forMessages)
				s.wait(heldFor)
				require.Equal(t, []string{forMessages}, bob.forwarded)
				trouble(s, false)
				s.happens("1")
				assert.Empty(t, bob.got, "this is Directus's to say")
				s.wait(2 * recheckEvery)
				assert.Equal(t, []string{forMessages, `{"type":"unsubscribe","uid":"messages"}`}, bob.forwarded)
				assert.Empty(t, bob.got, "it is in force")
				s.happens("2")
				assert.Equal(t, []string{"2"}, bob.heard())
				feeds, served := s.hub.Len()
				assert.Equal(t, []int{1, 1}, []int{feeds, served})
			})
		})
	}
}

// A client may end, or change, what is about to be shared after all.
func TestSharedAfterAllAndEnded(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.people["bob-token"] = &person{rights: whole, unknown: true}
		bob := s.comes("bob-token", 0)
		bob.subscribes(forMessages)
		s.wait(heldFor)
		s.people["bob-token"].unknown, s.deaf = false, true
		s.wait(retryCheck + time.Second) // a link is on its way
		whatever := `{"type":"subscribe","uid":"messages","collection":"messages"}`
		assert.False(t, bob.subscribes(whatever), "Directus has it")
		s.wait(2 * recheckEvery)
		assert.Equal(t, []string{forMessages}, bob.forwarded)
		feeds, served := s.hub.Len()
		assert.Equal(t, []int{0, 0}, []int{feeds, served})
	})
}

// One subscription alone is left to Directus, until there is another one to share with.
func TestNobodyToShareWith(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.hub.cfg.Alone = false
		alice, bob := s.comes("alice-token", 0), s.comes("bob-token", 0)
		require.False(t, alice.subscribes(forMessages))
		s.wait(2 * recheckEvery)
		require.Empty(t, s.links)
		assert.True(t, bob.subscribes(forMessages))
		assert.Equal(t, []string{inForce}, bob.got)
		assert.Equal(t, "alice-token", s.links[0].token)
		assert.Empty(t, alice.got, "it is in force")
		s.wait(inOrder - time.Millisecond)
		assert.Empty(t, alice.forwarded, "Directus may be about to say something")
		s.wait(time.Millisecond)
		assert.Equal(t, []string{`{"type":"unsubscribe","uid":"messages"}`}, alice.forwarded)
		s.happens("1")
		assert.Equal(t, []string{"1"}, alice.heard())
		assert.Equal(t, []string{"1"}, bob.heard())

		alice.goes()
		s.wait(overlap + silence)
		s.happens("2")
		assert.Equal(t, []string{"1", "2"}, bob.heard(), "who is left stays")
		bob.goes()
		assert.Empty(t, s.open())
		assert.Empty(t, s.hub.lone)
	})
	// Who ends it while both see to it, ends both.
	onStage(t, func(t *testing.T, s *stage) {
		s.hub.cfg.Alone = false
		alice, bob := s.comes("alice-token", 0), s.comes("bob-token", 0)
		alice.subscribes(forMessages)
		bob.subscribes(forMessages)
		assert.False(t, alice.unsubscribes(`{"type":"unsubscribe","uid":"messages"}`), "Directus hears it")
		s.wait(inOrder)
		assert.Empty(t, alice.forwarded)
		s.happens("1")
		assert.Empty(t, alice.got)
		alice.subscribes(forMessages)
		s.happens("2")
		assert.Equal(t, []string{"2"}, alice.heard())
	})
	// What is ended, or is another now, is no company.
	onStage(t, func(t *testing.T, s *stage) {
		s.hub.cfg.Alone = false
		alice := s.comes("alice-token", 0)
		for _, fields := range []string{`"id"`, `"content"`, `"id","content"`} {
			alice.subscribes(`{"type":"subscribe","uid":"messages","collection":"messages","query":{"fields":[` + fields + `],"limit":0}}`)
			alice.unsubscribes(`{"type":"unsubscribe","uid":"messages"}`)
		}
		assert.Empty(t, s.hub.lone)
		assert.Empty(t, s.hub.clients[alice].lone)
	})
	onStage(t, func(t *testing.T, s *stage) {
		s.hub.cfg.Alone = false
		alice := s.comes("alice-token", 0)
		require.False(t, alice.subscribes(forMessages))
		alice.unsubscribes(`{"type":"unsubscribe","uid":"messages"}`)
		bob := s.comes("bob-token", 0)
		assert.False(t, bob.subscribes(forMessages), "alice has ended hers")
		s.people["mallory-token"] = &person{rights: Rights{}}
		mallory := s.comes("mallory-token", 0)
		mallory.subscribes(forMessages)
		assert.Empty(t, s.links, "that is nobody to share with")
		assert.True(t, s.comes("alice-token", 0).subscribes(forMessages))
		assert.Len(t, s.open(), 1)
	})
}

// Whoever may not read it is nobody to share with, and is not asked about for ever.
func TestNobodyWhoMayShare(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.hub.cfg.Alone = false
		s.people["mallory-token"] = &person{rights: Rights{}}
		mallory := s.comes("mallory-token", 0)
		require.False(t, mallory.subscribes(forMessages))
		assert.False(t, s.comes("bob-token", 0).subscribes(forMessages))
		assert.Empty(t, s.links)
		s.wait(2 * recheckEvery)
		s.wait(10 * recheckEvery)
		assert.Less(t, len(s.asked), 16, "of bob, each minute, and no more of mallory")
	})
}
