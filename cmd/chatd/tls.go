package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// A keyPair is the certificate of -tls-cert and the key of -tls-key. Whatever renews them need not tell chatd: it looks at
// the files at every handshake, which costs microseconds, and reads them when they have changed. A pair that cannot be
// used, such as one of which only the first file is new, leaves the old one in place.
type keyPair struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	tried   [2]fileState // the files as they were when they were last read
	current *tls.Certificate
}

// fileState tells whether a file has changed. That of a file that is not there is zero.
type fileState struct {
	modified time.Time
	size     int64
}

func stateOf(file string) fileState {
	info, err := os.Stat(file)
	if err != nil {
		return fileState{}
	}
	return fileState{info.ModTime(), info.Size()}
}

// loadKeyPair reads both files. That they are of use is not a matter of hope at start.
func loadKeyPair(certFile, keyFile string, log *slog.Logger) (*keyPair, error) {
	p := &keyPair{certFile: certFile, keyFile: keyFile, log: log}
	if err := p.readLocked(); err != nil { // nobody else has it yet
		return nil, fmt.Errorf("-tls-cert and -tls-key cannot be used: %w; both must be PEM files that chatd may read, and belong together", err)
	}
	return p, nil
}

func (p *keyPair) readLocked() error {
	p.tried = [2]fileState{stateOf(p.certFile), stateOf(p.keyFile)} // before: what changes meanwhile is read again
	pair, err := tls.LoadX509KeyPair(p.certFile, p.keyFile)
	if err != nil {
		return err
	}
	p.current = &pair
	p.log.Info("certificate loaded", "names", pair.Leaf.DNSNames, "until", pair.Leaf.NotAfter)
	return nil
}

// reload reads the files if they have changed, or at any rate.
func (p *keyPair) reload(always bool) *tls.Certificate {
	p.mu.Lock()
	defer p.mu.Unlock()
	if always || p.tried != [2]fileState{stateOf(p.certFile), stateOf(p.keyFile)} {
		if err := p.readLocked(); err != nil {
			p.log.Error("the new certificate cannot be used, the old one stays; see to -tls-cert and -tls-key", "error", err, "until", p.current.Leaf.NotAfter)
		}
	}
	return p.current
}

// config is for a listener.
func (p *keyPair) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"}, // browsers open sockets by the latter
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.reload(false), nil },
	}
}

// reloadOnSignal reads the files at each SIGHUP until the returned function is called: for who wants to know at once
// whether they are of use.
func (p *keyPair) reloadOnSignal() (stop func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range hangups {
			p.reload(true)
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(hangups) // nothing is sent to it any more
		<-done
	}
}
