//go:build linux || darwin

package directuslab

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Ensure that the real thing, of each version, survives what we do to it: the death of whoever started it, a start from
// what that left behind, a restart in place.
func TestDirectus(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a real Directus: run without -short")
	}
	for _, version := range Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, Install(t.Context(), version, t.Output()))
			dir := t.TempDir()
			state := killParent(t, version, dir)
			assert.True(t, state.Running)
			eventually(t, "no orphan", func() bool {
				s, err := Status(dir)
				return err == nil && !s.Running
			})

			alice := User{FirstName: "Alice", Email: "Alice@example.com", Password: "correct horse"}
			in := Run(t, Options{Version: version, Dir: dir, Users: []User{alice}, Env: map[string]string{"ACCESS_TOKEN_TTL": "20s"}})
			before := *in
			require.NoError(t, in.Restart(t.Context()))
			assert.Equal(t, before.URL, in.URL)
			assert.Equal(t, before.AdminToken, in.AdminToken)
			assert.NotEqual(t, before.process.pid, in.process.pid)

			alice.Email = "ALICE@example.com"
			id, err := in.EnsureUser(t.Context(), alice)
			require.NoError(t, err, "she is there already")
			var me struct{ ID, Email string }
			require.NoError(t, in.Admin(t.Context(), http.MethodGet, "/users/"+id, nil, &me))
			assert.Equal(t, id, me.ID)

			var rows []struct{ Email string }
			require.NoError(t, in.Query(t.Context(), &rows, "SELECT email FROM directus_users WHERE id = ?", id))
			require.Len(t, rows, 1)
			assert.Equal(t, me.Email, rows[0].Email)
			assert.Error(t, in.Query(t.Context(), &rows, "DELETE FROM directus_users"), "it only reads")

			assert.EqualValues(t, 20_000, logIn(t, in, alice), "the setting has arrived")
			var info struct {
				Version   string
				WebSocket struct{ REST struct{ Path string } }
			}
			require.NoError(t, in.Admin(t.Context(), http.MethodGet, "/server/info", nil, &info))
			assert.Equal(t, version, info.Version)
			assert.Equal(t, "/websocket", info.WebSocket.REST.Path)
		})
	}
}

// logIn logs in as a user and returns the lifetime of the access token in milliseconds.
func logIn(t *testing.T, in *Instance, u User) int {
	t.Helper()
	payload, err := json.Marshal(map[string]string{"email": u.Email, "password": u.Password})
	require.NoError(t, err)
	answer, err := do(t.Context(), http.MethodPost, in.URL+"/auth/login", "", payload)
	require.NoError(t, err)
	var body struct{ Data struct{ Expires int } }
	require.NoError(t, json.Unmarshal(answer, &body))
	return body.Data.Expires
}
