package relay

import (
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// pairs are those of a relay, all of whose sockets have to be some.
func (g *rig) pairs() (pairs []*pair) {
	for _, c := range g.relay.open() {
		pairs = append(pairs, c.(*pair))
	}
	return pairs
}

// ask has a pair's loop answer a question about it.
func ask[T any](t *testing.T, p *pair, question func() T) T {
	answer := make(chan T, 1)
	p.loop.post(func() { answer <- question() })
	return receive(t, answer)
}

func (g *rig) loopsRun() bool {
	for _, l := range g.relay.loops {
		l.mu.Lock()
		runs := l.runs
		l.mu.Unlock()
		if runs {
			return true
		}
	}
	return false
}

// Sockets come and go. Neither they nor their loops leave files open, and slots are used again.
func TestLoopsComeAndGo(t *testing.T) {
	g := newRig(t, nil)
	before := openFiles()
	for range 3 {
		var peers []*peer
		for range 20 {
			client, upstream := g.open("")
			peers = append(peers, client, upstream)
		}
		require.Len(t, g.pairs(), 20)
		for _, p := range g.pairs() {
			assert.Less(t, ask(t, p, func() int { return len(p.loop.slots) }), 21)
		}
		for _, p := range peers {
			_ = p.Close()
		}
		for range 20 {
			receive(t, g.ended)
		}
		assert.Eventually(t, func() bool { return g.relay.Len() == 0 && !g.loopsRun() }, patience, time.Millisecond)
		assert.Eventually(t, func() bool { return openFiles() <= before }, patience, time.Millisecond, "files stay open")
	}
}

// A relay that drains at the last moment does not start its socket any more.
func TestPairThatNeverStarts(t *testing.T) {
	g := newRig(t, nil)
	client, clientEnd := streams(t)
	upstream, upstreamEnd := streams(t)
	p := g.pairOf(clientEnd, upstreamEnd)
	p.drain() // says nothing: the client has got no answer
	p.end(ErrDraining)
	assert.ErrorIs(t, receive(t, g.ended), ErrDraining)
	for _, conn := range []net.Conn{client, upstream} {
		_, err := conn.Read(make([]byte, 1))
		assert.ErrorIs(t, err, io.EOF)
	}
	assert.Eventually(t, func() bool { return !g.loopsRun() }, patience, time.Millisecond)
}

// A drain between the request and the answer is heard of all the same.
func TestDrainBeforeTheAnswer(t *testing.T) {
	g := newRig(t, nil)
	client, clientEnd := streams(t)
	_, upstreamEnd := streams(t)
	p := g.pairOf(clientEnd, upstreamEnd)
	require.True(t, g.relay.add(p))
	g.relay.Drain()
	p.start([]byte("welcome"), nil, nil)
	got, err := io.ReadAll(client)
	require.NoError(t, err)
	assert.Equal(t, "welcome"+string(appendClose(nil, errRestart)), string(got))
	_ = client.Close()
	assert.ErrorIs(t, receive(t, g.ended), errRestart)
}

// pairOf is a pair of two descriptors.
func (g *rig) pairOf(client, upstream int) *pair {
	l, err := join(g.relay.loops)
	require.NoError(g.t, err)
	return &pair{relay: g.relay, loop: l, client: wire{fd: client}, upstream: wire{fd: upstream}, ended: func(err error) { g.ended <- err }}
}

// Of what a client does not read the relay holds one buffer, however much the upstream has to say; and nothing of it is
// lost when the client reads again.
func TestSlowReadersCostLittle(t *testing.T) {
	g := newRig(t, nil)
	var clients []*peer
	for range 5 {
		client, upstream := g.open("")
		clients = append(clients, client)
		go func() {
			for n := 0; ; n++ {
				if _, err := io.WriteString(upstream.Conn, plain(true, opText, numbered(n, "", ""))); err != nil {
					return
				}
			}
		}()
	}
	held := func(p *pair) int { return ask(t, p, func() int { return len(p.client.out) }) }
	for _, p := range g.pairs() {
		require.Eventually(t, func() bool { return held(p) > 0 }, patience, time.Millisecond)
	}
	for _, p := range g.pairs() {
		assert.LessOrEqual(t, held(p), largeBuffer)
	}
	for _, client := range clients {
		for n := range 100 {
			require.Equal(t, numbered(n, "", ""), client.read().text)
		}
		_ = client.Close()
		receive(t, g.ended)
	}
}

// A message that has begun has to end. The half minute that it may take is not waited for here.
func TestUnfinishedMessage(t *testing.T) {
	for name, begun := range map[string]string{"in a frame": masked(true, opText, ping)[:9], "between frames": masked(false, opText, "{")} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, nil)
			client, _ := g.open("")
			client.write(begun)
			p := g.pairs()[0]
			require.Eventually(t, func() bool { return ask(t, p, func() bool { return p.fromClient.within }) }, patience, time.Millisecond)
			p.loop.post(func() {
				assert.Equal(t, messageTime, (p.fromClient.until - p.loop.now).Round(patience/2))
				p.fromClient.until = p.loop.now
				p.turn()
			})
			assert.Equal(t, codePolicy, client.closed())
			_ = client.Close()
			assert.ErrorIs(t, receive(t, g.ended), errSlow)
		})
	}
}

// What FuzzClient is for sockets.
func FuzzPair(f *testing.F) {
	addClients(f)
	relay := New(Config{Policy: chatPolicy, MaxMessage: 1 << 10})
	f.Fuzz(func(t *testing.T, sent []byte) {
		client, clientEnd := streams(t)
		upstream, upstreamEnd := streams(t)
		g := &rig{t: t, relay: relay, ended: make(chan error, 1)}
		p := g.pairOf(clientEnd, upstreamEnd)
		require.True(t, relay.add(p))
		p.start([]byte("welcome"), sent[:len(sent)/3], nil)
		go func() { _, _ = io.Copy(io.Discard, client) }()
		go func() {
			_, _ = client.Write(sent[len(sent)/3:])
			_ = client.(*net.UnixConn).CloseWrite()
		}()
		judgeUpstream(t, upstream)
		receive(t, g.ended)
	})
}

// streams are the two ends of a connection, the second as a descriptor.
func streams(t *testing.T) (net.Conn, int) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	file := os.NewFile(uintptr(fds[0]), "")
	defer file.Close()
	conn, err := net.FileConn(file)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn, fds[1]
}
