package main

import (
	"context"
	"fmt"
	"runtime/debug"

	"directuschat/web"
)

// version prints the program's own version, as far as the build recorded one, and that of the embedded page.
func (p program) version(_ context.Context, args []string) error {
	if len(args) > 0 {
		return usagef("version takes no arguments")
	}
	own, toolchain := buildVersions()
	page := "not built"
	if bundle, err := web.Open(p.dist); err == nil {
		page = bundle.Version
	}
	_, err := fmt.Fprintf(p.stdout, "chatd %s, page %s, %s\n", own, page, toolchain)
	return err
}

// buildVersions are the program's own version and that of Go, as far as the build recorded them.
func buildVersions() (own, toolchain string) {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version, info.GoVersion
	}
	return "unknown", "unknown"
}
