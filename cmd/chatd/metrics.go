package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"directuschat"
)

// metrics are what an operator's Prometheus reads. They count, and never say who.
type metrics struct {
	registry *prometheus.Registry

	reports, missing, doubled prometheus.Counter // of audits, by audit.go
	healed                    prometheus.Counter // by healer.go
	guarded                   prometheus.Counter // by logins.go
	limited                   prometheus.Counter // by proxy.go

	requests  *prometheus.CounterVec   // by route and status
	durations *prometheus.HistogramVec // by route; sockets excepted
	sockets   prometheus.Gauge         // open now
	upstream  *prometheus.CounterVec   // errors, by cause
}

// newMetrics begins all at 0. The page is the version of the embedded bundle.
func newMetrics(page string) *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
		m.registry.MustRegister(c)
		return c
	}
	m.reports = counter("chat_audit_reports_total", "Reports by browsers whose comparison with Directus found a difference, and repaired it.")
	m.missing = counter("chat_missing_total", "Messages that a browser should have shown and did not, as reported.")
	m.doubled = counter("chat_doubled_total", "Messages that a browser showed and Directus does not have, or has once, as reported.")
	m.healed = counter("chat_refreshes_healed_total", "Refreshes that were answered again because the first answer may have been lost.")
	m.guarded = counter("chat_logins_refused_total", "Log-ins refused because too many had failed for the account, and the address was new to it.")
	m.limited = counter("chat_requests_limited_total", "Requests refused because their address had sent too many.")
	m.requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "chatd_requests_total", Help: "Requests that were answered, sockets among them.",
	}, []string{"route", "status"})
	m.durations = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "chatd_request_duration_seconds", Help: "Time from a request's header to the end of its answer; without sockets.",
		Buckets: []float64{0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 60},
	}, []string{"route"})
	m.sockets = prometheus.NewGauge(prometheus.GaugeOpts{Name: "chatd_sockets", Help: "Sockets that are open, or are being opened."})
	m.upstream = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "chatd_upstream_errors_total", Help: "Requests that Directus did not answer.",
	}, []string{"cause"})
	for _, cause := range causes {
		m.upstream.WithLabelValues(cause)
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "chatd_build_info", Help: "Always 1: what this program was built from."}, []string{"version", "page", "go"})
	own, toolchain := buildVersions()
	build.WithLabelValues(own, page, toolchain).Set(1)
	m.registry.MustRegister(m.requests, m.durations, m.sockets, m.upstream, build)
	return m
}

// shares adds what is shared of subscriptions.
func (m *metrics) shares(count func() (feeds, served int)) {
	gauge := func(name, help string, value func() int) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(value()) }))
	}
	gauge("chatd_feeds", "Subscriptions to Directus of which each serves many.", func() int { feeds, _ := count(); return feeds })
	gauge("chatd_shared_subscriptions", "Subscriptions of browsers that they serve.", func() int { _, served := count(); return served })
}

// ended counts a request.
func (m *metrics) ended(route string, status int, took time.Duration) {
	code := "other"
	if http.StatusText(status) != "" { // an upstream may answer with any number
		code = strconv.Itoa(status)
	}
	m.requests.WithLabelValues(route, code).Inc()
	if status != http.StatusSwitchingProtocols {
		m.durations.WithLabelValues(route).Observe(took.Seconds())
	}
}

// routeOf is the kind of a request, of which there are few, whatever people ask for.
func routeOf(base, path string) string {
	if path == healthPath || path == readyPath {
		return "probe"
	}
	rest, ok := strings.CutPrefix(path, base)
	if !ok {
		return "other"
	}
	switch inDirectus, isProxied := strings.CutPrefix(rest, directuschat.ProxyPath+"/"); {
	case isProxied:
		switch inDirectus {
		case loginPath:
			return "login"
		case refreshPath:
			return "refresh"
		case logoutPath:
			return "logout"
		case websocketPath:
			return "socket"
		}
		if strings.HasPrefix(inDirectus, items("")) {
			return "items"
		}
		return "directus"
	case strings.HasPrefix(rest, directuschat.AssetsPath+"/"):
		return "asset"
	case rest == directuschat.AuditPath:
		return "audit"
	}
	return "page"
}

// serveMetrics answers GET /metrics, and what probes ask, on the listener, which is for the operator's network only,
// until the returned function is called.
func (s *site) serveMetrics(listener net.Listener, log *slog.Logger) (stop func()) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET "+healthPath, healthy)
	mux.Handle("GET "+readyPath, s.ready)
	server := newServer(mux, log)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the metrics can no longer be read", "error", err)
		}
	}()
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second) // for an answer that is being read
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close() // its time is over
		}
		<-done
	}
}
