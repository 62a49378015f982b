package fanout

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// When the person goes whose token a feed has, another one's is there before. Nothing is lost meanwhile.
func TestBearerGoes(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice, bob := s.comes("alice-token", 0), s.comes("bob-token", 0)
		alice.subscribes(forMessages)
		bob.subscribes(forMessages)
		alice.goes()
		require.Len(t, s.open(), 2)
		assert.Equal(t, "bob-token", s.links[1].token)
		s.links[0].happens("1") // what was being told when the other one came
		s.wait(0)
		s.wait(overlap + silence)
		assert.Equal(t, []*upstream{s.links[1]}, s.open())
		s.happens("2")
		assert.Equal(t, []string{"1", "2"}, bob.heard())
		assert.False(t, bob.interrupted)
	})
}

// Another socket of the same person is as good.
func TestBearersOtherSocket(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		one, other := s.comes("alice-token", 0), s.comes("alice-token", 0)
		one.subscribes(forMessages)
		other.subscribes(forMessages)
		one.goes()
		s.wait(overlap + silence)
		assert.Len(t, s.links, 1)
		s.happens("1")
		assert.Equal(t, []string{"1"}, other.heard())

		elsewhere := &guest{stage: s, address: "198.51.100.1"}
		elsewhere.logsIn("alice-token", 0)
		elsewhere.subscribes(forMessages)
		other.goes()
		assert.Len(t, s.links, 2, "rights may be those of an address")
	})
}

func TestBearerGoesBeforeItIsOpen(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice, bob := s.comes("alice-token", 0), s.comes("bob-token", 0)
		s.slow = func() time.Duration { return time.Second } // she is gone before it is open
		s.hub.Subscribe(alice, []byte(forMessages))
		s.hub.Subscribe(bob, []byte(forMessages))
		s.hub.Closed(alice)
		s.wait(3 * time.Second)
		s.happens("1")
		assert.Equal(t, []string{"1"}, bob.heard())
		require.Len(t, s.open(), 1)
		assert.Equal(t, "bob-token", s.open()[0].token)
	})
}

// A token that ends is followed by one that lasts, before it ends.
func TestTokenEnds(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		const life = 15 * time.Minute
		alice, bob := s.comes("alice-token", life), s.comes("bob-token", 2*life)
		alice.subscribes(forMessages)
		bob.subscribes(forMessages)
		s.wait(life - handOver - time.Second)
		assert.Len(t, s.links, 1, "there is time")
		s.wait(time.Second)
		assert.Len(t, s.open(), 2)
		s.happens("1")
		s.wait(handOver)
		assert.Equal(t, []*upstream{s.links[1]}, s.open())
		s.happens("2")
		assert.Equal(t, []string{"1", "2"}, bob.heard())
		assert.False(t, bob.interrupted)
	})
}

// A link has the token that its bearer has now: it is of that one that it is known what it may read.
func TestTokenIsRenewed(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice := s.comes("alice-token", time.Minute)
		alice.subscribes(forMessages)
		s.wait(45 * time.Second)
		alice.logsIn("alice-token-2", time.Minute)
		assert.Len(t, s.open(), 2)
		s.happens("1")
		s.wait(overlap + silence)
		assert.Equal(t, []*upstream{s.links[1]}, s.open())
		s.happens("2")
		assert.Equal(t, []string{"1", "2"}, alice.heard())
		assert.False(t, alice.interrupted)
	})
}

// A token that does not expire may be taken back, and Directus does not say so to a socket.
func TestTokenIsTakenBack(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice, bob := s.comes("alice-token", 0), s.comes("bob-token", 0)
		alice.subscribes(forMessages)
		bob.subscribes(forMessages)
		s.people["alice-token"].revoked = true
		s.wait(recheckLink + time.Second)
		assert.True(t, bob.interrupted)
	})
}

// One that nobody follows ends the sockets, which log in again: what comes behind it would be lost.
func TestTokenEndsAndNobodyHasAnother(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice, bob := s.comes("alice-token", time.Minute), s.comes("bob-token", 30*time.Second)
		alice.subscribes(forMessages)
		bob.subscribes(forMessages)
		s.wait(time.Minute - spare - time.Millisecond)
		assert.False(t, alice.interrupted)
		s.wait(time.Second)
		assert.True(t, alice.interrupted)
		assert.True(t, bob.interrupted)
		assert.Empty(t, s.open())
	})
}

// A handover that fails is tried again while there is time.
func TestHandoverIsTriedAgain(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice, bob := s.comes("alice-token", time.Hour), s.comes("bob-token", time.Hour)
		alice.subscribes(forMessages)
		bob.subscribes(forMessages)
		s.noDial = true
		alice.goes()
		s.wait(3 * retryLink)
		s.happens("1")
		s.noDial = false
		s.wait(retryLink + overlap + silence)
		s.happens("2")
		assert.Equal(t, []string{"1", "2"}, bob.heard())
		assert.False(t, bob.interrupted)
		require.Len(t, s.open(), 1)
		assert.Equal(t, "bob-token", s.open()[0].token)
	})
}

// A feed that breaks interrupts whom it served. They share again when they are back.
func TestBrokenFeed(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice, bob := s.comes("alice-token", 0), s.comes("bob-token", 0)
		alice.subscribes(forMessages)
		bob.subscribes(forMessages)
		s.links[0].cut()
		s.wait(time.Second)
		assert.True(t, alice.interrupted)
		assert.True(t, bob.interrupted)
		alice.goes()
		back := s.comes("alice-token", 0)
		assert.True(t, back.subscribes(forMessages))
		s.happens("1")
		assert.Equal(t, []string{"1"}, back.heard())
	})
}

func TestMuteFeed(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice := s.comes("alice-token", 0)
		alice.subscribes(forMessages)
		s.wait(10 * silence)
		require.False(t, alice.interrupted, "it answers when it is asked")
		s.links[0].mute = true
		s.wait(silence + probeAnswer + time.Second)
		assert.True(t, alice.interrupted)
	})
}

func TestHeartbeat(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice := s.comes("alice-token", 0)
		alice.subscribes(forMessages)
		s.links[0].says(`{"type":"ping"}`)
		s.wait(0)
		assert.Contains(t, s.links[0].heard, `{"type":"pong"}`)
	})
}

// Where Directus does not take a shared subscription, everybody has their own.
func TestFeedThatDoesNotOpen(t *testing.T) {
	for name, prepare := range map[string]func(*stage){
		"no way there": func(s *stage) { s.noDial = true },
		"no log-in":    func(s *stage) { s.people["alice-token"].expires = s.start },
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, func(t *testing.T, s *stage) {
				alice, bob := s.comes("alice-token", 0), s.comes("bob-token", 0)
				prepare(s)
				require.True(t, alice.subscribes(forMessages))
				assert.Equal(t, []string{forMessages}, alice.forwarded)
				assert.False(t, alice.interrupted)
				assert.False(t, bob.subscribes(forMessages), "not tried again for each")
				s.noDial = false
				s.wait(restUnwanted)
				assert.True(t, s.comes("dora-token", 0).subscribes(forMessages))
			})
		})
	}
}

// What Directus refuses at one message may be the bearer's right; again and again it is the subscription.
func TestRefusedFeed(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		come := func() (alice, bob *guest, shared bool) {
			alice, bob = s.comes("alice-token", 0), s.comes("bob-token", 0)
			shared = alice.subscribes(forMessages)
			bob.subscribes(forMessages)
			return alice, bob, shared
		}
		alice, bob, _ := come()
		s.people["alice-token"].rights = Rights{}
		s.happens("1")
		s.wait(time.Second)
		assert.True(t, alice.interrupted)
		assert.True(t, bob.interrupted)
		alice.goes()
		bob.goes()

		alice, bob, shared := come()
		assert.False(t, shared, "alice may not")
		s.happens("2")
		assert.Equal(t, []string{"2"}, bob.heard())
		s.open()[0].says(`{"type":"subscribe","status":"error","error":{"code":"INTERNAL_SERVER_ERROR"},"uid":"feed"}`)
		s.wait(time.Second)
		assert.True(t, bob.interrupted)
		alice.goes()
		bob.goes()

		bob = s.comes("bob-token", 0)
		assert.False(t, bob.subscribes(forMessages))
		assert.Empty(t, s.open())
		s.wait(restRefused)
		bob.goes()
		assert.True(t, s.comes("bob-token", 0).subscribes(forMessages))
	})
}

func TestOldTokenTellsOfItsEnd(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice := s.comes("alice-token", 0)
		alice.subscribes(forMessages)
		s.links[0].says(`{"type":"auth","status":"error","error":{"code":"TOKEN_EXPIRED"}}`)
		s.wait(time.Second)
		assert.True(t, alice.interrupted, "whatever the clocks say")
	})
}

// A bearer may lose the right to some rows only. Of these Directus just does not speak.
func TestBearerMayReadLess(t *testing.T) {
	for name, goes := range map[string]bool{"stays": false, "goes": true} {
		t.Run(name, func(t *testing.T) {
			onStage(t, func(t *testing.T, s *stage) {
				alice, bob := s.comes("alice-token", 0), s.comes("bob-token", 0)
				alice.subscribes(forMessages)
				bob.subscribes(forMessages)
				s.people["alice-token"].rights = Rights{}
				if goes {
					alice.goes()
				}
				s.wait(recheckLink + overlap + silence)
				assert.True(t, bob.interrupted)
			})
		})
	}
}

// A token that Directus does not take is not tried again, and others are.
func TestRefusedBearer(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice, bob, dora := s.comes("alice-token", 0), s.comes("bob-token", time.Hour), s.comes("dora-token", 0)
		for _, g := range []*guest{alice, bob, dora} {
			g.subscribes(forMessages)
		}
		s.people["dora-token"].expires = s.start
		alice.goes()
		s.wait(overlap + silence)
		require.Len(t, s.open(), 1)
		assert.Equal(t, "bob-token", s.open()[0].token)
		assert.False(t, bob.interrupted)
	})
	onStage(t, func(t *testing.T, s *stage) {
		alice, bob := s.comes("alice-token", 0), s.comes("bob-token", time.Hour)
		s.people["alice-token"].expires = s.start
		s.slow = func() time.Duration { return time.Second } // both are there before anybody is refused
		s.hub.Subscribe(alice, []byte(forMessages))
		s.hub.Subscribe(bob, []byte(forMessages))
		s.wait(3 * time.Second)
		assert.Equal(t, []string{inForce}, bob.got)
	})
}

// A link that was mute when it was followed may have missed something before.
func TestMuteBeforeTheHandover(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice, bob := s.comes("alice-token", 0), s.comes("bob-token", 0)
		alice.subscribes(forMessages)
		bob.subscribes(forMessages)
		s.links[0].mute = true
		s.happens("1")
		alice.goes()
		s.wait(silence + probeAnswer + time.Second)
		assert.True(t, bob.interrupted)
	})
}

// What is as large as that would have to be kept for each who reads slowly.
func TestLargeEvent(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		alice := s.comes("alice-token", 0)
		alice.subscribes(forMessages)
		s.happens(strings.Repeat("x", maxEvent))
		s.wait(time.Second)
		assert.True(t, alice.interrupted)
		assert.Empty(t, alice.heard())
	})
}

// Those who are ended together are not ended in the same moment.
func TestNotAllAtOnce(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		var crowd []*guest
		for range 200 {
			g := s.comes("alice-token", 0)
			g.subscribes(forMessages)
			crowd = append(crowd, g)
		}
		s.links[0].cut()
		gone := func() (n int) {
			for _, g := range crowd {
				if g.interrupted {
					n++
				}
			}
			return n
		}
		s.wait(500 * time.Millisecond)
		assert.InDelta(t, 100, gone(), 60)
		s.wait(500 * time.Millisecond)
		assert.Equal(t, 200, gone())
	})
}
