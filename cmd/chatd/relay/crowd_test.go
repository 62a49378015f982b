package relay

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// openFiles is how many files this process has open; 0 where the system does not say.
func openFiles() int {
	files, _ := os.ReadDir("/proc/self/fd")
	return len(files)
}

// Everybody connects at once. Each gets back what is its own and nothing else, and nothing is left afterwards.
func TestCrowd(t *testing.T) {
	const crowd = 300
	before := openFiles()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	upstream := &http.Server{Handler: http.HandlerFunc(echoUpstream)}
	var running sync.WaitGroup
	running.Go(func() { _ = upstream.Serve(listener) })
	g := newRig(t, func(c *Config) {
		c.Upstream = &url.URL{Scheme: "http", Host: listener.Addr().String(), Path: "/websocket"}
	})
	g.ended = make(chan error, crowd)

	start := make(chan struct{})
	for i := range crowd {
		running.Go(func() {
			<-start
			assert.NoError(t, askAndListen(g.server.Listener.Addr().String(), i))
		})
	}
	close(start)
	for range crowd {
		receive(t, g.ended)
	}
	_ = upstream.Close()
	running.Wait()
	assert.Eventually(t, func() bool { return g.relay.Len() == 0 }, patience, time.Millisecond)
	g.server.CloseClientConnections()
	assert.Eventually(t, func() bool { return openFiles() < before+50 }, patience, 10*time.Millisecond, "files stay open")
}

// askAndListen is a client with 20 messages of its own, in three sizes.
func askAndListen(address string, who int) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute)) // a crowd takes its time
	in := bufio.NewReader(conn)
	fmt.Fprint(conn, "GET /websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	if answer, err := http.ReadResponse(in, nil); err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("no socket: %w", err)
	}
	for n := range 20 {
		text := fmt.Sprintf(`{"type":"items","action":"create","collection":"messages","data":{"who":"%0*d","n":%d}}`, 1+n%3*700, who+1, n)
		if _, err := conn.Write([]byte(masked(true, opText, text))); err != nil {
			return err
		}
		got, err := readText(in)
		if err != nil {
			return err
		}
		if got != text {
			return fmt.Errorf("client %d got what is not its own", who)
		}
	}
	return nil
}

func readText(in *bufio.Reader) (string, error) {
	text, _, err := readFrame(in)
	return text, err
}

// echoUpstream sends every message back.
func echoUpstream(w http.ResponseWriter, r *http.Request) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	_, err = io.WriteString(conn, switching)
	for err == nil {
		var text string
		if text, err = readText(buffered.Reader); err == nil {
			_, err = io.WriteString(conn, plain(true, opText, text))
		}
	}
}
