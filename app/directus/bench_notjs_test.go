//go:build !js

package directus

import "testing"

// compare has nothing to compare with outside a JavaScript engine.
func compare(*testing.B, []byte, func()) {}
