package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"directuschat"
)

// A proxy forwards what the allow-list opens to one Directus. It decides what may pass and what is said about where it
// came from; it does not read bodies, but for those of log-ins and of the healer's few.
type proxy struct {
	prefix  string // path of the proxy, with a slash at its end
	allow   allowList
	origins originRule
	maxBody int64
	timeout time.Duration
	limits  *addressLimits // nil: none
	entries *addressLimits // of log-ins; nil: none

	rest      http.Handler
	assets    http.Handler
	healer    *healer // a part of rest; nil if switched off
	sockets   *sockets
	transport *http.Transport
	limited   prometheus.Counter
}

func newProxy(cfg *config, rule originRule, m *metrics, log *slog.Logger) *proxy {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true // clients choose; answers pass as they are
	transport.MaxIdleConnsPerHost = transport.MaxIdleConns
	transport.MaxResponseHeaderBytes = 64 << 10

	logOpened(cfg.edge.allow, log)

	p := &proxy{
		prefix:    cfg.base + directuschat.ProxyPath + "/",
		allow:     newAllowList(cfg.mapping, cfg.edge.allow),
		origins:   rule,
		maxBody:   cfg.maxBody,
		timeout:   cfg.requestTimeout,
		transport: transport,
		limited:   m.limited,
	}
	if perSecond := cfg.edge.requestRate; perSecond > 0 {
		p.limits = newAddressLimits(rate.Limit(perSecond), int(min(max(1, 10*perSecond), 1<<30)))
	}
	if perSecond := cfg.edge.loginRate; perSecond > 0 {
		p.entries = newAddressLimits(rate.Limit(perSecond), int(min(max(1, 100*perSecond), 1<<30)))
	}
	forward := forwarder{prefix: p.prefix, upstream: cfg.directus, transport: transport, metrics: m, log: log}
	p.rest, p.assets = forward.rest(), forward.assets()
	if cfg.refreshGrace > 0 {
		p.healer = newHealer(p.rest, p.prefix, cfg.refreshGrace, p.timeout, m.healed)
		p.rest = p.healer
	}
	if cfg.edge.loginFailures > 0 {
		p.rest = newLogins(p.rest, p.prefix+loginPath, cfg.edge.loginFailures, m.guarded, log)
	}
	p.sockets = newSockets(cfg, transport, forward.fail, m.sockets, log)
	if p.sockets.shared != nil {
		m.shares(p.sockets.shared.Len)
	}
	return p
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store") // answers hold tokens and messages
	e := endpoint{r.Method, strings.TrimPrefix(r.URL.Path, p.prefix)}
	isSocket := e.path == websocketPath
	switch {
	case p.limits != nil && !p.limits.allow(r.RemoteAddr),
		p.entries != nil && e.path == loginPath && !p.entries.allow(r.RemoteAddr):
		p.limited.Inc()
		w.Header().Set("Retry-After", "1")
		writeError(w, errTooMany)
	case !p.allow.opens(e):
		writeError(w, errNoRoute)
	case !p.origins.allows(r, isSocket):
		writeError(w, errOrigin)
	case !cleanQuery(r.URL.RawQuery):
		writeError(w, errQuery)
	case isSocket:
		p.sockets.ServeHTTP(w, r)
	case strings.HasPrefix(e.path, assetsPath):
		p.serveREST(w, r, p.assets)
	default:
		p.serveREST(w, r, p.rest)
	}
}

// serveREST forwards one request within its limits.
func (p *proxy) serveREST(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	if p.maxBody > 0 {
		if r.ContentLength > p.maxBody {
			writeError(w, errTooLarge)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, p.maxBody)
	}
	var deadline, written time.Time // none
	if p.timeout > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), p.timeout)
		defer cancel()
		r = r.WithContext(ctx)
		// A body that trickles in must not hold the connection after the answer. Later than the other limit: net/http
		// takes a deadline that passes during a request for a client that has gone, and the answer would be another.
		deadline = time.Now().Add(p.timeout + time.Second)
		written = time.Now().Add(p.timeout + writeTimeout)
	}
	connection := http.NewResponseController(w) // its deadlines are in place of the server's; every writer of net/http has them
	_ = connection.SetReadDeadline(deadline)
	_ = connection.SetWriteDeadline(written)
	forward.ServeHTTP(w, r)
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
