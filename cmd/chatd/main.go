// Command chatd is the server of the chat: it serves the page with everything embedded, and proxies the few endpoints
// of one Directus that the page uses.
//
//	browser ──▶ log ▶ headers ▶ plain paths only ─┬▶ /, /m/{id}, worker, manifest, assets   (site.go, assets.go)
//	                                              ├▶ /directus/…: allow-list ▶ origin ▶ REST or socket ──▶ Directus   (proxy.go)
//	                                              ├▶ /audit: origin ▶ limits ▶ counters, which /metrics shows on a listener of its own   (audit.go, metrics.go)
//	                                              └▶ /healthz, /readyz   (ready.go)
//
// Reading order: config.go says what can be set, serve.go runs and drains, tls.go is https, site.go puts the parts
// together, allow.go says what of Directus is reachable, edge.go what an operator can change about that, clients.go whom
// a request comes from, logins.go why no stranger can lock an account, healer.go why a lost answer logs nobody out,
// sockets.go and the package relay what passes by WebSocket. It must not know what a chat is: the browser program and
// Directus talk about that, chatd only decides what may pass.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
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
	{"doctor", "examine a project, and the chat in front of it: what is wrong, and how to mend it", program.doctor},
	{"probe", "ask a running chatd whether it is well, as containers do", program.probe},
	{"version", "print what this program was built from", program.version},
}

// A usageError is the caller's mistake: a wrong argument or configuration. Its text says what to do.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// A statusError decides the exit status.
type statusError struct {
	error
	status int
}

func (e statusError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func main() {
	log.SetOutput(io.Discard) // where net/http quotes what it cannot read of an answer, which may be somebody's message
	p := program{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, dist: web.Dist(),
		prompt: terminalPrompt(os.Stdin, os.Stderr),
	}
	os.Exit(p.run(untilSignal(), os.Args[1:]))
}

// untilSignal ends at the first signal to stop. A second one ends the program at once, should the drain take too long.
func untilSignal() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx
}

// run does what args say until it is done or ctx ends, and returns the exit status: 2 for a wrong argument or
// configuration, 1 for any other failure that does not decide it itself.
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
		var other statusError
		switch {
		case err == nil || errors.Is(err, flag.ErrHelp):
			return 0
		case errors.As(err, &usage):
			fmt.Fprintf(p.stderr, "chatd %s: %v\n", c.name, err)
			return 2
		case errors.As(err, &other):
			fmt.Fprintf(p.stderr, "chatd %s: %v\n", c.name, err)
			return other.status
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
