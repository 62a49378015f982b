package directus_test

import (
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directustest"
)

func TestReconnectsAfterACut(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		time.Sleep(time.Minute)
		tab.take()
		srv.Cut()
		assert.Equal(t, []string{"1 waiting"}, tab.take())
		time.Sleep(time.Second)
		assert.Equal(t, start(2), tab.take(), "the first attempt comes within a second")
	})
}

func TestReconnectsAfterARestart(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		for seed := range uint64(50) {
			tab := open(t, srv, func(c *directus.SessionConfig) { c.Jitter = rand.New(rand.NewPCG(seed, 0)).Float64 })
			time.Sleep(time.Minute)
			srv.Stop()
			time.Sleep(20 * time.Second)
			tab.take()
			srv.Start()
			took := tab.until(directus.Ready, time.Minute)
			assert.LessOrEqual(t, took, 8*time.Second+50*time.Millisecond)
			tab.stop()
		}
	})
}

// A frame that the server sends right before it closes is the one that says why, or somebody's message.
func TestFrameBeforeTheEndIsDelivered(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		tab.take()
		srv.CloseBehindEvents(1)
		srv.Insert("messages", map[string]any{"id": "a", "content": "last words"})
		assert.Equal(t, []string{`1 messages create [{"content":"last words","id":"a"}]`, "1 waiting"}, tab.take())
	})
}

func TestOverflowIsAGapAndANewConnection(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		var conn *failing
		tab := open(t, srv, func(c *directus.SessionConfig) {
			c.Dialer = dialerFunc(func(ctx ctx, url string) (directus.Conn, error) {
				inner, err := srv.Dialer().Dial(ctx, url)
				conn = &failing{Conn: inner}
				return conn, err
			})
		})
		tab.take()
		conn.err = directus.ErrOverflow
		srv.Push(`{"type":"ping"}`)
		assert.Equal(t, []string{"1 gap: overflow", "1 waiting"}, tab.take())
	})
}

func TestSilenceIsNoticed(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		time.Sleep(7 * time.Second)
		tab.take()
		srv.Freeze()
		took := tab.until(directus.Waiting, time.Minute)
		assert.LessOrEqual(t, took, 30*time.Second, "one interval of 20 s and 10 s for the answer")
		assert.ErrorIs(t, tab.state().Err, directus.ErrUnreachable)

		time.Sleep(5 * time.Minute)
		srv.Thaw()
		took = tab.until(directus.Ready, time.Minute)
		assert.LessOrEqual(t, took, time.Second, "an attempt that hung has waited enough")
	})
}

func TestASlowServerIsNotDead(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		tab.take()
		srv.Slow(4 * time.Second) // for each frame: an answer behind a ping takes twice as long
		time.Sleep(10 * time.Minute)
		assert.Empty(t, tab.take())
	})
}

func TestWake(t *testing.T) {
	t.Run("probes a connection and replaces a dead one", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
			tab := open(t, srv)
			tab.take()
			tab.Wake()
			settle()
			assert.Contains(t, srv.Frames(), `{"type":"unsubscribe","uid":"2"}`)
			time.Sleep(10 * time.Second)
			assert.Empty(t, tab.take())

			srv.Freeze()
			tab.Wake()
			time.Sleep(3 * time.Second)
			assert.Equal(t, []string{"2 connecting"}, tab.take())
		})
	})
	t.Run("again and again does not put off the end", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
			tab := open(t, srv)
			tab.take()
			srv.Freeze()
			for range 3 {
				tab.Wake()
				time.Sleep(time.Second)
			}
			assert.Equal(t, []string{"2 connecting"}, tab.take())
		})
	})
	t.Run("ends the wait between two attempts", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
			tab := open(t, srv, fixedJitter(0.9))
			srv.Stop()
			time.Sleep(2 * time.Second)
			require.Equal(t, directus.Waiting, tab.state().State)
			srv.Start()
			tab.Wake()
			assert.Equal(t, directus.Ready, tab.state().State)
		})
	})
	t.Run("replaces an attempt that hangs", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
			srv.Freeze()
			tab := open(t, srv)
			tab.Wake()
			time.Sleep(time.Second)
			assert.Equal(t, []string{"1 connecting"}, tab.take(), "a young one deserves its chance")
			time.Sleep(time.Second)
			assert.Equal(t, []string{"2 connecting"}, tab.take(), "but not for long")
			time.Sleep(4 * time.Second)
			assert.Empty(t, tab.take(), "and nobody has hurried this one")
			tab.Wake()
			assert.Equal(t, []string{"3 connecting"}, tab.take())
			srv.Thaw()
			assert.Equal(t, start(3)[1:], tab.take())
			assert.Equal(t, 1, srv.Connections(), "the abandoned one is not left open")
		})
	})
}

func TestHiddenPagesRetryRarely(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		time.Sleep(time.Minute)
		tab.SetVisible(false)
		srv.Stop()
		time.Sleep(2 * time.Minute)
		tab.take()
		time.Sleep(10 * time.Minute)
		attempts := len(tab.take()) / 2
		assert.GreaterOrEqual(t, attempts, 10)
		assert.LessOrEqual(t, attempts, 20)

		srv.Start()
		tab.SetVisible(true)
		assert.Equal(t, directus.Ready, tab.state().State, "at once when somebody looks")
	})
}

func TestOffline(t *testing.T) {
	t.Run("with the connection gone", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
			tab := open(t, srv)
			tab.take()
			srv.Freeze()
			tab.SetOnline(false)
			took := tab.until(directus.Offline, time.Minute)
			assert.LessOrEqual(t, took, 3*time.Second+50*time.Millisecond)
			assert.False(t, tab.state().RetryAt.IsZero())
			srv.Thaw()
			tab.SetOnline(true)
			assert.Equal(t, directus.Ready, tab.state().State)
		})
	})
	t.Run("while waiting", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
			tab := open(t, srv)
			srv.Stop()
			settle()
			tab.SetOnline(false)
			assert.Equal(t, directus.Offline, tab.state().State)
		})
	})
	t.Run("with a server on this machine", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
			tab := open(t, srv)
			tab.take()
			tab.SetOnline(false)
			time.Sleep(time.Minute)
			assert.Empty(t, tab.take(), "it goes on working")
			srv.Cut()
			tab.until(directus.Ready, 2*time.Minute)
		})
	})
}

// 200 people lose a server at once and get it back; how long it is away must not matter.
func TestCrowdComesBackSpreadOut(t *testing.T) {
	for _, away := range []time.Duration{2 * time.Second, 5 * time.Second, 7 * time.Second, 20 * time.Second} {
		t.Run(away.String(), func(t *testing.T) {
			onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
				jitter := rand.New(rand.NewPCG(1, uint64(away)))
				const crowd = 200
				tabs := make([]*tab, crowd)
				for i := range tabs {
					source := rand.New(rand.NewPCG(jitter.Uint64(), 0))
					tabs[i] = open(t, srv, func(c *directus.SessionConfig) { c.Jitter = source.Float64 })
				}
				time.Sleep(time.Minute)
				srv.Stop()
				time.Sleep(away)
				srv.Start()
				for second := range 60 {
					time.Sleep(time.Second)
					settle()
					back := srv.Connections()
					if second == 0 {
						assert.Less(t, back, crowd/5, "in the first second")
					}
					if back == crowd {
						return
					}
				}
				assert.Fail(t, "not all are back within a minute")
			})
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		srv.OnRequest(func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Retry-After", "40")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		})
		tab := open(t, srv, withoutGrant)
		state := tab.state()
		assert.Equal(t, directus.Waiting, state.State)
		assert.Equal(t, 40*time.Second, time.Until(state.RetryAt))
		var refusal *directus.Error
		require.ErrorAs(t, state.Err, &refusal)
		assert.Equal(t, 429, refusal.Status)
	})
}

func TestRealtimeDisabledIsToldApart(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		srv.SetRealtime(false)
		tab := open(t, srv, fixedJitter(0.5))
		state := tab.state()
		assert.Equal(t, directus.Waiting, state.State)
		assert.NotErrorIs(t, state.Err, directus.ErrRealtimeDisabled, "one failure may be anything")
		time.Sleep(time.Second)
		assert.ErrorIs(t, tab.state().Err, directus.ErrRealtimeDisabled)
		srv.SetRealtime(true)
		tab.until(directus.Ready, 10*time.Second)
	})
	t.Run("from a refused upgrade", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
			srv.SetUpgrade(false)
			tab := open(t, srv)
			time.Sleep(time.Minute)
			assert.ErrorIs(t, tab.state().Err, directus.ErrUnreachable)
			assert.NotErrorIs(t, tab.state().Err, directus.ErrRealtimeDisabled)
		})
	})
}

// Ensure that a renewal whose answer was lost is made again with the next connection: the old token is good for a short
// while only.
func TestLostRenewalIsMadeAgain(t *testing.T) {
	onVirtualTime(t, directustest.Config{RefreshGrace: 30 * time.Second}, func(t *testing.T, srv *directustest.Server) {
		var late atomic.Bool
		tab := open(t, srv, func(c *directus.SessionConfig) {
			c.Jitter = func() float64 {
				if late.Load() {
					return 0.99
				}
				return 0
			}
		})
		time.Sleep(10*time.Minute + 29*time.Second) // shortly before the first moment to renew it
		late.Store(true)
		srv.LoseRefreshes(1)
		time.Sleep(2 * time.Second)
		srv.Cut()
		tab.until(directus.Ready, 10*time.Second)
		time.Sleep(2 * time.Minute)
		assert.Equal(t, directus.Ready, tab.state().State)
	})
}

func TestAbandonedConnectionsAreClosed(t *testing.T) {
	onVirtualTime(t, directustest.Config{RefreshGrace: 30 * time.Second}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		for range 20 {
			srv.Freeze()
			time.Sleep(time.Minute)
			srv.Thaw()
			time.Sleep(time.Minute)
			require.Equal(t, directus.Ready, tab.state().State)
			assert.Equal(t, 1, srv.Connections())
		}
	})
}
