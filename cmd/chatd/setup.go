package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/peterbourgon/ff/v3"

	"directuschat/app/directus"
	"directuschat/app/provision"
)

// A setupConfig is what the operator decides about `chatd setup`.
type setupConfig struct {
	adminConfig
	options provision.Options

	dryRun, undo, deleteData, yes bool
}

// setup makes a Directus project ready for the chat, or completes it.
func (p program) setup(ctx context.Context, args []string) error {
	cfg, err := parseSetup(args, p.stdout)
	if err != nil {
		return err
	}
	credentials, err := p.credentials(ctx, &cfg.adminConfig)
	if err != nil {
		return err
	}
	api := directus.API{URL: cfg.directus, Transport: directus.NewTransport()}
	admin, err := provision.Connect(ctx, api, credentials)
	if err != nil {
		return err
	}
	defer admin.Close(ctx)

	if cfg.undo {
		return p.undoSetup(ctx, admin, cfg)
	}
	if cfg.dryRun || cfg.options.RevokePublic {
		steps, err := provision.Preview(ctx, admin, cfg.options)
		if err != nil {
			return err
		}
		if cfg.dryRun {
			printPlan(p.stdout, steps)
			return nil
		}
		if err := p.askFor(ctx, cfg, steps); err != nil {
			return err
		}
	}
	changes := map[provision.Change]int{}
	err = provision.Apply(ctx, admin, cfg.options, p.reporter(changes))
	made := changes[provision.Add] + changes[provision.Mend] + changes[provision.Remove]
	if err := unfinished(ctx, err, made); err != nil {
		return err
	}
	if made == 0 {
		fmt.Fprintln(p.stdout, "\nNothing to do: everything was there.")
	} else {
		fmt.Fprintf(p.stdout, "\nDone: %d made or mended, %d already there.\n", made, changes[provision.Keep])
	}
	fmt.Fprintf(p.stdout, "People with the role \"Chat user\" can chat. Let others in: chatd setup -grant-user E-MAIL or -grant-role NAME.\n"+
		"Next: chatd serve -directus-url %s\n", cfg.directus)
	return nil
}

// parseSetup reads flags and environment. It answers -help on help, and refuses what cannot work.
func parseSetup(args []string, help io.Writer) (*setupConfig, error) {
	cfg := &setupConfig{}
	flags := flag.NewFlagSet("chatd setup", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the caller prints the error, in one line
	cfg.adminFlags(flags)
	flags.Var((*list)(&cfg.options.GrantUsers), "grant-user", "`e-mail` or id of a user who may chat; several with commas, or repeated")
	flags.Var((*list)(&cfg.options.GrantRoles), "grant-role", "`name` or id of a role whose users may chat; several with commas, or repeated")
	cfg.planFlags(flags)

	err := ff.Parse(flags, args, ff.WithEnvVarPrefix("CHATD"))
	if errors.Is(err, flag.ErrHelp) {
		printHelp(flags, help)
		return nil, flag.ErrHelp
	}
	if err == nil {
		err = cfg.checkPlan(flags)
	}
	switch {
	case errors.As(err, new(usageError)):
		return nil, err
	case err != nil:
		return nil, usagef("%w; chatd setup -help lists what can be set", err)
	}
	if flags.NArg() > 0 {
		return nil, usagef("setup takes flags only, not %q", flags.Arg(0))
	}
	if err := cfg.checkAdmin(); err != nil {
		return nil, usageError{err}
	}
	return cfg, nil
}
