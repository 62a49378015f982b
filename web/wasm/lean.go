package wasm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// buildFolder is where the copy is, with the go.mod that leads to it, below the top of the checkout.
const buildFolder = ".build/wasm"

// A listed is what go list says of a package.
type listed struct {
	Dir, ImportPath string
	GoFiles         []string
	Module          struct{ Path, Version, Dir string }
}

// leanModule writes the lean copy, and returns the file to use in the place of go.mod. (go build -overlay would need no
// copy, but refuses to replace files of the module cache.)
func leanModule() (modfile string, err error) {
	out, err := goCommand("env", "GOMOD")
	if err != nil {
		return "", err
	}
	root := filepath.Dir(strings.TrimSpace(string(out)))
	packages, err := list(goAppPackages)
	if err != nil {
		return "", err
	}
	files, err := leanFiles(packages)
	if err != nil {
		return "", fmt.Errorf("make a lean copy of %s: %w", goApp, err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if files[name], err = os.ReadFile(filepath.Join(root, name)); err != nil {
			return "", err
		}
	}
	// Relative to the top of the checkout, so that the program says nothing of where it was made.
	files["go.mod"] = fmt.Appendf(files["go.mod"], "\nreplace %s %s => ./%s/go-app\n", goApp, goAppVersion, buildFolder)
	folder := filepath.Join(root, filepath.FromSlash(buildFolder))
	return filepath.Join(folder, "go.mod"), writeFolder(folder, files)
}

// list asks for packages, with the files that they have in the browser.
func list(paths []string) ([]listed, error) {
	out, err := goCommand(append([]string{"list", "-json=Dir,ImportPath,GoFiles,Module"}, paths...)...)
	if err != nil {
		return nil, err
	}
	var packages []listed
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var p listed
		if err := d.Decode(&p); err != nil {
			return nil, fmt.Errorf("read the output of go list: %w", err)
		}
		packages = append(packages, p)
	}
	return packages, nil
}

// leanFiles are the files of the copy, by their path in the build folder. Go sees to it that go-app's own are those that
// were looked at: their hash is in go.sum.
func leanFiles(packages []listed) (map[string][]byte, error) {
	files, err := moreFiles()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, p := range packages {
		if p.Module.Version != goAppVersion {
			return nil, fmt.Errorf("go.mod has %s, and what the browser needs is known of %s: see web/wasm/goapp.go",
				p.Module.Version, goAppVersion)
		}
		for _, name := range p.GoFiles {
			file := path.Join(strings.TrimPrefix(p.ImportPath, goApp+"/"), name)
			seen[file] = true
			less, shortened := goAppLess[file]
			if shortened && less == nil {
				continue
			}
			source, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				return nil, err
			}
			if files["go-app/"+file], err = cut(source, less, goAppImports); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
		var err error
		if files["go-app/go.mod"], err = os.ReadFile(filepath.Join(p.Module.Dir, "go.mod")); err != nil {
			return nil, err
		}
	}
	for file := range goAppLess {
		if !seen[file] {
			return nil, fmt.Errorf("it has no %s", file)
		}
	}
	return files, nil
}

// moreFiles are those that go-app does not have.
func moreFiles() (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(goAppMore, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		of := path.Base(path.Dir(name))
		file := "go-app/pkg/" + of + "/more_" + strings.TrimSuffix(path.Base(name), ".txt")
		files[file], err = goAppMore.ReadFile(name)
		return err
	})
	return files, err
}

// writeFolder makes a folder hold these files and no others. What is there already is left alone, so that nothing is
// compiled anew, and nothing is ever half written: another build may be reading.
func writeFolder(folder string, files map[string][]byte) error {
	for name, content := range files {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, content) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		temp, err := os.CreateTemp(filepath.Dir(file), ".new-*")
		if err != nil {
			return err
		}
		_, err = temp.Write(content)
		err = errors.Join(err, temp.Close())
		if err == nil {
			err = os.Rename(temp.Name(), file)
		}
		if err != nil {
			os.Remove(temp.Name())
			return err
		}
	}
	return filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, file)
		if _, keep := files[filepath.ToSlash(name)]; keep || err != nil {
			return err
		}
		return os.Remove(file)
	})
}
