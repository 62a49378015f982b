package relay

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A loop is a goroutine that carries pairs. It exists while there are any.
//
// It has an epoll of its own, because Go's wakes a goroutine for each connection, and asks each once more before it
// waits. When nothing is left to do it waits for that epoll in Go's, like for any other file: so no thread is held, and
// whoever has a note for the loop lets its wait time out.
type loop struct {
	clock  func() instant
	posted atomic.Bool // there are notes, or no pairs any more

	mu    sync.Mutex
	notes []func()
	pairs int      // here or on their way here
	epoll *os.File // nil: the goroutine does not exist

	// What follows belongs to the goroutine.
	fd     int // of epoll
	now    instant
	slots  []*pair // by the number that the kernel knows a pair by
	free   []int32 // slots
	busy   []*pair // have more to do than they may in one turn
	unsent []*pair // have something to send when the others have read
	kept   []byte  // what they have
	events [256]unix.EpollEvent
	buf    [largeBuffer]byte // for what is on its way through
}

func newLoops(clock func() instant) []*loop {
	loops := make([]*loop, runtime.GOMAXPROCS(0))
	for i := range loops {
		loops[i] = &loop{clock: clock}
	}
	return loops
}

// join makes room for one more pair in the loop that has the fewest.
func join(loops []*loop) (*loop, error) {
	var least *loop
	for _, l := range loops {
		if least == nil || l.len() < least.len() {
			least = l
		}
	}
	return least, least.enter()
}

func (l *loop) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pairs
}

func (l *loop) enter() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.epoll == nil {
		fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
		if err != nil {
			return os.NewSyscallError("epoll_create1", err)
		}
		_ = unix.SetNonblock(fd, true) // else Go would not wait for it in its own
		epoll := os.NewFile(uintptr(fd), "epoll")
		if err := epoll.SetReadDeadline(time.Time{}); err != nil { // it does not
			_ = epoll.Close()
			return err
		}
		l.epoll, l.fd = epoll, fd
		go l.run(epoll)
	}
	l.pairs++
	return nil
}

// leave is for a pair that has ended.
func (l *loop) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pairs--; l.pairs == 0 {
		l.wake()
	}
}

// post has the goroutine do something. Anybody may call it; a loop without pairs forgets it.
func (l *loop) post(note func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.epoll != nil {
		l.notes = append(l.notes, note)
		l.wake()
	}
}

// wake is called with the lock held.
func (l *loop) wake() {
	if !l.posted.Swap(true) {
		_ = l.epoll.SetReadDeadline(past)
	}
}

func (l *loop) run(epoll *os.File) {
	raw, _ := epoll.SyscallConn() // it is open
	for {
		_ = raw.Read(l.turns) // it ends with a note, whichever way
		_ = epoll.SetReadDeadline(time.Time{})
		notes, more := l.read()
		if !more {
			return
		}
		l.now = l.clock()
		for _, note := range notes {
			note()
			l.send(together)
		}
		l.send(1)
	}
}

// read takes the notes. There are no more when there are no pairs any more; then the epoll is closed.
func (l *loop) read() (notes []func(), more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.posted.Store(false)
	notes, l.notes = l.notes, nil
	if l.pairs == 0 {
		_ = l.epoll.Close()
		l.epoll, l.slots, l.free, l.busy, l.unsent, l.kept = nil, nil, nil, nil, nil, nil
		return nil, false
	}
	return notes, true
}

// turns goes on until there are notes. It reports false when there is nothing to do.
func (l *loop) turns(uintptr) bool {
	for !l.posted.Load() {
		n := l.poll()
		if n == 0 && len(l.busy) == 0 {
			return false
		}
		l.now = l.clock()
		busy := l.busy
		l.busy = nil
		for _, event := range l.events[:n] {
			if p := l.slots[event.Fd>>1]; p != nil { // it may have ended in this turn
				p.event(event.Fd&1, event.Events)
				l.send(together)
			}
		}
		for _, p := range busy {
			p.again()
			l.send(together)
		}
		l.send(1)
	}
	return true
}

// How much is kept until it is sent together.
const (
	together = 128     // pairs that have something: more would have the other sides wait
	mostKept = 4 << 10 // bytes for one connection
)

// keep copies p behind out, into memory that is used again when all has been sent.
func (l *loop) keep(out, p []byte) []byte {
	if len(out) > 0 {
		return append(out, p...) // elsewhere: it has no capacity here
	}
	at := len(l.kept)
	l.kept = append(l.kept, p...)
	return l.kept[at:len(l.kept):len(l.kept)]
}

// send has all pairs send that have something, if there are at least so many, or if they have much.
func (l *loop) send(least int) {
	if len(l.unsent) < least && len(l.kept) < largeBuffer {
		return
	}
	for _, p := range l.unsent {
		p.deliver()
	}
	clear(l.unsent)
	l.unsent, l.kept = l.unsent[:0], l.kept[:0]
}

// poll asks the kernel what has happened, without waiting.
func (l *loop) poll() int {
	n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(l.fd), uintptr(unsafe.Pointer(&l.events[0])), uintptr(len(l.events)), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

// Which of a pair's connections an event is of.
const (
	ofClient = iota
	ofUpstream
)

// add gives a pair a slot and has the kernel tell of its connections.
func (l *loop) add(p *pair) error {
	if last := len(l.free) - 1; last >= 0 {
		p.slot = l.free[last]
		l.free = l.free[:last]
	} else {
		p.slot = int32(len(l.slots))
		l.slots = append(l.slots, nil)
	}
	l.slots[p.slot] = p
	for side, w := range []*wire{ofClient: &p.client, ofUpstream: &p.upstream} {
		event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET, Fd: p.slot<<1 | int32(side)}
		if err := unix.EpollCtl(l.fd, unix.EPOLL_CTL_ADD, w.fd, &event); err != nil {
			return os.NewSyscallError("epoll_ctl", err)
		}
	}
	return nil
}

// remove forgets a pair. Its slot can be another's from the next note on: no event of this turn is for that one.
func (l *loop) remove(p *pair) {
	l.slots[p.slot] = nil
	l.free = append(l.free, p.slot)
	l.leave()
}
