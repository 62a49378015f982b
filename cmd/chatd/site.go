package main

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"directuschat"
	"directuschat/web"
)

// A site is everything chatd answers, as one handler.
type site struct {
	http.Handler
	proxy   *proxy
	ready   *readiness
	metrics *metrics
	edge    *edge

	pages atomic.Pointer[pages]
	show  func(brand) error // makes the pages anew
}

// newSite puts the parts together. It reads the whole bundle, so that a damaged one is noticed at start.
func newSite(cfg *config, dist fs.FS, log *slog.Logger) (*site, error) {
	bundle, err := web.Open(dist)
	if err != nil {
		return nil, err
	}
	s := &site{edge: &cfg.edge}
	s.show = func(b brand) error {
		p, err := renderPages(bundle, cfg, b)
		if err == nil {
			s.pages.Store(p)
		}
		return err
	}
	if err := s.show(brand{}); err != nil {
		return nil, err
	}
	rule := originRule{cfg.public}
	metrics := newMetrics(bundle.Version)
	proxy := newProxy(cfg, rule, metrics, log)
	ready := &readiness{upstream: cfg.directus, log: log}
	proxyPath := cfg.base + directuschat.ProxyPath

	mux := http.NewServeMux()
	mux.HandleFunc("GET "+healthPath, healthy)
	mux.Handle("GET "+readyPath, ready)
	mux.Handle(proxyPath, proxy)
	mux.Handle(proxyPath+"/", proxy)
	mux.Handle(cfg.base+directuschat.AuditPath, &reports{
		origins: rule, limits: newAddressLimits(reportRate, reportBurst), metrics: metrics, log: log,
	})
	for name, asset := range bundle.Assets {
		f, err := builtFile(bundle, asset)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		handler := http.Handler(f)
		if name == "compiler.js" {
			handler = withPolicy(f, compilerPolicy)
		}
		mux.Handle("GET "+cfg.base+directuschat.AssetsPath+"/"+asset.File, handler)
	}

	mux.HandleFunc("GET "+cfg.base+directuschat.AssetsPath+"/{logo}", s.serveLogo)
	for _, route := range directuschat.Routes {
		mux.Handle("GET "+cfg.base+route, s.current(func(p *pages) http.Handler { return p.page }))
	}
	mux.Handle("GET "+cfg.base+directuschat.WorkerPath, s.current(func(p *pages) http.Handler { return p.worker }))
	mux.Handle("GET "+cfg.base+directuschat.ManifestPath, s.current(func(p *pages) http.Handler { return p.manifest }))

	refuse := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.RequestURI, proxyPath) {
			writeError(w, errNoRoute)
			return
		}
		http.NotFound(w, r)
	})
	s.Handler = cfg.edge.trusted.resolve(logRequests(secureHeaders(plainRequestsOnly(mux, refuse), rule.tls()), cfg.base, metrics, log), log)
	s.proxy, s.ready, s.metrics = proxy, ready, metrics
	return s, nil
}

// withPagePolicy serves the page with the policy for its host.
func withPagePolicy(page http.Handler, rule originRule) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		policy := pagePolicy.with("connect-src", rule.sockets(r.Host)...)
		w.Header().Set("Content-Security-Policy", policy.String())
		page.ServeHTTP(w, r)
	})
}

func withPolicy(next http.Handler, policy csp) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy.String())
		next.ServeHTTP(w, r)
	})
}
