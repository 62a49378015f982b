//go:build linux || darwin

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"directuschat/app/directus"
	"directuschat/app/directus/directuslab"
	"directuschat/app/provision"
)

// demoInstance keeps the conversation of `make run` from one run to the next.
const demoInstance = "demo"

// stopGrace is what chatd is given to drain.
const stopGrace = 12 * time.Second

// demo is `make run`: a Directus with two users of the chat, and chatd in front of it, until Ctrl-C.
func demo(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := newFlags("demo", stderr)
	version := flags.String("version", directuslab.DefaultVersion, "one of "+strings.Join(directuslab.Versions(), ", "))
	listen := flags.String("listen", envOr("CHATD_LISTEN", "127.0.0.1:8080"), "`address` of the chat; port 0 takes a free one; also CHATD_LISTEN")
	program := flags.String("chatd", "./chatd", "`path` of the program, which make build makes")
	if err := parse(flags, args); err != nil {
		return err
	}
	say := sayer(stdout)

	dir, err := directuslab.InstanceDir(demoInstance + "-" + *version)
	if err != nil {
		return err
	}
	say("starting Directus %s", *version)
	in, err := directuslab.Start(ctx, directuslab.Options{Version: *version, Dir: dir, Progress: stdout})
	if err != nil {
		return err
	}
	defer in.Stop()
	say("making it ready for the chat")
	if err := prepare(ctx, in); err != nil {
		return err
	}
	say("starting chatd")
	server, address, err := startChatd(ctx, *program, *listen, in.URL, stderr)
	if err != nil {
		return err
	}
	defer server.Stop(stopGrace)

	say("ready")
	fmt.Fprintf(stdout, "\n  The chat      %s\n", address)
	for _, u := range provision.DemoUsers {
		fmt.Fprintf(stdout, "  Log in as     %s, password %s\n", u.Email, string(u.Password))
	}
	fmt.Fprintf(stdout, "  Data Studio   %s as %s, password in %s\n", in.URL, directuslab.AdminEmail, filepath.Join(in.Dir, "admin-password"))
	fmt.Fprintf(stdout, "\nTwo people need two browser profiles (a private window is one). Ctrl-C stops everything; make reset forgets the conversation.\n")

	ended := make(chan error, 1)
	go func() { ended <- in.Wait() }()
	select {
	case <-ctx.Done():
		return nil // that is how one ends this command
	case err := <-ended:
		return fmt.Errorf("lost Directus: %w; the end of its log:\n%s", orStopped(err), in.LogTail(10))
	case <-server.Done():
		return fmt.Errorf("lost chatd: %w", orStopped(server.Err()))
	}
}

func orStopped(err error) error {
	if err == nil {
		return errors.New("somebody stopped it")
	}
	return err
}

// prepare makes the demo users, and provides what the chat needs.
func prepare(ctx context.Context, in *directuslab.Instance) error {
	api := directus.API{URL: in.URL, Transport: directus.NewTransport()}
	admin, err := provision.Connect(ctx, api, provision.Credentials{Token: directus.Secret(in.AdminToken)})
	if err != nil {
		return err
	}
	if err := provision.Apply(ctx, admin, provision.Options{}, func(provision.Step) {}); err != nil {
		return err
	}
	for _, u := range provision.DemoUsers {
		if _, err := provision.EnsureUser(ctx, admin, u); err != nil {
			return err
		}
	}
	return nil
}

// startChatd returns when chatd has printed where it listens.
func startChatd(ctx context.Context, path, listen, directusURL string, stderr io.Writer) (*directuslab.Child, string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, "", err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, "", fmt.Errorf("%w: make build makes it", err)
	}
	cmd := exec.Command(path, "serve", "-listen", listen, "-directus-url", directusURL)
	cmd.Stderr = stderr
	out, in, err := os.Pipe()
	if err != nil {
		return nil, "", err
	}
	defer in.Close()
	cmd.Stdout = in
	server, err := directuslab.StartChild(cmd)
	if err != nil {
		return nil, "", err
	}
	in.Close() // or the end of the output never comes
	address := make(chan string, 1)
	go func() {
		defer close(address)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			for word := range strings.FieldsSeq(lines.Text()) {
				if strings.HasPrefix(word, "http") {
					address <- word
					io.Copy(io.Discard, out)
				}
			}
		}
	}()
	select {
	case a, ok := <-address:
		if ok {
			return server, a, nil
		}
		<-server.Done()
		return nil, "", errors.New("chatd did not start; its last line says why")
	case <-ctx.Done():
		server.Stop(stopGrace)
		return nil, "", ctx.Err()
	}
}

// sayer prints what is being done, with the time since the beginning.
func sayer(w io.Writer) func(format string, args ...any) {
	begin := time.Now()
	return func(format string, args ...any) {
		fmt.Fprintf(w, "%6.1fs  %s\n", time.Since(begin).Seconds(), fmt.Sprintf(format, args...))
	}
}

func envOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}
