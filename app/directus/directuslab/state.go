//go:build linux || darwin

package directuslab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// State is what an instance's directory tells other processes.
type State struct {
	Version string `json:"version"`
	Port    int    `json:"port"` // of the last start
	PID     int    `json:"pid"`  // of the Directus process; 0 while it is being started
	Running bool   `json:"-"`
}

// URL is where the instance answers while it is running.
func (s State) URL() string { return baseURL(s.Port) }

const (
	stateFile = "state.json"
	lockFile  = "lock"
)

var nameRE = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// InstanceDir returns the directory of the named instance in the cache, which need not exist.
func InstanceDir(name string) (string, error) {
	if !nameRE.MatchString(name) {
		return "", fmt.Errorf("%q cannot name an instance: use letters, digits, dot, hyphen and underscore", name)
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "instances", name), nil
}

// Instances returns the names of the instances in the cache.
func Instances() ([]string, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(cache, "instances"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}

// Status tells the state of the instance in dir. The error is fs.ErrNotExist if there is none.
func Status(dir string) (State, error) {
	s, err := readState(dir)
	if err != nil {
		return State{}, err
	}
	lock, err := tryLock(filepath.Join(dir, lockFile), shared)
	switch {
	case errors.Is(err, errLocked):
		s.Running = true
	case err != nil:
		return State{}, err
	default:
		lock.Close()
	}
	return s, nil
}

// Stop stops the instance in dir, whichever process has started it, and returns when it is gone. It does nothing if the
// instance is not running.
func Stop(ctx context.Context, dir string) error {
	asked, killFrom := false, time.Now().Add(stopGrace)
	for {
		s, err := Status(dir)
		if err != nil || !s.Running {
			return err
		}
		// The lock is held, so the process whose number was written with it lives: it is not a stranger's number by now.
		if late := time.Now().After(killFrom); s.PID != 0 && (late || !asked) {
			sig := syscall.SIGTERM
			if late {
				sig = syscall.SIGKILL
			}
			_ = syscall.Kill(-s.PID, sig) // fails only if it has just ended
			asked = true
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Reset stops the instance in dir and removes all it has stored.
func Reset(ctx context.Context, dir string) error {
	if err := Stop(ctx, dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(dir)
}

// lockInstance keeps everybody else from starting the instance in dir until the file is closed. Who asks for its Status
// has the lock for an instant; who keeps it is a running instance.
func lockInstance(ctx context.Context, dir string) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	lock, err := waitLock(ctx, filepath.Join(dir, lockFile), nil)
	if errors.Is(err, errLocked) {
		return nil, fmt.Errorf("%s: %w", dir, ErrRunning)
	}
	return lock, err
}

func readState(dir string) (State, error) {
	b, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return State{}, err
	}
	var s State
	if err := json.Unmarshal(b, &s); err != nil {
		return State{}, fmt.Errorf("%s is damaged: remove %s and start again: %w", stateFile, dir, err)
	}
	return s, nil
}

func writeState(dir string, s State) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, stateFile), b)
}

// writeFile replaces a file in one step, so that a reader never sees half of it.
func writeFile(path string, b []byte) error {
	next := path + ".next"
	if err := os.WriteFile(next, b, 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}
