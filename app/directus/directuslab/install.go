//go:build linux || darwin

package directuslab

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"syscall"
)

// Install puts a version of Directus into the cache, or returns at once if it is there. It takes some minutes the first
// time and reports to progress what it is doing; nil means nobody wants to know. An installation that was cut off, or
// was made from another lock file or for another Node, is replaced. Several processes may install at once: one works,
// the others wait for it.
func Install(ctx context.Context, version string, progress io.Writer) error {
	_, err := install(ctx, version, progress)
	return explain(err)
}

// An installation is a Directus in the cache, and the Node it was compiled for.
type installation struct {
	dir  string
	node node
}

// cli is Directus's command line. The one in the package directus itself does the same after asking the registry for
// news of a version, at every start.
func (i installation) cli() string { return filepath.Join(i.dir, cliPath) }

// template is the directory of a fresh database and its administrator's token.
func (i installation) template() string { return filepath.Join(i.dir, "template") }

const cliPath = "node_modules/@directus/api/dist/cli/run.js"

func install(ctx context.Context, version string, progress io.Writer) (installation, error) {
	if progress == nil {
		progress = io.Discard
	}
	if err := checkVersion(version); err != nil {
		return installation{}, err
	}
	cache, err := cacheDir()
	if err != nil {
		return installation{}, err
	}
	node, err := findNode(ctx, cache, progress)
	if err != nil {
		return installation{}, err
	}
	name := "Directus " + version
	i := installation{dir: filepath.Join(cache, version), node: node}
	return i, ensure(ctx, recipe{
		name:  name,
		dir:   i.dir,
		stamp: stampOf(version, node.ABI),
		bytes: 1 << 30,
		needs: []string{
			cliPath, "node_modules/isolated-vm/out/isolated_vm.node", "node_modules/sqlite3/build/Release/node_sqlite3.node",
			filepath.Join("template", databaseFile), filepath.Join("template", adminTokenFile),
		},
		build: func(ctx context.Context) error {
			if err := checkCompiler(); err != nil {
				return err
			}
			if err := npmInstall(ctx, name, version, i.dir, progress); err != nil {
				return err
			}
			if err := compile(ctx, name, i, progress); err != nil {
				return err
			}
			return step(progress, name+": creating a database to copy from", func() error { return i.bootstrap(ctx) })
		},
	}, progress)
}

// A recipe says how to make a directory of the cache, and how to tell that it is made.
type recipe struct {
	name  string
	dir   string
	stamp string   // what the file "stamp" in dir says when it is made, completely and of the right parts
	bytes uint64   // of disk that making it takes
	needs []string // paths in dir that must exist as well: caches get tidied up
	build func(context.Context) error
}

const stampFile = "stamp"

func (r recipe) made() bool {
	stamp, err := os.ReadFile(filepath.Join(r.dir, stampFile))
	if err != nil || string(stamp) != r.stamp {
		return false
	}
	for _, need := range r.needs {
		if _, err := os.Stat(filepath.Join(r.dir, need)); err != nil {
			return false
		}
	}
	return true
}

// ensure makes r unless it is made. The stamp is written last, so whatever is found without the right one is the rest of
// an attempt that was cut off, or outdated, and is removed first.
func ensure(ctx context.Context, r recipe, progress io.Writer) error {
	if r.made() {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(r.dir), 0o755); err != nil {
		return err
	}
	lock, err := waitLock(ctx, r.dir+".lock", func() {
		fmt.Fprintf(progress, "%s: another process is installing it, waiting …\n", r.name)
	})
	if err != nil {
		return cmp.Or(ctx.Err(), err)
	}
	defer lock.Close()
	if r.made() { // by the process we waited for
		return nil
	}
	if _, err := os.Stat(r.dir); err == nil {
		fmt.Fprintf(progress, "%s: replacing an unfinished or outdated installation\n", r.name)
	}
	if err := os.RemoveAll(r.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return err
	}
	if err := checkSpace(r.dir, r.bytes); err != nil {
		return fmt.Errorf("install %s: %w", r.name, err)
	}
	if err := r.build(ctx); err != nil {
		return fmt.Errorf("install %s: %w", r.name, err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, stampFile), []byte(r.stamp), 0o644); err != nil {
		return err
	}
	if !r.made() {
		return fmt.Errorf("install %s in %s: %w (a part is missing although every step succeeded)", r.name, r.dir, ErrInstall)
	}
	return nil
}

// checkSpace saves the wait for a disk that fills up: npm takes minutes to notice, and calls what it has done a success.
func checkSpace(dir string, bytes uint64) error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return err
	}
	if free := disk.Bavail * uint64(disk.Bsize); free < bytes {
		return fmt.Errorf("it takes %d MB and %s has %d MB: %w", bytes>>20, dir, free>>20, ErrNoSpace)
	}
	return nil
}

// stampOf identifies what an installation is made from: the lock file, the platform, the Node its modules are compiled
// for, and the way it is made (to be counted up when that changes).
func stampOf(version, abi string) string {
	const recipeVersion = 1
	sum := sha256.New()
	fmt.Fprintln(sum, recipeVersion, runtime.GOOS, runtime.GOARCH, abi)
	for _, name := range []string{"package.json", "package-lock.json"} {
		sum.Write(packageFile(version, name))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func packageFile(version, name string) []byte {
	b, err := packages.ReadFile(path.Join("packages", version, name))
	if err != nil {
		panic(err) // embedded: cannot be missing in a program that a test has seen
	}
	return b
}
