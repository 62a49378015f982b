//go:build linux || darwin

package directuslab

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

// A node is an installed Node.js.
type node struct {
	Exec    string // the program
	Version string // such as 22.23.2
	ABI     string // process.versions.modules: native modules compiled for one number do not load in another
}

// nodeMajor is the only Node that both versions run on: Directus asks for 22 or newer, and its isolated-vm does not compile
// against 24 (measured).
const nodeMajor = "22"

// prefix is the directory that holds bin/node and include/node.
func (n node) prefix() string { return filepath.Dir(filepath.Dir(n.Exec)) }

// fits reports whether Directus runs on n and its native modules can be compiled for it. Without its headers beside it
// node-gyp would fetch them from a place of its own, past npm's registry and lock file.
func (n node) fits() bool {
	major, _, _ := strings.Cut(n.Version, ".")
	if major != nodeMajor {
		return false
	}
	_, err := os.Stat(filepath.Join(n.prefix(), "include", "node", "node.h"))
	return err == nil
}

// probeNode asks a program what it is.
func probeNode(ctx context.Context, program string) (node, error) {
	const script = `JSON.stringify({Exec: process.execPath, Version: process.versions.node, ABI: process.versions.modules})`
	out, err := exec.CommandContext(ctx, program, "-p", script).Output()
	if err != nil {
		return node{}, fmt.Errorf("ask %s for its version: %w", program, err)
	}
	var n node
	if err := json.Unmarshal(out, &n); err != nil {
		return node{}, fmt.Errorf("ask %s for its version: %w", program, err)
	}
	return n, nil
}

// findNode returns the Node on the PATH if it fits, and one of our own, from npm, if not.
func findNode(ctx context.Context, cache string, progress io.Writer) (node, error) {
	if program, err := exec.LookPath("node"); err == nil {
		if n, err := probeNode(ctx, program); err == nil && n.fits() {
			return n, nil
		}
	}
	if _, err := fs.Stat(packages, path.Join("packages", nodePackage())); err != nil {
		return node{}, ErrNoNode
	}
	dir := filepath.Join(cache, "node")
	err := ensure(ctx, recipe{
		name:  "Node.js",
		dir:   dir,
		stamp: stampOf(nodePackage(), ""),
		bytes: 200 << 20,
		needs: []string{ownNode("")},
		build: func(ctx context.Context) error { return npmInstall(ctx, "Node.js", nodePackage(), dir, progress) },
	}, progress)
	if err != nil {
		return node{}, err
	}
	n, err := probeNode(ctx, ownNode(dir))
	if err != nil {
		return node{}, fmt.Errorf("%w: %w", ErrNoNode, err)
	}
	return n, nil
}

// ownNode is where npm puts the program of nodePackage below dir.
func ownNode(dir string) string {
	return filepath.Join(dir, "node_modules", nodePackage(), "bin", "node")
}

// nodePackage names npm's package of Node for this platform. It is one of those in packages, or there is none.
func nodePackage() string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	return "node-" + runtime.GOOS + "-" + arch
}
