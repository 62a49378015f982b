//go:build linux || darwin

package directuslab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Options say which Directus to start. The zero value of all but Dir is a good choice.
type Options struct {
	Version  string            // DefaultVersion if empty
	Dir      string            // where the instance keeps its data; made if need be, continued if there are some. Run has its own
	Port     int               // on the loopback interface; 0 takes a free one
	Env      map[string]string // Directus settings, such as ACCESS_TOKEN_TTL=20s
	Users    []User            // to exist when Start returns
	Progress io.Writer         // told what an installation is doing, if one is needed; nil for nobody
}

// An Instance is a running Directus. Its methods are not for concurrent use, except Admin and EnsureUser.
type Instance struct {
	Version    string
	Dir        string
	URL        string // such as http://127.0.0.1:20123; the same after a restart
	AdminToken string // a static token of the administrator

	port    int
	env     map[string]string
	secret  string
	install installation
	process *process
	logFrom int64 // where in the log the present process began
}

const (
	startTimeout = 2 * time.Minute  // far more than it takes: a start takes 3 s on an idle machine
	stopGrace    = 10 * time.Second // Directus gives its connections 1 s
)

// Start installs the version if need be, starts an instance and returns when it answers. ctx bounds the start only; call
// Stop when done. If we die first, the instance dies with us.
func Start(ctx context.Context, opts Options) (*Instance, error) {
	if opts.Version == "" {
		opts.Version = DefaultVersion
	}
	if opts.Dir == "" {
		return nil, errors.New("start Directus: Options.Dir is empty: name the directory of the instance's data")
	}
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, err
	}
	install, err := install(ctx, opts.Version, opts.Progress)
	if err != nil {
		return nil, explain(err)
	}
	in := &Instance{Version: opts.Version, Dir: dir, port: opts.Port, env: opts.Env, install: install}
	if err := in.prepare(ctx); err != nil {
		return nil, fmt.Errorf("prepare an instance in %s: %w", dir, explain(err))
	}
	if opts.Port != 0 {
		err = in.Start(ctx)
	} else {
		err = in.startAnywhere(ctx)
	}
	if err != nil {
		return nil, explain(err)
	}
	for _, u := range opts.Users {
		if _, err := in.EnsureUser(ctx, u); err != nil {
			in.Kill()
			return nil, err
		}
	}
	return in, nil
}

// startAnywhere starts on a chosen port, and on another one if somebody is faster.
func (in *Instance) startAnywhere(ctx context.Context) error {
	for try := 1; ; try++ {
		port, err := choosePort()
		if err != nil {
			return err
		}
		in.port = port
		err = in.Start(ctx)
		if !errors.Is(err, ErrPortInUse) || try == 5 {
			return err
		}
	}
}

// Start starts the instance again after Stop or Kill: same data, same port, same settings.
func (in *Instance) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("it did not answer within %v", startTimeout))
	defer cancel()
	in.URL = baseURL(in.port)
	if err := in.launch(ctx); err != nil {
		return err
	}
	if err := in.waitReady(ctx); err != nil {
		in.Kill()
		return err
	}
	return nil
}

// Stop asks Directus to shut down, as a deployment would, and returns when the process is gone.
func (in *Instance) Stop() { in.process.stop(stopGrace) }

// Kill ends Directus at once, as a crash would.
func (in *Instance) Kill() { in.process.kill() }

// Restart stops and starts the instance in place.
func (in *Instance) Restart(ctx context.Context) error {
	in.Stop()
	return in.Start(ctx)
}

// Wait returns when Directus has ended: nil if somebody asked it to, otherwise an error with the end of its log.
func (in *Instance) Wait() error {
	<-in.process.done
	if in.process.endedAsAsked() {
		return nil
	}
	return fmt.Errorf("instance of Directus %s ended by itself (%w); the end of its log:\n%s", in.Version, in.process.err, in.LogTail(20))
}

// launch starts the process. The process inherits the lock on the directory and nobody else keeps it, so the lock is
// held exactly as long as the process lives.
func (in *Instance) launch(ctx context.Context) error {
	lock, err := lockInstance(ctx, in.Dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := portFree(in.port); err != nil {
		return err
	}
	env, err := in.install.environment(in.Dir, in.port, in.secret, in.env)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(in.Dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	if in.logFrom, err = log.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	cmd := exec.Command(in.install.node.Exec, in.install.cli(), "start")
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = in.Dir, env, log, log
	cmd.ExtraFiles = []*os.File{lock}

	state := State{Version: in.Version, Port: in.port}
	if err := writeState(in.Dir, state); err != nil {
		return err
	}
	if in.process, err = start(cmd); err != nil {
		return fmt.Errorf("start Directus: %w", err)
	}
	state.PID = in.process.pid
	if err := writeState(in.Dir, state); err != nil {
		in.Kill()
		return err
	}
	return nil
}

// waitReady waits until this very process answers to its administrator: what answers a ping could be anybody's.
func (in *Instance) waitReady(ctx context.Context) error {
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for {
		err := in.ping(ctx)
		if err == nil {
			err = in.claim(ctx)
		}
		if err == nil {
			return nil
		}
		select {
		case <-in.process.done:
			log := in.LogTail(15)
			if strings.Contains(log, "already in use") {
				return fmt.Errorf("port %d: %w", in.port, ErrPortInUse)
			}
			return fmt.Errorf("%w:\n%s", ErrNotStarted, log)
		case <-ctx.Done():
			return fmt.Errorf("%w (%w; last: %w):\n%s", ErrNotStarted, context.Cause(ctx), err, in.LogTail(15))
		case <-poll.C:
		}
	}
}

func (in *Instance) ping(ctx context.Context) error {
	_, err := do(ctx, http.MethodGet, in.URL+"/server/ping", "", nil)
	return err
}

// LogTail returns the last lines that the present process, or the last one, has logged.
func (in *Instance) LogTail(lines int) string {
	b, err := os.ReadFile(filepath.Join(in.Dir, "log"))
	if err != nil {
		return err.Error()
	}
	if int64(len(b)) >= in.logFrom {
		b = b[in.logFrom:]
	}
	all := strings.Split(strings.TrimRight(string(b), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
