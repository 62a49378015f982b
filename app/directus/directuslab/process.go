//go:build linux || darwin

package directuslab

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// A process is a child, with what it has started, that does not outlive us: not a Ctrl-C (it is in a process group of its
// own, so the terminal leaves it to us to stop it in order), not a kill -9 of ourselves, not a crash.
type process struct {
	pid  int
	done chan struct{}
	err  error // how it ended; to be read once done is closed
}

// guarded is a shell script that turns into the program in its arguments and leaves a guard in its process group. The
// guard waits for file 3 to end, which is a pipe that we hold open as long as we live, and then kills the group. (Linux
// has a death signal for children, but theirs would not get it: make would go on compiling.) It lets go of file 4, the
// lock that the program may have been given.
const guarded = `(trap "" TERM INT HUP; read nothing <&3; kill -KILL 0) 4<&- >/dev/null 2>&1 & exec "$@" 3<&-`

// start starts cmd, in whose ExtraFiles the caller may have put one file. The caller must not use cmd any more.
func start(cmd *exec.Cmd) (*process, error) {
	guard, alive, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer guard.Close()
	cmd.Args = append([]string{"sh", "-c", guarded, "sh", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	cmd.ExtraFiles = append([]*os.File{guard}, cmd.ExtraFiles...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		alive.Close()
		return nil, err
	}
	p := &process{pid: cmd.Process.Pid, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		alive.Close()
		close(p.done)
	}()
	return p, nil
}

// endedAsAsked reports whether the process, which must have ended, did so because it was asked to: Directus shuts down in
// order on SIGTERM and then ends itself by that signal.
func (p *process) endedAsAsked() bool {
	var exit *exec.ExitError
	if !errors.As(p.err, &exit) {
		return p.err == nil
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGTERM
}

// stop asks the process to end, and ends it when it has not done so within grace. It returns when the process is gone.
func (p *process) stop(grace time.Duration) {
	p.signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(grace):
		p.kill()
	}
}

// kill ends the process and what it has started, at once, and returns when it is gone.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

func (p *process) signal(sig syscall.Signal) {
	select {
	case <-p.done: // its number may belong to somebody else by now
	default:
		_ = syscall.Kill(-p.pid, sig) // fails only if it has just ended
	}
}
