package relay

import (
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// An oldDirectus does not guard sockets whose token has expired, unless it is new.
type oldDirectus struct{ isNew atomic.Bool }

func (d *oldDirectus) LoggedIn(string) {}
func (d *oldDirectus) Enforced() bool  { return !d.isNew.Load() }

// token is one of Directus's, but for the signature.
func token(issued time.Time, life time.Duration) string {
	claims := fmt.Sprintf(`{"id":"u","iat":%d,"exp":%d}`, issued.Unix(), issued.Add(life).Unix())
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}

const accepted = `{"type":"auth","status":"ok","uid":"1"}`

func authMessage(token string) string {
	return `{"type":"auth","uid":"1","access_token":"` + token + `"}`
}

func newTokenRig(t *testing.T) (*oldDirectus, *rig) {
	d := &oldDirectus{}
	return d, newRig(t, func(c *Config) { c.Expiry = d })
}

// logIn logs in as the client; answer is what the upstream says to it.
func logIn(client, upstream *peer, token, answer string) {
	client.write(masked(true, opText, authMessage(token)))
	assert.Equal(client.t, authMessage(token), upstream.read().text)
	upstream.write(plain(true, opText, answer))
	assert.Equal(client.t, answer, client.read().text)
}

func TestExpiredSocketEnds(t *testing.T) {
	_, g := newTokenRig(t)
	client, upstream := g.open("")
	start := time.Now()
	logIn(client, upstream, token(start, 2*time.Second), accepted)
	assert.Equal(t, codePolicy, client.closed())
	assert.Less(t, time.Since(start), 2*time.Second)
	_ = client.Close()
	assert.ErrorIs(t, receive(t, g.ended), errExpired)
}

// A moment before the end, nothing but a log-in is sent.
func TestQuietBeforeTheEnd(t *testing.T) {
	_, g := newTokenRig(t)
	client, upstream := g.open("")
	logIn(client, upstream, token(time.Now().Add(-57*time.Second), time.Minute), accepted)
	client.write(masked(true, opText, ping))
	assert.Contains(t, client.read().text, "TOKEN_EXPIRED")
	logIn(client, upstream, token(time.Now(), time.Hour), accepted)
	client.write(masked(true, opText, ping))
	assert.Equal(t, ping, upstream.read().text)
}

func TestLoginInTimeKeepsTheSocket(t *testing.T) {
	_, g := newTokenRig(t)
	client, upstream := g.open("")
	first := time.Now()
	logIn(client, upstream, token(first, 2*time.Second), accepted)
	logIn(client, upstream, token(first, time.Hour), accepted)
	time.Sleep(time.Until(first.Add(2 * time.Second))) // the end of the first
	client.write(masked(true, opText, ping))
	assert.Equal(t, ping, upstream.read().text)
}

// What a token says of itself counts only when Directus has accepted it, and one answer is for one log-in.
func TestForgedTokenChangesNothing(t *testing.T) {
	_, g := newTokenRig(t)
	client, upstream := g.open("")
	logIn(client, upstream, token(time.Now(), 2*time.Second), accepted)
	forged := authMessage(token(time.Now(), time.Hour))
	client.write(masked(true, opText, forged))
	assert.Equal(t, forged, upstream.read().text)
	client.write(masked(true, opText, authMessage("static")))
	assert.Contains(t, client.read().text, "AUTH_FAILED")
	assert.Equal(t, codePolicy, client.closed())
	_ = client.Close()
	assert.ErrorIs(t, receive(t, g.ended), errExpired)
}

// Directus says that a token has expired or is none: behind that, nothing passes any more.
func TestRefusedLoginEndsTheSocket(t *testing.T) {
	for _, code := range []string{"TOKEN_EXPIRED", "AUTH_FAILED"} {
		_, g := newTokenRig(t)
		client, upstream := g.open("")
		logIn(client, upstream, "a", `{"type":"auth","status":"error","error":{"code":"`+code+`","message":"x"}}`)
		assert.Equal(t, codePolicy, client.closed())
		_ = client.Close()
		assert.ErrorIs(t, receive(t, g.ended), errExpired)
	}
}

// An answer that comes in the middle of much else, so that it lies across the end of a buffer, is seen all the same.
func TestAnswerAcrossTheBuffersEnd(t *testing.T) {
	_, g := newTokenRig(t)
	client, upstream := g.open("")
	for missing := 1; missing < len(accepted)+4; missing++ {
		client.write(masked(true, opText, authMessage("static")))
		assert.Equal(t, authMessage("static"), upstream.read().text, "the last log-in is answered")
		before := strings.Repeat("x", largeBuffer-len(plain(true, opText, accepted))-4+missing) // 4: its own header
		behind := strings.Repeat("y", largeBuffer)
		upstream.write(plain(true, opText, before) + plain(true, opText, accepted) + plain(true, opText, behind))
		assert.Equal(t, before, client.read().text)
		assert.Equal(t, accepted, client.read().text)
		assert.Equal(t, behind, client.read().text)
	}
}

func TestNewDirectusGuardsItself(t *testing.T) {
	d, g := newTokenRig(t)
	d.isNew.Store(true)
	client, upstream := g.open("")
	logIn(client, upstream, token(time.Now().Add(-time.Minute), time.Minute), accepted)
	client.write(masked(true, opText, ping))
	assert.Equal(t, ping, upstream.read().text)
	for _, unanswered := range []string{authMessage("a"), authMessage("b")} {
		client.write(masked(true, opText, unanswered))
		assert.Equal(t, unanswered, upstream.read().text)
	}
}

func TestTokenLife(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	assert.Equal(t, now.Add(time.Minute), newLogin(token(now, time.Minute), now).expires)
	assert.Equal(t, now.Add(time.Minute), newLogin(token(now.Add(time.Hour), time.Minute), now).expires, "Directus's clock is ahead")
	for _, static := range []string{"static", "a.b.c", "..", "e30.e30.c2ln"} {
		assert.Zero(t, newLogin(static, now).expires, static)
	}
}
