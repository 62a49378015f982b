//go:build linux || darwin

package directuslab

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeNodeAt makes a node that says it is of that version, with or without headers, and returns its prefix.
func fakeNodeAt(t *testing.T, version string, headers bool) string {
	t.Helper()
	prefix := t.TempDir()
	program := filepath.Join(prefix, "bin", "node")
	require.NoError(t, os.MkdirAll(filepath.Dir(program), 0o700))
	answer := `{"Exec":"` + program + `","Version":"` + version + `","ABI":"127"}`
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\necho '"+answer+"'\n"), 0o700))
	if headers {
		include := filepath.Join(prefix, "include", "node")
		require.NoError(t, os.MkdirAll(include, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(include, "node.h"), nil, 0o600))
	}
	return prefix
}

func TestNodeFromThePath(t *testing.T) {
	for name, test := range map[string]struct {
		version string
		headers bool
		fits    bool
	}{
		"fits":       {"22.12.0", true, true},
		"too old":    {"20.20.2", true, false},
		"too new":    {"24.1.0", true, false},
		"no headers": {"22.12.0", false, false},
		"nonsense":   {"", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			prefix := fakeNodeAt(t, test.version, test.headers)
			t.Setenv("PATH", filepath.Join(prefix, "bin")) // without npm, so that a Node of our own cannot be had
			n, err := findNode(t.Context(), t.TempDir(), io.Discard)
			if !test.fits {
				require.ErrorIs(t, err, ErrNoNPM)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, node{Exec: filepath.Join(prefix, "bin", "node"), Version: test.version, ABI: "127"}, n)
			assert.Equal(t, prefix, n.prefix())
		})
	}
}

func TestNodeThatDoesNotRun(t *testing.T) {
	fakePath(t, map[string]string{"node": "exit 1"})
	_, err := findNode(t.Context(), t.TempDir(), io.Discard)
	require.ErrorIs(t, err, ErrNoNPM)
}
