package main

import (
	"bytes"
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
)

const adminSecret = "a-secret-that-nobody-may-see"

// runSetup runs `chatd setup` and makes sure that it shows no secret, whatever happens.
func runSetup(t *testing.T, p program, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	var out, errs bytes.Buffer
	p.stdout, p.stderr = &out, &errs
	status = p.run(t.Context(), append([]string{"setup"}, args...))
	assert.NotContains(t, out.String()+errs.String(), adminSecret)
	return status, out.String(), errs.String()
}

func secretFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestSetupRefuses(t *testing.T) {
	url := "-directus-url=http://127.0.0.1:1"
	for _, c := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"no address", nil, 2, "set -directus-url or CHATD_DIRECTUS_URL"},
		{"an argument", []string{url, "now"}, 2, `flags only, not "now"`},
		{"a token as an argument", []string{url, "-token", adminSecret}, 2, "flag provided but not defined: -token"},
		{"two ways to sign in", []string{url, "-token-file=-", "-admin-email=admin@example.com"}, 2, "not both"},
		{"a password of nobody", []string{url, "-password-file=-"}, 2, "needs -admin-email"},
		{"data deleted without undo", []string{url, "-token-file=-", "-delete-data"}, 2, "belongs to -undo"},
		{"a collection of Directus", []string{url, "-token-file=-", "-collection=directus_users"}, 2, "a collection of yours"},
		{"a field that is none", []string{url, "-token-file=-", "-field=colour=red"}, 2, "there is no \"colour\""},
		{"nobody to ask for a token", []string{url}, 2, "give -token-file"},
		{"nobody to ask for a password", []string{url, "-admin-email=admin@example.com"}, 2, "give -password-file"},
		{"a file that is not there", []string{url, "-token-file=" + filepath.Join(t.TempDir(), "none")}, 1, "name a file that can be read"},
		{"an empty file", []string{url, "-token-file=" + secretFile(t, "\n")}, 2, "the secret is empty"},
		{"a file of something else", []string{url, "-token-file=" + secretFile(t, adminSecret+"\nand more\n")}, 1, "more than one line"},
		{"a huge file", []string{url, "-token-file=" + secretFile(t, strings.Repeat(adminSecret, 1000))}, 1, "nothing else"},
		{"nothing at the address", []string{url, "-token-file=" + secretFile(t, adminSecret)}, 1, "is the address right?"},
		{"an open line", []string{"-directus-url=http://directus.example.com", "-token-file=" + secretFile(t, adminSecret)}, 1, "use https"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, stdout, stderr := runSetup(t, program{stdin: strings.NewReader("")}, c.args...)
			assert.Equal(t, c.status, status)
			assert.Contains(t, stderr, c.want)
			assert.Empty(t, stdout)
		})
	}
}

func TestSetupHelp(t *testing.T) {
	status, stdout, stderr := runSetup(t, program{}, "-help")
	assert.Zero(t, status)
	assert.Empty(t, stderr)
	assert.Contains(t, stdout, "[CHATD_DIRECTUS_URL]")
	assert.Contains(t, stdout, "-grant-role")
}

// The secret comes from a file, standard input or the terminal, and goes to Directus only.
func TestSetupTakesTheSecret(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Password, OTP string }
		_ = json.NewDecoder(r.Body).Decode(&body)
		got += r.Header.Get("Authorization") + body.Password + body.OTP + " "
		w.WriteHeader(http.StatusUnauthorized)
		code := "INVALID_CREDENTIALS"
		if body.Password != "" && body.OTP == "" {
			code = "INVALID_OTP"
		}
		_, _ = io.WriteString(w, `{"errors":[{"message":"no","extensions":{"code":"`+code+`"}}]}`)
	}))
	t.Cleanup(server.Close)

	asked := ""
	terminal := func(_ context.Context, question string) (directus.Secret, error) {
		asked += question
		if question == "One-time code: " {
			return "123456", nil
		}
		return adminSecret, nil
	}
	email := "-admin-email=admin@example.com"
	for _, c := range []struct {
		name        string
		prompt      promptFunc
		stdin       string
		args        []string
		asked, sent string
	}{
		{"token from a file", nil, "", []string{"-token-file=" + secretFile(t, adminSecret+"\r\n")}, "", "Bearer " + adminSecret + " "},
		{"token from standard input", nil, adminSecret, []string{"-token-file=-"}, "", "Bearer " + adminSecret + " "},
		{"token from the terminal", terminal, "", nil, "Token of an administrator: ", "Bearer " + adminSecret + " "},
		{"password from a file", nil, "", []string{email, "-password-file=" + secretFile(t, adminSecret)}, "", adminSecret + " "},
		{"password and code from the terminal", terminal, "", []string{email},
			"Password of admin@example.com: One-time code: ", adminSecret + " " + adminSecret + "123456 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, asked = "", ""
			p := program{stdin: strings.NewReader(c.stdin), prompt: c.prompt}
			status, _, _ := runSetup(t, p, append([]string{"-directus-url", server.URL + "/"}, c.args...)...)
			assert.Equal(t, 1, status)
			assert.Equal(t, c.asked, asked)
			assert.Equal(t, c.sent, got)
		})
	}

	t.Run("a terminal that goes away", func(t *testing.T) {
		gone := func(context.Context, string) (directus.Secret, error) { return "", errors.New("the terminal is gone") }
		status, _, stderr := runSetup(t, program{prompt: gone}, "-directus-url", server.URL)
		assert.Equal(t, 1, status)
		assert.Contains(t, stderr, "the terminal is gone")
	})
}

func TestSetupTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a real Directus: run without -short")
	}
	lab := directuslab.Run(t, directuslab.Options{})
	args := []string{"-directus-url", lab.URL, "-token-file", "-", "-grant-user", directuslab.AdminEmail}
	run := func() (int, string, string) {
		return runSetup(t, program{stdin: strings.NewReader(lab.AdminToken + "\n")}, args...)
	}
	status, stdout, stderr := run()
	require.Zero(t, status, stderr)
	assert.Contains(t, stdout, "made    collection messages\n")
	assert.Contains(t, stdout, "made    policy Chat for user "+directuslab.AdminEmail+"\n")
	assert.Contains(t, stdout, "Next: chatd serve -directus-url "+lab.URL+"\n")
	assert.NotContains(t, stdout, lab.AdminToken)

	status, stdout, stderr = run()
	require.Zero(t, status, stderr)
	assert.Contains(t, stdout, "there   collection messages\n")
	assert.Contains(t, stdout, "Nothing to do: everything was there.\n")
	assert.NotContains(t, stdout, "made ")

	args = append(args, "-grant-role", "Nobody")
	status, _, stderr = run()
	assert.Equal(t, 1, status)
	assert.Contains(t, stderr, `the project has no role "Nobody"`)
	assert.NotContains(t, stderr, "run it again to finish", "nothing was begun")

	undo := []string{"-directus-url", lab.URL, "-token-file", secretFile(t, lab.AdminToken), "-undo"}
	terminal := func(context.Context, string) (directus.Secret, error) {
		return "", errors.New("not asked for a secret")
	}
	status, stdout, _ = runSetup(t, program{}, append(undo, "-dry-run")...)
	assert.Zero(t, status)
	assert.Contains(t, stdout, "- policy Chat\n")
	assert.Contains(t, stdout, "- collection messages (0 rows)\n")
	status, _, stderr = runSetup(t, program{}, undo...)
	assert.Equal(t, 2, status, "nobody can say yes")
	assert.Contains(t, stderr, "-yes")
	status, stdout, stderr = runSetup(t, program{stdin: strings.NewReader("no\n"), prompt: terminal}, undo...)
	assert.Equal(t, 1, status)
	assert.Contains(t, stdout, "Type yes")
	assert.Contains(t, stderr, "nothing is changed")
	status, stdout, stderr = runSetup(t, program{stdin: strings.NewReader("yes\n"), prompt: terminal}, undo...)
	require.Zero(t, status, stderr)
	assert.Contains(t, stdout, "removed policy Chat\n")

	status, stdout, _ = runSetup(t, program{}, "-directus-url", lab.URL, "-token-file", secretFile(t, lab.AdminToken), "-dry-run")
	assert.Zero(t, status)
	assert.Contains(t, stdout, "+ collection messages\n")
	assert.NotContains(t, stdout, "Done")
}

func TestSetupInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/policies/me") {
			_, _ = io.WriteString(w, `{"data":{"admin_access":true}}`)
			return
		}
		if r.URL.Path == "/server/info" {
			_, _ = io.WriteString(w, `{"data":{"version":"12.4.0"}}`)
			return
		}
		cancel()
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	var stdout, stderr bytes.Buffer
	p := program{stdin: strings.NewReader(adminSecret), stdout: &stdout, stderr: &stderr}
	assert.Equal(t, 1, p.run(ctx, []string{"setup", "-directus-url", server.URL, "-token-file=-"}))
	assert.Contains(t, stderr.String(), "interrupted")
}
