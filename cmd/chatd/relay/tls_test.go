//go:build linux

package relay

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// newTLSRig is a rig whose both sides speak TLS, with httptest's certificate among the system's roots. Go reads those
// once, for the first connection that needs them: no other test of the package does.
func newTLSRig(t *testing.T, change func(*Config)) *rig {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	roots := filepath.Join(t.TempDir(), "roots.pem")
	require.NoError(t, os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	t.Setenv("SSL_CERT_FILE", roots)
	return startRig(t, &tls.Config{Certificates: server.TLS.Certificates}, change)
}

func TestTLSPassesMessages(t *testing.T) {
	g := newTLSRig(t, nil)
	client, upstream := g.open(plain(true, opText, "early"))
	assert.Equal(t, "early", client.read().text)
	long := `{"type":"items","action":"create","collection":"messages","data":{"content":"` + strings.Repeat("x", 40_000) + `"}}`
	for _, text := range []string{ping, long} {
		client.write(masked(true, opText, text))
		assert.Equal(t, text, upstream.read().text)
	}
	for _, text := range []string{"x", strings.Repeat("y", 200_000)} {
		upstream.write(plain(true, opText, text))
		assert.Equal(t, text, client.read().text)
	}
	client.write(masked(true, opClose, "\x03\xe8bye"))
	assert.Equal(t, "\x03\xe8bye", upstream.read().text)
	upstream.write(plain(true, opClose, "\x03\xe8"))
	_ = upstream.Close()
	assert.Equal(t, codeNormal, client.closed())
	assert.ErrorIs(t, receive(t, g.ended), errClosed)
}

// Whoever ends it, the client is told why, and both connections end.
func TestTLSEnds(t *testing.T) {
	tests := map[string]struct {
		end    func(g *rig, upstream *peer)
		code   int
		reason error
	}{
		"chatd stops":       {func(g *rig, _ *peer) { g.relay.Drain() }, codeRestart, errRestart},
		"Directus hangs up": {func(_ *rig, upstream *peer) { _ = upstream.Close() }, codeBadGateway, io.EOF},
		"Directus is cut off": {func(_ *rig, upstream *peer) {
			upstream.write("\x81\x7e\x01\x00half of it")
			_ = upstream.Conn.(*tls.Conn).NetConn().Close()
		}, codeBadGateway, io.EOF},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := newTLSRig(t, nil)
			client, upstream := g.open("")
			test.end(g, upstream)
			assert.Equal(t, test.code, client.closed())
			_ = client.Close()
			assert.ErrorIs(t, receive(t, g.ended), test.reason)
			_, err := upstream.in.ReadByte()
			assert.Error(t, err)
		})
	}
}

func TestTLSSlowReader(t *testing.T) {
	g := newTLSRig(t, func(c *Config) { c.Stall = 100 * time.Millisecond })
	_, upstream := g.open("")
	text := plain(true, opText, strings.Repeat("x", 1<<20))
	for err := error(nil); err == nil; {
		_, err = io.WriteString(upstream.Conn, text)
	}
	assert.ErrorIs(t, receive(t, g.ended), errStall)
}

// A Directus whose certificate is for another name is none.
func TestTLSOfAnotherName(t *testing.T) {
	g := newTLSRig(t, func(c *Config) { c.Upstream.Host = "localhost:" + c.Upstream.Port() }) // it is for 127.0.0.1
	g.connect()
	upstream := receive(t, g.upstreams)
	_, err := upstream.in.ReadByte()
	assert.Error(t, err)
	assert.ErrorContains(t, receive(t, g.failed), "certificate is valid for")
}
