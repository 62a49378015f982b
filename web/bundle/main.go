// Command bundle builds web/dist: the browser program, compiled, and the site's other assets, each under a name that
// holds its hash, compressed with brotli and gzip; the templates as they are; and an index of it all.
//
// Run it from the top of the checkout, as `make build` does. The same sources give the same bytes. What has not changed
// is not compressed again, because the program alone takes brotli half a minute.
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
	"os/exec"
	"path/filepath"
	"strings"
	"time"
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
		run = func(out io.Writer) error { return reportSizes(out, os.DirFS(dist), figuresFile, *accept) }
	}
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func build(out io.Writer) error {
	start := time.Now()
	fmt.Fprintln(out, "compiling the browser program …")
	wasm, err := compile("-s -w")
	if err != nil {
		return err
	}
	glue, err := wasmExec()
	if err != nil {
		return err
	}
	err = bundle(os.DirFS(sources), dist, []source{{"app.wasm", wasm}, {"wasm_exec.js", glue}}, out)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is built, in %.1f s\n", dist, time.Since(start).Seconds())
	return nil
}

// compile builds cmd/chat for the browser; with the linker's flags -s and -w it has no names.
func compile(ldflags string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "bundle")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "app.wasm")

	// Without -buildvcs=false every commit would make another program, and everybody would download it again.
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags="+ldflags, "-o", file, browserProgram)
	cmd.Env = browserEnv()
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("compile %s: %w", browserProgram, err)
	}
	return os.ReadFile(file)
}

func browserEnv() []string { return append(os.Environ(), "GOOS=js", "GOARCH=wasm") }

// wasmExec reads the script that runs a Go program in a browser. It belongs to the Go that compiled the program.
func wasmExec() ([]byte, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("find wasm_exec.js: go env GOROOT: %w", err)
	}
	return os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
}
