//go:build linux

package main

import (
	"context"
	"fmt"
	"time"
)

// most is count, or as many sockets as this machine lets chatd have.
func (b *bench) most(count int) int {
	most := (openFiles() - 64) / 2 // each socket is two files of the proxy
	if count > most {
		fmt.Fprintf(b.out, "A process may have %d files here, so chatd can hold %d sockets, not %d: raise ulimit -n.\n", openFiles(), most, count)
	}
	return min(count, most)
}

// hold opens as many sockets at once as it was told, or as this machine lets a process open, and echoes over each again.
func (b *bench) hold(ctx context.Context, upstream string) error {
	count := b.most(b.held)
	p, err := b.startChatd(ctx, upstream)
	if err != nil {
		return err
	}
	defer p.stop()
	sockets, err := openMany(ctx, p.address, count, afew)
	defer sockets.close()
	if err != nil {
		return err
	}
	memory, err := p.settledMemory(ctx)
	if err != nil {
		return err
	}
	if failed := sockets.echoOnce(); failed > 0 {
		return fmt.Errorf("%d of %d idle sockets were lost", failed, count)
	}
	fmt.Fprintf(b.out, "chatd held %d idle sockets with %d MB in all; each echoed again.\n", count, memory>>10)
	return nil
}

// rushIn opens sockets all at once, as everybody does after chatd or the network has been away. Each has to get through,
// log in and get its own message back; and when they have all gone, chatd must have let go of them.
func (b *bench) rushIn(ctx context.Context, upstream string) error {
	count := b.most(b.rush)
	p, err := b.startChatd(ctx, upstream)
	if err != nil {
		return err
	}
	defer p.stop()
	before, err := p.files()
	if err != nil {
		return err
	}
	begun := time.Now()
	sockets, err := openMany(ctx, p.address, count, count)
	took := time.Since(begun)
	defer sockets.close()
	if err != nil {
		return err
	}
	if failed := sockets.echoOnce(); failed > 0 {
		return fmt.Errorf("%d of %d sockets that were opened at once were lost", failed, count)
	}
	sockets.close()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		after, err := p.files()
		switch {
		case err != nil:
			return err
		case after <= before+8: // to ask whether Directus is there, say
			fmt.Fprintf(b.out, "%d sockets opened at once over chatd: all there, logged in and echoed after %.1f s; all gone, it had %d files open, %d before.\n",
				count, took.Seconds(), after, before)
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("chatd has %d files open after %d sockets have gone, %d before", after, count, before)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
