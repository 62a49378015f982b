//go:build linux || darwin

package directuslab

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Ensure that Ctrl-C during an installation ends the compiler below npm as well.
func TestCancelEndsGrandchildren(t *testing.T) {
	dir := t.TempDir()
	lock, err := tryLock(filepath.Join(dir, lockFile), exclusive)
	require.NoError(t, err)
	cmd := exec.Command("sh", "-c", "sleep 600 & : > up; wait")
	cmd.Dir = dir
	cmd.ExtraFiles = []*os.File{lock} // held by the shell and by its child

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := runLogged(ctx, cmd, filepath.Join(dir, "log"))
		ended <- err
	}()
	eventually(t, "it starts", func() bool {
		_, err := os.Stat(filepath.Join(dir, "up"))
		return err == nil
	})
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.NoError(t, lock.Close())
	eventuallyUnlocked(t, dir)
}

// Ensure that what a program leaves behind ends with it.
func TestEndEndsGrandchildren(t *testing.T) {
	dir := t.TempDir()
	lock, err := tryLock(filepath.Join(dir, lockFile), exclusive)
	require.NoError(t, err)
	cmd := exec.Command("sh", "-c", "sleep 600 & exit 3")
	cmd.ExtraFiles = []*os.File{lock}
	p, err := start(cmd)
	require.NoError(t, err)
	require.NoError(t, lock.Close())
	<-p.done
	require.EqualError(t, p.err, "exit status 3")
	eventuallyUnlocked(t, dir)
}

// Ensure that the program sees nothing of its guard: its arguments, its output and its files are as they were.
func TestGuardIsInvisible(t *testing.T) {
	var out bytes.Buffer
	cmd := exec.Command("sh", "-c", `echo "$0 $1"; (: <&3) 2>/dev/null || echo closed`, "two words", "*")
	cmd.Stdout = &out
	p, err := start(cmd)
	require.NoError(t, err)
	<-p.done
	require.NoError(t, p.err)
	assert.Equal(t, "two words *\nclosed\n", out.String())
}

// Ensure that the guard itself does not outlive the program, however that ends.
func TestNoGuardIsLeft(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		p, err := start(exec.Command("sleep", "600"))
		require.NoError(t, err)
		p.signal(sig)
		<-p.done
		assert.Equal(t, sig == syscall.SIGTERM, p.endedAsAsked())
		eventually(t, "the group is empty", func() bool { return syscall.Kill(-p.pid, 0) == syscall.ESRCH })
	}
}

func TestProgramThatDoesNotExist(t *testing.T) {
	p, err := start(exec.Command("/nowhere/node"))
	require.NoError(t, err)
	<-p.done
	assert.EqualError(t, p.err, "exit status 127")
}

func eventuallyUnlocked(t *testing.T, dir string) {
	t.Helper()
	eventually(t, "nobody holds the lock", func() bool {
		lock, err := tryLock(filepath.Join(dir, lockFile), exclusive)
		if err == nil {
			lock.Close()
		}
		return err == nil
	})
}
