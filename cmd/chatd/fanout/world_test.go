package fanout

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var worlds = flag.Int("worlds", 1000, "how many random `worlds` are lived through")

// Whatever happens, whoever may read a message and is there is told of it, or their socket ends, so that they read it;
// and nobody is told of a message who was forbidden to read it more than a minute before, or two if Directus was not
// there to say so, and what it takes to ask.
func TestWorlds(t *testing.T) {
	for seed := range *worlds {
		onStage(t, func(t *testing.T, s *stage) {
			w := world{t: t, stage: s, random: rand.New(rand.NewPCG(uint64(seed), 1))}
			w.mayBeSilent = w.random.IntN(4) == 0
			s.hub.cfg.Alone = w.random.IntN(2) == 0
			if w.random.IntN(2) == 0 {
				slow := rand.New(rand.NewPCG(uint64(seed), 2))
				s.slow = func() time.Duration {
					if slow.IntN(4) > 0 {
						return 0
					}
					return time.Duration(slow.IntN(7000)) * time.Millisecond
				}
			}
			w.tell("seed %d", seed)
			for range 4 {
				w.inhabitants = append(w.inhabitants, &inhabitant{})
			}
			for range 80 {
				w.step()
			}
			w.settle()
		})
	}
}

type world struct {
	t           *testing.T
	stage       *stage
	random      *rand.Rand
	inhabitants []*inhabitant
	tokens      int
	messages    int
	story       string
	hopes       []hope
	mayBeSilent bool // Directus may not say what people may
}

// An inhabitant is somebody who comes and goes.
type inhabitant struct {
	guest     *guest
	token     string
	forbidden time.Time // zero: allowed
	unknown   bool      // Directus did not always say so since then
}

// limit is for how long somebody may be told what is forbidden.
func (who *inhabitant) limit() time.Duration {
	if who.unknown { // or says so late
		return doubtful + retryCheck + 2*askTimeout
	}
	return recheckEvery + 2*askTimeout + retrySoon
}

// A hope is that a guest is told of a message.
type hope struct {
	guest   *guest
	message string
	since   time.Time
}

func (w *world) tell(format string, args ...any) {
	w.story += fmt.Sprintf("%8s ", time.Since(w.stage.start).Round(time.Millisecond)) + fmt.Sprintf(format, args...) + "\n"
}

func (w *world) step() {
	i := w.random.IntN(len(w.inhabitants))
	who := w.inhabitants[i]
	who.leaveIfInterrupted(w.stage)
	switch dice := w.random.IntN(20); {
	case who.guest == nil:
		w.tell("%d comes", i)
		who.guest = &guest{stage: w.stage, address: "192.0.2.1"}
		w.logIn(who)
		who.guest.subscribes(forMessages)
	case dice < 2:
		w.tell("%d goes", i)
		who.guest.goes()
		who.guest = nil
	case dice < 4:
		w.tell("%d logs in", i)
		w.logIn(who)
	case dice == 4 && who.forbidden.IsZero():
		w.tell("%d may no more", i)
		who.forbidden, who.unknown = time.Now(), w.stage.people[who.token].unknown || w.stage.slow != nil
		p := w.stage.people[who.token]
		p.rights, p.silent = Rights{}, w.random.IntN(2) == 0
	case dice == 5 && !who.forbidden.IsZero() && time.Since(who.forbidden) > recheckLink+askTimeout && !who.unknown: // else nobody sees it
		w.tell("%d may again", i)
		who.forbidden = time.Time{}
		w.stage.people[who.token].rights, w.stage.people[who.token].silent = whole, false
	case dice == 6 && len(w.stage.open()) > 0:
		u := w.stage.open()[0]
		if u.mute {
			break
		}
		if w.random.IntN(2) == 0 {
			w.tell("a link is cut")
			u.cut()
			u.mute = true
		} else {
			w.tell("a link is mute")
			u.mute = true
		}
	case dice == 7:
		w.stage.noDial = !w.stage.noDial
		w.tell("no dialling: %v", w.stage.noDial)
	case dice == 8 && w.mayBeSilent:
		p := w.stage.people[who.token]
		p.unknown = !p.unknown
		who.unknown = who.unknown || p.unknown
		w.tell("rights of %d are unknown: %v", i, p.unknown)
	case dice == 9:
		w.tell("%d subscribes no more", i)
		who.guest.unsubscribes(`{"type":"unsubscribe","uid":"messages"}`)
	case dice == 10:
		w.tell("%d subscribes: %v", i, who.guest.subscribes(forMessages))
		w.hopes = slices.DeleteFunc(w.hopes, func(h hope) bool { return h.guest == who.guest }) // it will read
	case dice == 11 && w.stage.people[who.token].expires.IsZero():
		w.tell("the token of %d is taken back", i)
		w.stage.people[who.token].revoked = true
	case dice < 16:
		w.message()
	default:
		w.pass(time.Duration(w.random.IntN(20_000)) * time.Millisecond)
	}
	w.stage.wait(0)
}

// willHear has Directus tell a guest of a message by their own subscription, when it comes to it, if that is still there.
func (g *guest) willHear(id string, after time.Duration) {
	time.AfterFunc(after, func() {
		g.stage.mu.Lock()
		defer g.stage.mu.Unlock()
		if g.direct {
			g.got = append(g.got, `{"event":"create","data":[{"id":"`+id+`"}]}`)
		}
	})
}

func (who *inhabitant) leaveIfInterrupted(s *stage) {
	if who.guest != nil && who.guest.interrupted {
		who.guest.goes()
		who.guest = nil
	}
}

func (w *world) logIn(who *inhabitant) {
	w.tokens++
	who.token = fmt.Sprintf("token-%d-of-them", w.tokens)
	life := time.Duration(20+w.random.IntN(100)) * time.Second
	if w.random.IntN(4) == 0 {
		life = 0 // for ever
	}
	p := &person{rights: whole}
	if life > 0 {
		p.expires = time.Now().Add(life)
	}
	if !who.forbidden.IsZero() {
		p.rights = Rights{}
	}
	w.stage.people[who.token] = p
	who.guest.logsIn(who.token, life)
}

// pass lets time pass; Directus tells each socket of the end of its token.
func (w *world) pass(d time.Duration) {
	end := time.Now().Add(d)
	w.tell("%s pass", d)
	for {
		next := end
		for _, who := range w.inhabitants {
			if who.guest != nil {
				if at := w.stage.people[who.token].expires; at.After(time.Now()) && at.Before(next) {
					next = at
				}
			}
		}
		w.stage.wait(time.Until(next))
		for i, who := range w.inhabitants {
			if who.guest != nil && w.stage.people[who.token].expires.Equal(next) {
				w.tell("the token of %d ends", i)
				who.guest.logsOut()
			}
		}
		for _, u := range w.stage.links {
			if p := w.stage.people[u.token]; p != nil && p.expires.Equal(next) && !u.mute && !u.closed {
				u.says(`{"type":"auth","status":"error","error":{"code":"TOKEN_EXPIRED"}}`)
			}
		}
		w.stage.wait(0)
		w.look()
		if next == end {
			return
		}
	}
}

// message has Directus store one, and notes who has to hear of it by the Hub.
func (w *world) message() {
	w.messages++
	id := fmt.Sprint(w.messages)
	w.tell("message %s", id)
	for _, who := range w.inhabitants {
		g := who.guest
		if g == nil || g.interrupted {
			continue
		}
		p := w.stage.people[who.token]
		if g.direct && who.forbidden.IsZero() && !p.expired() {
			g.willHear(id, time.Duration(w.random.IntN(300))*time.Millisecond)
		}
		if (g.served || g.direct) && who.forbidden.IsZero() && !p.expired() && !p.revoked {
			w.hopes = append(w.hopes, hope{g, id, time.Now()})
		}
	}
	w.stage.happens(id)
	for i, who := range w.inhabitants {
		if g := who.guest; g != nil && !who.forbidden.IsZero() && time.Since(who.forbidden) > who.limit() && slices.Contains(g.heard(), id) {
			require.Fail(w.t, "told what is forbidden", "%d was told of %s\n%s", i, id, w.story)
		}
	}
}

// patience is for how long a message may be missed without a sign: the longest is if the token is one of somebody who may
// read less, and is followed by another before that is seen; or they stay, and Directus does not say what they may.
func (w *world) patience() time.Duration {
	for _, who := range w.inhabitants {
		if who.unknown || w.stage.slow != nil {
			return doubtful + retryCheck + 2*askTimeout + recheckLink
		}
	}
	return recheckLink + askTimeout + openTimeout + overlap + silence + probeAnswer + time.Second
}

// look sees which hopes have come true, and which cannot any more.
func (w *world) look() {
	w.hopes = slices.DeleteFunc(w.hopes, func(h hope) bool {
		if h.guest.interrupted || slices.Contains(h.guest.heard(), h.message) {
			return true
		}
		for _, who := range w.inhabitants {
			if who.guest == h.guest && (h.guest.served || h.guest.direct) {
				require.Less(w.t, time.Since(h.since), w.patience(), "message %s was lost\n%s%s", h.message, w.story, &w.stage.log)
				return false
			}
		}
		return true // it has gone, or wants it no more
	})
}

func (w *world) settle() {
	w.pass(w.patience())
	require.Empty(w.t, w.hopes, "%s", w.story)
}
