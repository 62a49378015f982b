//go:build linux || darwin

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus/directuslab"
)

// command runs directus-dev and returns its exit status and what it printed.
func command(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err strings.Builder
	status = run(t.Context(), args, &out, &err)
	return status, out.String(), err.String()
}

func TestMistakes(t *testing.T) {
	t.Setenv("CHATD_LAB_CACHE", t.TempDir())
	for name, test := range map[string]struct {
		args   string
		status int
		says   string
	}{
		"no command":         {"", 2, "usage: directus-dev COMMAND"},
		"unknown command":    {"run", 2, "usage: directus-dev COMMAND"},
		"unknown flag":       {"start -nonsense", 2, "-nonsense"},
		"no number":          {"start -port here", 2, "-port"},
		"no setting":         {"start -env FOO", 2, "not of the form KEY=VALUE"},
		"one word too many":  {"stop dev", 2, "dev"},
		"unknown version":    {"start -version 9.0.0", 1, "12.4.0"},
		"install of unknown": {"install 9.0.0", 1, "12.4.0"},
		"impossible name":    {"start -name ../x", 1, "cannot name an instance"},
		"nothing to stop":    {"stop -name nobody", 1, "no instance nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := command(t, strings.Fields(test.args)...)
			assert.Equal(t, test.status, status)
			assert.Contains(t, stderr, test.says)
			assert.NotContains(t, stdout, "answers")
		})
	}
}

func TestHelpIsNoMistake(t *testing.T) {
	status, _, stderr := command(t, "start", "-h")
	assert.Zero(t, status)
	assert.Contains(t, stderr, "-version")
}

func TestNothingThere(t *testing.T) {
	t.Setenv("CHATD_LAB_CACHE", t.TempDir())
	status, stdout, _ := command(t, "status")
	assert.Zero(t, status)
	assert.Contains(t, stdout, "there are no instances")
	status, stdout, _ = command(t, "reset", "-name", "nobody")
	assert.Zero(t, status)
	assert.Contains(t, stdout, "nobody is forgotten")
}

// Ensure that an instance can be started in one terminal, seen and stopped from another, and ended by Ctrl-C.
func TestInstance(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a real Directus: run without -short")
	}
	name := fmt.Sprintf("test-%d", os.Getpid())
	t.Cleanup(func() {
		status, _, stderr := command(t, "reset", "-name", name)
		assert.Zero(t, status, stderr)
	})
	status, _, stderr := command(t, "install", directuslab.DefaultVersion)
	require.Zero(t, status, stderr)

	ctx, interrupt := context.WithCancel(t.Context())
	first := startInstance(ctx, t, name)
	_, stdout, _ := command(t, "status")
	assert.Regexp(t, name+`\tDirectus 12\.4\.0\trunning on http://127\.0\.0\.1:\d+`, stdout)

	status, _, stderr = command(t, "start", "-name", name, "-port", "0")
	assert.Equal(t, 1, status)
	assert.Contains(t, stderr, "running already")

	status, _, stderr = command(t, "stop", "-name", name)
	assert.Zero(t, status, stderr)
	assert.Zero(t, <-first)
	_, stdout, _ = command(t, "status")
	assert.Regexp(t, name+`\tDirectus 12\.4\.0\tstopped`, stdout)

	second := startInstance(ctx, t, name)
	interrupt()
	assert.Zero(t, <-second)
	_, stdout, _ = command(t, "status")
	assert.Regexp(t, name+`\tDirectus 12\.4\.0\tstopped`, stdout)
}

func TestPortInUse(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a real Directus: run without -short")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	name := fmt.Sprintf("test-port-%d", os.Getpid())
	t.Cleanup(func() { command(t, "reset", "-name", name) })
	status, _, stderr := command(t, "start", "-name", name, "-port", fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
	assert.Equal(t, 1, status)
	assert.Contains(t, stderr, "the port is in use: stop what listens there, or choose another")
}

// startInstance runs "directus-dev start" in the background and returns when the instance answers.
func startInstance(ctx context.Context, t *testing.T, name string) (status <-chan int) {
	t.Helper()
	ended := make(chan int, 1)
	var out output
	go func() {
		ended <- run(ctx, []string{"start", "-name", name, "-port", "0", "-env", "ACCESS_TOKEN_TTL=1m"}, &out, &out)
	}()
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "Ctrl-C stops it") || len(ended) > 0 },
		2*time.Minute, 10*time.Millisecond)
	require.Empty(t, ended, out.String())
	return ended
}

// An output is a buffer that one goroutine writes while another reads.
type output struct {
	mu sync.Mutex
	b  strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}
