//go:build linux || darwin

package directuslab

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func serving(t *testing.T, h http.HandlerFunc) *Instance {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return &Instance{URL: server.URL, AdminToken: "t0ken"}
}

func TestAdmin(t *testing.T) {
	in := serving(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "Bearer t0ken", r.Header.Get("Authorization"))
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		var body map[string]string
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		assert.Equal(t, map[string]string{"name": "Chat"}, body)
		w.Write([]byte(`{"data":{"id":"7"}}`))
	})
	var out struct{ ID string }
	require.NoError(t, in.Admin(t.Context(), http.MethodPost, "/roles", map[string]string{"name": "Chat"}, &out))
	assert.Equal(t, "7", out.ID)
}

func TestAdminRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		answer string
		want   APIError
	}{
		"Directus": {403, `{"errors":[{"message":"No.","extensions":{"code":"FORBIDDEN"}}]}`, APIError{403, "FORBIDDEN", "No."}},
		"a proxy":  {502, `<html>`, APIError{502, "", "Bad Gateway"}},
		"empty":    {404, `{"errors":[]}`, APIError{404, "", "Not Found"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := serving(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(test.status)
				w.Write([]byte(test.answer))
			})
			err := in.Admin(t.Context(), http.MethodGet, "/roles", nil, nil)
			var refused *APIError
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, test.want, *refused)
			assert.NotContains(t, err.Error(), "t0ken")
		})
	}
}
