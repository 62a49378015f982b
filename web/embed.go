//go:build !js

package web

import (
	"embed"
	"io/fs"
)

// The whole folder, so that a fresh checkout compiles with nothing but the committed placeholder in it. Never built
// for the browser: the program would carry itself.
//
//go:embed dist
var dist embed.FS

// Dist is the folder the bundle was built into, for Open.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name above is valid
	}
	return sub
}
