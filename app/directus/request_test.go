package directus_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directustest"
)

var errQuota = errors.New("the quota is exceeded")

const (
	firstID  = "0198c0de-0000-7000-8000-000000000001"
	secondID = "0198c0de-0000-7000-8000-000000000002"
)

func item(id, content string) []byte {
	return []byte(`{"id":"` + id + `","content":"` + content + `"}`)
}

func TestCreateItem(t *testing.T) {
	for version, bySocket := range map[string]bool{"12.4.0": true, "12.3.9": false, "11.17.4": false, "13.0.0": true} {
		t.Run(version, func(t *testing.T) {
			onVirtualTime(t, directustest.Config{Version: version}, func(t *testing.T, srv *directustest.Server) {
				tab := open(t, srv)
				row, err := tab.CreateItem(t.Context(), "messages", item(firstID, "hello"))
				require.NoError(t, err)
				assert.Contains(t, string(row), `"id":"`+firstID+`"`)
				assert.Contains(t, string(row), `"user_created":"`+srv.UserID(alice)+`"`)
				assert.Len(t, srv.Rows("messages"), 1)
				assert.Equal(t, bySocket, strings.Contains(strings.Join(srv.Frames(), ""), `"items"`), "by socket")

				_, err = tab.CreateItem(t.Context(), "messages", item(firstID, "again"))
				assert.True(t, directus.IsCode(err, directus.CodeRecordNotUnique), "%v", err)
			})
		})
	}
}

func TestCreateItemByREST(t *testing.T) {
	t.Run("without a connection", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
			srv.SetUpgrade(false)
			tab := open(t, srv)
			row, err := tab.CreateItem(t.Context(), "messages", item(firstID, "hello"))
			require.NoError(t, err)
			assert.Contains(t, string(row), firstID)
		})
	})
	t.Run("between expiry and re-authentication", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
			tab := open(t, srv)
			srv.Slow(time.Second)
			srv.Expire()
			time.Sleep(1100 * time.Millisecond)
			row, err := tab.CreateItem(t.Context(), "messages", item(firstID, "hello"))
			require.NoError(t, err)
			assert.Contains(t, string(row), firstID)
		})
	})
	t.Run("where the row may not be read", func(t *testing.T) {
		blind := directustest.Messages
		blind.NoRead = true
		cfg := directustest.Config{Version: "11.17.4", Collections: []directustest.Collection{blind}}
		onVirtualTime(t, cfg, func(t *testing.T, srv *directustest.Server) {
			tab := open(t, srv)
			row, err := tab.CreateItem(t.Context(), "messages", item(firstID, "hello"))
			require.NoError(t, err)
			assert.Nil(t, row)
		})
	})
	t.Run("refused", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{Version: "11.17.4"}, func(t *testing.T, srv *directustest.Server) {
			tab := open(t, srv)
			_, err := tab.CreateItem(t.Context(), "messages", []byte(`{"id":"`+firstID+`"}`))
			assert.True(t, directus.IsCode(err, directus.CodeFailedValidation), "%v", err)
			assert.NotErrorIs(t, err, directus.ErrAmbiguous)
		})
	})
	t.Run("without a token nothing is sent", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
			srv.Stop()
			tab := open(t, srv, withoutGrant)
			_, err := tab.CreateItem(t.Context(), "messages", item(firstID, "hello"))
			assert.ErrorIs(t, err, directus.ErrUnreachable)
			assert.NotErrorIs(t, err, directus.ErrAmbiguous)
		})
	})
}

// Where the server makes the key, a row goes by the socket or not at all, whatever the version: a browser may repeat a
// request, and nobody would notice.
func TestCreateItemOnce(t *testing.T) {
	requests := func(srv *directustest.Server) *int {
		n := new(int)
		srv.OnRequest(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/items/") {
				*n++
			}
			return false
		})
		return n
	}
	for _, version := range []string{"11.17.4", "12.4.0"} {
		t.Run("on "+version, func(t *testing.T) {
			onVirtualTime(t, directustest.Config{Version: version}, func(t *testing.T, srv *directustest.Server) {
				tab := open(t, srv)
				byREST := requests(srv)
				row, err := tab.CreateItemOnce(t.Context(), "messages", item(firstID, "hello"))
				require.NoError(t, err)
				assert.Contains(t, string(row), firstID)

				_, err = tab.CreateItemOnce(t.Context(), "messages", item(firstID, "again"))
				assert.True(t, directus.IsCode(err, directus.CodeRecordNotUnique), "an error with or without a name: %v", err)
				assert.Zero(t, *byREST)
			})
		})
	}
	t.Run("one at a time where errors have no name", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{Version: "11.17.4"}, func(t *testing.T, srv *directustest.Server) {
			tab := open(t, srv)
			srv.Slow(time.Second)
			first := make(chan error, 1)
			go func() {
				_, err := tab.CreateItemOnce(t.Context(), "messages", item(firstID, "hello"))
				first <- err
			}()
			settle()
			_, err := tab.CreateItemOnce(t.Context(), "messages", item(secondID, "too soon"))
			require.Error(t, err)
			assert.NotErrorIs(t, err, directus.ErrAmbiguous, "nothing was sent")
			require.NoError(t, <-first)
			assert.Len(t, srv.Rows("messages"), 1)
		})
	})
	t.Run("without an answer the connection is given up", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{Version: "11.17.4"}, func(t *testing.T, srv *directustest.Server) {
			tab := open(t, srv)
			_, err := tab.CreateItemOnce(t.Context(), "messages", []byte(`{"id":"`+firstID+`"}`)) // fails a validation
			assert.ErrorIs(t, err, directus.ErrAmbiguous)
			tab.until(directus.Ready, time.Second)
			assert.EqualValues(t, 2, tab.state().Generation, "another connection")
			_, err = tab.CreateItemOnce(t.Context(), "messages", item(secondID, "hello"))
			require.NoError(t, err)
		})
	})
	t.Run("not without a connection", func(t *testing.T) {
		onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
			srv.SetUpgrade(false)
			tab := open(t, srv)
			byREST := requests(srv)
			_, err := tab.CreateItemOnce(t.Context(), "messages", item(firstID, "hello"))
			require.Error(t, err)
			assert.NotErrorIs(t, err, directus.ErrAmbiguous, "nothing was sent")
			assert.Zero(t, *byREST)
		})
	})
}

// Each of these may have stored the row. That a caller can tell is what keeps messages from being lost or doubled.
func TestCreateItemIsAmbiguous(t *testing.T) {
	const socket, rest = "12.4.0", "11.17.4"
	for name, test := range map[string]struct {
		version string
		item    []byte
		happen  func(srv *directustest.Server)
		takes   time.Duration
	}{
		"the connection ends before the answer": {socket, item(firstID, "x"), func(srv *directustest.Server) { srv.LoseReplies(1) }, 0},
		"the answer to REST is lost":            {rest, item(firstID, "x"), func(srv *directustest.Server) { srv.LoseReplies(1) }, 0},
		"no answer to a failed validation":      {socket, []byte(`{"id":"` + firstID + `"}`), func(*directustest.Server) {}, 10 * time.Second},
		"a frozen network":                      {socket, item(firstID, "x"), (*directustest.Server).Freeze, 10 * time.Second},
		"a frozen network, by REST":             {rest, item(firstID, "x"), (*directustest.Server).Freeze, 10 * time.Second},
		"the token expires under way": {socket, item(firstID, "x"), func(srv *directustest.Server) {
			srv.Slow(time.Second)
			srv.Expire()
		}, time.Second},
		"a proxy's 502": {rest, item(firstID, "x"), func(srv *directustest.Server) {
			srv.OnRequest(answer(502, "<html>", ""))
		}, 0},
		"a page in place of the row": {rest, item(firstID, "x"), func(srv *directustest.Server) {
			srv.OnRequest(answer(200, "<html>", ""))
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			onVirtualTime(t, directustest.Config{Version: test.version}, func(t *testing.T, srv *directustest.Server) {
				tab := open(t, srv)
				test.happen(srv)
				began := time.Now()
				_, err := tab.CreateItem(t.Context(), "messages", test.item)
				assert.ErrorIs(t, err, directus.ErrAmbiguous)
				assert.Equal(t, test.takes, time.Since(began))
			})
		})
	}
}

func TestCreateItemsAtOnce(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		srv.Insert("messages", map[string]any{"id": firstID, "content": "taken"})
		srv.Slow(time.Second)
		errs := make(chan error, 2)
		for _, id := range []string{firstID, secondID} {
			go func() {
				row, err := tab.CreateItem(t.Context(), "messages", item(id, id))
				if err == nil && !strings.Contains(string(row), id) {
					err = errors.New("somebody else's row: " + string(row))
				}
				errs <- err
			}()
		}
		one, two := <-errs, <-errs
		if one == nil {
			one, two = two, one
		}
		assert.NoError(t, two)
		assert.True(t, directus.IsCode(one, directus.CodeRecordNotUnique), "%v", one)
	})
}

func TestCallRenewsARefusedToken(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		srv.SetUpgrade(false) // so that the socket does not hear of the expiry first
		tab := open(t, srv)
		srv.Expire()
		resp, err := tab.Call(t.Context(), directus.Request{Path: "users/me"})
		require.NoError(t, err)
		assert.Contains(t, string(resp.Body), srv.UserID(alice))
		assert.False(t, resp.Date.IsZero())
		assert.EqualValues(t, "refresh-2", tab.tokens.Load())

		forbidden := 0
		srv.OnRequest(func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/users/me" {
				forbidden++
				return answer(403, `{"errors":[{"message":"no","extensions":{"code":"FORBIDDEN"}}]}`, "")(w, r)
			}
			return false
		})
		_, err = tab.Call(t.Context(), directus.Request{Path: "users/me"})
		assert.True(t, directus.IsCode(err, directus.CodeForbidden))
		assert.Equal(t, 1, forbidden, "a right that is missing is not the token's fault")
	})
}

func TestTokenWaitsForARefresh(t *testing.T) {
	onVirtualTime(t, directustest.Config{AccessTTL: time.Minute}, func(t *testing.T, srv *directustest.Server) {
		srv.SetUpgrade(false)
		tab := open(t, srv)
		token, err := tab.Token(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, "access-1", string(token))
		time.Sleep(55 * time.Second) // without a socket nothing is renewed ahead
		token, err = tab.Token(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, "access-2", string(token))
	})
}

func TestUsersAndPermissionsThroughCall(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		for _, path := range []string{"users", "permissions/me", "server/info", "server/ping"} {
			_, err := tab.Call(t.Context(), directus.Request{Path: path})
			assert.NoError(t, err, path)
		}
	})
}
