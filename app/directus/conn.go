package directus

import (
	"context"
	"sync"
)

// A Dialer opens sockets. NewDialer gives the platform's.
type Dialer interface {
	// Dial connects to a ws or wss URL. It ends with ctx at the latest, and nothing is left open when it fails.
	Dial(ctx context.Context, url string) (Conn, error)
}

// A Conn is one open socket. Reading and writing are independent of each other; each is for one goroutine.
type Conn interface {
	// Read waits for the next frame. ErrTooLarge stands for one that was skipped, and reading goes on; after any other
	// error the connection is of no more use. Ending ctx ends the wait, not the connection.
	Read(ctx context.Context) ([]byte, error)
	// Write sends one text frame.
	Write(ctx context.Context, frame []byte) error
	// Close returns at once, ends a waiting Read, and tells the other side in the background. It may be called twice.
	Close()
}

// Limits of what a connection holds. A subscription event carries all rows that one call has changed.
const (
	maxFrame  = 4 << 20  // bytes of one frame; a larger one is skipped and marks a gap
	maxQueued = 32 << 20 // bytes of frames not read yet; more ends the connection with ErrOverflow
)

// A queue is what stands between the socket and the session: the socket's side only appends, whatever the session is
// busy with, because a browser that finds nobody reading when the server closes right behind a frame may lose that
// frame (measured: 72 of 80).
type queue struct {
	mu     sync.Mutex
	frames [][]byte // nil entries are frames that were too large
	bytes  int
	err    error         // why nothing comes after frames
	ready  chan struct{} // one slot: look again
}

func newQueue() *queue { return &queue{ready: make(chan struct{}, 1)} }

// push appends a frame and reports whether more may come.
func (q *queue) push(frame []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		if len(frame) > maxFrame {
			frame = nil
		}
		if q.bytes += len(frame); q.bytes > maxQueued {
			q.err = ErrOverflow
		} else {
			q.frames = append(q.frames, frame)
		}
		q.wake()
	}
	return q.err == nil
}

// end makes pop return err once the frames are used up.
func (q *queue) end(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.err = err
		q.wake()
	}
}

func (q *queue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// pop waits for the next frame: Conn.Read.
func (q *queue) pop(ctx context.Context) ([]byte, error) {
	for {
		q.mu.Lock()
		if len(q.frames) > 0 {
			frame := q.frames[0]
			q.frames[0] = nil
			q.frames = q.frames[1:]
			q.bytes -= len(frame)
			q.mu.Unlock()
			if frame == nil {
				return nil, ErrTooLarge
			}
			return frame, nil
		}
		err := q.err
		q.mu.Unlock()
		if err != nil {
			return nil, err
		}
		select {
		case <-q.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
