package relay

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// Nothing may be left running when a relay has been drained.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// prepare chooses the way in which a rig's relay carries sockets.
var prepare = func(*Relay) {}

const patience = time.Minute // of a test that waits for what should come at once

// A rig is a relay between a client and an upstream that the test plays itself.
type rig struct {
	t         *testing.T
	relay     *Relay
	server    *httptest.Server
	upstreams chan *peer // sockets that have reached the upstream
	ended     chan error // reasons of sockets that have ended
	failed    chan error // of Open
}

func newRig(t *testing.T, change func(*Config)) *rig { return startRig(t, nil, change) }

// startRig has TLS on both sides, if there is a certificate.
func startRig(t *testing.T, secure *tls.Config, change func(*Config)) *rig {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	scheme := "http"
	if secure != nil {
		listener, scheme = tls.NewListener(listener, secure), "https"
	}
	g := &rig{t: t, upstreams: make(chan *peer, 64), ended: make(chan error, 64), failed: make(chan error, 64)}
	accepting := make(chan struct{})
	go func() {
		defer close(accepting)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			g.upstreams <- newPeer(t, conn)
		}
	}()
	cfg := Config{Upstream: &url.URL{Scheme: scheme, Host: listener.Addr().String(), Path: "/websocket"}, Policy: chatPolicy, MaxMessage: 64 << 10}
	if change != nil {
		change(&cfg)
	}
	g.relay = New(cfg)
	prepare(g.relay)
	g.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := g.relay.Open(w, r, http.Header{}, func(err error) { g.ended <- err }); err != nil {
			g.failed <- err
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	g.server.TLS = secure
	if secure != nil {
		g.server.StartTLS()
	} else {
		g.server.Start()
	}
	t.Cleanup(func() {
		_ = listener.Close()
		<-accepting
		g.relay.Drain()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		assert.NoError(t, g.relay.Wait(ctx))
		g.server.Close()
	})
	return g
}

// connect sends an upgrade as a client.
func (g *rig) connect() *peer {
	conn, err := net.Dial("tcp", g.server.Listener.Addr().String())
	require.NoError(g.t, err)
	if g.server.TLS != nil {
		roots := g.server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		conn = tls.Client(conn, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"})
	}
	p := newPeer(g.t, conn)
	p.write("GET /websocket HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	return p
}

const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

// open opens a socket through the relay. The upstream sends early right behind its answer.
func (g *rig) open(early string) (client, upstream *peer) {
	client = g.connect()
	upstream = g.upstream()
	upstream.write(switching + early)
	answer, err := http.ReadResponse(client.in, nil)
	require.NoError(g.t, err)
	require.Equal(g.t, http.StatusSwitchingProtocols, answer.StatusCode)
	return client, upstream
}

// upstream waits for a request to reach the upstream, and reads it.
func (g *rig) upstream() *peer {
	p := receive(g.t, g.upstreams)
	request, err := http.ReadRequest(p.in)
	require.NoError(g.t, err)
	require.Equal(g.t, "/websocket", request.RequestURI)
	return p
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		require.FailNow(t, "nothing came")
		panic("not reached")
	}
}

// A peer is one end of a connection.
type peer struct {
	net.Conn
	t  *testing.T
	in *bufio.Reader
}

func newPeer(t *testing.T, conn net.Conn) *peer {
	_ = conn.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { _ = conn.Close() })
	return &peer{conn, t, bufio.NewReader(conn)}
}

func (p *peer) write(text string) {
	p.t.Helper()
	_, err := io.WriteString(p.Conn, text)
	require.NoError(p.t, err)
}

// A frame as it was read, its payload unmasked.
type frame struct {
	header
	text string
}

// read reads the next frame.
func (p *peer) read() frame {
	p.t.Helper()
	text, h, err := readFrame(p.in)
	require.NoError(p.t, err)
	return frame{h, text}
}

// readFrame reads a frame and unmasks its payload. Its error is io.EOF only between two frames.
func readFrame(in *bufio.Reader) (text string, h header, err error) {
	first, err := in.Peek(2)
	if err != nil {
		return "", h, err
	}
	head := make([]byte, headerSize([2]byte(first)))
	if _, err = io.ReadFull(in, head); err == nil {
		h, err = parseHeader(head)
	}
	if err != nil {
		return "", h, fmt.Errorf("within a header: %v", err)
	}
	payload := make([]byte, h.length)
	if _, err = io.ReadFull(in, payload); err != nil {
		return "", h, fmt.Errorf("within a frame: %v", err)
	}
	if h.masked {
		applyMask(payload, h.mask)
	}
	return string(payload), h, nil
}

// closed reads a close frame and the end, and returns the status.
func (p *peer) closed() int {
	p.t.Helper()
	f := p.read()
	require.EqualValues(p.t, opClose, f.op, f.text)
	_, err := p.in.ReadByte()
	require.ErrorIs(p.t, err, io.EOF)
	if len(f.text) < 2 {
		return 1005
	}
	return int(binary.BigEndian.Uint16([]byte(f.text)))
}

// client's frame, masked.
func masked(fin bool, op byte, text string) string {
	mask := [4]byte{0x12, 0x34, 0x56, 0x78}
	payload := []byte(text)
	applyMask(payload, mask)
	head := appendHeader(nil, op, len(text), &mask)
	if !fin {
		head[0] &^= 0x80
	}
	return string(head) + string(payload)
}

// server's frame.
func plain(fin bool, op byte, text string) string {
	head := appendHeader(nil, op, len(text), nil)
	if !fin {
		head[0] &^= 0x80
	}
	return string(head) + text
}

// pour sends the same again and again, and tells why it ends.
func (p *peer) pour(text string) <-chan error {
	ended := make(chan error, 1)
	go func() {
		for {
			if _, err := io.WriteString(p.Conn, text); err != nil {
				ended <- err
				return
			}
		}
	}()
	return ended
}
