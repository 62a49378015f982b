// Package wasm compiles programs for the browser: the one that is served, for web/bundle, and the stage of app/ui's
// tests, so that what is tested is what is served. It knows nothing of what is in a program.
//
// go-app is two programs in one package. Its server's half imports net/http, and that the cryptography of TLS, which
// registers itself when a program starts, so the linker keeps it: 0.3 MB for whoever visits. So programs are compiled
// with a lean copy of go-app, which is made of the module in go.mod when they are: see lean.go and goapp.go. A few
// functions that run with every drawing are others there, which do the same in less time. One function of Go's own runtime
// does nothing in the program: see goruntime.go. Everything else, such as go vet and the tests of a package, uses go-app and Go as
// they are.
package wasm

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Build compiles a main package for the browser and returns the program. With the linker's flags -s and -w it has no
// names.
func Build(pkg, ldflags string) ([]byte, error) {
	modfile, err := leanModule()
	if err != nil {
		return nil, err
	}
	overlay, err := leanRuntime()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "wasm")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "app.wasm")

	// Without -buildvcs=false every commit would make another program, and everybody would download it again.
	_, err = goCommand("build", "-modfile="+modfile, "-overlay="+overlay, "-trimpath", "-buildvcs=false", "-ldflags="+ldflags, "-o", file, pkg)
	if err != nil {
		return nil, fmt.Errorf("compile %s: %w", pkg, err)
	}
	program, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if program, err = joinData(program); err != nil {
		return nil, err
	}
	return makeFunctab(program)
}

// Packages lists the import paths of everything that the program of a main package is made of, itself left out.
func Packages(pkg string) ([]string, error) {
	modfile, err := leanModule()
	if err != nil {
		return nil, err
	}
	list, err := goCommand("list", "-modfile="+modfile, "-deps", "-f", `{{if ne .Name "main"}}{{.ImportPath}}{{end}}`, pkg)
	if err != nil {
		return nil, fmt.Errorf("list the packages of %s: %w", pkg, err)
	}
	return strings.Fields(string(list)), nil
}

// Exec reads wasm_exec.js, which runs a Go program in a browser. It belongs to the Go that compiled the program; some of
// it is other: exec.js.
func Exec() ([]byte, error) {
	root, err := goCommand("env", "GOROOT")
	if err != nil {
		return nil, fmt.Errorf("find wasm_exec.js: %w", err)
	}
	exec, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return nil, err
	}
	return withOurs(exec)
}

// In the place of wasm_exec.js's own loadString, which has a decoder called for each string. Most strings are short, and
// the same again and again: names of properties and methods, always at the same place of Go's memory. So they are
// remembered by their place, and compared; if they are of ASCII, where a byte is a character. With it come the functions
// that the lean copy of go-app imports to change the page: goapp/app/dom.go.txt. (Whoever visits downloads the file, so what
// is to be said of it is said here.)
//
//go:embed exec.js
var ours []byte

// loadString is how wasm_exec.js begins to read a string of Go's, and ends; imports is where it begins to say what a
// program can import.
var (
	loadString = regexp.MustCompile(`(?s)\t\t\tconst loadString = \(addr\) => \{.*?\n\t\t\t\}\n`)
	imports    = []byte("this.importObject = {\n")
)

// withOurs puts our loadString in the place of Go's, and our functions beside those of Go.
func withOurs(exec []byte) ([]byte, error) {
	if n := len(loadString.FindAll(exec, -1)); n != 1 {
		return nil, fmt.Errorf("wasm_exec.js has %d functions loadString: see exec.js", n)
	}
	if n := bytes.Count(exec, imports); n != 1 {
		return nil, fmt.Errorf("wasm_exec.js has %d objects to import from: see exec.js", n)
	}
	exec = loadString.ReplaceAllLiteral(exec, ours)
	return bytes.Replace(exec, imports, slices.Concat(imports, []byte("\t\t\t\tdom,\n")), 1), nil
}

// goCommand runs the go command for the browser, and returns what it prints.
func goCommand(args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("go %s: %w", args[0], err), errors.New(strings.TrimSpace(stderr.String())))
	}
	return out, nil
}
