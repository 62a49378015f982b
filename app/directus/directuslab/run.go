//go:build linux || darwin

package directuslab

import (
	"os"
	"testing"
)

// Run starts an instance for a test, in a temporary directory, and stops it when the test ends. A test that has failed
// shows the end of the instance's log. A package whose tests share one instance calls Start in its TestMain instead.
func Run(tb testing.TB, opts Options) *Instance {
	tb.Helper()
	if opts.Dir == "" {
		opts.Dir = tb.TempDir()
	}
	if opts.Progress == nil {
		opts.Progress = os.Stderr // a first run takes minutes, and a test's own log would come after them
	}
	in, err := Start(tb.Context(), opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		in.Stop()
		if tb.Failed() {
			tb.Logf("the end of Directus's log:\n%s", in.LogTail(30))
		}
	})
	return in
}
