package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A safeBuffer can be read while a program writes to it.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func TestRun(t *testing.T) {
	inUse, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer inUse.Close()
	unbuilt := fstest.MapFS{"placeholder": {}}
	built := fakeDist(t)

	tests := []struct {
		name           string
		args           string
		dist           fstest.MapFS
		status         int
		stdout, stderr string
	}{
		{"nothing", "", built, 2, "", "chatd serve"},
		{"help", "help", built, 0, "chatd serve", ""},
		{"-h", "-h", built, 0, "chatd version", ""},
		{"no such command", "dance", built, 2, "", `there is no command "dance"`},
		{"version", "version", built, 0, "page v1, go1.", ""},
		{"version of an unbuilt page", "version", unbuilt, 0, "page not built", ""},
		{"version takes nothing", "version -v", built, 2, "", "takes no arguments"},
		{"serve -help", "serve -help", built, 0, "-directus-url URL", ""},
		{"serve without a Directus", "serve", built, 2, "", "chatd serve: set -directus-url or CHATD_DIRECTUS_URL"},
		{"serve with an unknown flag", "serve -x", built, 2, "", "flag provided but not defined: -x"},
		{"serve an unbuilt page", "serve -directus-url " + directusURL, unbuilt, 1, "", "run make build"},
		{"serve on a port in use", "serve -directus-url " + directusURL + " -listen " + inUse.Addr().String(), built, 1, "", "is in use; stop the other program"},
		{"metrics on a port in use", "serve -directus-url " + directusURL + " -listen 127.0.0.1:0 -metrics-listen " + inUse.Addr().String(), built, 1, "", "choose another port with -metrics-listen"},
		{"serve on an address that is not ours", "serve -directus-url " + directusURL + " -listen 192.0.2.1:0", built, 1, "", "choose another address with -listen"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			p := program{stdout: &stdout, stderr: &stderr, dist: test.dist}
			assert.Equal(t, test.status, p.run(context.Background(), strings.Fields(test.args)))
			assert.Contains(t, stdout.String(), test.stdout)
			assert.Contains(t, stderr.String(), test.stderr)
			if test.status == 0 {
				assert.Empty(t, stderr.String())
			} else {
				assert.Empty(t, stdout.String())
			}
		})
	}
}

// startProgram runs `chatd serve` on a free port until the test ends. It returns the address it printed.
func startProgram(t *testing.T, stderr io.Writer, args ...string) string {
	t.Helper()
	return startProgramTo(t, &safeBuffer{}, stderr, args...)
}

func startProgramTo(t *testing.T, stdout *safeBuffer, stderr io.Writer, args ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	status := make(chan int, 1)
	p := program{stdout: stdout, stderr: stderr, dist: fakeDist(t)}
	go func() { status <- p.run(ctx, append([]string{"serve", "-listen", "127.0.0.1:0"}, args...)) }()
	t.Cleanup(func() {
		stop()
		assert.Equal(t, 0, <-status, "stopping is no failure")
	})
	line := regexp.MustCompile(`^chatd is listening on (https?://127\.0\.0\.1:[0-9]+/.*)\n`)
	require.Eventually(t, func() bool { return line.MatchString(stdout.String()) }, 10*time.Second, time.Millisecond)
	return line.FindStringSubmatch(stdout.String())[1]
}

func TestServe(t *testing.T) {
	directus := startDirectus(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "pong") })
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	var stderr safeBuffer
	url := startProgram(t, &stderr, "-directus-url", directus.URL, "-base", "/sub/")
	for _, path := range []string{"", "directus/server/ping"} {
		answer, err := client.Get(url + path)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		assert.Equal(t, http.StatusOK, answer.StatusCode, path)
	}
	assert.NotContains(t, stderr.String(), "there is no Directus")
}

func TestServeWarnsOfAWrongUpstream(t *testing.T) {
	gone := startDirectus(t, nil)
	gone.Close()
	other := startDirectus(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>Welcome") })
	for _, directus := range []*fakeDirectus{gone, other} {
		var stderr safeBuffer
		startProgram(t, &stderr, "-directus-url", directus.URL)
		assert.Eventually(t, func() bool {
			return strings.Contains(stderr.String(), "there is no Directus at CHATD_DIRECTUS_URL")
		}, 10*time.Second, time.Millisecond)
	}
}
