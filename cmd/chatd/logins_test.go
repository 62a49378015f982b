package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A loginDirectus counts failures as Directus does: an attempt costs before it is tried, and only a success forgets.
type loginDirectus struct {
	mu       sync.Mutex
	attempts map[string]int
	bodies   []string
}

func (d *loginDirectus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	var body struct{ Email, Password, OTP string }
	_ = json.Unmarshal(text, &body)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bodies = append(d.bodies, string(text))
	w.Header().Set("Content-Type", "application/json")
	if body.Password == "down" {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	email := strings.ToLower(body.Email)
	d.attempts[email]++
	switch {
	case body.Password == "dies":
		hangUp(w, "")
	case body.Password != "right":
		w.WriteHeader(http.StatusUnauthorized)
	case strings.HasPrefix(email, "code") && body.OTP != "123456":
		w.WriteHeader(http.StatusUnauthorized)
	default:
		d.attempts[email] = 0
	}
}

// A loginSite is a chatd with its Directus, and people at different addresses.
type loginSite struct {
	t        *testing.T
	server   *httptest.Server
	site     *site
	directus *loginDirectus
	log      bytes.Buffer
}

func startLogins(t *testing.T) *loginSite {
	l := &loginSite{t: t, directus: &loginDirectus{attempts: map[string]int{}}}
	directus := startDirectus(t, l.directus.ServeHTTP)
	l.server, l.site = startSiteWith(t, &l.log, "-directus-url", directus.URL, "-trusted-proxy", "127.0.0.1", "-login-failures", "3")
	return l
}

func (l *loginSite) login(address, email, password, otp string) int {
	body, err := json.Marshal(map[string]string{"email": email, "password": password, "otp": otp, "mode": "json"})
	require.NoError(l.t, err)
	answer, text := send(l.t, l.server, http.MethodPost, "/directus/auth/login",
		map[string]string{"Content-Type": "application/json", "X-Forwarded-For": address}, bytes.NewReader(body))
	if answer.StatusCode == http.StatusTooManyRequests {
		assert.Equal(l.t, "LOGIN_ATTEMPTS_EXCEEDED", errorCode(l.t, text))
		assert.Equal(l.t, "3600", answer.Header.Get("Retry-After"))
	}
	return answer.StatusCode
}

const (
	alice   = "alice@example.com"
	office  = "192.0.2.1"
	away    = "192.0.2.2"
	refused = http.StatusTooManyRequests
)

func TestStrangersCannotLockAnAccount(t *testing.T) {
	l := startLogins(t)
	require.Equal(t, 200, l.login(office, alice, "right", ""))
	for i := range 20 {
		want := 401
		if i >= 3 {
			want = refused
		}
		require.Equal(t, want, l.login(fmt.Sprintf("198.51.100.%d", i), alice, "wrong", ""))
	}
	assert.Equal(t, 3, l.directus.attempts[alice], "Directus has seen no more")
	assert.Equal(t, refused, l.login(away, alice, "right", ""), "a new address, though it is the owner")
	assert.Equal(t, 200, l.login(away, "bob@example.com", "right", ""), "another account")
	assert.Equal(t, 401, l.login(office, alice, "wrong", ""), "where she has logged in before she may even mistype")
	assert.Equal(t, 200, l.login(office, alice, "right", ""))
	assert.Equal(t, 200, l.login(away, alice, "right", ""), "a success has opened the account")
	assert.Equal(t, 18.0, counted(t, l.site.metrics, "chat_logins_refused_total"))

	l.server.Close()
	assert.Equal(t, 1, strings.Count(l.log.String(), "an account is closed"))
	assert.NotContains(t, l.log.String(), "alice")
}

func TestOneAccountHoweverItIsWritten(t *testing.T) {
	l := startLogins(t)
	for _, email := range []string{"Alice@example.com", "ALICE@EXAMPLE.COM", "álice@example.com"} {
		require.Equal(t, 401, l.login(away, email, "wrong", ""))
	}
	for _, email := range []string{alice, "aLICE@example.com", "ａlice@example.com", "al\u200bice@example.com"} {
		assert.Equal(t, refused, l.login(away, email, "wrong", ""), email)
	}
	for _, email := range []string{"al.ice@example.com", "alice@example.org", "alice+1@example.com", "alice2@example.com"} {
		assert.Equal(t, 401, l.login(away, email, "wrong", ""), email)
	}
}

func TestWhatCountsAsAFailure(t *testing.T) {
	tests := []struct {
		name                 string
		email, password, otp string
		status               int
		counts               bool
	}{
		{"a wrong password", alice, "wrong", "", 401, true},
		{"a missing code", "code@example.com", "right", "", 401, true},
		{"a wrong code", "code@example.com", "right", "1", 401, true},
		{"no answer", alice, "dies", "", 502, true},
		{"Directus is overloaded", alice, "down", "", 503, false},
		{"a success", alice, "right", "", 200, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := startLogins(t)
			for range 3 {
				require.Equal(t, test.status, l.login(away, test.email, test.password, test.otp))
			}
			want := test.status
			if test.counts {
				want = refused
			}
			assert.Equal(t, want, l.login(away, test.email, test.password, test.otp))
		})
	}
}

// An outage is nobody's failure.
func TestALoginThatDidNotArriveDoesNotCount(t *testing.T) {
	server := startSite(t, io.Discard, "-login-failures", "1") // nobody listens on its Directus's port
	for range 3 {
		answer, _ := send(t, server, http.MethodPost, "/directus/auth/login", asJSON, strings.NewReader(`{"email":"a@example.com"}`))
		assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	}
}

// Attempts at the same time count before they are answered.
func TestParallelAttempts(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		select {
		case arrived <- struct{}{}:
			<-release
		case <-time.After(10 * time.Second): // one that should not have passed, and for which nobody waits
		}
		w.WriteHeader(http.StatusUnauthorized)
	})
	l := newLogins(next, "/login", 3, prometheus.NewCounter(prometheus.CounterOpts{}), slog.New(slog.DiscardHandler))
	attempt := func() int {
		r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(`{"email":"a@example.com"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		l.ServeHTTP(w, r)
		return w.Code
	}
	var open sync.WaitGroup
	for range 3 {
		open.Go(func() { assert.Equal(t, http.StatusUnauthorized, attempt()) })
		<-arrived
	}
	assert.Equal(t, refused, attempt())

	// A success meanwhile forgets what has failed, not what may still.
	p := pair{l.account("a@example.com"), netip.Prefix{}}
	l.succeeded.put(p, struct{}{})
	require.True(t, l.begin(p))
	l.end(p, http.StatusOK)
	assert.Equal(t, refused, attempt())
	close(release)
	open.Wait()
	assert.Equal(t, refused, attempt())
}

func TestLoginBodies(t *testing.T) {
	l := startLogins(t)
	tests := []struct {
		name, contentType, body string
		status                  int
	}{
		{"as the page sends it", "application/json", `{"mode":"json","email":"a@example.com","password":"right"}`, 200},
		{"with a charset", "application/json; charset=utf-8", `{"email":"a@example.com","password":"right"}`, 200},
		{"another type", "text/plain", `{"email":"a@example.com","password":"right"}`, 415},
		{"a form", "application/x-www-form-urlencoded", `email=a@example.com&password=right`, 415},
		{"no type", "", `{"email":"a@example.com","password":"right"}`, 415},
		{"an e-mail twice", "application/json", `{"email":"b@example.com","email":"a@example.com","password":"right"}`, 400},
		{"twice, once with an escape", "application/json", `{"email":"b@example.com","\u0065mail":"a@example.com","password":"right"}`, 400},
		{"another case", "application/json", `{"Email":"a@example.com","password":"right"}`, 400},
		{"two e-mails by case", "application/json", `{"email":"b@example.com","EMAIL":"a@example.com","password":"right"}`, 400},
		{"no e-mail", "application/json", `{"password":"right"}`, 400},
		{"an empty e-mail", "application/json", `{"email":"","password":"right"}`, 400},
		{"an e-mail that is no text", "application/json", `{"email":["a@example.com"],"password":"right"}`, 400},
		{"an object for an e-mail", "application/json", `{"email":{"email":"a@example.com"},"password":"right"}`, 400},
		{"something else in it", "application/json", `{"email":"a@example.com","password":"right","__proto__":"x"}`, 400},
		{"a list", "application/json", `[{"email":"a@example.com","password":"right"}]`, 400},
		{"two objects", "application/json", `{"email":"a@example.com","password":"right"}{}`, 400},
		{"half an object", "application/json", `{"email":"a@example.com","password":"right"`, 400},
		{"a comma too many", "application/json", `{"email":"a@example.com","password":"right",}`, 400},
		{"a comment", "application/json", `{"email":"a@example.com"/**/,"password":"right"}`, 400},
		{"bytes that are no text", "application/json", "{\"email\":\"a\xff@example.com\",\"password\":\"right\"}", 400},
		{"a byte order mark", "application/json", "\ufeff{\"email\":\"a@example.com\",\"password\":\"right\"}", 400},
		{"nothing", "application/json", ``, 400},
		{"too much", "application/json", `{"email":"a@example.com","password":"` + strings.Repeat("a", maxLoginBody) + `"}`, 413},
	}
	passed := 0
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer, text := send(t, l.server, http.MethodPost, "/directus/auth/login", map[string]string{"Content-Type": test.contentType}, strings.NewReader(test.body))
			assert.Equal(t, test.status, answer.StatusCode)
			if test.status == 200 {
				passed++
				return
			}
			assert.NotEmpty(t, errorCode(t, text))
			assert.NotContains(t, text, "example.com")
		})
	}
	assert.Len(t, l.directus.bodies, passed)
}

func TestAccountsHaveAnEnd(t *testing.T) {
	l := newLogins(nil, "", 3, nil, slog.New(slog.DiscardHandler))
	fail := func(email string) {
		p := pair{l.account(email), netip.Prefix{}}
		require.True(t, l.begin(p))
		l.end(p, http.StatusUnauthorized)
	}
	fail("victim@example.com")
	fail("victim@example.com")
	open := pair{l.account("open@example.com"), netip.Prefix{}}
	require.True(t, l.begin(open))
	for i := range 3 * maxAccounts {
		fail(fmt.Sprintf("%d@example.com", i))
		require.LessOrEqual(t, len(l.byAccount), maxAccounts)
	}
	assert.Equal(t, 2, l.byAccount[l.account("victim@example.com")].failed, "the flood has not hidden it")
	l.end(open, http.StatusOK)
}

// FuzzLogin: what is counted is what any other parser reads in what is sent on.
func FuzzLogin(f *testing.F) {
	for _, seed := range []string{
		`{"email":"a@example.com","password":"x","otp":"1","mode":"json"}`,
		`{"email":"a","email":"b"}`, `{"\u0065mail":"a"}`, `{"email":"\ud800"}`, `{"email":"a","x":{"email":"b"}}`, `[]`, `{}`, `{"email":1}`, "{\"email\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		fields, ok := readLogin(text)
		if !ok {
			return
		}
		sent, err := io.ReadAll(withBody(httptest.NewRequest(http.MethodPost, "/", nil), fields).Body)
		require.NoError(t, err)
		for _, body := range [][]byte{text, sent} {
			var read map[string]string
			require.NoError(t, json.Unmarshal(body, &read))
			require.Equal(t, fields, read)
		}
	})
}
