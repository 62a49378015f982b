package main

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"

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
}

// newSite puts the parts together. It reads the whole bundle, so that a damaged one is noticed at start.
func newSite(cfg *config, dist fs.FS, log *slog.Logger) (*site, error) {
	bundle, err := web.Open(dist)
	if err != nil {
		return nil, err
	}
	rendered, err := bundle.Render(web.Settings{Title: cfg.title, Base: cfg.base, Lang: cfg.lang, Mapping: cfg.mapping})
	if err != nil {
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
		mux.Handle("GET "+cfg.base+directuschat.AssetsPath+"/"+asset.File, f)
	}

	page, err := newLocalized(rendered, "text/html; charset=utf-8", func(l web.Localized) []byte { return l.Page })
	if err != nil {
		return nil, err
	}
	for _, route := range directuschat.Routes {
		mux.Handle("GET "+cfg.base+route, withPagePolicy(page, rule))
	}
	worker, err := renderedFile("text/javascript; charset=utf-8", rendered.Worker)
	if err != nil {
		return nil, err
	}
	mux.Handle("GET "+cfg.base+directuschat.WorkerPath, withPolicy(worker, workerPolicy))
	manifest, err := newLocalized(rendered, "application/manifest+json", func(l web.Localized) []byte { return l.Manifest })
	if err != nil {
		return nil, err
	}
	mux.Handle("GET "+cfg.base+directuschat.ManifestPath, manifest)

	refuse := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.RequestURI, proxyPath) {
			writeError(w, errNoRoute)
			return
		}
		http.NotFound(w, r)
	})
	return &site{
		Handler: cfg.edge.trusted.resolve(logRequests(secureHeaders(plainRequestsOnly(mux, refuse), rule.tls()), cfg.base, metrics, log), log),
		proxy:   proxy,
		ready:   ready,
		metrics: metrics,
		edge:    &cfg.edge,
	}, nil
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
