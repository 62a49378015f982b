package provision_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directuslab"
	"directuschat/app/provision"
)

const secret = "a-secret-that-nobody-may-see"

func connect(ctx context.Context, url string, c provision.Credentials) (*provision.Admin, error) {
	return provision.Connect(ctx, directus.API{URL: url, Transport: directus.NewTransport()}, c)
}

// Whatever answers, the error is a sentence that says what to do, and shows no secret.
func TestConnectExplains(t *testing.T) {
	answer := func(status int, body string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, c := range []struct{ name, url, want string }{
		{"nothing there", gone.URL, "is it running, and is the address right?"},
		{"a web page", answer(200, "<!doctype html><title>Welcome</title>"), "is not Directus"},
		{"a missing page", answer(404, "<!doctype html><title>Not found</title>"), "is not Directus"},
		{"a redirect", answer(301, ""), "is not Directus"},
		{"other JSON", answer(200, `{"hello":"world"}`), "is not Directus"},
		{"JSON of another shape", answer(200, `{"data":{}}`), "is not Directus"},
		{"a proxy", answer(502, "<h1>Bad Gateway</h1>"), "look at the proxy"},
		{"Directus 10", answer(404, `{"errors":[{"message":"no","extensions":{"code":"ROUTE_NOT_FOUND"}}]}`), "needs Directus 11 or newer"},
		{"http to another machine", "http://directus.example.com", "use https"},
		{"http to another machine by number", "http://192.0.2.1:8055", "use https"},
		{"http to a name that begins like ours", "http://localhost.example.com", "use https"},
		{"no address", "", "must look like"},
		{"no scheme", "directus.example.com", "must look like"},
		{"another scheme", "ftp://directus.example.com", "must look like"},
		{"a password in the address", "https://admin:" + secret + "@directus.example.com", "must look like"},
		{"a query", "https://directus.example.com/?x", "must look like"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, credentials := range []provision.Credentials{
				{Token: secret},
				{Email: "admin@example.com", Password: secret},
			} {
				if c.name == "Directus 10" && credentials.Token == "" {
					continue // it can log in
				}
				_, err := connect(t.Context(), c.url, credentials)
				assert.ErrorContains(t, err, c.want)
				assert.NotContains(t, err.Error(), secret)
			}
		})
	}
}

func TestConnectRefusesOthers(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		p.apply(t, provision.Options{})
		alice := p.chatter(t, "alice")
		p.join(t, "suspended", map[string]any{"status": "suspended", "password": secret})
		for _, c := range []struct {
			credentials provision.Credentials
			want        string
		}{
			{provision.Credentials{Token: secret}, "the token or the password is not accepted"},
			{provision.Credentials{Token: alice.token}, "not an administrator's"},
			{provision.Credentials{Email: directuslab.AdminEmail, Password: secret}, "the token or the password is not accepted"},
			{provision.Credentials{Email: "nobody@example.com", Password: secret}, "the token or the password is not accepted"},
			{provision.Credentials{Email: "suspended@example.com", Password: secret}, "that the account is active"},
		} {
			_, err := connect(t.Context(), p.URL, c.credentials)
			assert.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), secret)
		}
	})
}

func TestConnectByPassword(t *testing.T) {
	onEveryVersion(t, func(t *testing.T, p *project) {
		password, err := os.ReadFile(filepath.Join(p.Dir, "admin-password"))
		require.NoError(t, err)
		admin, err := connect(t.Context(), p.URL, provision.Credentials{Email: directuslab.AdminEmail, Password: directus.Secret(password)})
		require.NoError(t, err)
		defer admin.Close(t.Context())
		assert.Equal(t, p.version, admin.Version)
		require.NoError(t, provision.Apply(t.Context(), admin, provision.Options{}, func(provision.Step) {}))
	})
}

// An account with a second factor is asked for its code, once the password is right. The session is ended in the end.
func TestConnectAsksForACode(t *testing.T) {
	var revoked string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			OTP     string
			Refresh string `json:"refresh_token"`
		}
		_ = json.NewDecoder(r.Body).Decode(&body)
		switch {
		case strings.HasSuffix(r.URL.Path, "/globals"):
			_, _ = io.WriteString(w, `{"data":{"admin_access":true}}`)
		case strings.HasSuffix(r.URL.Path, "/logout"):
			revoked = body.Refresh
		case strings.HasSuffix(r.URL.Path, "/info"):
			_, _ = io.WriteString(w, `{"data":{"version":"12.4.0"}}`)
		case body.OTP == "123456":
			_, _ = io.WriteString(w, `{"data":{"access_token":"a","refresh_token":"r","expires":900000}}`)
		default:
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"errors":[{"message":"no","extensions":{"code":"INVALID_OTP"}}]}`)
		}
	}))
	t.Cleanup(server.Close)
	c := provision.Credentials{Email: "admin@example.com", Password: secret}
	_, err := connect(t.Context(), server.URL, c)
	assert.ErrorContains(t, err, "one-time code")

	c.Code = func() (directus.Secret, error) { return "123456", nil }
	admin, err := connect(t.Context(), server.URL, c)
	require.NoError(t, err)
	assert.Equal(t, "12.4.0", admin.Version)
	admin.Close(t.Context())
	assert.Equal(t, "r", revoked)

	failed := errors.New("the terminal is gone")
	c.Code = func() (directus.Secret, error) { return "", failed }
	_, err = connect(t.Context(), server.URL, c)
	assert.ErrorIs(t, err, failed)
}
