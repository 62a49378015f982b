//go:build linux || darwin

package directuslab

import (
	"fmt"
	"io"
	"time"
)

// progressPeriod is how often a long step says that it is still at it.
const progressPeriod = 10 * time.Second

// step runs f and tells w what is being done, that it is still going on, and how long it took.
func step(w io.Writer, what string, f func() error) error {
	start := time.Now()
	elapsed := func() time.Duration { return time.Since(start).Round(time.Second) }
	fmt.Fprintf(w, "%s …\n", what)

	done := make(chan error, 1)
	go func() { done <- f() }()
	tick := time.NewTicker(progressPeriod)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if err == nil {
				fmt.Fprintf(w, "%s: done in %v\n", what, elapsed())
			}
			return err
		case <-tick.C:
			fmt.Fprintf(w, "%s … %v\n", what, elapsed())
		}
	}
}
