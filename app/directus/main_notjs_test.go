//go:build !js

package directus_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// In a browser's runtime the goroutine that serves events is always there, so leaks are looked for natively only.
func TestMain(m *testing.M) {
	flag.Set("test.parallel", "8") // facts wait more than they work
	goleak.VerifyTestMain(m)
}
