// Package deptest lets a package state, as a test, what it must not import and why.
//
// The architecture of this program is a direction of imports; a compiler only forbids cycles. A rule that is a test
// stops a wrong import in the commit that makes it, and its reason is printed to the person who needs it:
//
//	func TestImports(t *testing.T) {
//		deptest.Check(t, deptest.Rules{
//			Never: map[string]string{"net/http": "its client alone adds a megabyte to the download"},
//		})
//	}
//
// It looks at the package in the current directory, as tests run in their package's, and at both platforms it is
// built for. Test files are free to import what they like.
package deptest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Rules say what a package may import. A path that ends in "/..." stands for itself and everything below it. The maps
// lead from a path to the reason, which completes the sentence "… imports x: ".
type Rules struct {
	Only    []string // if not empty, the complete list of what may be imported
	OnlyWhy string   // the reason for Only

	Never      map[string]string // not imported by the package's own files
	NeverReach map[string]string // not imported by anything it depends on either

	// OnlyIn leads from a path to the ending of the names of the files that may import it: "syscall/js" to "_js.go".
	OnlyIn map[string]string

	// Native restricts the check to the native build, for packages that are no part of the browser program.
	Native bool
}

// Check fails the test for every import of the package in the current directory that breaks a rule.
func Check(t testing.TB, rules Rules) {
	t.Helper()
	if runtime.GOOS == "js" {
		t.Skip("no go command here; the native test run checks both platforms")
	}
	platforms := [][2]string{{"", ""}, {"js", "wasm"}}
	if rules.Native {
		platforms = platforms[:1]
	}
	var told []string
	for _, p := range platforms {
		pkg, err := list(p[0], p[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, violation := range rules.violations(pkg) {
			if !slices.Contains(told, violation) { // most hold on both platforms: say them once
				told = append(told, violation)
				t.Error(violation)
			}
		}
	}
}

// A pack is what the rules look at: a package's imports by file, and everything it depends on.
type pack struct {
	path    string
	imports map[string][]string
	deps    []string
}

func (r Rules) violations(p pack) []string {
	var found []string
	add := func(file, path, why string) {
		found = append(found, fmt.Sprintf("%s/%s imports %q: %s", p.path, file, path, why))
	}
	for _, file := range slices.Sorted(maps.Keys(p.imports)) {
		for _, path := range p.imports[file] {
			if why, bad := match(r.Never, path); bad {
				add(file, path, why)
			}
			if ending, bound := match(r.OnlyIn, path); bound && !strings.HasSuffix(file, ending) {
				add(file, path, "that belongs into files named *"+ending)
			}
			allowed := func(pattern string) bool { return covers(pattern, path) }
			if len(r.Only) > 0 && !slices.ContainsFunc(r.Only, allowed) {
				add(file, path, r.OnlyWhy)
			}
		}
	}
	for _, path := range p.deps {
		if why, bad := match(r.NeverReach, path); bad {
			found = append(found, fmt.Sprintf("%s depends on %q: %s", p.path, path, why))
		}
	}
	return found
}

func match(rules map[string]string, path string) (why string, ok bool) {
	for _, pattern := range slices.Sorted(maps.Keys(rules)) {
		if covers(pattern, path) {
			return rules[pattern], true
		}
	}
	return "", false
}

func covers(pattern, path string) bool {
	if root, tree := strings.CutSuffix(pattern, "/..."); tree {
		return path == root || strings.HasPrefix(path, root+"/")
	}
	return path == pattern
}

// list asks the go command about the package in the current directory, for a platform or ("", "") for this machine's.
func list(goos, goarch string) (pack, error) {
	cmd := exec.Command("go", "list", "-json=Dir,ImportPath,GoFiles,Deps", ".")
	cmd.Env = os.Environ()
	if goos != "" {
		cmd.Env = append(cmd.Env, "GOOS="+goos, "GOARCH="+goarch)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return pack{}, fmt.Errorf("failed to list the package: %w\n%s", err, stderr.Bytes())
	}
	var listed struct {
		Dir, ImportPath string
		GoFiles, Deps   []string
	}
	if err := json.Unmarshal(out, &listed); err != nil {
		return pack{}, fmt.Errorf("failed to read the output of go list: %w", err)
	}
	p := pack{path: listed.ImportPath, imports: map[string][]string{}, deps: listed.Deps}
	for _, name := range listed.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(listed.Dir, name), nil, parser.ImportsOnly)
		if err != nil {
			return pack{}, fmt.Errorf("failed to read imports: %w", err)
		}
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return pack{}, fmt.Errorf("failed to read an import of %s: %w", name, err)
			}
			p.imports[name] = append(p.imports[name], path)
		}
	}
	return p, nil
}
