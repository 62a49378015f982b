package wasm

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// goRuntimeLess leads from files of Go's runtime to a function that does nothing in the program.
//
// moduledataverify1 checks, whenever a program starts, that the linker has sorted its tables: six thousand rounds, for
// which the engine compiles it anew, on a processor that the start needs.
var goRuntimeLess = map[string]string{
	"symtab.go": "func moduledataverify1(datap *moduledata)",
}

// runtimeFolder is where those files are, below the top of the checkout, and what leads to them.
const (
	runtimeFolder = ".build/runtime"
	overlayFile   = "overlay.json"
)

// leanRuntime writes them, and returns the file for go build's -overlay. A Go that has no such function goes without: its
// programs start later, and that is all. A test tells.
func leanRuntime() (overlay string, err error) {
	out, err := goCommand("env", "GOROOT", "GOMOD")
	if err != nil {
		return "", err
	}
	goroot, gomod, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	folder := filepath.Join(filepath.Dir(gomod), filepath.FromSlash(runtimeFolder))
	replace := map[string]string{}
	files := map[string][]byte{}
	for name, function := range goRuntimeLess {
		original := filepath.Join(goroot, "src", "runtime", name)
		source, err := os.ReadFile(original)
		if err != nil || !strings.Contains(string(source), "\n"+function+" {\n") {
			continue
		}
		called, _, _ := strings.Cut(strings.TrimPrefix(function, "func "), "(")
		if source, err = without(source, []string{called}); err != nil {
			return "", err
		}
		files[name] = append(source, "\n"+function+" {}\n"...)
		replace[original] = filepath.Join(folder, name)
	}
	if files[overlayFile], err = json.Marshal(map[string]any{"Replace": replace}); err != nil {
		return "", err
	}
	return filepath.Join(folder, overlayFile), writeFolder(folder, files)
}
