//lint:file-ignore SA1019 The socket library the client uses, pinned before it was renamed.

package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"nhooyr.io/websocket"
)

// A process is a chatd of its own, so that it can be sent signals.
type process struct {
	*exec.Cmd
	url            string
	stdout, stderr safeBuffer
	ended          chan struct{}
}

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	dist := t.TempDir()
	require.NoError(t, os.CopyFS(dist, fakeDist(t)))
	p := &process{Cmd: exec.Command(os.Args[0], append([]string{"serve", "-listen", "127.0.0.1:0"}, args...)...), ended: make(chan struct{})}
	p.Env = append(os.Environ(), distVariable+"="+dist)
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	require.NoError(t, p.Start())
	go func() {
		defer close(p.ended)
		_ = p.Wait() // the state says it
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill() // an error if it has ended, as it should
		<-p.ended
	})
	line := regexp.MustCompile(`^chatd is listening on (https?://127\.0\.0\.1:[0-9]+)/\n`)
	require.Eventually(t, func() bool { return line.MatchString(p.stdout.String()) }, 20*time.Second, time.Millisecond, &p.stderr)
	p.url = line.FindStringSubmatch(p.stdout.String())[1]
	return p
}

// read gets what the process serves at a path, by a connection of its own.
func (p *process) read(path string) (status int, body string, err error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(p.url + path)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}

// A load balancer sees that it should send nobody any more, those who come meanwhile are served, those who are in the middle
// of something finish, and then the process ends by itself and without an error.
func TestDrain(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	directus := startDirectus(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/server/ping", "/server/info":
			pong(w, r)
		case "/websocket":
			echo(w, r)
		default:
			close(entered)
			<-release
			_, _ = io.WriteString(w, "finished")
		}
	})
	p := startProcess(t, "-directus-url", directus.URL, "-drain-delay", "1s", "-drain-timeout", "20s")
	status, _, err := p.read("/readyz")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	socket, _, err := dial(t, p.url, p.url)
	require.NoError(t, err)
	defer socket.CloseNow()
	mustEcho(t, socket, `{"type":"ping"}`)
	got := make(chan string, 1)
	go func() {
		_, body, err := p.read("/directus/users/me")
		if err != nil {
			body = err.Error()
		}
		got <- body
	}()
	<-entered

	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	var reason string
	require.Eventually(t, func() bool {
		status, body, err := p.read("/readyz")
		reason = body
		return err == nil && status == http.StatusServiceUnavailable
	}, 10*time.Second, time.Millisecond)
	assert.Equal(t, "chatd is stopping\n", reason)
	mustEcho(t, socket, `{"type":"ping"}`) // nobody is cut off during the delay

	_, _, err = socket.Read(testContext(t))
	assert.Equal(t, websocket.StatusServiceRestart, websocket.CloseStatus(err), "the socket is told to go: %v", err)
	_, err = net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	assert.Error(t, err, "no new connections after the delay")
	close(release)
	assert.Equal(t, "finished", <-got)
	<-p.ended
	assert.Zero(t, p.ProcessState.ExitCode(), &p.stderr)
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	p := startProcess(t, "-directus-url", directusURL, "-drain-delay", "1h")
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { return strings.Contains(p.stderr.String(), "msg=stopping") }, 10*time.Second, time.Millisecond)
	require.Eventually(t, func() bool { // the first one that comes after the program has let go of signals
		_ = p.Process.Signal(syscall.SIGTERM) // an error if it has ended
		select {
		case <-p.ended:
			return true
		default:
			return false
		}
	}, 20*time.Second, 10*time.Millisecond)
	assert.NotZero(t, p.ProcessState.ExitCode())
}
