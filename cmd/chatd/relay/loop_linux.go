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
// waits. It does not wait for that epoll in Go's: the kernel would tell Go's of every event, also while the loop is at
// work. So it keeps a thread while there is nothing to do, and a bell rings when somebody has a note for it.
type loop struct {
	clock    func() instant
	newBatch func() (*batch, error)
	fewest   int         // a batch is for so many pairs at least: of one, it saves nothing
	posted   atomic.Bool // there are notes, or no pairs any more

	mu    sync.Mutex
	notes []func()
	pairs int  // here or on their way here
	runs  bool // the goroutine
	epoll int  // while it does; and the bell, an eventfd
	bell  int
	batch *batch // nil where the system lets us have none

	// What follows belongs to the goroutine.
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
		loops[i] = &loop{clock: clock, newBatch: newBatch, fewest: 2}
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
	if !l.runs {
		if err := l.open(); err != nil {
			return err
		}
		l.runs = true
		go l.run()
	}
	l.pairs++
	return nil
}

// open makes the epoll, and the bell that is one of what it waits for.
func (l *loop) open() (err error) {
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	if l.bell, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		_ = unix.Close(l.epoll)
		return os.NewSyscallError("eventfd", err)
	}
	// On an edge: so it need not be read.
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, l.bell, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: ofBell}); err != nil {
		l.close()
		return os.NewSyscallError("epoll_ctl", err)
	}
	l.batch, _ = l.newBatch()
	return nil
}

func (l *loop) close() {
	if l.batch != nil {
		l.batch.close()
		l.batch = nil
	}
	_ = unix.Close(l.epoll)
	_ = unix.Close(l.bell)
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
	if l.runs {
		l.notes = append(l.notes, note)
		l.wake()
	}
}

// wake is called with the lock held.
func (l *loop) wake() {
	if !l.posted.Swap(true) {
		_, _ = unix.Write(l.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
}

func (l *loop) run() {
	for {
		l.turns()
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
		l.close()
		l.runs, l.slots, l.free, l.busy, l.unsent, l.kept = false, nil, nil, nil, nil, nil
		return nil, false
	}
	return notes, true
}

// turns goes on until there are notes.
func (l *loop) turns() {
	for !l.posted.Load() {
		n := l.wait()
		l.now = l.clock()
		busy := l.busy
		l.busy = nil
		for _, event := range l.events[:n] {
			if event.Fd == ofBell {
				continue
			}
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
	if l.batch != nil && len(l.unsent) >= l.fewest {
		for _, p := range l.unsent {
			l.batch.add(&p.upstream)
			l.batch.add(&p.client)
		}
		l.batch.send()
	}
	for _, p := range l.unsent {
		p.deliver()
	}
	clear(l.unsent)
	l.unsent, l.kept = l.unsent[:0], l.kept[:0]
}

// linger is how long the goroutine keeps Go's processor while it waits: under load something comes sooner than Go could
// have run anything else meanwhile. It is also how long others may have to wait for that processor.
const linger = 50 * time.Microsecond

// wait waits until something has happened, unless there is something to do already. Kernels before 5.11 know only the
// second call.
func (l *loop) wait() int {
	timeout, milliseconds := unix.NsecToTimespec(int64(linger)), -1
	if len(l.busy) > 0 {
		timeout, milliseconds = unix.Timespec{}, 0
	}
	n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(l.epoll), uintptr(unsafe.Pointer(&l.events[0])), uintptr(len(l.events)),
		uintptr(unsafe.Pointer(&timeout)), 0, 0)
	if errno == 0 && (n > 0 || len(l.busy) > 0) {
		return int(n)
	}
	happened, _ := unix.EpollWait(l.epoll, l.events[:], milliseconds) // a signal may end it: nothing has happened then
	return max(happened, 0)
}

// Which of a pair's connections an event is of.
const (
	ofClient = iota
	ofUpstream

	ofBell = -1 // of none
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
		if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, w.fd, &event); err != nil {
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
