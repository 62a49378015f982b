//go:build linux || darwin

//lint:file-ignore SA1019 The socket library the client uses, pinned before it was renamed.

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"nhooyr.io/websocket"

	"directuschat/app/directus"
	"directuschat/app/directus/directuslab"
	"directuschat/app/provision"
)

type object = map[string]any

// A caller is somebody at one address: chatd's, or Directus's own.
type caller struct {
	url   string
	token directus.Secret
}

func (c caller) call(t *testing.T, method, path string, body any) (object, error) {
	t.Helper()
	r := directus.Request{Method: method, Path: path, Token: c.token}
	if body != nil {
		text, err := json.Marshal(body)
		require.NoError(t, err)
		r.Body = text
	}
	answer, err := directus.API{URL: c.url, Transport: directus.NewTransport()}.Call(t.Context(), r)
	var row struct{ Data object }
	if err == nil && len(answer.Body) > 0 {
		require.NoError(t, json.Unmarshal(answer.Body, &row))
	}
	return row.Data, err
}

func (c caller) must(t *testing.T, method, path string, body any) object {
	t.Helper()
	row, err := c.call(t, method, path, body)
	require.NoError(t, err, "%s %s", method, path)
	return row
}

// ask sends one message by a socket that logs in first, and returns the answer to it.
func (c caller) ask(t *testing.T, origin string, message object) string {
	t.Helper()
	socket, _, err := websocket.Dial(t.Context(), c.url+"/websocket", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
	require.NoError(t, err)
	defer socket.CloseNow()
	answer := ""
	for _, m := range []object{{"type": "auth", "access_token": string(c.token)}, message} {
		text, err := json.Marshal(m)
		require.NoError(t, err)
		require.NoError(t, socket.Write(t.Context(), websocket.MessageText, text))
		_, back, err := socket.Read(t.Context())
		require.NoError(t, err)
		answer = string(back)
	}
	return answer
}

// What people do to a message reaches a real Directus through chatd, by REST and by socket; of what they may not do,
// Directus's refusal comes back.
func TestChangesThroughChatd(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a real Directus: run without -short")
	}
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	for _, version := range directuslab.Versions() {
		t.Run(version, func(t *testing.T) {
			lab := directuslab.Run(t, directuslab.Options{Version: version})
			operator := caller{lab.URL, directus.Secret(lab.AdminToken)}
			admin, err := provision.Connect(t.Context(), directus.API{URL: lab.URL, Transport: directus.NewTransport()}, provision.Credentials{Token: operator.token})
			require.NoError(t, err)
			require.NoError(t, provision.Apply(t.Context(), admin, provision.Options{}, func(provision.Step) {}))
			server := startSite(t, io.Discard, "-directus-url", lab.URL)
			join := func(name, role string) caller {
				operator.must(t, "POST", "users", object{"email": name + "@example.com", "password": "secret of " + name, "role": role, "status": "active"})
				c := caller{url: server.URL + "/directus"}
				grant, err := directus.API{URL: c.url, Transport: directus.NewTransport()}.Login(t.Context(), name+"@example.com", directus.Secret("secret of "+name), "")
				require.NoError(t, err)
				c.token = grant.Access
				return c
			}
			alice, bob, moderator := join("alice", provision.RoleID), join("bob", provision.RoleID), join("moderator", provision.ModeratorRoleID)

			keys := 0
			write := func() (message, reaction string) {
				keys++
				message, reaction = fmt.Sprintf("0190a1b2-c3d4-7e5f-8a9b-%012d", keys), fmt.Sprintf("0190a1b2-c3d4-7e5f-8a9c-%012d", keys)
				alice.must(t, "POST", "items/messages", object{"id": message, "content": "hello"})
				bob.must(t, "POST", "items/message_reactions", object{"id": reaction, "message": message, "emoji": "👍"})
				return message, reaction
			}
			now := func(collection, key string) object { return operator.must(t, "GET", "items/"+collection+"/"+key, nil) }
			deletion := object{"content": "", "deleted_at": "2001-01-01T00:00:00Z"}
			ways := map[string]func(who caller, collection, key string, change object) error{
				"REST": func(who caller, collection, key string, change object) error {
					_, err := who.call(t, "PATCH", "items/"+collection+"/"+key, change)
					return err
				},
				"socket": func(who caller, collection, key string, change object) error {
					answer := who.ask(t, server.URL, object{"type": "items", "action": "update", "collection": collection, "id": key, "data": change, "uid": "1"})
					var is struct {
						Type, UID string
						Error     *struct{ Code string }
					}
					require.NoError(t, json.Unmarshal([]byte(answer), &is))
					if is.Error != nil {
						return fmt.Errorf("%s", is.Error.Code)
					}
					require.Equal(t, "items 1", is.Type+" "+is.UID, answer)
					return nil
				},
			}
			for way, change := range ways {
				message, reaction := write()
				require.NoError(t, change(alice, "messages", message, object{"content": "hello again"}), way)
				assert.Equal(t, "hello again", now("messages", message)["content"], way)
				require.Error(t, change(bob, "messages", message, deletion), "%s: somebody else's", way)
				assert.Nil(t, now("messages", message)["deleted_at"], way)

				require.NoError(t, change(bob, "message_reactions", reaction, object{"removed": true}), way)
				assert.Equal(t, true, now("message_reactions", reaction)["removed"], way)
				require.Error(t, change(alice, "message_reactions", reaction, object{"removed": false}), "%s: somebody else's", way)

				second, _ := write()
				require.Error(t, change(moderator, "messages", second, object{"content": "never said"}), way)
				require.NoError(t, change(alice, "messages", message, deletion), way)
				require.NoError(t, change(moderator, "messages", second, deletion), way)
				for _, key := range []string{message, second} {
					row := now("messages", key)
					assert.Empty(t, row["content"], way)
					assert.NotNil(t, row["deleted_at"], way)
					assert.NotContains(t, row["deleted_at"], "2001", "%s: the guard says when", way)
				}
			}
		})
	}
}
