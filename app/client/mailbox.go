package client

import (
	"context"
	"sync"
)

// A mailbox is work for one goroutine, in order. Putting something in never blocks: whoever delivers (a socket's reader,
// a handler of the interface) must not wait for whoever works.
type mailbox struct {
	mu    sync.Mutex
	work  []func()
	ready chan struct{} // one slot: look again
}

func newMailbox() *mailbox { return &mailbox{ready: make(chan struct{}, 1)} }

func (m *mailbox) put(f func()) {
	m.mu.Lock()
	m.work = append(m.work, f)
	m.mu.Unlock()
	select {
	case m.ready <- struct{}{}:
	default:
	}
}

// batch is how much is done before done is called: enough to make a burst cheap, little enough to show it.
const batch = 500

// serve works until ctx ends; done is called after every batch. What is left then stays undone.
func (m *mailbox) serve(ctx context.Context, done func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.ready:
		}
		for {
			m.mu.Lock()
			work := m.work[:min(batch, len(m.work))]
			m.work = m.work[len(work):]
			m.mu.Unlock()
			if len(work) == 0 {
				break
			}
			for i, f := range work {
				if ctx.Err() != nil {
					return
				}
				f()
				work[i] = nil
			}
			done()
		}
	}
}
