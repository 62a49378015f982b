//go:build linux

// Command bench compares chatd with Debian's nginx as a proxy of WebSockets, in one run on one machine: what an idle
// socket costs in memory of the proxy's processes, and how many echoes per second pass over busy ones. It is what
// `make bench-proxy` runs. It must not know how chatd does it: both are programs that listen on a port.
//
//	clients (this process) ──▶ chatd or nginx ──▶ echo server (this program again, with -upstream)
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"text/tabwriter"
	"time"
)

func main() {
	b := bench{out: os.Stdout}
	upstream := flag.String("upstream", "", "be the echo server at this `address`")
	flag.StringVar(&b.chatd, "chatd", "./chatd", "`file` of chatd, as make build makes it")
	flag.StringVar(&b.nginx, "nginx", "nginx", "`file` of nginx")
	flag.IntVar(&b.idle, "idle", 4000, "idle `sockets` for the comparison of memory; 0: no comparison with nginx")
	flag.IntVar(&b.held, "held", 10000, "idle `sockets` that chatd has to hold at once; 0: none")
	flag.IntVar(&b.rush, "rush", 5000, "`sockets` that are opened over chatd at once; 0: none")
	flag.IntVar(&b.busy, "busy", 200, "busy `sockets`")
	flag.DurationVar(&b.span, "span", 2*time.Second, "`time` of each measurement of the rate")
	flag.IntVar(&b.rounds, "rounds", 7, "`measurements` of each rate, taking turns; the middle one counts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *upstream != "" {
		err = echo(ctx, *upstream)
	} else {
		err = b.run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type bench struct {
	chatd, nginx           string
	idle, held, rush, busy int
	span                   time.Duration
	rounds                 int
	out                    io.Writer
}

// A result is what was measured of one proxy.
type result struct {
	memory float64 // kB for each idle socket
	rates  []float64
	cpu    []float64 // µs of the proxy's processes for each echo
}

func middle(measured []float64) float64 {
	slices.Sort(measured)
	return measured[len(measured)/2]
}

func (b *bench) run(ctx context.Context) error {
	upstream, err := startSelf(ctx)
	if err != nil {
		return err
	}
	defer upstream.stop()
	for _, part := range []struct {
		sockets int
		measure func(ctx context.Context, upstream string) error
	}{
		{b.idle, b.compare},
		{b.held, b.hold},
		{b.rush, b.rushIn},
	} {
		if part.sockets == 0 {
			continue
		}
		if err := part.measure(ctx, upstream.address); err != nil {
			return err
		}
	}
	return nil
}

// compare measures chatd and nginx in turns.
func (b *bench) compare(ctx context.Context, upstream string) (err error) {
	starters := []func(context.Context, string) (*process, error){b.startChatd, b.startNginx}
	names := []string{"chatd", "nginx"}
	results := make([]result, len(starters))
	for i, start := range starters {
		if results[i].memory, err = b.measureMemory(ctx, start, upstream); err != nil {
			return fmt.Errorf("%s: %w", names[i], err)
		}
	}
	for range b.rounds {
		for i, start := range starters {
			rate, cpu, err := b.measureRate(ctx, start, upstream)
			if err != nil {
				return fmt.Errorf("%s: %w", names[i], err)
			}
			results[i].rates = append(results[i].rates, rate)
			results[i].cpu = append(results[i].cpu, cpu)
		}
	}
	w := tabwriter.NewWriter(b.out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\tmemory of an idle socket, of %d\techoes per second, %d busy sockets\tprocessor time of an echo\t\n", b.idle, b.busy)
	for i, name := range names {
		fmt.Fprintf(w, "%s\t%.1f kB\t%.0f\t%.1f µs\t\n", name, results[i].memory, middle(results[i].rates), middle(results[i].cpu))
	}
	fmt.Fprintf(w, "chatd : nginx\t%.2f\t%.2f\t%.2f\t\n", results[0].memory/results[1].memory,
		middle(results[0].rates)/middle(results[1].rates), middle(results[0].cpu)/middle(results[1].cpu))
	return w.Flush()
}

// measureMemory opens idle sockets that have each logged in and echoed once. It returns kilobytes for each.
func (b *bench) measureMemory(ctx context.Context, start func(context.Context, string) (*process, error), upstream string) (float64, error) {
	p, err := start(ctx, upstream)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	for range 10 { // what the first sockets make the proxy load is not theirs
		s, err := open(p.address)
		if err != nil {
			return 0, err
		}
		s.close()
	}
	before, err := p.settledMemory(ctx)
	if err != nil {
		return 0, err
	}
	sockets, err := openMany(ctx, p.address, b.idle, afew)
	defer sockets.close()
	if err != nil {
		return 0, err
	}
	after, err := p.settledMemory(ctx)
	return float64(after-before) / float64(b.idle), err
}

func (b *bench) measureRate(ctx context.Context, start func(context.Context, string) (*process, error), upstream string) (rate, cpu float64, err error) {
	p, err := start(ctx, upstream)
	if err != nil {
		return 0, 0, err
	}
	defer p.stop()
	sockets, err := openMany(ctx, p.address, b.busy, afew)
	defer sockets.close()
	if err != nil {
		return 0, 0, err
	}
	if _, err := sockets.echoFor(time.Second); err != nil { // to warm up
		return 0, 0, err
	}
	before, err := p.ticks()
	if err != nil {
		return 0, 0, err
	}
	count, err := sockets.echoFor(b.span)
	if err != nil {
		return 0, 0, err
	}
	after, err := p.ticks()
	const tick = 10_000 // µs; USER_HZ is 100 on every Linux that Go runs on
	return float64(count) / b.span.Seconds(), float64(after-before) * tick / float64(count), err
}
