//go:build linux || darwin

package directuslab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sync/errgroup"
)

// npmInstall installs the packages of an embedded lock file into dir. No package runs a script of its own: those that
// must be compiled are compiled by compile, the others do without.
func npmInstall(ctx context.Context, name, lockFile, dir string, progress io.Writer) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return ErrNoNPM
	}
	for _, file := range []string{"package.json", "package-lock.json"} {
		if err := os.WriteFile(filepath.Join(dir, file), packageFile(lockFile, file), 0o644); err != nil {
			return err
		}
	}
	return step(progress, name+": downloading its packages with npm", func() error {
		cmd := exec.Command(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=warn")
		cmd.Dir = dir
		output, err := runLogged(ctx, cmd, filepath.Join(dir, "npm.log"))
		if err == nil && diskFull(output) { // npm says so, leaves empty files and reports success
			return ErrNoSpace
		}
		return err
	})
}

// nativeModules are the packages that carry no binary inside. Scripts of Flows run in isolated-vm.
var nativeModules = []string{"isolated-vm", "sqlite3"}

// compile builds the native modules from source against the headers of the installation's Node. The modules' own install
// scripts would first try to download binaries that no lock file vouches for.
func compile(ctx context.Context, name string, i installation, progress io.Writer) error {
	gyp := filepath.Join(i.dir, "node_modules/node-gyp/bin/node-gyp.js")
	return step(progress, name+": compiling "+strings.Join(nativeModules, " and "), func() error {
		compilers, ctx := errgroup.WithContext(ctx)
		for _, module := range nativeModules {
			compilers.Go(func() error {
				cmd := exec.Command(i.node.Exec, gyp, "rebuild", "--release", "--jobs=max", "--nodedir="+i.node.prefix())
				cmd.Dir = filepath.Join(i.dir, "node_modules", module)
				// Two thirds of the time that a full optimisation takes, and nobody here feels the difference.
				cmd.Env = append(os.Environ(), "CFLAGS=-O1 -g0", "CXXFLAGS=-O1 -g0")
				if _, err := runLogged(ctx, cmd, filepath.Join(i.dir, module+".log")); err != nil {
					return fmt.Errorf("compile %s: %w", module, err)
				}
				return os.RemoveAll(filepath.Join(cmd.Dir, "build/Release/obj.target")) // 80 MB, used no more
			})
		}
		return compilers.Wait()
	})
}

// checkCompiler saves the wait for a download that could not be used.
func checkCompiler() error {
	compiler := os.Getenv("CXX")
	if compiler == "" {
		compiler = "g++"
	}
	var missing []string
	for _, tool := range []string{"python3", "make", compiler} {
		if _, err := exec.LookPath(tool); err != nil {
			missing = append(missing, tool)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("two modules of Directus must be compiled and %s cannot be found: %w", strings.Join(missing, ", "), ErrNoCompiler)
	}
	return nil
}

// runLogged runs cmd and returns what it printed, which is kept in a file for a reader if it failed. (It is not written
// there as it comes: a full disk is one of the things that it may be telling us.) Cancelling ctx ends the program and
// everything it has started.
func runLogged(ctx context.Context, cmd *exec.Cmd, logPath string) (string, error) {
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	p, err := start(cmd)
	if err != nil {
		return "", err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.kill()
		return "", ctx.Err()
	}
	if p.err == nil {
		return output.String(), nil
	}
	if cause := failure(output.String()); !errors.Is(cause, ErrInstall) {
		return "", cause
	}
	if err := os.WriteFile(logPath, []byte(output.String()), 0o644); err != nil {
		return "", err
	}
	return "", fmt.Errorf("%w: %s (%w)", ErrInstall, logPath, p.err)
}

var npmCode = regexp.MustCompile(`npm (?:error|ERR!) code (\S+)`)

// failure tells from what npm or a compiler printed why it gave up.
func failure(output string) error {
	if diskFull(output) {
		return ErrNoSpace
	}
	if code := npmCode.FindStringSubmatch(output); code != nil && downloadCode.MatchString(code[1]) {
		return fmt.Errorf("%w (npm says %s)", ErrDownload, code[1])
	}
	return ErrInstall
}

var downloadCode = regexp.MustCompile(`^(E[45]\d\d|EINTEGRITY|ENOTFOUND|EAI_AGAIN|ECONN.*|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET.*|EPROTO|.*CERT.*|Z_.*|TAR_.*)$`)

func diskFull(output string) bool {
	return strings.Contains(output, "ENOSPC") || strings.Contains(strings.ToLower(output), "no space left on device")
}
