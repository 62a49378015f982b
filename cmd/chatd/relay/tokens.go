package relay

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"sync"
	"time"
)

var errExpired = &closeError{codePolicy, "the access token has expired"}

// Directus before 12.1 does not guard a socket whose token has expired. So nothing is sent to it any more a moment
// before that, and the socket ends before it happens: unless its client has logged in anew. The moments are short
// against the life of a token, for which a client does not wait.
const (
	quietBefore = 5 * time.Second // enough for a message on its way to be read
	cutBefore   = time.Second
)

// tokens is what a socket knows about the log-ins that pass through it. It is of use only with an Expiry.
type tokens struct {
	mu      sync.Mutex
	asked   *login    // not answered yet
	current *login    // accepted
	quiet   time.Time // from then on nothing is sent; zero: never
	cut     *time.Timer
	expired bool
}

// A login is an access token and its life, as it says itself: the upstream checks the signature.
type login struct {
	token   string
	expires time.Time // zero: never
	life    time.Duration
}

func (t *tokens) isExpired() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.expired
}

// check looks whether a message may pass at this time.
func (t *tokens) check(expiry Expiry, m message) *refusal {
	if expiry == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if m.token == nil {
		if !t.quiet.IsZero() && time.Now().After(t.quiet) && expiry.Enforced() {
			return &refusal{"auth", "TOKEN_EXPIRED", "Token expired.", nil}
		}
		return nil
	}
	if t.asked != nil && expiry.Enforced() { // its answer would be taken for this one's
		return &refusal{"auth", "AUTH_FAILED", "Wait for the answer to the last log-in.", nil}
	}
	t.asked = newLogin(string(m.token), time.Now())
	return nil
}

// newLogin reads a token's life. A token without one is a static token of Directus.
func newLogin(token string, now time.Time) *login {
	l := &login{token: token}
	parts := bytes.Split([]byte(token), []byte("."))
	if len(parts) != 3 {
		return l
	}
	text, err := base64.RawURLEncoding.DecodeString(string(parts[1]))
	if err != nil {
		return l
	}
	var claims struct {
		Issued  int64 `json:"iat"` // seconds
		Expires int64 `json:"exp"`
	}
	if json.Unmarshal(text, &claims) != nil || claims.Expires == 0 {
		return l
	}
	l.expires = time.Unix(claims.Expires, 0)
	if issued := time.Unix(claims.Issued, 0); issued.After(now) { // Directus's clock is ahead of ours
		l.expires = l.expires.Add(now.Sub(issued))
	}
	l.life = time.Duration(claims.Expires-claims.Issued) * time.Second
	return l
}

// watch looks at what comes from the upstream for its answers to log-ins. end is the reason to end the socket behind it.
func (t *tokens) watch(r *Relay, of carrier, text []byte) (end error) {
	expiry := r.cfg.Expiry
	if expiry == nil || !bytes.HasPrefix(text, []byte(`{"type":"auth",`)) {
		return nil
	}
	var answer struct{ Status string }
	if json.Unmarshal(text, &answer) != nil {
		return nil
	}
	if answer.Status == "ok" {
		if l := t.accepted(expiry, of); l != nil && r.cfg.Share != nil {
			r.cfg.Share.LoggedIn(of, l.token, l.expires)
		}
		return nil
	}
	if r.cfg.Share != nil {
		r.cfg.Share.LoggedOut(of)
	}
	if !expiry.Enforced() {
		return nil
	}
	return errExpired // whatever it was, nobody is logged in now, and nothing guards this socket
}

// accepted sets the end of a token that the upstream has taken. It is nil if none was asked about.
func (t *tokens) accepted(expiry Expiry, of carrier) *login {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.asked
	if l == nil {
		return nil
	}
	t.asked, t.current = nil, l
	expiry.LoggedIn(l.token)
	if t.cut != nil {
		t.cut.Stop()
	}
	t.quiet, t.cut = time.Time{}, nil
	if l.expires.IsZero() {
		return l
	}
	t.quiet = l.expires.Add(-min(quietBefore, l.life/8))
	t.cut = time.AfterFunc(time.Until(l.expires.Add(-min(cutBefore, l.life/40))), func() { t.expire(expiry, of, l) })
	return l
}

// expire ends the socket, unless its client has logged in anew or the upstream guards it.
func (t *tokens) expire(expiry Expiry, of carrier, l *login) {
	t.mu.Lock()
	t.expired = t.current == l && expiry.Enforced()
	expired := t.expired
	t.mu.Unlock()
	if expired {
		of.drain()
	}
}

// stop forgets the end of the token, when the socket has ended before it.
func (t *tokens) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cut != nil {
		t.cut.Stop()
	}
}
