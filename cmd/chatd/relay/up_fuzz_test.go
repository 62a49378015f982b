package relay

import (
	"bufio"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// Whatever a client sends, what reaches the upstream is whole, masked frames of text that the policy knows, pongs, and
// at most one close frame.
func FuzzClient(f *testing.F) {
	addClients(f)
	r := New(Config{Policy: chatPolicy, MaxMessage: 1 << 10})
	f.Fuzz(func(t *testing.T, sent []byte) {
		client, clientEnd := net.Pipe()
		upstream, upstreamEnd := net.Pipe()
		s := newSocket(r, clientEnd, upstreamEnd, "", nil)
		s.in = bufio.NewReaderSize(clientEnd, smallBuffer)
		s.toClient.between = true
		go func() { _, _ = io.Copy(io.Discard, client) }()
		go func() {
			_, _ = client.Write(sent)
			_ = client.Close()
		}()
		go func() {
			_ = s.up()
			_ = clientEnd.Close()
			_ = upstreamEnd.Close()
		}()
		_ = upstream.SetDeadline(time.Now().Add(patience))
		judgeUpstream(t, upstream)
	})
}

func addClients(f *testing.F) {
	f.Add([]byte(masked(true, opText, ping)))
	f.Add([]byte(masked(false, opText, `{"type":`) + masked(true, opPing, "x") + masked(true, opContinuation, `"ping"}`) + masked(true, opClose, "\x03\xe8")))
	f.Add([]byte(plain(true, opText, ping)))
	f.Add([]byte("\x81\xff\x00\x00\x00\x00\x7f\xff\xff\xff\x00\x00\x00\x00x"))
}

// judgeUpstream reads what reaches the upstream, to the end.
func judgeUpstream(t *testing.T, upstream io.Reader) {
	in := bufio.NewReader(upstream)
	for closed := false; ; {
		got, h, err := readFrame(in)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil || closed || !h.masked || !h.fin || h.op != opText && h.op != opPong && h.op != opClose {
			t.Fatalf("%+v %v", h, err)
		}
		if _, refused := chatPolicy.check([]byte(got)); h.op == opText && refused != nil {
			t.Fatal("a message passed that does not")
		}
		closed = h.op == opClose
	}
}
