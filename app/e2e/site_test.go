package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directuslab"
	"directuschat/app/provision"
)

// versions are those we promise to work with, the default first.
var versions = directuslab.Versions()

// An account is somebody who can log in.
type account struct{ First, Last, Email, Password string }

var (
	alice = account{"Alice", "Example", "alice@example.com", "alice's password"}
	bob   = account{"Bob", "Example", "bob@example.com", "bob's password"}
)

type siteOptions struct {
	Version string            // the default version if empty
	Own     bool              // a Directus of its own, for a test that stops it or changes more than a shared one gets back
	Env     map[string]string // Directus settings; those with any have a Directus of their own
	Chatd   []string          // further flags of chatd serve
	Bare    bool              // without the chat's collections and rights
	Setup   func(*testing.T, *site)
}

// A site is a Directus project that has what the chat needs, and chatd in front of it, with a link on either side of
// chatd.
type site struct {
	*project
	tb       testing.TB   // which it ends with
	URL      string       // where a browser opens it
	link     *link        // between browsers and chatd
	upstream *link        // between chatd and Directus
	chatd    string       // host:port
	flags    []string     // its further ones
	end      func() error // ends this chatd
	text     string       // the field that holds a message's text
	integers bool         // keys are the database's
}

// newSite starts all of it, with alice and bob as users of the chat.
func newSite(t *testing.T, o siteOptions) *site {
	t.Helper()
	s := &site{tb: t, text: "content", flags: o.Chatd}
	if o.Own || o.Env != nil || o.Bare || o.Setup != nil {
		s.project = newProject(t, directuslab.Run(t, directuslab.Options{Version: o.Version, Env: o.Env}))
		if !o.Bare {
			s.provision(t, provision.Options{})
		}
	} else {
		s.project = sharedProject(t, o.Version)
	}
	if o.Setup != nil {
		o.Setup(t, s)
	}
	s.upstream = newLink(t, strings.TrimPrefix(s.directus.URL, "http://"))
	s.startChatd()
	s.link = newLink(t, s.chatd)
	s.URL = s.link.URL()
	return s
}

// startChatd starts the site's chatd: another one, if there is one already.
func (s *site) startChatd() {
	s.tb.Helper()
	s.chatd, s.end = start(s.tb, s.upstream.URL(), s.flags)
}

// serve starts another chatd beside the site's.
func (s *site) serve(t *testing.T, flags []string) string {
	t.Helper()
	return serve(t, s.upstream.URL(), flags)
}

// serve starts a chatd that runs until the test ends.
func serve(tb testing.TB, directus string, flags []string) string {
	tb.Helper()
	address, _ := start(tb, directus, flags)
	return address
}

// start starts chatd on a free port and returns its address once it has said that it listens. end asks it to stop, as an
// operator's system does, and waits until it has.
func start(tb testing.TB, directus string, flags []string) (address string, end func() error) {
	tb.Helper()
	cmd := exec.Command(chatd, append([]string{"serve", "-listen", "127.0.0.1:0", "-directus-url", directus}, flags...)...)
	var log bytes.Buffer
	cmd.Stderr = &log
	stdout, err := cmd.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, cmd.Start())
	end = sync.OnceValue(func() error {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		return cmd.Wait()
	})
	tb.Cleanup(func() {
		_ = end()
		if tb.Failed() {
			tb.Logf("the log of chatd:\n%s", log.String())
		}
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		for _, word := range strings.Fields(lines.Text()) {
			if u, err := url.Parse(word); err == nil && u.Scheme == "http" {
				return u.Host, end
			}
		}
	}
	require.FailNow(tb, "chatd did not say where it listens")
	return "", end
}

// startDirectus starts it again, on the port it had.
func (s *site) startDirectus(t *testing.T) {
	t.Helper()
	require.NoError(t, s.directus.Start(t.Context()))
}

// token logs a user in, past the browser.
func (s *site) token(t *testing.T, who account) string {
	t.Helper()
	grant, err := directus.API{URL: s.directus.URL, Transport: directus.NewTransport()}.
		Login(t.Context(), who.Email, directus.Secret(who.Password), "")
	require.NoError(t, err)
	return string(grant.Access)
}

// store writes a message as somebody, past the browser, and returns its id.
func (s *site) store(t *testing.T, who account, text string) string {
	t.Helper()
	row := s.row(text)
	status, answer := s.post(t, "/items/messages", s.tokenOf(t, who), row)
	require.Less(t, status, 300, answer)
	id, _ := row["id"].(string)
	return id
}

// storeAtOnce writes many messages in one request.
func (s *site) storeAtOnce(t *testing.T, who account, texts []string) {
	t.Helper()
	rows := make([]map[string]any, len(texts))
	for i, text := range texts {
		rows[i] = s.row(text)
	}
	status, answer := s.post(t, "/items/messages", s.tokenOf(t, who), rows)
	require.Less(t, status, 300, answer)
}

// row is a message as it is written; later ones have greater keys.
func (s *site) row(text string) map[string]any {
	row := map[string]any{s.text: text}
	if !s.integers {
		row["id"] = uuid.Must(uuid.NewV7()).String()
	}
	return row
}

// tokenOf is a token of somebody's that never expires and is no session.
func (s *site) tokenOf(t *testing.T, who account) string {
	t.Helper()
	if s.tokens[who.Email] == "" {
		token := rand.Text()
		s.admin(t, http.MethodPatch, "/users/"+s.users[who.Email], map[string]any{"token": token}, nil)
		s.tokens[who.Email] = token
	}
	return s.tokens[who.Email]
}

func (s *site) post(t *testing.T, path, token string, body any) (status int, answer string) {
	t.Helper()
	return s.call(t, http.MethodPost, path, token, body)
}

func (s *site) call(t *testing.T, method, path, token string, body any) (status int, answer string) {
	t.Helper()
	status, answer, err := s.tryCall(method, path, token, body)
	require.NoError(t, err)
	return status, answer
}

// tryCall makes a call that may fail, and that no end of a test cuts short.
func (s *site) tryCall(method, path, token string, body any) (status int, answer string, err error) {
	data, err := json.Marshal(body)
	if err != nil {
		return 0, "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.directus.URL+path, bytes.NewReader(data))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	var text bytes.Buffer
	_, err = text.ReadFrom(res.Body)
	return res.StatusCode, text.String(), err
}

// contents are the texts in the table, in the server's order.
func (s *site) contents(t *testing.T) []string {
	t.Helper()
	var rows []map[string]string
	s.admin(t, http.MethodGet, "/items/messages?fields="+s.text+"&sort=date_created,id&limit=-1", nil, &rows)
	texts := make([]string, len(rows))
	for i, row := range rows {
		texts[i] = row[s.text]
	}
	return texts
}

// refreshStatus is what Directus answers to a refresh with this token.
func (s *site) refreshStatus(t *testing.T, token string) int {
	t.Helper()
	status, _ := s.post(t, "/auth/refresh", "", map[string]any{"refresh_token": token, "mode": "json"})
	return status
}

func (s *site) setStatus(t *testing.T, who account, status string) {
	t.Helper()
	s.admin(t, http.MethodPatch, "/users/"+s.users[who.Email], map[string]any{"status": status}, nil)
}

// endSessions ends all sessions of a user, as an administrator can: Directus does that to whoever is suspended.
func (s *site) endSessions(t *testing.T, who account) {
	t.Helper()
	s.setStatus(t, who, "suspended")
	s.setStatus(t, who, "active")
}

// enableTFA makes a user need a one-time code, and returns what shows the current one. Directus lets only those do it who
// may change their account, which users of the chat may not: it is an administrator for that moment.
func (s *site) enableTFA(t *testing.T, who account) (code func() string) {
	t.Helper()
	var policies []struct{ ID string }
	s.admin(t, http.MethodGet, "/policies?filter[admin_access][_eq]=true&fields=id", nil, &policies)
	require.NotEmpty(t, policies)
	var access struct{ ID string }
	s.admin(t, http.MethodPost, "/access", map[string]any{"user": s.users[who.Email], "policy": policies[0].ID}, &access)
	defer s.admin(t, http.MethodDelete, "/access/"+access.ID, nil, nil)
	token := s.token(t, who)
	status, answer := s.post(t, "/users/me/tfa/generate", token, map[string]any{"password": who.Password})
	require.Equal(t, http.StatusOK, status, answer)
	var secret struct{ Data struct{ Secret string } }
	require.NoError(t, json.Unmarshal([]byte(answer), &secret))
	code = func() string {
		const period = 30 * time.Second
		if left := period - time.Duration(time.Now().UnixNano())%period; left < 5*time.Second {
			time.Sleep(left) // until the next one: this would run out while it is typed
		}
		return totp(t, secret.Data.Secret, time.Now())
	}
	status, answer = s.post(t, "/users/me/tfa/enable", token, map[string]any{"secret": secret.Data.Secret, "otp": code()})
	require.Less(t, status, 300, answer)
	return code
}

// totp is the code of RFC 6238 with the usual parameters: SHA-1, 30 s, six digits.
func totp(t *testing.T, secret string, now time.Time) string {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(strings.ToUpper(secret), "="))
	require.NoError(t, err)
	mac := hmac.New(sha1.New, key)
	binary.Write(mac, binary.BigEndian, uint64(now.Unix()/30))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff%1_000_000)
}
