//go:build linux || darwin

package directuslab

import (
	"os/exec"
	"time"
)

// A Child is a program other than Directus that must not outlive us either.
type Child struct{ process *process }

// StartChild starts cmd, which the caller must not use any more.
func StartChild(cmd *exec.Cmd) (*Child, error) {
	p, err := start(cmd)
	if err != nil {
		return nil, err
	}
	return &Child{p}, nil
}

// Done is closed when the child has ended; then Err says how.
func (c *Child) Done() <-chan struct{} { return c.process.done }

// Err is how the child ended. It must have.
func (c *Child) Err() error { return c.process.err }

// Stop asks the child to end, and ends it when it has not done so within grace. It returns when the child is gone.
func (c *Child) Stop(grace time.Duration) { c.process.stop(grace) }
