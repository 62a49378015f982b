package relay

import (
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The end may come together with the last bytes, or a moment after them. Neither may be missed.
func TestLastWordsOfTheUpstream(t *testing.T) {
	g := newRig(t, nil)
	for range 50 {
		client, upstream := g.open("")
		upstream.write(plain(true, opText, "last words"))
		_ = upstream.Close()
		assert.Equal(t, "last words", client.read().text)
		assert.Equal(t, codeBadGateway, client.closed())
		_ = client.Close()
		assert.ErrorIs(t, receive(t, g.ended), io.EOF)
	}
}

// A client that says that it will send nothing more, and how it goes, gets what is said to that.
func TestHalfClosedByTheClient(t *testing.T) {
	g := newRig(t, nil)
	for range 50 {
		client, upstream := g.open("")
		client.write(masked(true, opText, ping) + masked(false, opText, "{"))
		require.NoError(t, client.Conn.(*net.TCPConn).CloseWrite())
		assert.Equal(t, ping, upstream.read().text)
		_, err := upstream.in.ReadByte()
		assert.ErrorIs(t, err, io.EOF)
		assert.Equal(t, codeBadGateway, client.closed())
		assert.ErrorIs(t, receive(t, g.ended), io.EOF)
	}
}

// What is said before a fault, in the same breath, arrives: at Directus, and as answers to the client before the end.
func TestWordsBeforeAFault(t *testing.T) {
	g := newRig(t, nil)
	for range 20 {
		client, upstream := g.open("")
		client.write(masked(true, opText, ping) + masked(true, opPing, "one") + masked(true, opText, ping) + masked(true, opPing, "two") +
			plain(true, opText, "not masked"))
		for range 2 {
			assert.Equal(t, ping, upstream.read().text)
		}
		_, err := upstream.in.ReadByte()
		assert.ErrorIs(t, err, io.EOF)
		for _, pong := range []string{"one", "two"} {
			assert.Equal(t, pong, client.read().text)
		}
		assert.Equal(t, codeProtocol, client.closed())
		_ = client.Close()
		assert.ErrorContains(t, receive(t, g.ended), "not masked")
	}
}

func TestResetByTheUpstream(t *testing.T) {
	g := newRig(t, nil)
	client, upstream := g.open("")
	require.NoError(t, upstream.Conn.(*net.TCPConn).SetLinger(0)) // Close resets
	require.NoError(t, upstream.Close())
	assert.Equal(t, codeBadGateway, client.closed())
	_ = client.Close()
	assert.Error(t, receive(t, g.ended))
}

// numbered are messages that each say which they are, of sizes from nearly nothing to more than any buffer.
func numbered(n int, before, behind string) string {
	return before + strconv.Itoa(n) + " " + strings.Repeat("x", n*n*7%90_000) + behind
}

// A client that reads less than it is sent slows the upstream down, and loses nothing.
func TestNothingIsLostOnTheWayDown(t *testing.T) {
	g := newRig(t, nil)
	client, upstream := g.open("")
	const count = 300
	sent := make(chan error, 1)
	go func() {
		for n := range count {
			if _, err := io.WriteString(upstream.Conn, plain(true, opText, numbered(n, "", ""))); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	client.write(masked(true, opPing, "now"))
	pongs := 0
	for n := 0; n < count || pongs == 0; { // our own answer has its place somewhere in this
		f := client.read()
		if f.op == opPong {
			pongs++
			continue
		}
		require.Equal(t, numbered(n, "", ""), f.text)
		n++
	}
	require.NoError(t, receive(t, sent))
}

// A Directus that reads less than it is sent slows the client down, and loses nothing.
func TestNothingIsLostOnTheWayUp(t *testing.T) {
	g := newRig(t, func(c *Config) { c.MaxMessage = 100_000 })
	client, upstream := g.open("")
	const count = 300
	message := func(n int) string {
		return numbered(n, `{"type":"items","action":"create","collection":"messages","data":{"content":"`, `"}}`)
	}
	sent := make(chan error, 1)
	go func() {
		for n := range count {
			if _, err := io.WriteString(client.Conn, masked(true, opText, message(n))); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for n := range count {
		require.Equal(t, message(n), upstream.read().text)
	}
	require.NoError(t, receive(t, sent))
}

// Whoever only asks for answers, and reads none of them, fills nobody's memory.
func TestAnswersThatNobodyReads(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Stall = 100 * time.Millisecond })
	client, upstream := g.open("")
	upstream.write(plain(false, opText, "a message that never ends"))
	assert.Equal(t, "a message that never ends", client.read().text)
	sending := make(chan error, 1)
	go func() {
		for {
			if _, err := io.WriteString(client.Conn, masked(true, opText, "no JSON")); err != nil {
				sending <- err
				return
			}
		}
	}()
	assert.ErrorIs(t, receive(t, g.ended), errTooMuch)
	assert.Error(t, receive(t, sending))
}

// The time for which a client is made to wait is not one in which it was silent.
func TestWaitingIsNotIdle(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Rate, c.Burst, c.Idle = 5, 1, 20*time.Millisecond })
	client, upstream := g.open("")
	client.write(strings.Repeat(masked(true, opText, ping), 3))
	for range 3 {
		assert.Equal(t, ping, upstream.read().text)
	}
	assert.Equal(t, codePolicy, client.closed())
}

// When the time is up, sockets end whatever is still on its way.
func TestCutWhileMuchIsOnItsWay(t *testing.T) {
	g := newRig(t, nil)
	_, upstream := g.open("")
	sending := upstream.pour(plain(true, opText, strings.Repeat("x", 1<<20)))
	now, cancel := context.WithCancel(context.Background())
	cancel()
	assert.ErrorIs(t, g.relay.Wait(now), context.Canceled)
	assert.ErrorIs(t, receive(t, g.ended), net.ErrClosed)
	assert.Error(t, receive(t, sending))
	assert.Zero(t, g.relay.Len())
}
