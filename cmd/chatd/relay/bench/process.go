//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A process listens at address, alone or with children of its own.
type process struct {
	cmd     *exec.Cmd
	address string
	dir     string // to be removed; "": none
}

// begin starts a command and waits until its address answers.
func begin(ctx context.Context, address, dir string, cmd *exec.Cmd) (*process, error) {
	var stderr bytes.Buffer
	if cmd.Stderr == nil {
		cmd.Stderr = &stderr
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, address: address, dir: dir}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return p, nil
		}
		select {
		case <-ctx.Done():
			p.stop()
			return nil, fmt.Errorf("%s does not answer at %s: %s", cmd.Path, address, stderr.Bytes())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait() // by that signal, mostly
	if p.dir != "" {
		_ = os.RemoveAll(p.dir)
	}
}

func startSelf(ctx context.Context) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	return begin(ctx, address, "", exec.Command(self, "-upstream", address))
}

func (b *bench) startChatd(ctx context.Context, upstream string) (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(b.chatd, "serve", "-listen", address, "-directus-url", "http://"+upstream,
		"-max-address-sockets", "0", "-request-rate", "0", // all clients are of one
		"-socket-rate", "1000000") // a limit that is looked at, but not reached
	cmd.Stderr, err = os.OpenFile(os.DevNull, os.O_WRONLY, 0) // the log
	if err != nil {
		return nil, err
	}
	return begin(ctx, address, "", cmd)
}

// nginxConfig is the block that directus users find in every guide, without a log.
const nginxConfig = `worker_processes auto;
worker_rlimit_nofile %d;
pid nginx.pid;
error_log stderr crit;
events { worker_connections %d; }
http {
	access_log off;
	client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
	map $http_upgrade $upgraded { default upgrade; "" close; }
	server {
		listen %s backlog=4096;
		location = /directus/websocket {
			proxy_pass http://%s/websocket;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection $upgraded;
			proxy_set_header Host $http_host;
			proxy_set_header Cookie "";
			proxy_read_timeout 1h;
		}
	}
}
`

func (b *bench) startNginx(ctx context.Context, upstream string) (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bench-nginx-")
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(nginxConfig, openFiles(), openFiles(), address, upstream)
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(config, []byte(text), 0o644)); err != nil {
		return nil, err
	}
	return begin(ctx, address, dir, exec.Command(b.nginx, "-p", dir, "-c", config, "-g", "daemon off;"))
}

// freeAddress is one where nothing listens. Somebody else may take it before it is used: then the run fails.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// settledMemory waits until the resident memory of the process and its children has not moved for two seconds, and
// returns it in kilobytes.
func (p *process) settledMemory(ctx context.Context) (int, error) {
	const step = 200 * time.Millisecond
	last, since := -1, time.Now()
	for begun := time.Now(); ; {
		now, err := p.memory()
		if err != nil {
			return 0, err
		}
		if last < 0 || max(now, last)-min(now, last) > 64 {
			last, since = now, time.Now()
		}
		if time.Since(since) > 2*time.Second || time.Since(begun) > 30*time.Second {
			return now, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(step):
		}
	}
}

// files is how many files the process has open, without its children's.
func (p *process) files() (int, error) {
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	return len(files), err
}

func (p *process) memory() (int, error) { return p.sum(resident) }

// ticks is the processor time that the process and its children have had.
func (p *process) ticks() (int, error) { return p.sum(ticks) }

func (p *process) sum(of func(pid string) (int, error)) (int, error) {
	pids := []string{strconv.Itoa(p.cmd.Process.Pid)}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%s/task/%s/children", pids[0], pids[0]))
	if err != nil {
		return 0, err
	}
	sum := 0
	for _, pid := range append(pids, strings.Fields(string(children))...) {
		n, err := of(pid)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

func ticks(pid string) (int, error) {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name before may hold anything
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("the kernel does not say what time process %s has had", pid)
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return user + system, errors.Join(err1, err2)
}

func resident(pid string) (int, error) {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(status)); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			return strconv.Atoi(strings.Fields(text)[0])
		}
	}
	return 0, fmt.Errorf("the kernel does not say what process %s has resident", pid)
}

// openFiles is how many files a process may have.
func openFiles() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 1024
	}
	return int(min(limit.Max, 1<<20))
}
