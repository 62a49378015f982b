//go:build linux

package main

import (
	"context"
	"fmt"
	"time"
)

// most is how many sockets one chatd can hold with the files that a process may have here.
func most() int { return (openFiles() - 64) / 2 } // each socket is two files of the proxy

// hold opens as many sockets as it was told, and echoes over each again. What one chatd cannot hold here for want of files
// is left to another one beside it, as it would be behind a load balancer.
func (b *bench) hold(ctx context.Context, upstream string) error {
	var sockets many
	defer func() { sockets.close() }()
	memory, instances := 0, 0
	for len(sockets) < b.held {
		p, err := b.startChatd(ctx, upstream)
		if err != nil {
			return err
		}
		defer p.stop()
		more, err := openMany(ctx, p.address, min(b.held-len(sockets), most()), afew)
		sockets = append(sockets, more...)
		if err != nil {
			return err
		}
		resident, err := p.settledMemory(ctx)
		if err != nil {
			return err
		}
		memory += resident
		instances++
		fmt.Fprintf(b.out, "One chatd holds %d idle sockets with %d MB in all.\n", len(more), resident>>10)
	}
	if failed := sockets.echoOnce(); failed > 0 {
		return fmt.Errorf("%d of %d idle sockets were lost", failed, len(sockets))
	}
	if instances > 1 {
		fmt.Fprintf(b.out, "More than %d it may not hold here, where a process may have %d files (ulimit -n).\n", most(), openFiles())
	}
	fmt.Fprintf(b.out, "%d idle sockets were held at once by %d chatd with %d MB in all; each echoed again.\n", len(sockets), instances, memory>>10)
	return nil
}

// rushIn opens sockets all at once, as everybody does after chatd or the network has been away. Each has to get through,
// log in and get its own message back; and when they have all gone, chatd must have let go of them.
func (b *bench) rushIn(ctx context.Context, upstream string) error {
	count := min(b.rush, most())
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
