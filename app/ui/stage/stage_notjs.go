//go:build !js

// Command stage is the interface without anything behind it: a browser program for tests, which puts chat.Snapshots on
// the page (window.show) and collects the intents of the user (window.intents). Its tests look at the real page, under
// the real policy, in a real browser:
//
//	go test ./app/ui/stage                 what the interface promises
//	go test ./app/ui/stage -screens DIR    the same, and a picture of every scene, to look at
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "stage runs in a browser, started by its tests: go test ./app/ui/stage")
	os.Exit(2)
}
