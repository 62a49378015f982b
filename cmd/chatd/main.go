// Command chatd is the server of the chat: it serves the page with everything embedded, and proxies the few endpoints
// of one Directus that the page uses.
//
//	browser ──▶ log ▶ headers ▶ plain paths only ─┬▶ /, /m/{id}, worker, manifest, assets   (site.go, assets.go)
//	                                              ├▶ /directus/…: allow-list ▶ origin ▶ REST or socket ──▶ Directus   (proxy.go)
//	                                              ├▶ /audit: origin ▶ limits ▶ counters, which /metrics shows on a listener of its own   (audit.go, metrics.go)
//	                                              └▶ /healthz
//
// Reading order: config.go says what can be set, serve.go runs and drains, site.go puts the parts together, allow.go
// says what of Directus is reachable, healer.go why a lost answer logs nobody out, sockets.go and the package relay what passes by socket. It must not know what a chat is: the browser program and Directus talk about
// that, chatd only decides what may pass.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"directuschat/web"
)

// A program is what the commands have to work with.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	dist           fs.FS      // the built bundle
	prompt         promptFunc // nil without a terminal
}

// A command is one thing chatd does, by the first argument.
type command struct {
	name    string
	summary string
	run     func(p program, ctx context.Context, args []string) error
}

// commands in the order of the help text.
var commands = []command{
	{"serve", "serve the chat and proxy Directus", program.serve},
	{"setup", "make a Directus project ready for the chat", program.setup},
	{"version", "print what this program was built from", program.version},
}

// A usageError is the caller's mistake: a wrong argument or configuration. Its text says what to do.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends a drain that takes too long
	p := program{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, dist: web.Dist(),
		prompt: terminalPrompt(os.Stdin, os.Stderr),
	}
	os.Exit(p.run(ctx, os.Args[1:]))
}

// run does what args say until it is done or ctx ends, and returns the exit status: 2 for a wrong argument or
// configuration, 1 for any other failure.
func (p program) run(ctx context.Context, args []string) int {
	if len(args) == 0 {
		p.usage(p.stderr)
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		p.usage(p.stdout)
		return 0
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		err := c.run(p, ctx, args[1:])
		var usage usageError
		switch {
		case err == nil || errors.Is(err, flag.ErrHelp):
			return 0
		case errors.As(err, &usage):
			fmt.Fprintf(p.stderr, "chatd %s: %v\n", c.name, err)
			return 2
		default:
			fmt.Fprintf(p.stderr, "chatd %s: %v\n", c.name, err)
			return 1
		}
	}
	fmt.Fprintf(p.stderr, "chatd: there is no command %q; run chatd help\n", args[0])
	return 2
}

func (p program) usage(to io.Writer) {
	fmt.Fprint(to, "chatd serves a realtime chat for a Directus project.\n\n")
	for _, c := range commands {
		fmt.Fprintf(to, "  chatd %-9s %s\n", c.name, c.summary)
	}
	fmt.Fprint(to, "\nchatd COMMAND -help tells what a command can be told.\n")
}
