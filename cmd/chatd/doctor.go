package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/peterbourgon/ff/v3"

	"directuschat"
	"directuschat/app/directus"
	"directuschat/app/doctor"
	"directuschat/app/provision"
)

// A doctorConfig is what the operator decides about `chatd doctor`. What is also a flag of `chatd serve` means the same.
type doctorConfig struct {
	adminConfig
	site             config // where the chat is open, and the mapping
	userEmail        string
	userPasswordFile string
	processes        int
	quick, json      bool
}

// doctor examines a project and a running chat. Findings are a failure, with exit status 1; whatever keeps it from looking
// is one with 2, so that a script can tell "not well" from "not known".
func (p program) doctor(ctx context.Context, args []string) error {
	cfg, err := parseDoctor(args, p.stdout)
	if err != nil {
		return err
	}
	report, err := p.examine(ctx, cfg)
	if err != nil {
		return statusError{err, 2}
	}
	if cfg.json {
		encoder := json.NewEncoder(p.stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		printReport(report, p.stdout)
	}
	if err == nil && len(report.Findings) > 0 {
		err = fmt.Errorf("%d of %d checks found something", len(report.Findings), report.Checked)
	}
	return err
}

func (p program) examine(ctx context.Context, cfg *doctorConfig) (*doctor.Report, error) {
	credentials, err := p.credentials(ctx, &cfg.adminConfig)
	if err != nil {
		return nil, err
	}
	o := doctor.Options{
		API:       directus.API{URL: cfg.directus, Transport: doctor.Patient(directus.NewTransport())},
		Mapping:   cfg.site.mapping,
		PublicURL: cfg.publicURL(),
		Processes: cfg.processes,
		Watch:     !cfg.quick,
		Progress:  func(text string) { fmt.Fprintln(p.stderr, text) },
	}
	if cfg.userEmail != "" {
		user := provision.Credentials{Email: cfg.userEmail}
		if user.Password, err = p.secret(ctx, cfg.userPasswordFile, "-user-password-file", "Password of "+cfg.userEmail+": "); err != nil {
			return nil, err
		}
		if p.prompt != nil {
			user.Code = func() (directus.Secret, error) { return p.prompt(ctx, "One-time code of "+cfg.userEmail+": ") }
		}
		if o.User, err = doctor.LogIn(ctx, o.API, user); err != nil {
			return nil, fmt.Errorf("%s: %w", cfg.userEmail, err)
		}
		defer func() { _ = o.API.Logout(context.WithoutCancel(ctx), o.User.Refresh) }() // if it fails, the session expires by itself
	}
	if o.Admin, err = provision.Connect(ctx, o.API, credentials); err != nil {
		return nil, err
	}
	defer o.Admin.Close(ctx)
	return doctor.Examine(ctx, o)
}

// publicURL is the first of the public addresses, with the base path; "" if there is none.
func (cfg *doctorConfig) publicURL() string {
	if len(cfg.site.public) == 0 {
		return ""
	}
	o := cfg.site.public[0]
	return o.scheme + "://" + o.host + cfg.site.base
}

// parseDoctor reads flags and environment. It answers -help on help, and refuses what cannot work.
func parseDoctor(args []string, help io.Writer) (*doctorConfig, error) {
	cfg := &doctorConfig{site: config{mapping: directuschat.DefaultMapping}}
	var public list
	flags := flag.NewFlagSet("chatd doctor", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the caller prints the error, in one line
	cfg.adminFlags(flags)
	flags.StringVar(&cfg.userEmail, "user-email", "", "`address` of somebody who only chats, to try what people can do to each other; nothing of it is stored; default: it is not tried")
	flags.StringVar(&cfg.userPasswordFile, "user-password-file", "", "`file` with the password of -user-email, - for standard input; default: it is asked for")
	flags.Var(&public, "public-url", "`URL` that browsers open the chat at, to visit it too; of several the first one; default: it is not visited")
	flags.StringVar(&cfg.site.base, "base", "/", "`path` of the chat below the public URL, such as /chat/")
	cfg.site.mappingFlags(flags)
	flags.IntVar(&cfg.processes, "directus-processes", 1, "how `many` processes of Directus answer at -directus-url")
	flags.BoolVar(&cfg.quick, "quick", false, "do not hold a socket open for two heartbeats, which takes up to a minute")
	flags.BoolVar(&cfg.json, "json", false, "write the report as JSON")

	err := ff.Parse(flags, args, ff.WithEnvVarPrefix("CHATD"))
	if errors.Is(err, flag.ErrHelp) {
		printHelp(flags, help)
		return nil, flag.ErrHelp
	}
	if err != nil {
		return nil, usagef("%w; chatd doctor -help lists what can be set", err)
	}
	if flags.NArg() > 0 {
		return nil, usagef("doctor takes flags only, not %q", flags.Arg(0))
	}
	for _, check := range []error{
		cfg.checkAdmin(),
		cfg.site.checkBase(),
		cfg.site.setPublic(public),
		cfg.site.checkMapping(),
		cfg.checkUser(),
	} {
		if check != nil {
			return nil, usageError{check}
		}
	}
	return cfg, nil
}

func (cfg *doctorConfig) checkUser() error {
	switch {
	case cfg.userPasswordFile != "" && cfg.userEmail == "":
		return errors.New("-user-password-file needs -user-email: whose password is it?")
	case cfg.userPasswordFile == "-" && (cfg.tokenFile == "-" || cfg.passwordFile == "-"):
		return errors.New("standard input can hold one secret only; give the other one as a file")
	case cfg.processes < 1:
		return errors.New("-directus-processes must be 1 or more")
	}
	return nil
}

// printReport writes a report for people.
func printReport(r *doctor.Report, to io.Writer) {
	fmt.Fprintf(to, "Directus %s, %d checks\n", r.Version, r.Checked)
	for _, note := range r.Notes {
		fmt.Fprintf(to, "note: %s\n", note)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(to, "\n%s: %s\n  %s\n  so:  %s\n  fix: %s\n", f.Area, f.ID, f.What, f.Means, f.Fix)
	}
	if len(r.Findings) == 0 {
		fmt.Fprintln(to, "\nNothing found: all is well.")
	}
}
