package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Limits of a connection. Sockets are exempt from them: net/http lifts all deadlines when one is taken over.
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
	background.Go(func() { warnUnlessDirectus(checking, cfg.directus, log) })

	fmt.Fprintf(p.stdout, "chatd is listening on http://%s%s\n", listener.Addr(), cfg.base)
	if scraped != nil {
		fmt.Fprintf(p.stdout, "its metrics are at http://%s/metrics\n", scraped.Addr())
		defer site.metrics.serve(scraped, log)() // until the last request has been counted
	}
	return site.serve(ctx, listener, cfg.drainTimeout, log)
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

// serve answers on the listener until ctx ends. Then it takes no more connections, ends the sockets, lets open requests
// finish, and returns when all have, at most after the drain timeout (0: whenever that is).
func (s *site) serve(ctx context.Context, listener net.Listener, drain time.Duration, log *slog.Logger) error {
	server := newServer(s, log)
	server.RegisterOnShutdown(s.proxy.sockets.end)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	log.Info("stopping")
	limit := context.Background()
	if drain > 0 {
		var cancel context.CancelFunc
		limit, cancel = context.WithTimeout(limit, drain)
		defer cancel()
	}
	err := errors.Join(server.Shutdown(limit), s.proxy.close(limit))
	<-failed
	if err != nil {
		_ = server.Close() // what is still open has had its time
		return fmt.Errorf("some requests did not finish within -drain-timeout %s", drain)
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

// warnUnlessDirectus says so when the upstream does not answer as a Directus does.
func warnUnlessDirectus(ctx context.Context, upstream *url.URL, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := pingDirectus(ctx, upstream)
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		log.Warn("there is no Directus at CHATD_DIRECTUS_URL; people cannot log in until there is",
			"url", upstream.String(), "error", err)
	}
}

func pingDirectus(ctx context.Context, upstream *url.URL) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, upstream.JoinPath("server", "ping").String(), nil)
	if err != nil {
		return err
	}
	request.Close = true // no connection stays open for this one question
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK || strings.TrimSpace(string(body)) != "pong" {
		return fmt.Errorf("something answers, but not as Directus does: %s", answer.Status)
	}
	return nil
}
