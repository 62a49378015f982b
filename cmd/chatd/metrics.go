package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what an operator's Prometheus reads. They count, and never say who.
type metrics struct {
	registry *prometheus.Registry

	reports, missing, doubled prometheus.Counter // of audits, by audit.go
	healed                    prometheus.Counter // by healer.go
	guarded                   prometheus.Counter // by logins.go
	limited                   prometheus.Counter // by proxy.go
}

func newMetrics() *metrics {
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
	return m
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
