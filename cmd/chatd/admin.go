package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"directuschat/app/directus"
	"directuschat/app/provision"
)

// An adminConfig is how the commands that work on a project get into it. There is no flag for a token or password:
// arguments and environment are visible to others.
type adminConfig struct {
	directus     string // without a slash at its end
	email        string
	tokenFile    string
	passwordFile string
}

func (c *adminConfig) adminFlags(flags *flag.FlagSet) {
	flags.StringVar(&c.directus, "directus-url", "", "`URL` of your Directus, such as https://cms.example.com; http only on this machine; required")
	flags.StringVar(&c.email, "admin-email", "", "`address` of an administrator who logs in with a password; default: a token is asked for")
	flags.StringVar(&c.tokenFile, "token-file", "", "`file` with an administrator's token, - for standard input; default: it is asked for")
	flags.StringVar(&c.passwordFile, "password-file", "", "`file` with the password of -admin-email, - for standard input; default: it is asked for")
}

func (c *adminConfig) checkAdmin() error {
	c.directus = strings.TrimRight(c.directus, "/")
	switch {
	case c.directus == "":
		return errors.New("set -directus-url or CHATD_DIRECTUS_URL to the address of your Directus, such as http://127.0.0.1:8055")
	case c.tokenFile != "" && (c.email != "" || c.passwordFile != ""):
		return errors.New("give -token-file, or -admin-email with a password, not both")
	case c.passwordFile != "" && c.email == "":
		return errors.New("-password-file needs -admin-email: whose password is it?")
	}
	return nil
}

// credentials takes the secret from where the operator says, or asks for it.
func (p program) credentials(ctx context.Context, cfg *adminConfig) (c provision.Credentials, err error) {
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
