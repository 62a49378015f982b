package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// What logins hold at most, so that no flood of made-up accounts fills the memory.
const (
	maxLoginBody = 4 << 10 // bytes
	maxAccounts  = 1 << 14 // with failures
	maxPairs     = 1 << 15 // of account and address that are remembered for certain
)

// logins keep strangers from locking people out. Directus counts the failed log-ins of an account, suspends it at 25
// (auth_login_attempts), and forgets them at nothing but a success. So, well before that, an account is closed to
// addresses it has not been logged in from since chatd started; its owner, at an address that has, goes on, and ends
// the matter by logging in. Nothing ends it by itself: an attacker has more time than Directus has attempts.
//
// A missing or wrong one-time code counts as Directus counts it: as a failure. Whether an account exists makes no
// difference. An e-mail address is held as a hash, and logged never.
type logins struct {
	next    http.Handler // forwards to Directus
	path    string       // of log-ins; everything else passes
	limit   int
	refused prometheus.Counter
	log     *slog.Logger

	mu        sync.Mutex
	byAccount map[account]*attempts
	succeeded *recent[pair, struct{}]
	collator  *collate.Collator // not safe for concurrent use
	buffer    collate.Buffer
}

func newLogins(next http.Handler, path string, limit int, refused prometheus.Counter, log *slog.Logger) *logins {
	return &logins{
		next: next, path: path, limit: limit, refused: refused, log: log,
		byAccount: map[account]*attempts{},
		succeeded: newRecent[pair, struct{}](maxPairs),
		collator:  collate.New(language.Und, collate.Loose),
	}
}

// An account stands for all ways to write one e-mail address.
type account [sha256.Size]byte

// A pair is an account and an address it was logged in from.
type pair struct {
	account account
	address netip.Prefix
}

// attempts are those of one account since its last success.
type attempts struct {
	failed int
	open   int // not answered yet; any may fail
}

func (l *logins) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != l.path {
		l.next.ServeHTTP(w, r)
		return
	}
	if mediaType(r.Header) != "application/json" {
		writeError(w, errNotJSON)
		return
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxLoginBody))
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		writeError(w, errTooLarge)
		return
	case err != nil:
		writeError(w, errTimeout)
		return
	}
	body, ok := readLogin(text)
	if !ok {
		writeError(w, errLogin)
		return
	}

	p := pair{l.account(body["email"]), network(r.RemoteAddr)}
	if !l.begin(p) {
		l.refused.Inc()
		w.Header().Set("Retry-After", "3600") // waiting does not help; but a client that tries by itself must not try soon
		writeError(w, errGuarded)
		return
	}
	rec := &recorder{ResponseWriter: w}
	defer func() { l.end(p, rec.status) }() // also when the answer breaks off, of which net/http is told by a panic
	l.next.ServeHTTP(rec, withBody(r, body))
}

// readLogin reads the body of a log-in: one object with an email, and nothing that two parsers may read in two ways.
func readLogin(text []byte) (fields map[string]string, ok bool) {
	if !utf8.Valid(text) || !json.Valid(text) {
		return nil, false
	}
	tokens := json.NewDecoder(bytes.NewReader(text))
	if start, err := tokens.Token(); err != nil || start != json.Delim('{') {
		return nil, false
	}
	fields = map[string]string{}
	for tokens.More() {
		name, err := tokens.Token() // of an object: text
		if err != nil {
			return nil, false
		}
		key, _ := name.(string)
		value, err := tokens.Token()
		field, isText := value.(string)
		_, again := fields[key]
		if err != nil || !isText || again || !slices.Contains(loginFields, key) {
			return nil, false
		}
		fields[key] = field
	}
	return fields, fields["email"] != ""
}

// loginFields are what a log-in consists of.
var loginFields = []string{"email", "password", "otp", "mode"}

// withBody writes the request's body anew, so that Directus reads the address that was counted.
func withBody(r *http.Request, fields map[string]string) *http.Request {
	text, _ := json.Marshal(fields) // strings always encode
	request := r.Clone(r.Context())
	request.Header.Set("Content-Type", "application/json")
	request.Body = io.NopCloser(bytes.NewReader(text))
	request.ContentLength = int64(len(text))
	return request
}

// account finds the account of an e-mail address. Directus compares in lower case, but some of its databases without
// accents, width and invisible letters, too; whoever varies those must not get more attempts.
func (l *logins) account(email string) account {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buffer.Reset()
	return sha256.Sum256(l.collator.KeyFromString(&l.buffer, email))
}

// begin counts an attempt as open, if it may be made.
func (l *logins) begin(p pair) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.byAccount[p.account]
	if a == nil {
		l.makeRoomLocked()
		a = &attempts{}
		l.byAccount[p.account] = a
	}
	if a.failed+a.open >= l.limit {
		if _, known := l.succeeded.get(p); !known {
			return false
		}
	}
	a.open++
	return true
}

// end counts what came of an attempt, by the status of its answer; 0 is none.
func (l *logins) end(p pair, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.byAccount[p.account]
	a.open--
	switch status {
	case http.StatusOK:
		a.failed = 0 // Directus forgets likewise, but not what is still open
		l.succeeded.put(p, struct{}{})
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		// Directus has not tried the password.
	default:
		a.failed++ // or may be one: an answer that did not come
		if a.failed == l.limit {
			l.log.Warn("an account is closed to addresses it has not been logged in from, after too many failed log-ins; a log-in of its owner opens it", "failures", a.failed)
		}
	}
	if a.failed == 0 && a.open == 0 {
		delete(l.byAccount, p.account)
	}
}

// makeRoomLocked forgets the accounts with the fewest failures when there are too many, so that hiding one takes as many
// log-ins for each of the others.
func (l *logins) makeRoomLocked() {
	if len(l.byAccount) < maxAccounts {
		return
	}
	fewest := l.limit
	for _, a := range l.byAccount {
		if a.open == 0 {
			fewest = min(fewest, a.failed)
		}
	}
	maps.DeleteFunc(l.byAccount, func(_ account, a *attempts) bool { return a.open == 0 && a.failed <= fewest })
}
