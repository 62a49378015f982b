//go:build linux || darwin

package directuslab

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Ensure that every failure ends in one sentence that says what to do.
func TestNPMFailures(t *testing.T) {
	for name, test := range map[string]struct {
		output string
		want   error
	}{
		"disk full":        {"npm error code ENOSPC\nnpm error syscall write", ErrNoSpace},
		"disk full, tar":   {"npm warn tar TAR_ENTRY_ERROR ENOSPC: no space left on device, write", ErrNoSpace},
		"no route":         {"npm error code ENOTFOUND", ErrDownload},
		"refused":          {"npm error code ECONNREFUSED", ErrDownload},
		"wrong bytes":      {"npm error code EINTEGRITY", ErrDownload},
		"package gone":     {"npm error code E404", ErrDownload},
		"proxy fails":      {"npm error code E502", ErrDownload},
		"certificate":      {"npm error code SELF_SIGNED_CERT_IN_CHAIN", ErrDownload},
		"older npm":        {"npm ERR! code ETIMEDOUT", ErrDownload},
		"something else":   {"npm error code EUSAGE", ErrInstall},
		"died in silence":  {"", ErrInstall},
		"talks of network": {"compiling network.cc", ErrInstall},
	} {
		t.Run(name, func(t *testing.T) {
			fakePath(t, map[string]string{"npm": "echo '" + test.output + "' >&2; exit 1"})
			err := npmInstall(t.Context(), "test", DefaultVersion, t.TempDir(), io.Discard)
			require.ErrorIs(t, err, test.want)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

// Ensure that the full disk is noticed which npm only warns of.
func TestNPMSucceedsOnAFullDisk(t *testing.T) {
	fakePath(t, map[string]string{"npm": "echo 'npm warn tar TAR_ENTRY_ERROR ENOSPC: no space left on device, write'"})
	require.ErrorIs(t, npmInstall(t.Context(), "test", DefaultVersion, t.TempDir(), io.Discard), ErrNoSpace)
}

func TestNPMGetsTheLockFile(t *testing.T) {
	fakePath(t, map[string]string{"npm": `echo "$@"; test -f package.json && test -f package-lock.json`})
	var progress strings.Builder
	require.NoError(t, npmInstall(t.Context(), "test", DefaultVersion, t.TempDir(), &progress))
	assert.Contains(t, progress.String(), "downloading its packages")

	fakePath(t, map[string]string{"npm": `echo "$@"; exit 1`})
	dir := t.TempDir()
	require.ErrorContains(t, npmInstall(t.Context(), "test", DefaultVersion, dir, io.Discard), filepath.Join(dir, "npm.log"))
	log, err := os.ReadFile(filepath.Join(dir, "npm.log"))
	require.NoError(t, err)
	assert.Regexp(t, `^ci --ignore-scripts `, string(log))
}

func TestMissingTools(t *testing.T) {
	fakePath(t, map[string]string{"make": ""})
	require.ErrorIs(t, npmInstall(t.Context(), "test", DefaultVersion, t.TempDir(), io.Discard), ErrNoNPM)

	err := checkCompiler()
	require.ErrorIs(t, err, ErrNoCompiler)
	assert.ErrorContains(t, err, "python3, g++ cannot be found")

	fakePath(t, map[string]string{"make": "", "python3": "", "c++-13": ""})
	t.Setenv("CXX", "c++-13")
	assert.NoError(t, checkCompiler())
}

func TestDiskFullWithoutNPM(t *testing.T) {
	require.NoError(t, checkSpace(t.TempDir(), 1<<10))
	require.ErrorIs(t, checkSpace(t.TempDir(), 1<<60), ErrNoSpace)
	assert.ErrorIs(t, explain(&os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}), ErrNoSpace)
	assert.NoError(t, explain(nil))
	assert.Equal(t, io.EOF, explain(io.EOF))
}
