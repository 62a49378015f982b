//go:build linux || darwin

package directuslab

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// parentEnv turns the test binary into a program that starts an instance and is then killed. Its value is the version of
// the instance, or fakeVersion; the directory is the program's argument.
const (
	parentEnv   = "LAB_TEST_PARENT"
	fakeVersion = "fake"
)

func TestMain(m *testing.M) {
	if version := os.Getenv(parentEnv); version != "" {
		if err := beParent(version, os.Args[1]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(m)
}

func beParent(version, dir string) error {
	if version == fakeVersion {
		in := fakeInstance(dir, "exec sleep 600")
		if err := in.launch(context.Background()); err != nil {
			return err
		}
	} else if _, err := Start(context.Background(), Options{Version: version, Dir: dir, Progress: os.Stderr}); err != nil {
		return err
	}
	fmt.Println("started")
	select {}
}

// killParent starts an instance in dir from another process, kills that process and returns the instance's state before.
func killParent(t *testing.T, version, dir string) State {
	t.Helper()
	cmd := exec.Command(os.Args[0], dir)
	cmd.Env = append(os.Environ(), parentEnv+"="+version)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	state, stateErr := Status(dir)
	require.NoError(t, cmd.Process.Kill())
	require.EqualError(t, cmd.Wait(), "signal: killed")
	require.Equal(t, "started\n", line)
	require.NoError(t, stateErr)
	return state
}

// fakeInstance is an instance whose Directus is a shell script.
func fakeInstance(dir, script string) *Instance {
	shell := filepath.Join(dir, "fake-node")
	if err := os.WriteFile(shell, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		panic(err)
	}
	port, err := choosePort()
	if err != nil {
		panic(err)
	}
	return &Instance{
		Version: fakeVersion, Dir: dir, port: port,
		install: installation{dir: dir, node: node{Exec: shell}},
	}
}

// eventually waits for something that takes milliseconds.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	require.Eventually(t, is, 20*time.Second, 10*time.Millisecond, what)
}

// fakePath replaces the PATH by one directory of shell scripts, given as name and script.
func fakePath(t *testing.T, scripts map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, script := range scripts {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+strings.TrimSpace(script)+"\n"), 0o700))
	}
	t.Setenv("PATH", dir)
}
