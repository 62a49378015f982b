package relay

import (
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A batch sends for many wires with one system call, by an io_uring: a call costs up to a microsecond by itself, and sends
// are half of all.
//
// Nothing in it waits: a send is done, or refused because the kernel takes no more now, when the call returns. So the ring
// is only a way to hand over a list: the program fills in entries and moves the tail, the kernel takes them and moves the
// head; with results it is the other way round (io_uring(7), whose names in C stand beside ours).
type batch struct {
	ring    int
	queues  []byte // shared with the kernel: heads, tails and results
	entries []byte // shared with the kernel: what is asked for

	head, tail         *atomic.Uint32 // of what is asked for
	doneHead, doneTail *atomic.Uint32 // of results
	asked              []submission
	done               []completion

	wires []*wire // of what is asked for
}

// A submission is an io_uring_sqe, as far as a send needs it.
type submission struct {
	operation uint8
	_         [3]uint8
	fd        int32
	_         uint64
	address   uint64
	length    uint32
	flags     uint32 // as send's
	wire      uint64 // its place in the batch
	_         [3]uint64
}

// A completion is an io_uring_cqe.
type completion struct {
	wire   uint64
	result int32 // how many bytes were taken, or the negative of an errno
	_      uint32
}

// ringParameters are io_uring_params.
type ringParameters struct {
	asked, done uint32 // room for so many
	_           [3]uint32
	features    uint32
	_           [4]uint32
	askedAt     struct{ head, tail, mask, count, flags, dropped, order, _, _, _ uint32 }
	doneAt      struct{ head, tail, mask, count, overflow, results, flags, _, _, _ uint32 }
}

const (
	batchSize = 64 // a power of two; sends of one call, during which Go can stop nothing

	opSend       = 26       // IORING_OP_SEND
	needed       = 1 | 1<<9 // IORING_FEAT_SINGLE_MMAP, and _NATIVE_WORKERS: Linux 5.12, before which threads kept rings open
	entriesAt    = 1 << 28  // IORING_OFF_SQES
	awaitResults = 1        // IORING_ENTER_GETEVENTS
)

// Together reports why sends for many sockets are not one call of the kernel; nil if they are. Those with TLS never are.
func Together() error {
	b, err := newBatch()
	if err == nil {
		b.close()
	}
	return err
}

// newBatch fails where the kernel has no io_uring or does not let this process have one: a profile of seccomp may forbid it,
// as that of Docker is said to, or the sysctl kernel.io_uring_disabled.
func newBatch() (*batch, error) {
	var p ringParameters
	ring, _, errno := syscall.RawSyscall(unix.SYS_IO_URING_SETUP, batchSize, uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, os.NewSyscallError("io_uring_setup", errno)
	}
	b := &batch{ring: int(ring)}
	if err := b.share(&p); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// share maps the memory that the kernel and the program have in common.
func (b *batch) share(p *ringParameters) error {
	if p.features&needed != needed {
		return os.NewSyscallError("io_uring_setup", unix.ENOSYS)
	}
	var err error
	if b.queues, err = b.mapAt(0, p.doneAt.results+p.done*uint32(unsafe.Sizeof(completion{})), p.askedAt.order+p.asked*4); err != nil {
		return err
	}
	if b.entries, err = b.mapAt(entriesAt, p.asked*uint32(unsafe.Sizeof(submission{}))); err != nil {
		return err
	}
	counter := func(at uint32) *atomic.Uint32 { return (*atomic.Uint32)(unsafe.Pointer(&b.queues[at])) }
	b.head, b.tail = counter(p.askedAt.head), counter(p.askedAt.tail)
	b.doneHead, b.doneTail = counter(p.doneAt.head), counter(p.doneAt.tail)
	b.asked = unsafe.Slice((*submission)(unsafe.Pointer(&b.entries[0])), p.asked)
	b.done = unsafe.Slice((*completion)(unsafe.Pointer(&b.queues[p.doneAt.results])), p.done)
	order := unsafe.Slice((*uint32)(unsafe.Pointer(&b.queues[p.askedAt.order])), p.asked)
	for i := range order {
		order[i] = uint32(i)
	}
	return nil
}

// mapAt maps as much as the longest of some lengths.
func (b *batch) mapAt(offset int64, lengths ...uint32) ([]byte, error) {
	var longest uint32
	for _, n := range lengths {
		longest = max(longest, n)
	}
	memory, err := unix.Mmap(b.ring, offset, int(longest), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	return memory, os.NewSyscallError("mmap", err)
}

func (b *batch) close() {
	for _, memory := range [][]byte{b.queues, b.entries} {
		if memory != nil {
			_ = unix.Munmap(memory)
		}
	}
	_ = unix.Close(b.ring)
}

// add asks to send what a wire has. That must stay as it is until send.
func (b *batch) add(w *wire) {
	if len(w.out) == 0 || w.stuck {
		return
	}
	if len(b.wires) == len(b.asked) {
		b.send()
	}
	tail := b.tail.Load()
	b.asked[tail%uint32(len(b.asked))] = submission{
		operation: opSend,
		fd:        int32(w.fd),
		address:   uint64(uintptr(unsafe.Pointer(&w.out[0]))),
		length:    uint32(len(w.out)),
		flags:     unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL,
		wire:      uint64(len(b.wires)),
	}
	b.tail.Store(tail + 1)
	b.wires = append(b.wires, w)
}

// send has the kernel take what was added, and tells the wires. One that the kernel does not come to, for want of memory
// say, is told nothing and sends by itself.
func (b *batch) send() {
	for due := len(b.wires); due > 0; {
		left := b.tail.Load() - b.head.Load()
		var errno syscall.Errno
		if left > 0 {
			_, _, errno = syscall.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(b.ring), uintptr(left), 0, 0, 0, 0)
		} else { // results that come later have not been seen; but what is sent must not change before
			_, _, errno = syscall.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(b.ring), 0, uintptr(due), awaitResults, 0, 0)
		}
		due -= b.tell()
		if errno != 0 && errno != unix.EINTR {
			if left == 0 {
				panic("the kernel does not tell what it has sent: " + errno.Error()) // nobody can go on with that memory
			}
			left = b.tail.Load() - b.head.Load()
			b.tail.Store(b.head.Load())
			due -= int(left)
		}
	}
	clear(b.wires)
	b.wires = b.wires[:0]
}

// tell tells wires of the results that are there, and returns their number.
func (b *batch) tell() int {
	head, tail := b.doneHead.Load(), b.doneTail.Load()
	for at := head; at != tail; at++ {
		c := b.done[at%uint32(len(b.done))]
		w := b.wires[c.wire]
		w.sent, w.result = true, c.result
	}
	b.doneHead.Store(tail)
	return int(tail - head)
}
