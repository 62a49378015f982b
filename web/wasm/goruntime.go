package wasm

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// goRuntimeLess leads from files of Go's runtime to functions that do nothing in the program.
//
// moduledataverify1 checks, whenever a program starts, that the linker has sorted its tables: six thousand rounds, for
// which the engine compiles it anew, on a processor that the start needs.
var goRuntimeLess = map[string]string{
	"symtab.go": "func moduledataverify1(*moduledata) {}",
}

// runtimeFolder is where they are, below the top of the checkout.
const (
	runtimeFolder = ".build/runtime"
	overlayFile   = "overlay.json"
)

// leanRuntime writes those files without them, and returns the file for go build's -overlay.
func leanRuntime() (overlay string, err error) {
	out, err := goCommand("env", "GOROOT", "GOMOD")
	if err != nil {
		return "", err
	}
	goroot, gomod, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	folder := filepath.Join(filepath.Dir(gomod), filepath.FromSlash(runtimeFolder))
	replace := map[string]string{}
	files := map[string][]byte{}
	for name, instead := range goRuntimeLess {
		original := filepath.Join(goroot, "src", "runtime", name)
		source, err := os.ReadFile(original)
		if err != nil {
			return "", err
		}
		function, _, _ := strings.Cut(strings.TrimPrefix(instead, "func "), "(")
		if source, err = without(source, []string{function}); err != nil {
			return "", fmt.Errorf("make %s do nothing: %s: %w", function, name, err)
		}
		files[name] = append(source, "\n"+instead+"\n"...)
		replace[original] = filepath.Join(folder, name)
	}
	if files[overlayFile], err = json.Marshal(map[string]any{"Replace": replace}); err != nil {
		return "", err
	}
	return filepath.Join(folder, overlayFile), writeFolder(folder, files)
}
