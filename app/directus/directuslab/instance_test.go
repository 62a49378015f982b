//go:build linux || darwin

package directuslab

import (
	"context"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func launched(t *testing.T, script string) *Instance {
	t.Helper()
	in := fakeInstance(t.TempDir(), script)
	require.NoError(t, in.launch(t.Context()))
	t.Cleanup(in.Kill)
	return in
}

func TestStartFailures(t *testing.T) {
	t.Run("it ends at once", func(t *testing.T) {
		in := fakeInstance(t.TempDir(), "echo no database >&2; exit 1")
		err := in.Start(t.Context())
		require.ErrorIs(t, err, ErrNotStarted)
		assert.ErrorContains(t, err, "no database", "the end of the log")
	})
	t.Run("somebody takes the port first", func(t *testing.T) {
		in := fakeInstance(t.TempDir(), "echo ERROR: Port 8055 is already in use; exit 1")
		require.ErrorIs(t, in.Start(t.Context()), ErrPortInUse)
	})
	t.Run("the port is in use", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer l.Close()
		in := fakeInstance(t.TempDir(), "exec sleep 600")
		in.port = l.Addr().(*net.TCPAddr).Port
		require.ErrorIs(t, in.Start(t.Context()), ErrPortInUse)
	})
	t.Run("it is running already", func(t *testing.T) {
		in := launched(t, "exec sleep 600")
		require.ErrorIs(t, in.Start(t.Context()), ErrRunning)
	})
	t.Run("it never answers", func(t *testing.T) {
		in := fakeInstance(t.TempDir(), "echo thinking; exec sleep 600")
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- in.Start(ctx) }()
		eventually(t, "it logs", func() bool {
			b, _ := os.ReadFile(filepath.Join(in.Dir, "log"))
			return len(b) > 0
		})
		cancel()
		err := <-ended
		require.ErrorIs(t, err, ErrNotStarted)
		assert.ErrorContains(t, err, "thinking")
		state, err := Status(in.Dir)
		require.NoError(t, err)
		assert.False(t, state.Running, "nothing is left behind")
	})
}

func TestPrepareKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	template := filepath.Join(dir, "template")
	require.NoError(t, os.MkdirAll(template, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(template, databaseFile), []byte("fresh"), 0o600))
	in := &Instance{Version: "12.4.0", Dir: filepath.Join(dir, "data"), install: installation{dir: dir}}
	require.NoError(t, in.prepare(t.Context()))
	token, secret := in.AdminToken, in.secret
	assert.GreaterOrEqual(t, len(secret), 32)
	assert.NotEqual(t, token, secret)
	for _, name := range []string{secretFile, adminTokenFile, databaseFile} {
		info, err := os.Stat(filepath.Join(in.Dir, name))
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o600), info.Mode(), name)
	}

	database := filepath.Join(in.Dir, databaseFile)
	require.NoError(t, os.WriteFile(database, []byte("used"), 0o600))
	require.NoError(t, in.prepare(t.Context()))
	assert.Equal(t, token, in.AdminToken)
	assert.Equal(t, secret, in.secret)
	b, err := os.ReadFile(database)
	require.NoError(t, err)
	assert.Equal(t, "used", string(b))

	other := &Instance{Version: "11.17.4", Dir: in.Dir, install: in.install}
	require.ErrorIs(t, other.prepare(t.Context()), ErrOtherVersion)
}

func TestStatusStopReset(t *testing.T) {
	in := launched(t, "exec sleep 600")
	state, err := Status(in.Dir)
	require.NoError(t, err)
	assert.Equal(t, State{Version: fakeVersion, Port: in.port, PID: in.process.pid, Running: true}, state)

	require.NoError(t, Stop(t.Context(), in.Dir))
	assert.NoError(t, in.Wait(), "being asked to is not an accident")
	state, err = Status(in.Dir)
	require.NoError(t, err)
	assert.False(t, state.Running)
	require.NoError(t, Stop(t.Context(), in.Dir), "stopping twice is fine")

	require.NoError(t, Reset(t.Context(), in.Dir))
	assert.NoDirExists(t, in.Dir)
	_, err = Status(in.Dir)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, Reset(t.Context(), in.Dir), "so is forgetting nothing")
}

func TestStaleStateIsNoInstance(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, writeState(dir, State{Version: "12.4.0", Port: 1, PID: os.Getpid()}))
	state, err := Status(dir)
	require.NoError(t, err)
	assert.False(t, state.Running, "the number belongs to somebody else by now")
	require.NoError(t, Stop(t.Context(), dir), "and that somebody is left alone")
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	in := launched(t, `trap "" TERM; echo deaf; sleep 600 & wait; wait`)
	eventually(t, "the trap is set", func() bool { return in.LogTail(1) == "deaf" })
	in.process.stop(0)
	assert.ErrorContains(t, in.Wait(), "signal: killed")
}

func TestWaitTellsOfACrash(t *testing.T) {
	in := launched(t, "echo out of memory; exit 3")
	err := in.Wait()
	require.ErrorContains(t, err, "exit status 3")
	assert.ErrorContains(t, err, "out of memory")
}

func TestLogTailIsOfThisStart(t *testing.T) {
	in := launched(t, "echo first; exit 1")
	require.Error(t, in.Wait())
	again := fakeInstance(in.Dir, "printf 'a\nb\nc\n'; exit 1")
	require.NoError(t, again.launch(t.Context()))
	require.Error(t, again.Wait())
	assert.Equal(t, "b\nc", again.LogTail(2))
	assert.Equal(t, "a\nb\nc", again.LogTail(9))
}

func TestNoOrphanOfAFake(t *testing.T) {
	dir := t.TempDir()
	state := killParent(t, fakeVersion, dir)
	assert.True(t, state.Running)
	eventually(t, "the instance is gone", func() bool {
		s, err := Status(dir)
		return err == nil && !s.Running
	})
}

func TestInstanceNames(t *testing.T) {
	cache := t.TempDir()
	t.Setenv(cacheEnv, cache)
	for _, bad := range []string{"", ".", "..", "../x", "a/b", "-x", "a b"} {
		_, err := InstanceDir(bad)
		assert.Error(t, err, "%q", bad)
	}
	names, err := Instances()
	require.NoError(t, err)
	assert.Empty(t, names)

	dir, err := InstanceDir("12.4.0")
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(cache, "instances", "12.4.0"), dir)
	require.NoError(t, os.MkdirAll(dir, 0o700))
	names, err = Instances()
	require.NoError(t, err)
	assert.Equal(t, []string{"12.4.0"}, names)
}

func TestChoosePort(t *testing.T) {
	port, err := choosePort()
	require.NoError(t, err)
	assert.True(t, firstPort <= port && port <= lastPort, port)
	l, err := net.Listen("tcp", address(port))
	require.NoError(t, err)
	defer l.Close()
	require.ErrorIs(t, portFree(port), ErrPortInUse)
}
