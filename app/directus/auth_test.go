package directus_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directustest"
)

// Between expiry and re-authentication nothing that arrives counts: 12 sends errors in place of events, and 11 events
// as if nothing had happened.
func TestExpiryIsAGap(t *testing.T) {
	for _, version := range []string{"12.4.0", "11.17.4"} {
		t.Run(version, func(t *testing.T) {
			onVirtualTime(t, directustest.Config{Version: version}, func(t *testing.T, srv *directustest.Server) {
				tab := open(t, srv)
				tab.take()
				srv.Slow(time.Second)
				srv.Expire()
				srv.Insert("messages", map[string]any{"id": "a", "content": "in the hole"})
				time.Sleep(2500 * time.Millisecond)
				assert.Equal(t, []string{"1 gap: token expired"}, tab.take())
				srv.Slow(0)
				time.Sleep(time.Second)
				srv.Insert("messages", map[string]any{"id": "b", "content": "behind it"})
				assert.Equal(t, []string{"1 resumed", `1 messages create [{"content":"behind it","id":"b"}]`}, tab.take())
			})
		})
	}
}

func TestExpiryDuringAnOutageOfREST(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		time.Sleep(time.Minute)
		tab.take()
		srv.OnRequest(answer(503, "", ""))
		srv.Expire()
		time.Sleep(time.Minute)
		assert.Equal(t, []string{"1 gap: token expired", "1 waiting", "2 connecting"}, tab.take()[:3],
			"the server gives ten seconds for a new token")
		srv.OnRequest(nil)
		tab.until(directus.Ready, 10*time.Second)
	})
}

func TestExpiryWhileSubscribing(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv, func(c *directus.SessionConfig) {
			deliver := c.Deliver
			c.Deliver = func(e directus.Event) {
				if e, ok := e.(directus.StateChanged); ok && e.State == directus.Ready {
					srv.Expire() // before the subscription is asked for
				}
				deliver(e)
			}
		})
		time.Sleep(time.Second)
		assert.Equal(t, []string{
			"1 connecting", "1 authenticating", "1 ready", "1 gap: token expired", "1 resumed", "1 subscribed messages",
		}, tab.take())
	})
}

// A new token that is on its way when the server finds the old one expired needs no third one.
func TestExpiryCrossesReauthentication(t *testing.T) {
	onVirtualTime(t, directustest.Config{AccessTTL: 20 * time.Second}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		tab.take()
		time.Sleep(14 * time.Second)
		srv.Slow(6 * time.Second) // the refresh of second 15 is answered in second 21
		time.Sleep(9 * time.Second)
		srv.Slow(0)
		time.Sleep(10 * time.Second)
		assert.Equal(t, []string{"1 gap: token expired", "1 resumed"}, tab.take())
		assert.EqualValues(t, "refresh-2", tab.tokens.Load())
	})
}

func TestAuthFailedOnceIsCuredByARefresh(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		srv.RefuseAuth(1)
		tab := open(t, srv)
		assert.Equal(t, lines([]string{"1 connecting", "1 authenticating"}, start(2)), tab.take())
		assert.EqualValues(t, "refresh-2", tab.tokens.Load())
	})
}

// All causes of AUTH_FAILED look alike. REST has the last word: as long as it gives out tokens, the session goes on.
func TestAuthFailedAgainAndAgain(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		srv.RefuseAuth(1000)
		tab := open(t, srv)
		state := tab.state()
		assert.Equal(t, directus.Waiting, state.State)
		assert.True(t, directus.IsCode(state.Err, directus.CodeAuthFailed), "%v", state.Err)
		time.Sleep(10 * time.Minute)
		assert.Less(t, len(tab.take()), 4*10*60/4, "at the pace of the backoff")
		srv.RefuseAuth(0)
		tab.until(directus.Ready, 10*time.Second)
	})
}

// A server that says "ok" and then no must not be asked as fast as it answers.
func TestAuthFailedBehindOK(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv, func(c *directus.SessionConfig) {
			deliver := c.Deliver
			c.Deliver = func(e directus.Event) {
				if e, ok := e.(directus.StateChanged); ok && e.State == directus.Ready {
					srv.Push(`{"type":"auth","status":"error","error":{"code":"AUTH_FAILED","message":"Authentication failed."}}`)
				}
				deliver(e)
			}
		})
		time.Sleep(time.Minute)
		assert.Less(t, tab.state().Generation, uint64(20))
	})
}

func TestReauthenticationRefused(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		tab.take()
		srv.RefuseAuth(1)
		time.Sleep(12 * time.Minute)
		assert.Equal(t, start(2), tab.take())
	})
}

func TestDefiniteRefusalEndsTheSession(t *testing.T) {
	refusals := map[string]func(srv *directustest.Server, tokens *directustest.Tokens){
		"revoked":   func(srv *directustest.Server, _ *directustest.Tokens) { srv.Revoke(alice) },
		"suspended": func(srv *directustest.Server, _ *directustest.Tokens) { srv.Suspend(alice) },
		"logged out by another tab": func(_ *directustest.Server, tokens *directustest.Tokens) {
			tokens.Store("")
		},
	}
	for name, refuse := range refusals {
		t.Run(name, func(t *testing.T) {
			onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
				tab := open(t, srv)
				refuse(srv, tab.tokens)
				time.Sleep(10 * time.Minute)
				assert.Equal(t, start(1), tab.take(), "not before there is a word of the server")
				time.Sleep(2 * time.Minute)
				assert.Equal(t, []string{"1 ended"}, tab.take())
				err := <-tab.ended
				assert.ErrorIs(t, err, directus.ErrSessionEnded)
				tab.ended <- nil
				assert.Zero(t, srv.Connections())
				_, err = tab.Token(t.Context())
				assert.ErrorIs(t, err, directus.ErrSessionEnded)
				_, err = tab.CreateItem(t.Context(), "messages", []byte(`{}`))
				assert.ErrorIs(t, err, directus.ErrSessionEnded)
			})
		})
	}
	t.Run("at the start", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
			srv.Revoke(alice)
			grant := srv.Grant(alice) // one more, so that there is a user to log in as
			srv.Revoke(alice)
			tab := open(t, srv, withoutGrant, func(c *directus.SessionConfig) { c.Tokens = directustest.NewTokens(grant.Refresh) })
			assert.Equal(t, []string{"1 connecting", "1 ended"}, tab.take())
			assert.ErrorIs(t, <-tab.ended, directus.ErrSessionEnded)
			tab.ended <- nil
		})
	})
}

// Whatever is not Directus's own refusal of the token must pass, or a proxy's bad day logs everybody out.
func TestNothingElseEndsTheSession(t *testing.T) {
	const page = "<!doctype html><title>Please log in to the Wi-Fi</title>"
	for name, bad := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"503":                answer(503, `{"errors":[{"message":"x","extensions":{"code":"SERVICE_UNAVAILABLE"}}]}`, ""),
		"502 of a proxy":     answer(502, page, ""),
		"429":                answer(429, `{"errors":[{"message":"x","extensions":{"code":"REQUESTS_EXCEEDED"}}]}`, "3"),
		"401 of a proxy":     answer(401, page, ""),
		"403 of a firewall":  answer(403, page, ""),
		"licence locked":     answer(403, `{"errors":[{"message":"x","extensions":{"code":"RESOURCE_RESTRICTED"}}]}`, ""),
		"404":                answer(404, `{"errors":[{"message":"x","extensions":{"code":"ROUTE_NOT_FOUND"}}]}`, ""),
		"a captive portal":   answer(200, page, ""),
		"strange JSON":       answer(200, `{"data":{"access_token":null,"expires":"soon"}}`, ""),
		"500 with a refusal": answer(500, `{"errors":[{"message":"x","extensions":{"code":"INVALID_CREDENTIALS"}}]}`, ""),
		"nothing":            func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
				tab := open(t, srv)
				srv.OnRequest(bad)
				time.Sleep(30 * time.Minute) // the token expires in the middle
				require.NotContains(t, tab.take(), "1 ended")
				srv.OnRequest(nil)
				tab.until(directus.Ready, 15*time.Second)
			})
		})
	}
}

func answer(status int, body, retryAfter string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
		w.Write([]byte(body))
		return true
	}
}

func TestRenewalIsTriedUntilItWorks(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		srv.OnRequest(answer(503, "", ""))
		time.Sleep(14 * time.Minute) // renewal is due after eleven
		srv.OnRequest(nil)
		time.Sleep(30 * time.Minute)
		assert.Equal(t, start(1), tab.take(), "no gap: there was time enough")
	})
}

// Two tabs, tokens of 20 s, an hour: nobody is logged out, and one refresh token is left.
func TestTabsShareOneRefreshToken(t *testing.T) {
	onVirtualTime(t, directustest.Config{AccessTTL: 20 * time.Second}, func(t *testing.T, srv *directustest.Server) {
		first := open(t, srv)
		var tabs []*tab
		for range 3 {
			tabs = append(tabs, open(t, srv, withoutGrant, func(c *directus.SessionConfig) { c.Tokens = first.tokens }))
		}
		srv.Revoke(alice)
		first.tokens.Store(srv.Grant(alice).Refresh)
		time.Sleep(time.Hour)
		for _, tab := range append(tabs, first) {
			assert.Equal(t, start(1), tab.take())
		}
		assert.Equal(t, 1, srv.RefreshTokens(alice))
	})
}

// On a page without locks a sibling may rotate between our reading of the token and the server's.
func TestRefusedTokenIsReadAgain(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		srv.OnRequest(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/auth/refresh" {
				srv.Revoke(alice)
				tab.tokens.Store(srv.Grant(alice).Refresh)
				srv.OnRequest(nil)
			}
			return false
		})
		time.Sleep(time.Hour)
		assert.Equal(t, start(1), tab.take())
	})
}

func TestStoreThatFailsDoesNotCostTheGrant(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv, withoutGrant, func(c *directus.SessionConfig) { c.Tokens = fullStore{c.Tokens} })
		assert.Equal(t, start(1), tab.take())
	})
}

// A store that cannot be read for a moment says nothing of a log-out.
func TestStoreThatCannotBeReadDoesNotCostTheSession(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv, withoutGrant, func(c *directus.SessionConfig) { c.Tokens = blindStore{c.Tokens} })
		assert.Equal(t, start(1), tab.take())
		time.Sleep(time.Hour)
		assert.Empty(t, tab.take())
	})
}

// A blindStore rotates, and shows nothing.
type blindStore struct{ directus.Tokens }

func (blindStore) Load() directus.Secret { return "" }

// What a refresh brings while another tab logs out must not live on.
func TestLogOutDuringARefresh(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tokens := directustest.NewTokens(srv.Grant(alice).Refresh)
		srv.OnRequest(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/auth/refresh" {
				tokens.Store("")
			}
			return false
		})
		tab := open(t, srv, withoutGrant, func(c *directus.SessionConfig) { c.Tokens = fullStore{tokens} })
		assert.Equal(t, []string{"1 connecting", "1 ended"}, tab.take())
		assert.ErrorIs(t, <-tab.ended, directus.ErrSessionEnded)
		tab.ended <- nil
		assert.Equal(t, 1, srv.RefreshTokens(alice), "open asked for one that is not used")
	})
}

// A fullStore rotates, and cannot keep the result.
type fullStore struct{ directus.Tokens }

func (s fullStore) Rotate(ctx ctx, f func(ctx, directus.Secret) (directus.Secret, error)) error {
	if _, err := f(ctx, s.Load()); err != nil {
		return err
	}
	return errQuota
}
