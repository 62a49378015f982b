//lint:file-ignore SA1019 The socket library the client uses, pinned before it was renamed.

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A pemPair is a key and its certificate for 127.0.0.1, signed by itself.
type pemPair struct{ cert, key []byte }

func newPair(t *testing.T, name string) pemPair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return pemPair{
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
	}
}

// certFiles are where a pair lies on disk.
type certFiles struct {
	cert, key string
	written   time.Time
}

func newCertFiles(t *testing.T, pair pemPair) *certFiles {
	t.Helper()
	folder := t.TempDir()
	f := &certFiles{cert: filepath.Join(folder, "cert.pem"), key: filepath.Join(folder, "key.pem"), written: time.Now()}
	f.write(t, f.cert, pair.cert)
	f.write(t, f.key, pair.key)
	return f
}

// write replaces a file. Each is a second younger than the one before, however coarse the clock of the file system is.
func (f *certFiles) write(t *testing.T, file string, content []byte) {
	t.Helper()
	f.written = f.written.Add(time.Second)
	require.NoError(t, os.WriteFile(file+".new", content, 0o600))
	require.NoError(t, os.Chtimes(file+".new", f.written, f.written))
	require.NoError(t, os.Rename(file+".new", file))
}

// shown is the name in the certificate that a server shows.
func shown(t *testing.T, address string) string {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true}) // which it is, is the question
	require.NoError(t, err)
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
}

func TestTLS(t *testing.T) {
	directus := startDirectus(t, nil)
	pair := newPair(t, "first.example.com")
	files := newCertFiles(t, pair)
	url := startProgram(t, io.Discard, "-directus-url", directus.URL, "-tls-cert", files.cert, "-tls-key", files.key)
	require.True(t, strings.HasPrefix(url, "https://"), url)
	address := strings.TrimSuffix(strings.TrimPrefix(url, "https://"), "/")
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pair.cert))

	for want, major := range map[string]int{"HTTP/1.1": 1, "HTTP/2.0": 2} {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: major == 2}}
		for path, status := range map[string]int{"": 200, "assets/app.5678.wasm": 200, "directus/users/me": 200, "directus/no": 404, "%2e": 404, "directus/websocket": 403} {
			answer, err := client.Get(url + path)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, answer.Body)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			assert.Equal(t, want, answer.Proto)
			assert.Equal(t, status, answer.StatusCode, "%s %s", want, path)
			assert.Empty(t, answer.Header.Get("Strict-Transport-Security"), "nobody has said that the host has nothing else")
		}
		client.CloseIdleConnections()
	}

	old, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if !assert.Error(t, err, "TLS 1.1 is no protection any more") {
		old.Close()
	}
}

func TestSocketOverTLS(t *testing.T) {
	directus := startDirectus(t, echo)
	pair := newPair(t, "first.example.com")
	files := newCertFiles(t, pair)
	url := strings.TrimSuffix(startProgram(t, io.Discard, "-directus-url", directus.URL, "-tls-cert", files.cert, "-tls-key", files.key), "/")
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pair.cert))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()
	socket, _, err := dialWith(t, client, url, url)
	require.NoError(t, err)
	defer socket.CloseNow()
	mustEcho(t, socket, `{"type":"ping"}`)
}

func TestCertificateIsReloaded(t *testing.T) {
	first, second, third := newPair(t, "first"), newPair(t, "second"), newPair(t, "third")
	files := newCertFiles(t, first)
	var stderr safeBuffer
	url := startProgram(t, &stderr, "-directus-url", directusURL, "-tls-cert", files.cert, "-tls-key", files.key)
	address := strings.TrimSuffix(strings.TrimPrefix(url, "https://"), "/")
	complaints := func() int { return strings.Count(stderr.String(), "the new certificate cannot be used") }
	require.Equal(t, "first", shown(t, address))

	files.write(t, files.cert, second.cert)
	for range 3 {
		assert.Equal(t, "first", shown(t, address), "the key is not there yet")
	}
	assert.Equal(t, 1, complaints(), "once, not at every handshake: %s", &stderr)
	files.write(t, files.key, second.key)
	assert.Equal(t, "second", shown(t, address))

	for i, broken := range [][]byte{nil, []byte("no certificate"), third.key} {
		files.write(t, files.cert, broken)
		assert.Equal(t, "second", shown(t, address))
		assert.Equal(t, "second", shown(t, address))
		assert.Equal(t, i+2, complaints())
	}
	require.NoError(t, os.Remove(files.cert))
	assert.Equal(t, "second", shown(t, address))
	assert.Equal(t, 5, complaints())

	files.write(t, files.key, third.key)
	files.write(t, files.cert, third.cert)
	assert.Equal(t, "third", shown(t, address))
	assert.Equal(t, 5, complaints())
	assert.NotContains(t, stderr.String(), "PRIVATE")
}

func TestCertificateIsReloadedAtASignal(t *testing.T) {
	first, second := newPair(t, "first.example.com"), newPair(t, "second.example.com")
	files := newCertFiles(t, first)
	p := startProcess(t, "-directus-url", directusURL, "-tls-cert", files.cert, "-tls-key", files.key)
	require.Contains(t, p.stderr.String(), "first.example.com")
	files.write(t, files.cert, second.cert)
	files.write(t, files.key, second.key)
	require.NoError(t, p.Process.Signal(syscall.SIGHUP))
	require.Eventually(t, func() bool { return strings.Contains(p.stderr.String(), "second.example.com") }, 10*time.Second, time.Millisecond,
		"without a handshake: %s", &p.stderr)
}

func TestUnusablePairIsNoticedAtStart(t *testing.T) {
	first, second := newPair(t, "first"), newPair(t, "second")
	for name, pair := range map[string]pemPair{
		"of two pairs":   {first.cert, second.key},
		"empty":          {nil, nil},
		"no certificate": {first.key, first.key},
	} {
		files := newCertFiles(t, pair)
		_, err := loadKeyPair(files.cert, files.key, slog.New(slog.DiscardHandler))
		assert.ErrorContains(t, err, "belong together", name)
	}
	_, err := loadKeyPair("no-such-file", "no-such-file", slog.New(slog.DiscardHandler))
	assert.ErrorContains(t, err, "no-such-file")
}
