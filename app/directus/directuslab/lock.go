//go:build linux || darwin

package directuslab

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// A lock belongs to the open file: it is held until every process that opened or inherited the file has closed it or
// died. So it needs no cleaning up, and cannot be mistaken the way a process id in a file can.
type lockKind int

const (
	shared    lockKind = syscall.LOCK_SH // to look whether somebody holds it; lookers do not see each other
	exclusive lockKind = syscall.LOCK_EX
)

var errLocked = errors.New("locked by another process")

// tryLock locks the file at path, creating it if need be, and returns errLocked if somebody else has it.
func tryLock(path string, kind lockKind) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), int(kind)|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, err
	}
	return f, nil
}

// waitLock locks the file at path exclusively. If it has to wait, it calls waiting once; if ctx ends, it returns errLocked.
func waitLock(ctx context.Context, path string, waiting func()) (*os.File, error) {
	for {
		f, err := tryLock(path, exclusive)
		if !errors.Is(err, errLocked) {
			return f, err
		}
		if waiting != nil {
			waiting()
			waiting = nil
		}
		select {
		case <-ctx.Done():
			return nil, errLocked
		case <-time.After(50 * time.Millisecond):
		}
	}
}
