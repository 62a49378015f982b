package relay

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ping = `{"type":"ping"}`

func TestMessagesPassBothWays(t *testing.T) {
	g := newRig(t, nil)
	client, upstream := g.open(plain(true, opText, "early"))
	assert.Equal(t, "early", client.read().text)

	long := `{"type":"items","action":"create","collection":"messages","data":{"content":"` + strings.Repeat("é", 20_000) + `"}}`
	for _, text := range []string{ping, long} {
		client.write(masked(true, opText, text))
		got := upstream.read()
		assert.True(t, got.fin && got.masked && got.op == opText)
		assert.Equal(t, text, got.text)
	}
	for _, text := range []string{"", "x", strings.Repeat("x", 600), strings.Repeat("y", 200_000)} {
		upstream.write(plain(true, opText, text))
		assert.Equal(t, text, client.read().text)
	}
}

func TestFragmentsAndControlFrames(t *testing.T) {
	g := newRig(t, nil)
	client, upstream := g.open("")
	client.write(masked(false, opText, `{"type":`) + masked(true, opPing, "are you there") + masked(false, opContinuation, "") + masked(true, opPong, "x") + masked(true, opContinuation, `"ping"}`))
	pong := client.read()
	assert.Equal(t, "are you there", pong.text)
	assert.EqualValues(t, opPong, pong.op)
	assert.EqualValues(t, opPong, upstream.read().op)
	assert.Equal(t, ping, upstream.read().text)

	for _, c := range []byte(masked(true, opText, ping)) {
		client.write(string([]byte{c}))
	}
	assert.Equal(t, ping, upstream.read().text)
}

// Every refused message is answered, in order, and the upstream sees nothing of it.
func TestRefusedMessagesStayHere(t *testing.T) {
	g := newRig(t, nil)
	client, upstream := g.open("")
	for _, test := range refusals {
		client.write(masked(true, opText, test.text))
		answer := client.read()
		assert.Contains(t, answer.text, `"type":"`+test.kind+`"`)
		assert.Contains(t, answer.text, `"code":"`+test.code+`"`)
	}
	client.write(masked(true, opText, ping))
	assert.Equal(t, ping, upstream.read().text)
}

// What chatd says itself waits for the end of a message from the upstream.
func TestAnswersStandBetweenMessages(t *testing.T) {
	g := newRig(t, nil)
	client, upstream := g.open("")
	upstream.write(plain(false, opText, "begin "))
	assert.Equal(t, "begin ", client.read().text)
	client.write(masked(true, opText, "no JSON") + masked(true, opText, ping))
	assert.Equal(t, ping, upstream.read().text) // so the first has been refused
	upstream.write(plain(true, opContinuation, "end"))
	assert.Equal(t, "end", client.read().text)
	assert.Contains(t, client.read().text, "INVALID_PAYLOAD")
}

func TestBrokenFramesEndTheSocket(t *testing.T) {
	big := appendHeader(nil, opText, 100<<20, &[4]byte{})
	tests := map[string]struct {
		sent string
		code int
	}{
		"unmasked":                  {plain(true, opText, ping), codeProtocol},
		"a reserved bit":            {"\xc1\x80\x00\x00\x00\x00", codeProtocol},
		"a reserved opcode":         {"\x83\x80\x00\x00\x00\x00", codeProtocol},
		"a reserved control opcode": {"\x8b\x80\x00\x00\x00\x00", codeProtocol},
		"a fragmented ping":         {masked(false, opPing, ""), codeProtocol},
		"a long ping":               {masked(true, opPing, strings.Repeat("x", 126)), codeProtocol},
		"a continuation of nothing": {masked(true, opContinuation, "x"), codeProtocol},
		"a message within another":  {masked(false, opText, "x") + masked(true, opText, "x"), codeProtocol},
		"a length that is too long": {"\x81\xfe\x00\x01\x00\x00\x00\x00", codeProtocol},
		"a negative length":         {"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", codeProtocol},
		"binary":                    {masked(true, opBinary, ping), codeUnsupported},
		"100 MB":                    {string(big) + strings.Repeat("x", 8<<20), codeTooBig},
		"too many fragments":        {strings.Repeat(masked(false, opText, strings.Repeat("x", 40_000)), 1) + masked(false, opContinuation, strings.Repeat("x", 40_000)), codeTooBig},
		"half a status":             {masked(true, opClose, "x"), codeProtocol},
		"no status":                 {masked(true, opClose, "\x03\xed"), codeProtocol}, // 1005
		"no close frame":            {masked(true, opClose, "\x03\xee"), codeProtocol}, // 1006
		"no TLS":                    {masked(true, opClose, "\x03\xf7"), codeProtocol}, // 1015
		"a status of nobody's":      {masked(true, opClose, "\x0b\xb7"), codeProtocol}, // 2999
		"a reason that is no text":  {masked(true, opClose, "\x03\xe8\xff"), codeProtocol},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, nil)
			client, upstream := g.open("")
			go func() { _, _ = io.WriteString(client.Conn, test.sent) }() // the relay may stop reading
			code := client.read()
			assert.EqualValues(t, opClose, code.op)
			assert.Equal(t, []byte{byte(test.code >> 8), byte(test.code)}, []byte(code.text[:2]))
			_, err := upstream.in.ReadByte()
			assert.Error(t, err, "the upstream got something")
			_ = client.Close()
			receive(t, g.ended)
		})
	}
}

func TestCloseHandshake(t *testing.T) {
	g := newRig(t, nil)
	client, upstream := g.open("")
	client.write(masked(true, opClose, "\x03\xe8bye"))
	assert.Equal(t, "\x03\xe8bye", upstream.read().text)
	upstream.write(plain(true, opClose, "\x03\xe8"))
	_ = upstream.Close()
	assert.Equal(t, 1000, client.closed())
	assert.ErrorIs(t, receive(t, g.ended), errClosed)
}

func TestUpstreamEnds(t *testing.T) {
	tests := map[string]struct {
		last string
		code int
	}{
		"with a close frame":  {plain(true, opClose, "\x0f\xa0"), 4000},
		"without one":         {"", codeBadGateway},
		"in a frame":          {"\x81\x7e\x01\x00half of it", codeBadGateway},
		"in a header":         {"\x81\x7e", codeBadGateway},
		"with garbage":        {"SSH-2.0-OpenSSH\r\n", codeBadGateway},
		"with a masked frame": {masked(true, opText, "x"), codeBadGateway},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, nil)
			client, upstream := g.open("")
			upstream.write(test.last)
			_ = upstream.Close()
			assert.Equal(t, test.code, client.closed())
			_ = client.Close()
			receive(t, g.ended)
		})
	}
}

// A client whose connection is reset, between messages, within one, or while Directus sends, leaves nothing behind.
func TestResetByTheClient(t *testing.T) {
	for name, sent := range map[string]string{"between messages": "", "in a message": masked(false, opText, "{"), "in a header": "\x81"} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, nil)
			client, upstream := g.open("")
			client.write(masked(true, opText, ping) + sent)
			assert.Equal(t, ping, upstream.read().text)
			require.NoError(t, client.Conn.(*net.TCPConn).SetLinger(0)) // Close resets
			require.NoError(t, client.Close())
			_, err := upstream.in.ReadByte()
			assert.Error(t, err)
			assert.Error(t, receive(t, g.ended))
		})
	}
	t.Run("while it is sent much", func(t *testing.T) {
		g := newRig(t, nil)
		client, upstream := g.open("")
		sending := upstream.pour(plain(true, opText, strings.Repeat("x", 1<<20)))
		client.read()
		require.NoError(t, client.Conn.(*net.TCPConn).SetLinger(0))
		require.NoError(t, client.Close())
		assert.Error(t, receive(t, g.ended))
		assert.Error(t, receive(t, sending))
	})
}

// A Directus that takes nothing of what is sent to it is given up, and its client told.
func TestStalledUpstream(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Stall = 100 * time.Millisecond })
	client, _ := g.open("") // it reads nothing
	large := masked(true, opText, `{"type":"items","action":"create","collection":"messages","data":{"content":"`+strings.Repeat("x", 60_000)+`"}}`)
	sending := client.pour(large)
	f := client.read()
	assert.Equal(t, byte(opClose), f.op)
	assert.Equal(t, "\x03\xf6Directus has gone", f.text)
	assert.ErrorIs(t, receive(t, g.ended), errUpstreamStall)
	assert.Error(t, receive(t, sending))
}

func TestHandshakeTrouble(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing":           "",
		"garbage":           "SSH-2.0-OpenSSH\r\n",
		"another key":       strings.Replace(switching, "s3pP", "aaaa", 1),
		"extensions":        strings.Replace(switching, "\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", 1),
		"interim, for ever": strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 10),
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, nil)
			client := g.connect()
			upstream := g.upstream()
			upstream.write(answer)
			_ = upstream.Close()
			assert.ErrorIs(t, receive(t, g.failed), ErrUpstream)
			got, err := http.ReadResponse(client.in, nil)
			require.NoError(t, err)
			assert.Equal(t, http.StatusBadGateway, got.StatusCode)
		})
	}
	t.Run("the client goes", func(t *testing.T) {
		g := newRig(t, nil)
		client := g.connect()
		g.upstream() // says nothing
		_ = client.Close()
		assert.Error(t, receive(t, g.failed))
	})
}

// A client that reads nothing is given up, and holds nothing up meanwhile but its own socket.
func TestSlowReader(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Stall = 100 * time.Millisecond })
	client, upstream := g.open("")
	other, otherUpstream := g.open("")
	text := plain(true, opText, strings.Repeat("x", 1<<20))
	go func() {
		for {
			if _, err := io.WriteString(upstream.Conn, text); err != nil {
				return
			}
		}
	}()
	otherUpstream.write(plain(true, opText, "hello"))
	assert.Equal(t, "hello", other.read().text)
	assert.ErrorIs(t, receive(t, g.ended), errStall)
	_ = client.Close()
}

func TestSilentClientIsClosed(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Idle = 50 * time.Millisecond })
	client, _ := g.open("")
	assert.Equal(t, codePolicy, client.closed())
	_ = client.Close()
	assert.ErrorIs(t, receive(t, g.ended), errIdle)
}

// A client that sends more than it may is slowed down, and loses nothing.
func TestRate(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Rate, c.Burst = 100, 1 })
	client, upstream := g.open("")
	start := time.Now()
	client.write(strings.Repeat(masked(true, opText, ping), 11))
	for range 11 {
		assert.Equal(t, ping, upstream.read().text)
	}
	assert.GreaterOrEqual(t, time.Since(start), 90*time.Millisecond)
}

// A client that is being slowed down hears of the drain like everybody else.
func TestDrainOfAFastClient(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Rate, c.Burst = 0.001, 1 })
	client, upstream := g.open("")
	client.write(masked(true, opText, ping) + masked(true, opText, `{"type":"pong"}`))
	assert.Equal(t, ping, upstream.read().text) // the next message has to wait for a quarter of an hour
	g.relay.Drain()
	assert.Equal(t, codeRestart, client.closed())
	_ = client.Close()
	assert.ErrorIs(t, receive(t, g.ended), errRestart)
}

func TestDrain(t *testing.T) {
	g := newRig(t, nil)
	client, upstream := g.open("")
	silent, _ := g.open("") // never hangs up
	g.relay.Drain()
	assert.Equal(t, codeRestart, client.closed())
	_ = client.Close()
	_, err := upstream.in.ReadByte()
	assert.Error(t, err)
	assert.ErrorIs(t, receive(t, g.ended), errRestart)
	assert.Equal(t, codeRestart, silent.closed())
	receive(t, g.ended)
	g.connect()
	assert.ErrorIs(t, receive(t, g.failed), ErrDraining)
}
