package relay

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A ledger is a Sharer that takes all subscriptions to people, and writes down what it is told.
type ledger struct {
	told    chan string
	clients chan Client
}

func newShareRig(t *testing.T, change func(*Config)) (*ledger, *rig) {
	l := &ledger{told: make(chan string, 64), clients: make(chan Client, 64)}
	return l, newRig(t, func(c *Config) {
		c.Expiry = &oldDirectus{}
		c.Share = l
		if change != nil {
			change(c)
		}
	})
}

func (l *ledger) LoggedIn(c Client, token string, expires time.Time) {
	l.told <- fmt.Sprintf("in: %s %d", token, expires.Unix())
	l.clients <- c
}

func (l *ledger) LoggedOut(Client) { l.told <- "out" }

func (l *ledger) Subscribe(_ Client, text []byte) bool {
	l.told <- string(text)
	return strings.Contains(string(text), "people")
}

func (l *ledger) Unsubscribe(_ Client, text []byte) bool {
	l.told <- string(text)
	return strings.Contains(string(text), "taken")
}

func (l *ledger) Closed(Client) { l.told <- "closed" }

// enter opens a socket that is logged in.
func (l *ledger) enter(g *rig) (Client, *peer, *peer) {
	client, upstream := g.open("")
	tok := token(time.Now(), time.Hour)
	logIn(client, upstream, tok, accepted)
	assert.Equal(g.t, fmt.Sprintf("in: %s %d", tok, time.Now().Add(time.Hour).Unix()), receive(g.t, l.told))
	return receive(g.t, l.clients), client, upstream
}

const (
	toMessages = `{"type":"subscribe","uid":"m","collection":"messages"}`
	toPeople   = `{"type":"subscribe","uid":"r","collection":"people"}`
	noMore     = `{"type":"unsubscribe","uid":"r"}`
)

// What the Sharer takes does not reach the upstream, all else does; and it can say something to either side.
func TestShare(t *testing.T) {
	l, g := newShareRig(t, nil)
	c, client, upstream := l.enter(g)
	taken := `{"type":"unsubscribe","uid":"taken"}`
	client.write(masked(true, opText, toPeople) + masked(true, opText, toMessages) + masked(true, opText, taken) + masked(true, opText, noMore))
	for _, text := range []string{toPeople, toMessages, taken, noMore} {
		assert.Equal(t, text, receive(t, l.told))
	}
	assert.Equal(t, toMessages, upstream.read().text)
	assert.Equal(t, noMore, upstream.read().text)

	c.Deliver(TextFrame([]byte("news")))
	assert.Equal(t, "news", client.read().text)
	for _, text := range []string{toPeople, noMore, toPeople} {
		c.Forward([]byte(text))
	}
	for _, text := range []string{toPeople, noMore, toPeople} {
		f := upstream.read()
		assert.Equal(t, text, f.text)
		assert.True(t, f.masked)
	}

	refused := `{"type":"auth","status":"error","error":{"code":"TOKEN_EXPIRED"}}`
	upstream.write(plain(true, opText, refused))
	assert.Equal(t, refused, client.read().text)
	assert.Equal(t, "out", receive(t, l.told))
	assert.Equal(t, codePolicy, client.closed(), "an old Directus does not guard it")
	_ = client.Close()
	assert.Equal(t, "closed", receive(t, l.told))
	receive(t, g.ended)
	c.Deliver(TextFrame([]byte("too late")))
	c.Forward([]byte(toPeople))
	c.Interrupt()
}

// Nothing is delivered within a message.
func TestDeliveredBetweenMessages(t *testing.T) {
	l, g := newShareRig(t, nil)
	c, client, upstream := l.enter(g)
	upstream.write(plain(false, opText, "one "))
	assert.Equal(t, "one ", client.read().text)
	c.Deliver(TextFrame([]byte("news")))
	upstream.write(plain(true, opPing, "?"))
	assert.EqualValues(t, opPing, client.read().op)
	upstream.write(plain(true, opContinuation, "message"))
	for _, text := range []string{"message", "news"} {
		assert.Equal(t, text, client.read().text)
	}
}

func TestNothingIsLostOfWhatIsDelivered(t *testing.T) {
	l, g := newShareRig(t, nil)
	c, client, upstream := l.enter(g)
	const messages = 300
	go func() {
		for n := range messages {
			c.Deliver(TextFrame([]byte(fmt.Sprint("shared ", n, strings.Repeat(" x", n)))))
		}
	}()
	written := make(chan error, 1)
	go func() {
		var err error
		for n := 0; n < messages && err == nil; n++ {
			_, err = io.WriteString(upstream, plain(true, opText, fmt.Sprint("own ", n, strings.Repeat(" x", n))))
		}
		written <- err
	}()
	next := map[string]int{}
	for range 2 * messages {
		var kind string
		var n int
		_, err := fmt.Sscan(client.read().text, &kind, &n)
		require.NoError(t, err)
		require.Equal(t, next[kind], n, kind)
		next[kind]++
	}
	require.NoError(t, receive(t, written))
}

func TestInterrupt(t *testing.T) {
	l, g := newShareRig(t, nil)
	c, client, _ := l.enter(g)
	c.Interrupt()
	assert.Equal(t, codeRestart, client.closed())
	_ = client.Close()
	assert.ErrorIs(t, receive(t, g.ended), errInterrupted)
	assert.Equal(t, "closed", receive(t, l.told))
}

// Who reads too slowly holds nobody up, and ends.
func TestDeliveredToNobody(t *testing.T) {
	l, g := newShareRig(t, nil)
	c, client, _ := l.enter(g)
	require.NoError(t, client.Conn.(*net.TCPConn).SetReadBuffer(4<<10))
	frame := TextFrame([]byte(strings.Repeat("x", 64<<10)))
	for range 400 { // more than the system takes
		c.Deliver(frame)
	}
	_ = client.SetReadDeadline(time.Now().Add(patience))
	assert.ErrorIs(t, receive(t, g.ended), errBehind)
	assert.Equal(t, "closed", receive(t, l.told))
}

// A message that is refused is not offered.
func TestRefusedIsNotShared(t *testing.T) {
	l, g := newShareRig(t, nil)
	_, client, _ := l.enter(g)
	client.write(masked(true, opText, `{"type":"subscribe","uid":"r","collection":"directus_users"}`) + masked(true, opText, toPeople))
	assert.Contains(t, client.read().text, "FORBIDDEN")
	assert.Equal(t, toPeople, receive(t, l.told))
}
