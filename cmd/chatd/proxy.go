package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"directuschat"
)

// A proxy forwards what the allow-list opens to one Directus. It decides what may pass and what is said about where it
// came from; it does not read bodies, but for the healer's few.
type proxy struct {
	prefix  string // path of the proxy, with a slash at its end
	allow   allowList
	origins originRule
	maxBody int64
	timeout time.Duration

	rest      http.Handler
	healer    *healer // a part of rest; nil if switched off
	sockets   *sockets
	transport *http.Transport
}

func newProxy(cfg *config, rule originRule, m *metrics, log *slog.Logger) *proxy {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true // clients choose; answers pass as they are
	transport.MaxIdleConnsPerHost = transport.MaxIdleConns
	transport.ResponseHeaderTimeout = 30 * time.Second // also for sockets: Directus leaves some upgrades unanswered

	p := &proxy{
		prefix:    cfg.base + directuschat.ProxyPath + "/",
		allow:     newAllowList(cfg.mapping),
		origins:   rule,
		maxBody:   cfg.maxBody,
		timeout:   cfg.requestTimeout,
		transport: transport,
	}
	forward := forwarder{prefix: p.prefix, upstream: cfg.directus, transport: transport, log: log}
	p.rest = forward.rest()
	if cfg.refreshGrace > 0 {
		p.healer = newHealer(p.rest, p.prefix, cfg.refreshGrace, p.timeout, m.healed)
		p.rest = p.healer
	}
	p.sockets = newSockets(cfg, transport, forward.fail, log)
	return p
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store") // answers hold tokens and messages
	e := endpoint{r.Method, strings.TrimPrefix(r.URL.Path, p.prefix)}
	isSocket := e.path == websocketPath
	switch {
	case !p.allow[e]:
		writeError(w, errNoRoute)
	case !p.origins.allows(r, isSocket):
		writeError(w, errOrigin)
	case !cleanQuery(r.URL.RawQuery):
		writeError(w, errQuery)
	case isSocket:
		p.sockets.ServeHTTP(w, r)
	default:
		p.serveREST(w, r)
	}
}

// serveREST forwards one request within its limits.
func (p *proxy) serveREST(w http.ResponseWriter, r *http.Request) {
	if p.maxBody > 0 {
		if r.ContentLength > p.maxBody {
			writeError(w, errTooLarge)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, p.maxBody)
	}
	var deadline time.Time // none
	if p.timeout > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), p.timeout)
		defer cancel()
		r = r.WithContext(ctx)
		// A body that trickles in must not hold the connection after the answer. Later than the other limit: net/http
		// takes a deadline that passes during a request for a client that has gone, and the answer would be another.
		deadline = time.Now().Add(p.timeout + time.Second)
	}
	_ = http.NewResponseController(w).SetReadDeadline(deadline) // in place of the server's; every writer of net/http has one
	p.rest.ServeHTTP(w, r)
}

// close ends the sockets and waits for them and for refreshes without a client, at most until ctx ends.
func (p *proxy) close(ctx context.Context) error {
	err := p.sockets.close(ctx)
	if p.healer != nil {
		err = errors.Join(err, p.healer.wait(ctx))
	}
	p.transport.CloseIdleConnections()
	return err
}

// cleanQuery refuses a query with a token in it, which would end up in logs and would change how a socket logs in, and
// a query that Directus might read in another way than we do. To its parser [access_token]=x is access_token=x.
func cleanQuery(raw string) bool {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return false
	}
	for key := range values {
		if strings.Contains(strings.ToLower(key), "access_token") {
			return false
		}
	}
	return true
}
