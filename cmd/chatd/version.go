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
	own, toolchain := "unknown", "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		own, toolchain = info.Main.Version, info.GoVersion
	}
	page := "not built"
	if bundle, err := web.Open(p.dist); err == nil {
		page = bundle.Version
	}
	_, err := fmt.Fprintf(p.stdout, "chatd %s, page %s, %s\n", own, page, toolchain)
	return err
}
