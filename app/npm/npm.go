// Package npm brings what tests and benchmarks need of npm's packages: axe-core, which looks for barriers, and Preact, which
// the chat is compared with. Nothing of it is part of the product.
//
// It owns which versions these are, and where they are kept. It must not know what they are used for.
package npm

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// packages names what is needed of npm's, a folder each: the version, and its hash.
//
//go:embed axe/*.json preact/*.json
var packages embed.FS

// Read reads a file of what a folder of packages names, such as "preact/dist/preact.mjs" of "preact". npm installs it once,
// beside the Directus of the tests.
func Read(folder, file string) (string, error) {
	lock, err := packages.ReadFile(folder + "/package-lock.json")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "directus-chat", fmt.Sprintf("%s-%.4x", folder, sha256.Sum256(lock)))
	source := filepath.Join(dir, "node_modules", filepath.FromSlash(file))
	if _, err := os.Stat(source); err != nil {
		if err := install(folder, dir); err != nil {
			return "", err
		}
	}
	text, err := os.ReadFile(source)
	return string(text), err
}

// install makes the folder in one step, so that one that is there is whole.
func install(folder, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), folder+"-new-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := packages.ReadFile(folder + "/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(temp, name), text, 0o644); err != nil {
			return err
		}
	}
	npm := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=warn")
	npm.Dir = temp
	if out, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("install %s: %w\n%s", folder, err, out)
	}
	if err := os.Rename(temp, dir); err != nil && !os.IsExist(err) {
		return err
	}
	return nil
}
