package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/peterbourgon/ff/v3"
	"golang.org/x/term"

	"directuschat/app/directus"
	"directuschat/app/provision"
)

// A setupConfig is what the operator decides about `chatd setup`. There is no flag for a token or password: arguments
// and environment are visible to others.
type setupConfig struct {
	directus     string
	email        string
	tokenFile    string
	passwordFile string
	options      provision.Options

	dryRun, undo, deleteData, yes bool
}

// setup makes a Directus project ready for the chat, or completes it.
func (p program) setup(ctx context.Context, args []string) error {
	cfg, err := parseSetup(args, p.stdout)
	if err != nil {
		return err
	}
	credentials, err := p.credentials(ctx, cfg)
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
	flags.StringVar(&cfg.directus, "directus-url", "", "`URL` of your Directus, such as https://cms.example.com; http only on this machine; required")
	flags.StringVar(&cfg.email, "admin-email", "", "`address` of an administrator who logs in with a password; default: a token is asked for")
	flags.StringVar(&cfg.tokenFile, "token-file", "", "`file` with an administrator's token, - for standard input; default: it is asked for")
	flags.StringVar(&cfg.passwordFile, "password-file", "", "`file` with the password of -admin-email, - for standard input; default: it is asked for")
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
	cfg.directus = strings.TrimRight(cfg.directus, "/")
	switch {
	case errors.As(err, new(usageError)):
		return nil, err
	case err != nil:
		return nil, usagef("%w; chatd setup -help lists what can be set", err)
	case flags.NArg() > 0:
		return nil, usagef("setup takes flags only, not %q", flags.Arg(0))
	case cfg.directus == "":
		return nil, usagef("set -directus-url or CHATD_DIRECTUS_URL to the address of your Directus, such as http://127.0.0.1:8055")
	case cfg.tokenFile != "" && (cfg.email != "" || cfg.passwordFile != ""):
		return nil, usagef("give -token-file, or -admin-email with a password, not both")
	case cfg.passwordFile != "" && cfg.email == "":
		return nil, usagef("-password-file needs -admin-email: whose password is it?")
	}
	return cfg, nil
}

// credentials takes the secret from where the operator says, or asks for it.
func (p program) credentials(ctx context.Context, cfg *setupConfig) (c provision.Credentials, err error) {
	c.Email = cfg.email
	if cfg.email == "" {
		c.Token, err = p.secret(ctx, cfg.tokenFile, "-token-file", "Token of an administrator: ")
		return c, err
	}
	if p.prompt != nil {
		c.Code = func() (directus.Secret, error) { return p.prompt(ctx, "One-time code: ") }
	}
	c.Password, err = p.secret(ctx, cfg.passwordFile, "-password-file", "Password of "+cfg.email+": ")
	return c, err
}

func (p program) secret(ctx context.Context, file, option, question string) (secret directus.Secret, err error) {
	switch {
	case file == "-":
		secret, err = readSecret(p.stdin, "standard input")
	case file != "":
		f, openErr := os.Open(file)
		if openErr != nil {
			return "", fmt.Errorf("%s: %w; name a file that can be read", option, openErr)
		}
		defer f.Close()
		secret, err = readSecret(f, file)
	case p.prompt != nil:
		secret, err = p.prompt(ctx, question)
	default:
		return "", usagef("there is no terminal to ask on; give %s, a file or - for standard input", option)
	}
	if err == nil && secret == "" {
		err = usagef("%s: the secret is empty", option)
	}
	return secret, err
}

// readSecret reads one short line.
func readSecret(from io.Reader, name string) (directus.Secret, error) {
	const limit = 16 << 10 // longer than any token
	b, err := io.ReadAll(io.LimitReader(from, limit))
	if err != nil {
		return "", fmt.Errorf("failed to read the secret from %s: %w", name, err)
	}
	text := strings.TrimRight(string(b), "\r\n")
	if len(b) == limit || strings.ContainsAny(text, "\r\n") {
		return "", fmt.Errorf("%s holds more than one line; it must hold the secret and nothing else", name)
	}
	return directus.Secret(text), nil
}

// A promptFunc asks the operator for a secret.
type promptFunc func(ctx context.Context, question string) (directus.Secret, error)

// terminalPrompt returns a promptFunc that asks on the terminal and does not echo the answer, or nil if in is none.
func terminalPrompt(in *os.File, out io.Writer) promptFunc {
	terminal := int(in.Fd())
	if !term.IsTerminal(terminal) {
		return nil
	}
	return func(ctx context.Context, question string) (directus.Secret, error) {
		echoing, err := term.GetState(terminal)
		if err != nil {
			return "", err
		}
		fmt.Fprint(out, question)
		defer fmt.Fprintln(out)
		answered := make(chan error, 1)
		var answer []byte
		go func() {
			var err error
			answer, err = term.ReadPassword(terminal)
			answered <- err
		}()
		select {
		case err := <-answered:
			return directus.Secret(answer), err
		case <-ctx.Done(): // nobody can end the read, so the shell gets its echo back from here
			_ = term.Restore(terminal, echoing)
			return "", errors.New("interrupted")
		}
	}
}
