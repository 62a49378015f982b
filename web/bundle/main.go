// Command bundle builds web/dist: the browser program, compiled, and the site's other assets, each under a name that
// holds its hash, compressed with brotli and gzip; the templates as they are; and an index of it all.
//
// Run it from the top of the checkout, as `make build` does. The same sources give the same bytes. What has not changed
// is not compressed again, because the program alone takes brotli half a minute. How the program is compiled, with go-app
// cut down to what a browser needs, is told in web/wasm.
//
//	go run ./web/bundle          builds web/dist
//	go run ./web/bundle -size    prints what the built files weigh, and fails if that is well above size.txt
//	go run ./web/bundle -size -accept REASON    writes size.txt
//	go run ./web/bundle -size -packages    prints which packages the program consists of
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"directuschat/web/wasm"
)

const (
	sources        = "web"
	dist           = "web/dist"
	browserProgram = "./cmd/chat"
)

func main() {
	size := flag.Bool("size", false, "print what the built files weigh, and build nothing")
	accept := flag.String("accept", "", "with -size: commit to what the files weigh now, for this `reason`")
	packages := flag.Bool("packages", false, "with -size: print which packages the program consists of")
	flag.Parse()

	run := build
	switch {
	case *size && *packages:
		run = reportPackages
	case *size:
		run = func(out io.Writer) error {
			return reportSizes(out, os.DirFS(sources), os.DirFS(dist), figuresFile, *accept)
		}
	}
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func build(out io.Writer) error {
	start := time.Now()
	fmt.Fprintln(out, "compiling the browser program …")
	program, err := wasm.Build(browserProgram, "-s -w")
	if err != nil {
		return err
	}
	glue, err := wasm.Exec()
	if err != nil {
		return err
	}
	if err := bundle(os.DirFS(sources), dist, program, glue, out); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is built, in %.1f s\n", dist, time.Since(start).Seconds())
	return nil
}
