//go:build !js

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "chat runs in a browser: make build compiles it into chatd, and chatd serve serves it")
	os.Exit(2)
}
