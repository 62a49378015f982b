//go:build linux

package main

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

// most is how many sockets one chatd can hold with the files that a process may have here.
func most() int { return (openFiles() - 64 - 4*runtime.GOMAXPROCS(0)) / 2 } // each socket is two files of the proxy

// hold opens as many sockets as it was told, and echoes over each again. What one chatd cannot hold here for want of files
// is left to another one beside it, as it would be behind a load balancer.
func (b *bench) hold(ctx context.Context, upstream string) error {
	count := b.held
	if count > openFiles()-64 || most() < 1 { // each socket is a file of this process, too
		return fmt.Errorf("no %d sockets can be held where a process may have %d files: raise ulimit -n", b.held, openFiles())
	}
	var sockets many
	var instances []*process
	defer func() {
		sockets.close() // before chatd has to say goodbye to each
		for _, p := range instances {
			p.stop()
		}
	}()
	memory := 0
	for len(sockets) < count {
		p, err := b.startChatd(ctx, upstream)
		if err != nil {
			return err
		}
		instances = append(instances, p)
		more, err := openMany(ctx, p.address, min(count-len(sockets), most()), afew)
		sockets = append(sockets, more...)
		if err != nil {
			return err
		}
		resident, err := p.settledMemory(ctx)
		if err != nil {
			return err
		}
		memory += resident
		fmt.Fprintf(b.out, "One chatd holds %d idle sockets with %d MB in all.\n", len(more), resident>>10)
	}
	if failed := sockets.echoOnce(); failed > 0 {
		return fmt.Errorf("%d of %d idle sockets were lost", failed, count)
	}
	if len(instances) > 1 {
		fmt.Fprintf(b.out, "More than %d it may not hold here, where a process may have %d files (ulimit -n).\n", most(), openFiles())
	}
	fmt.Fprintf(b.out, "%d idle sockets were held at once by %d chatd with %d MB in all; each echoed again.\n", count, len(instances), memory>>10)
	return nil
}

// rushIn opens sockets all at once, as everybody does after chatd or the network has been away. Each has to get through,
// log in and get its own message back; and when they have all gone, chatd must have let go of them.
func (b *bench) rushIn(ctx context.Context, upstream string) error {
	count := min(b.rush, most())
	if count < b.rush {
		fmt.Fprintf(b.out, "A process may have %d files here, so only %d sockets are opened at once: raise ulimit -n.\n", openFiles(), count)
	}
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
