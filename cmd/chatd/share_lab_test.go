//go:build linux || darwin

package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat"
	"directuschat/app/client"
	"directuschat/app/directus"
	"directuschat/app/directus/directuslab"
	"directuschat/app/directus/directustest"
	"directuschat/app/provision"
)

// What pages subscribe to is shared.
func TestPagesShare(t *testing.T) {
	fields := sharedFields(directuschat.DefaultMapping)
	for _, sub := range client.Subscriptions() {
		for _, name := range append(sub.Query.Fields, sub.Query.Sort...) {
			assert.Contains(t, fields[sub.Collection], name, sub.Collection)
		}
	}
}

// A visitor is a socket of somebody who has logged in.
type visitor struct {
	t     *testing.T
	conn  directus.Conn
	heard map[string]bool // texts
}

// A heard is a message of Directus's.
type heard struct {
	Type, Status, Event, UID string
	Data                     json.RawMessage
	Error                    struct{ Code string }
	text                     string
}

func visit(t *testing.T, url, origin, token string) *visitor {
	v := &visitor{t, dialAs(t, url, origin), map[string]bool{}}
	v.says(map[string]any{"type": "auth", "access_token": token})
	require.Equal(t, "ok", v.hears().Status)
	return v
}

func (v *visitor) says(message map[string]any) {
	text, err := json.Marshal(message)
	require.NoError(v.t, err)
	require.NoError(v.t, v.conn.Write(v.t.Context(), text))
}

// subscribes returns the answer.
func (v *visitor) subscribes(sub directus.Subscription) heard {
	v.says(map[string]any{"type": "subscribe", "uid": sub.UID, "collection": sub.Collection,
		"query": map[string]any{"fields": sub.Query.Fields, "sort": sub.Query.Sort, "limit": 0}})
	return v.hears()
}

// hears waits for the next message, but for those that pages pass over.
func (v *visitor) hears() heard {
	v.t.Helper()
	m, err := v.listen()
	require.NoError(v.t, err)
	return m
}

// hearsNew waits for the next message that has not come before: while one subscription takes over from another, some come
// twice.
func (v *visitor) hearsNew() heard {
	v.t.Helper()
	for {
		if m := v.hears(); !v.heard[m.text] {
			v.heard[m.text] = true
			return m
		}
	}
}

func (v *visitor) listen() (m heard, err error) {
	ctx, cancel := context.WithTimeout(v.t.Context(), time.Minute)
	defer cancel()
	for {
		text, err := v.conn.Read(ctx)
		if err != nil {
			return m, err
		}
		m = heard{text: string(text)}
		require.NoError(v.t, json.Unmarshal(text, &m), m.text)
		switch {
		case m.Type == "ping":
			v.says(map[string]any{"type": "pong"})
		case m.Event == "unsubscribe": // Directus's word that chatd sees to it now
		default:
			return m, nil
		}
	}
}

// What a shared subscription says is, to the byte, what Directus says to each; and who may not hear it, does not.
func TestSharedSubscriptions(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a real Directus: run without -short")
	}
	for _, version := range directuslab.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
			h := newHall(t, directuslab.Options{Version: version, Env: map[string]string{"ACCESS_TOKEN_TTL": "12s"}})
			server, s := startSiteWith(t, io.Discard, "-directus-url", h.directus.URL)
			url := server.URL + "/directus"
			served := func() int { _, served := s.proxy.sockets.shared.Len(); return served }
			messages := client.Subscriptions()[0]

			direct := visit(t, h.directus.URL, h.directus.URL, h.tokens[0])
			require.Equal(t, "init", direct.subscribes(messages).Event)
			var visitors []*visitor
			for _, token := range h.tokens[:3] {
				v := visit(t, url, server.URL, token)
				init := v.subscribes(messages)
				assert.JSONEq(t, `{"type":"subscription","event":"init","data":[],"uid":"messages"}`, init.text)
				visitors = append(visitors, v)
			}
			feeds, _ := s.proxy.sockets.shared.Len()
			assert.Equal(t, []int{1, 3}, []int{feeds, served()}, "the first, too, since there is a second")

			const id, other = "01890000-0000-7000-8000-000000000001", "01890000-0000-7000-8000-000000000002"
			happens := func() {
				t.Helper()
				want := direct.hears()
				require.Equal(t, "subscription", want.Type, want.text)
				for _, v := range visitors {
					assert.Equal(t, want.text, v.hearsNew().text)
				}
			}
			h.call(http.MethodPost, "/items/messages", map[string]any{"id": id, "content": `"quotes", \ and "uid":"feed"}`}, nil)
			happens()
			h.call(http.MethodPost, "/items/messages", map[string]any{"id": other, "content": "another"}, nil)
			happens()
			h.call(http.MethodPatch, "/items/messages", map[string]any{"keys": []string{id, other}, "data": map[string]any{"content": "both"}}, nil)
			happens()
			h.call(http.MethodDelete, "/items/messages/"+id, nil, nil)
			happens()

			t.Run("without a right", func(t *testing.T) {
				h.call(http.MethodPost, "/users", map[string]any{"email": "eve@example.com", "token": "eve-has-this-token"}, nil)
				eve := visit(t, url, server.URL, "eve-has-this-token")
				assert.Equal(t, "FORBIDDEN", eve.subscribes(messages).Error.Code)
				assert.Equal(t, 3, served())
			})

			t.Run("some rows", func(t *testing.T) {
				if !strings.HasPrefix(version, "11.") {
					t.Skip("without a licence this Directus knows no rules for rows")
				}
				var policy struct{ ID string }
				h.call(http.MethodPost, "/policies", map[string]any{"name": "own messages", "app_access": false,
					"permissions": map[string]any{"create": []any{map[string]any{"collection": "messages", "action": "read", "fields": []string{"*"},
						"permissions": map[string]any{"user_created": map[string]any{"_eq": "$CURRENT_USER"}}}}, "update": []any{}, "delete": []any{}}}, &policy)
				h.call(http.MethodPost, "/users", map[string]any{"email": "mallory@example.com", "token": "mallory-has-this-token",
					"policies": map[string]any{"create": []any{map[string]any{"policy": policy.ID}}, "update": []any{}, "delete": []any{}}}, nil)
				mallory := visit(t, url, server.URL, "mallory-has-this-token")
				require.Equal(t, "init", mallory.subscribes(messages).Event)
				assert.Equal(t, 3, served())
				h.call(http.MethodPost, "/items/messages", map[string]any{"content": "not for mallory"}, nil)
				happens()
				h.call(http.MethodDelete, "/items/messages/"+other, nil, nil)
				happens()
				assert.Equal(t, "delete", mallory.hears().Event, "the first that they hear of")
			})

			t.Run("the bearer goes", func(t *testing.T) {
				visitors[0].conn.Close()
				visitors = visitors[1:]
				require.Eventually(t, func() bool { return served() == 2 }, time.Minute, time.Millisecond)
				for range 3 {
					h.call(http.MethodPost, "/items/messages", map[string]any{"content": "more"}, nil)
					want := direct.hears().text
					for _, v := range visitors {
						assert.Equal(t, want, v.hearsNew().text)
					}
				}
			})

			t.Run("a token ends", func(t *testing.T) {
				api := directus.API{URL: server.URL + "/directus", Transport: directus.NewTransport()}
				grant, err := api.Login(t.Context(), "person4@example.com", "some password", "")
				require.NoError(t, err)
				reactions := client.Subscriptions()[2]
				first := visit(t, url, server.URL, string(grant.Access))
				require.Equal(t, "init", first.subscribes(reactions).Event, "of this feed the first token is one that ends")
				second := visit(t, url, server.URL, h.tokens[5])
				require.Equal(t, "init", second.subscribes(reactions).Event)
				m, err := first.listen()
				assert.True(t, err != nil || m.Error.Code == "TOKEN_EXPIRED", "nothing comes before: %v", m.text)
				var message struct{ ID string }
				h.call(http.MethodPost, "/items/messages", map[string]any{"content": "liked"}, &message)
				h.call(http.MethodPost, "/items/message_reactions", map[string]any{provision.ReactionMessage: message.ID, provision.ReactionEmoji: "👍"}, nil)
				assert.Equal(t, "create", second.hears().Event)
			})

			t.Run("the right goes", func(t *testing.T) {
				var permissions []struct {
					ID     int
					Policy string
				}
				h.call(http.MethodGet, "/permissions?filter[collection][_eq]=messages&filter[action][_eq]=read&limit=-1", nil, &permissions)
				for _, p := range permissions {
					if slices.Contains([]string{provision.PolicyID, provision.ModeratorPolicyID}, p.Policy) {
						h.call(http.MethodDelete, "/permissions", []int{p.ID}, nil)
					}
				}
				h.call(http.MethodPost, "/items/messages", map[string]any{"content": "not for them"}, nil)
				for _, v := range visitors {
					for {
						m, err := v.listen()
						if err != nil {
							assert.ErrorIs(t, err, directus.ErrClosed)
							break
						}
						assert.NotContains(t, m.text, "not for them")
					}
				}
				back := visit(t, url, server.URL, h.tokens[1])
				assert.Equal(t, "FORBIDDEN", back.subscribes(messages).Error.Code)
			})
		})
	}
}

// A crowd shares, and shares again when Directus has been away: those who came back before it could tell what they may
// read are served by it until then.
func TestCrowdShares(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a real Directus: run without -short")
	}
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	h := newHall(t, directuslab.Options{})
	server, s := startSiteWith(t, io.Discard, "-directus-url", h.directus.URL)
	api := directus.API{URL: server.URL + "/directus", Transport: directus.NewTransport()}
	grant, err := api.Login(t.Context(), "person1@example.com", "some password", "")
	require.NoError(t, err)

	const size = 100
	ctx, leave := context.WithCancel(t.Context())
	var crowd sync.WaitGroup
	defer crowd.Wait()
	defer leave()
	for range size {
		session := directus.NewSession(directus.SessionConfig{
			API: api, Dialer: directus.NewDialerWith(http.Header{"Origin": {server.URL}}),
			Tokens: directustest.NoTokens{}, Grant: grant, Subscriptions: client.Subscriptions(), Deliver: func(directus.Event) {},
		})
		crowd.Go(func() { _ = session.Run(ctx) })
	}
	shared := func() bool {
		feeds, served := s.proxy.sockets.shared.Len()
		return feeds == 3 && served == 3*size
	}
	require.Eventually(t, shared, time.Minute, 10*time.Millisecond)
	h.directus.Stop()
	require.Eventually(t, func() bool { _, served := s.proxy.sockets.shared.Len(); return served == 0 }, time.Minute, 10*time.Millisecond)
	require.NoError(t, h.directus.Start(t.Context()))
	require.Eventually(t, shared, 3*time.Minute, 10*time.Millisecond)
}
