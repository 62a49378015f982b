package relay

import (
	"bytes"
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A wire is one connection of a pair: a descriptor that never blocks. Its loop tells it what the kernel has said of it.
//
// The kernel speaks once of each change (EPOLLET), so a wire remembers. No system call is made to learn that there is
// nothing: a read that got less than it had room for has got all there was, unless the end has been announced.
type wire struct {
	fd       int
	readable bool   // something may be there
	ending   bool   // the end has been announced: only a read that gets nothing is the last
	out      []byte // what has not been sent yet
	sent     bool   // by a batch, and result is what the kernel said: see taken
	stuck    bool   // the kernel takes no more of it now
	result   int32
	until    instant
}

// newWire takes a connection over from Go's poller; nil if that cannot be done. Either way the caller has to close conn.
func newWire(conn net.Conn) *wire {
	plain, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := plain.SyscallConn()
	if err != nil {
		return nil
	}
	copied, failed := -1, error(nil)
	err = raw.Control(func(fd uintptr) {
		copied, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) // it shares O_NONBLOCK with the original
	})
	if err != nil || failed != nil {
		return nil
	}
	return &wire{fd: copied}
}

// The calls go past Go's scheduler, which need not know of what never waits; and they are those of sockets, because a
// file's read and write cost more.

// read returns 0 and no error when there is nothing now.
func (w *wire) read(p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(w.fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), 0, 0, 0)
	switch {
	case errno == unix.EINTR:
		return 0, nil
	case errno == unix.EAGAIN:
		w.readable = false
		return 0, nil
	case errno != 0:
		return 0, os.NewSyscallError("recv", errno)
	case n == 0:
		return 0, io.EOF
	}
	w.readable = int(n) == len(p) || w.ending
	return int(n), nil
}

// write sends p now, behind what was kept, and keeps what the kernel does not take. until is when it must have taken
// some of that; 0: whenever.
func (w *wire) write(p []byte, until instant) error {
	if !w.stuck {
		if err := w.flush(until); err != nil {
			return err
		}
	}
	if !w.stuck {
		n, err := w.put(p)
		if err != nil || n == len(p) {
			return err
		}
		p, w.until, w.stuck = p[n:], until, true
	}
	w.out = append(w.out, p...)
	return nil
}

// flush sends what was kept, or takes account of what a batch has sent of it.
func (w *wire) flush(until instant) error {
	if len(w.out) == 0 {
		return nil
	}
	n, err := w.sendOut()
	if n > 0 || !w.stuck {
		w.until = until
	}
	w.out = w.out[n:]
	switch {
	case len(w.out) == 0:
		w.out, w.stuck = nil, false
	case !w.stuck:
		w.out, w.stuck = bytes.Clone(w.out), true // it was in the loop's memory
	}
	return err
}

// sendOut sends what was kept, unless a batch just has.
func (w *wire) sendOut() (int, error) {
	if w.sent {
		w.sent = false
		return taken(w.result)
	}
	return w.put(w.out)
}

func (w *wire) put(p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(w.fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), unix.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return taken(-int32(errno))
	}
	return int(n), nil
}

// taken is how many bytes the kernel has taken, by what it says: their number, or the negative of an errno.
func taken(result int32) (int, error) {
	if result >= 0 {
		return int(result), nil
	}
	switch errno := syscall.Errno(-result); errno {
	case unix.EAGAIN, unix.EINTR:
		return 0, nil
	default:
		return 0, os.NewSyscallError("send", errno)
	}
}

// late reports whether the kernel has not taken what it should have by now.
func (w *wire) late(now instant) bool { return w.stuck && w.until > 0 && now >= w.until }

func (w *wire) closeWrite() { _ = unix.Shutdown(w.fd, unix.SHUT_WR) }

// close can be called again.
func (w *wire) close() {
	if w.fd >= 0 {
		_ = unix.Close(w.fd)
	}
	*w = wire{fd: -1}
}
