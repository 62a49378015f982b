package directus_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directustest"
)

// brief tokens make an hour of what are two days with Directus's own.
var brief = directustest.Config{AccessTTL: 20 * time.Second}

// renewals is how often a token of 20 s is renewed in an hour if somebody does it as early as can be.
const renewals = 3600 / 14

// Twelve tabs, an hour: one rotation serves them all, whatever the channel does. Nobody is logged out, or misses anything.
func TestTabsShareOneRotation(t *testing.T) {
	seconds := func(random *rand.Rand, upTo float64) time.Duration {
		return time.Duration(random.Float64() * upTo * float64(time.Second))
	}
	for name, test := range map[string]struct {
		channel   func(random *rand.Rand) []time.Duration
		rotations int
	}{
		"messages at once":           {atOnce, renewals},
		"messages behind the lock":   {func(r *rand.Rand) []time.Duration { return []time.Duration{seconds(r, 0.9)} }, renewals},
		"messages again, much later": {func(r *rand.Rand) []time.Duration { return []time.Duration{0, seconds(r, 60)} }, renewals},
		"messages out of order":      {func(r *rand.Rand) []time.Duration { return []time.Duration{seconds(r, 30)} }, 12 * renewals},
		"some messages lost":         {func(r *rand.Rand) []time.Duration { return make([]time.Duration, r.IntN(2)) }, 4 * renewals},
		"all messages lost":          {func(*rand.Rand) []time.Duration { return nil }, 12 * renewals},
	} {
		t.Run(name, func(t *testing.T) {
			onVirtualTime(t, brief, func(t *testing.T, srv *directustest.Server) {
				b := newBrowser(t, srv)
				b.channel = test.channel
				for range 12 {
					b.open()
				}
				want := start(1)
				for minute := range 60 {
					time.Sleep(time.Minute)
					id := fmt.Sprint("message ", minute)
					srv.Insert("messages", map[string]any{"id": id, "content": ""})
					want = append(want, fmt.Sprintf(`1 messages create [{"content":"","id":%q}]`, id))
				}
				for i, p := range b.pages {
					assert.Equal(t, want, p.take(), "tab %d", i)
				}
				assert.LessOrEqual(t, int(b.rotations.Load()), test.rotations+len(b.pages))
				assert.Equal(t, 1, srv.RefreshTokens(alice))
			})
		})
	}
}

// One tab is frozen in the middle of a rotation, a second one killed there. Both have used up the token that is stored,
// and only a server that answers again can help the others.
func TestTabsSurviveOneThatHoldsTheLock(t *testing.T) {
	cfg := brief
	cfg.RefreshGrace = 30 * time.Second
	onVirtualTime(t, cfg, func(t *testing.T, srv *directustest.Server) {
		b := newBrowser(t, srv)
		for range 12 {
			b.open()
		}
		time.Sleep(10 * time.Minute)
		var frozen, killed *page
		b.onMidRefresh(func(p *page) {
			frozen = p
			p.freeze()
		})
		time.Sleep(3 * time.Minute)
		settle()
		require.NotNil(t, frozen)
		frozen.take()
		frozen.thaw()
		time.Sleep(10 * time.Minute)
		assert.Contains(t, frozen.lines(), "2 ready", "its connection was not kept")
		b.onMidRefresh(func(p *page) {
			killed = p
			p.kill()
		})
		time.Sleep(37 * time.Minute)
		settle()
		require.NotNil(t, killed)
		for i, p := range b.pages {
			p.take()
			srv.Insert("messages", map[string]any{"id": fmt.Sprint(i), "content": "still there?"})
			if p != killed {
				assert.Len(t, p.take(), 1, "tab %d", i)
			}
		}
		assert.Equal(t, 1, srv.RefreshTokens(alice))
		assert.LessOrEqual(t, int(b.rotations.Load()), renewals+20)
	})
}

// Nobody heals a lost answer but a server that gives it again. Without one the password is asked for, and not before
// Directus itself has refused the token.
func TestLostRefresh(t *testing.T) {
	const renewal = 12 * time.Minute
	t.Run("without healing", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
			tab := open(t, srv)
			srv.LoseRefreshes(1)
			time.Sleep(renewal + 10*time.Second)
			assert.Equal(t, append(start(1), "1 ended"), tab.take())
			assert.ErrorIs(t, <-tab.ended, directus.ErrSessionEnded)
			tab.ended <- nil
		})
	})
	healing := directustest.Config{RefreshGrace: 30 * time.Second}
	t.Run("with healing", func(t *testing.T) {
		onVirtualTime(t, healing, func(t *testing.T, srv *directustest.Server) {
			tab := open(t, srv)
			srv.LoseRefreshes(3)
			time.Sleep(time.Hour)
			assert.Equal(t, start(1), tab.take())
			assert.Equal(t, 1, srv.RefreshTokens(alice))
		})
	})
	for name, away := range map[string]func(tab *tab){
		"on a hidden page":  func(tab *tab) { tab.SetVisible(false) },
		"without a network": func(tab *tab) { tab.SetOnline(false) },
	} {
		t.Run("with healing, "+name, func(t *testing.T) {
			onVirtualTime(t, healing, func(t *testing.T, srv *directustest.Server) {
				tab := open(t, srv)
				away(tab)
				time.Sleep(time.Minute)
				srv.Stop()
				time.Sleep(20 * time.Minute) // attempts are rare now, and the token expires
				srv.Start()
				srv.LoseRefreshes(1)
				tab.until(directus.Ready, 2*time.Minute)
			})
		})
	}
}

// What a sibling says counts only if it belongs to the stored token.
func TestAdopt(t *testing.T) {
	grants := map[string]struct {
		adopt func(srv *directustest.Server, tab *tab) directus.Grant
		taken bool
	}{
		"a newer one": {taken: true, adopt: func(srv *directustest.Server, tab *tab) directus.Grant {
			g := srv.Grant(alice)
			tab.tokens.Store(g.Refresh)
			return told(g)
		}},
		"its own": {adopt: func(srv *directustest.Server, tab *tab) directus.Grant {
			g := srv.Grant(alice)
			return directus.Grant{Access: g.Access, Expires: g.Expires, Mark: directus.MarkOf(tab.tokens.Load())}
		}},
		"of a token that is not stored": {adopt: func(srv *directustest.Server, _ *tab) directus.Grant {
			return told(srv.Grant(alice))
		}},
		"of a token that was replaced": {adopt: func(srv *directustest.Server, tab *tab) directus.Grant {
			g := srv.Grant(alice)
			tab.tokens.Store(g.Refresh)
			tab.tokens.Store(srv.Grant(alice).Refresh)
			return told(g)
		}},
		"after a log-out": {adopt: func(srv *directustest.Server, tab *tab) directus.Grant {
			tab.tokens.Store("")
			return told(srv.Grant(alice))
		}},
		"of somebody else": {adopt: func(srv *directustest.Server, _ *tab) directus.Grant {
			return told(srv.Grant("bob@example.com"))
		}},
		"an expired one": {adopt: func(srv *directustest.Server, tab *tab) directus.Grant {
			g := srv.Grant(alice)
			tab.tokens.Store(g.Refresh)
			g.Expires = time.Now().Add(-time.Second)
			return told(g)
		}},
		"an empty one": {adopt: func(*directustest.Server, *tab) directus.Grant { return directus.Grant{} }},
	}
	for name, test := range grants {
		t.Run(name, func(t *testing.T) {
			onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
				tab := open(t, srv, withSiblings)
				g := test.adopt(srv, tab)
				tab.Adopt(g)
				settle()
				auth := fmt.Sprintf(`{"type":"auth","uid":"2","access_token":"%s"}`, string(g.Access))
				assert.Equal(t, test.taken, slices.Contains(srv.Frames(), auth))
				assert.Equal(t, start(1), tab.take())
				token, err := tab.Token(t.Context())
				require.NoError(t, err)
				assert.Equal(t, test.taken, token == g.Access)
			})
		})
	}
	t.Run("before the store knows", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
			tab := open(t, srv, withSiblings)
			g := srv.Grant(alice)
			tab.Adopt(told(g))
			tab.tokens.Store(g.Refresh)
			time.Sleep(12 * time.Minute)
			assert.Equal(t, g.Refresh, tab.tokens.Load(), "no rotation: there was a grant for what is stored")
			token, err := tab.Token(t.Context())
			require.NoError(t, err)
			assert.Equal(t, g.Access, token)
		})
	})
}

// told is what a sibling's Share passes on.
func told(g directus.Grant) directus.Grant {
	return directus.Grant{Access: g.Access, Expires: g.Expires, Mark: directus.MarkOf(g.Refresh)}
}

func withSiblings(c *directus.SessionConfig) { c.Share = func(directus.Grant) {} }

// A browser takes a moment to show one tab what another has stored. A token that was used up meanwhile is refused, and
// that must not count.
func TestTokenRefusedBeforeTheStoreIsUpToDate(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv, withSiblings)
		srv.Revoke(alice)
		next := srv.Grant(alice).Refresh
		srv.OnRequest(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/auth/refresh" {
				srv.OnRequest(nil)
				time.AfterFunc(500*time.Millisecond, func() { tab.tokens.Store(next) })
			}
			return false
		})
		time.Sleep(time.Hour)
		assert.Equal(t, start(1), tab.take())
	})
}
