package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"directuschat/cmd/chatd/relay"
)

// Limits of a connection, where the operator says nothing else. Sockets are exempt from them: net/http lifts all
// deadlines when one is taken over.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = time.Minute // of a whole request; the proxy sets its own. Else a body that trickles in holds a 404
	idleTimeout   = 2 * time.Minute
	writeTimeout  = 15 * time.Minute // the program, over the slowest line that is still of use
	maxHeader     = 16 << 10
)

// serve runs until ctx ends, then drains.
func (p program) serve(ctx context.Context, args []string) error {
	cfg, err := parseConfig(args, p.stdout)
	if err != nil {
		return err
	}
	log := cfg.logger(p.stderr)
	site, err := newSite(cfg, p.dist, log)
	if err != nil {
		return err
	}
	var pair *keyPair
	if cfg.tlsCert != "" {
		if pair, err = loadKeyPair(cfg.tlsCert, cfg.tlsKey, log); err != nil {
			return err
		}
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50) // most memory is that of idle sockets, and next to nothing is allocated for a message
	}
	debug.FreeOSMemory() // building the site has taken ten times what the site takes
	listener, err := listen("-listen", cfg.listen)
	if err != nil {
		return err
	}
	defer listener.Close() // in case that it is not served: else it is closed already
	var scraped net.Listener
	if cfg.metricsListen != "" {
		if scraped, err = listen("-metrics-listen", cfg.metricsListen); err != nil {
			return err
		}
	}

	// Directus may well start after chatd, so that is no reason to stop.
	var background sync.WaitGroup
	defer background.Wait()
	checking, stop := context.WithCancel(ctx)
	defer stop()
	background.Go(func() { _ = site.ready.check(checking) }) // it has logged what is wrong
	// But it mostly is there, and then the first page has its project's name already.
	branded := make(chan struct{})
	background.Go(func() {
		site.followBrand(checking, cfg.directus, log, sync.OnceFunc(func() { close(branded) }))
	})
	<-branded

	scheme := "http"
	if pair != nil {
		scheme = "https"
		listener = tls.NewListener(listener, pair.config())
		defer pair.reloadOnSignal()()
	}
	if err := relay.Together(); err != nil {
		log.Info("sockets are sent to one by one, which takes more processor time under load", "because", err)
	}
	fmt.Fprintf(p.stdout, "chatd is listening on %s://%s%s\n", scheme, listener.Addr(), cfg.base)
	if scraped != nil {
		fmt.Fprintf(p.stdout, "its metrics are at http://%s/metrics\n", scraped.Addr())
		defer site.serveMetrics(scraped, log)() // until the last request has been counted
	}
	return site.serve(ctx, listener, cfg, log)
}

// listen listens at the address that a flag names.
func listen(option, address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use; stop the other program, or choose another port with %s", address, option)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen: %w; choose another address with %s", err, option)
	}
	return listener, nil
}

// serve answers on the listener until ctx ends. Then it drains: for the drain delay it only says that it is not ready, so
// that whoever sends people here can stop doing so; then it takes no more connections, ends the sockets, lets open requests
// finish, and returns when all have, at most after the drain timeout (0: whenever that is).
func (s *site) serve(ctx context.Context, listener net.Listener, cfg *config, log *slog.Logger) error {
	server := newServer(s, log)
	s.edge.limit(server)
	server.RegisterOnShutdown(s.proxy.sockets.end)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	s.ready.draining.Store(true)
	log.Info("stopping", "delay", cfg.drainDelay, "timeout", cfg.drainTimeout)
	select {
	case err := <-failed:
		return err
	case <-time.After(cfg.drainDelay):
	}
	limit := context.Background()
	if cfg.drainTimeout > 0 {
		var cancel context.CancelFunc
		limit, cancel = context.WithTimeout(limit, cfg.drainTimeout)
		defer cancel()
	}
	err := errors.Join(server.Shutdown(limit), s.proxy.close(limit))
	<-failed
	if err != nil {
		_ = server.Close() // what is still open has had its time
		return fmt.Errorf("some requests did not finish within -drain-timeout %s", cfg.drainTimeout)
	}
	return nil
}

func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       idleTimeout,
		WriteTimeout:      writeTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
