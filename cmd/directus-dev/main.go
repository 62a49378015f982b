//go:build linux || darwin

// Command directus-dev runs a real Directus by hand: for development, and to try something in Data Studio. It is the
// command line of app/directus/directuslab, with app/provision for the demo, and holds nothing but flags and sentences.
//
//	directus-dev install [version…]   put versions into the cache (all of them if none is named)
//	directus-dev demo                 run an instance with two users of the chat, and chatd in front of it: make run
//	directus-dev start                run an instance until Ctrl-C
//	directus-dev stop                 stop an instance from another terminal
//	directus-dev reset                stop it and forget its data
//	directus-dev status               show what there is
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"directuschat/app/directus/directuslab"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

const usage = `usage: directus-dev COMMAND [flags]

  install [version…]   put versions of Directus into the cache (all of them if none is named)
  demo                 run an instance with two users of the chat, and chatd in front of it (make run)
  start                run an instance until Ctrl-C
  stop                 stop an instance
  reset                stop an instance and forget its data
  status               show the instances

directus-dev COMMAND -h shows a command's flags.
`

// errUsage marks a mistake that the flag package or usage has explained already.
var errUsage = errors.New("wrong usage")

// run is the program. It returns the exit status: 1 if something failed, 2 for a mistake on the command line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	commands := map[string]func(context.Context, []string, io.Writer, io.Writer) error{
		"install": install, "demo": demo, "start": start, "stop": stop, "reset": reset, "status": status,
	}
	if len(args) == 0 || commands[args[0]] == nil {
		fmt.Fprint(stderr, usage)
		return 2
	}
	switch err := commands[args[0]](ctx, args[1:], stdout, stderr); {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "directus-dev: interrupted")
		return 1
	default:
		fmt.Fprintln(stderr, "directus-dev:", err)
		return 1
	}
}

func install(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := newFlags("install [version…]", stderr)
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	versions := flags.Args()
	if len(versions) == 0 {
		versions = directuslab.Versions()
	}
	for _, version := range versions {
		if err := directuslab.Install(ctx, version, stdout); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "Directus %s is installed\n", version)
	}
	return nil
}

func start(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := newFlags("start", stderr)
	opts := directuslab.Options{Progress: stdout, Env: map[string]string{}}
	flags.IntVar(&opts.Port, "port", 8055, "where to listen, on the loopback interface; 0 takes a free port")
	flags.Func("env", "a setting of Directus, `KEY=VALUE`; may be repeated", func(s string) error {
		key, value, ok := strings.Cut(s, "=")
		if !ok || key == "" {
			return errors.New("not of the form KEY=VALUE")
		}
		opts.Env[key] = value
		return nil
	})
	instance := instanceFlags(flags)
	if err := parse(flags, args); err != nil {
		return err
	}
	name, dir, err := instance.find()
	if err != nil {
		return err
	}
	opts.Version, opts.Dir = instance.version, dir
	fmt.Fprintf(stdout, "Directus %s: starting instance %s …\n", opts.Version, name)
	in, err := directuslab.Start(ctx, opts)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Directus %s answers on %s\n", in.Version, in.URL)
	fmt.Fprintf(stdout, "The administrator is %s, the password is in %s, a token in %s\n", directuslab.AdminEmail,
		filepath.Join(in.Dir, "admin-password"), filepath.Join(in.Dir, "admin-token"))
	fmt.Fprintln(stdout, "Ctrl-C stops it")

	ended := make(chan error, 1)
	go func() { ended <- in.Wait() }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		in.Stop()
		err = nil // that is how one ends this command
	}
	fmt.Fprintf(stdout, "Directus %s has stopped\n", in.Version)
	return err
}

func stop(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	return withInstance("stop", args, stderr, func(name, dir string) error {
		err := directuslab.Stop(ctx, dir)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no instance %s: directus-dev status shows those that there are", name)
		}
		if err == nil {
			fmt.Fprintf(stdout, "instance %s is stopped\n", name)
		}
		return err
	})
}

func reset(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	return withInstance("reset", args, stderr, func(name, dir string) error {
		if err := directuslab.Reset(ctx, dir); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "instance %s is forgotten\n", name)
		return nil
	})
}

func status(_ context.Context, args []string, stdout, stderr io.Writer) error {
	if err := parse(newFlags("status", stderr), args); err != nil {
		return err
	}
	names, err := directuslab.Instances()
	if err != nil {
		return err
	}
	if len(names) == 0 {
		fmt.Fprintln(stdout, "there are no instances: directus-dev start makes one")
	}
	for _, name := range names {
		dir, err := directuslab.InstanceDir(name)
		if err != nil {
			return err
		}
		s, err := directuslab.Status(dir)
		switch {
		case err != nil:
			fmt.Fprintf(stdout, "%s\tunusable: %v\n", name, err)
		case s.Running:
			fmt.Fprintf(stdout, "%s\tDirectus %s\trunning on %s, process %d\t%s\n", name, s.Version, s.URL(), s.PID, dir)
		default:
			fmt.Fprintf(stdout, "%s\tDirectus %s\tstopped\t%s\n", name, s.Version, dir)
		}
	}
	return nil
}

func withInstance(command string, args []string, stderr io.Writer, do func(name, dir string) error) error {
	flags := newFlags(command, stderr)
	instance := instanceFlags(flags)
	if err := parse(flags, args); err != nil {
		return err
	}
	name, dir, err := instance.find()
	if err != nil {
		return err
	}
	return do(name, dir)
}

// An instanceFlag says which instance is meant. Each version has one of its own unless a name is given.
type instanceFlag struct{ version, name string }

func instanceFlags(flags *flag.FlagSet) *instanceFlag {
	f := new(instanceFlag)
	flags.StringVar(&f.version, "version", directuslab.DefaultVersion, "of Directus: "+strings.Join(directuslab.Versions(), ", "))
	flags.StringVar(&f.name, "name", "", "of the instance (default: the version)")
	return f
}

func (f *instanceFlag) find() (name, dir string, err error) {
	name = cmp.Or(f.name, f.version)
	dir, err = directuslab.InstanceDir(name)
	return name, dir, err
}

func newFlags(command string, stderr io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet("directus-dev "+command, flag.ContinueOnError)
	flags.SetOutput(stderr)
	return flags
}

// parse parses the flags of a command that takes no other arguments.
func parse(flags *flag.FlagSet, args []string) error {
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(flags.Output(), "%s: what is %q? The instance is named by -name\n", flags.Name(), flags.Arg(0))
		return errUsage
	}
	return nil
}

func parseFlags(flags *flag.FlagSet, args []string) error {
	err := flags.Parse(args)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		return errUsage
	}
	return err
}
