//lint:file-ignore SA1019 The socket library the client uses, pinned before it was renamed.

package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// scrape reads the metrics as Prometheus does.
func scrape(t *testing.T, url string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	answer, err := client.Get(url)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Contains(t, answer.Header.Get("Content-Type"), "text/plain")
	return string(text)
}

// metricsURL is where a program says that its metrics are.
func metricsURL(t *testing.T, stdout *safeBuffer) string {
	t.Helper()
	line := regexp.MustCompile(`(?m)^its metrics are at (http://127\.0\.0\.1:[0-9]+/metrics)$`)
	require.Eventually(t, func() bool { return line.MatchString(stdout.String()) }, 10*time.Second, time.Millisecond)
	return line.FindStringSubmatch(stdout.String())[1]
}

func TestMetrics(t *testing.T) {
	rotates := newRotator("secret")
	directus := startDirectus(t, rotates.ServeHTTP)
	var stdout safeBuffer
	url := startProgramTo(t, &stdout, io.Discard, "-directus-url", directus.URL, "-metrics-listen", "127.0.0.1:0")
	metrics := metricsURL(t, &stdout)
	for _, name := range []string{"chat_missing_total", "chat_doubled_total", "chat_audit_reports_total", "chat_refreshes_healed_total"} {
		assert.Contains(t, scrape(t, metrics), "\n"+name+" 0\n", "a counter is there before it counts")
	}

	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for range 3 {
		answer, err := client.Post(url+"directus/auth/refresh", "application/json", tokenBody("secret"))
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
	}
	request, err := http.NewRequest(http.MethodPost, url+"audit", strings.NewReader(`{"checked":12431,"missing":2,"doubled":1}`))
	require.NoError(t, err)
	request.Header.Set("Origin", strings.TrimSuffix(url, "/"))
	answer, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusNoContent, answer.StatusCode)

	text := scrape(t, metrics)
	for _, want := range []string{"chat_missing_total 2", "chat_doubled_total 1", "chat_audit_reports_total 1", "chat_refreshes_healed_total 2"} {
		assert.Contains(t, text, "\n"+want+"\n")
	}
	assert.Contains(t, text, "# TYPE chat_missing_total counter")
	assert.Contains(t, text, "\ngo_goroutines ")
	assert.NotContains(t, text, "secret")
	assert.NotRegexp(t, `(?m)^chat_\w+\{`, text, "labels would tell people apart")
	for _, want := range []string{
		`chatd_requests_total{route="refresh",status="200"} 3`, `chatd_requests_total{route="audit",status="204"} 1`,
		`chatd_request_duration_seconds_count{route="refresh"} 3`, `chatd_sockets 0`, `chatd_upstream_errors_total{cause="timeout"} 0`,
	} {
		assert.Contains(t, text, "\n"+want+"\n")
	}
	assert.Regexp(t, `(?m)^chatd_build_info\{go="go1\..+",page="v1",version=".*"\} 1$`, text)

	for _, path := range []string{"metrics", "directus/metrics"} {
		answer, err := client.Get(url + path)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		assert.Equal(t, http.StatusNotFound, answer.StatusCode, "the public must not see them")
	}
	other, err := client.Get(strings.TrimSuffix(metrics, "metrics"))
	require.NoError(t, err)
	require.NoError(t, other.Body.Close())
	assert.Equal(t, http.StatusNotFound, other.StatusCode, "the chat is not served beside them")
}

func TestNoMetricsUnlessAsked(t *testing.T) {
	var stdout safeBuffer
	startProgramTo(t, &stdout, io.Discard, "-directus-url", directusURL)
	assert.NotContains(t, stdout.String(), "metrics")
}

func TestMetricsStop(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, site := startSiteWith(t, io.Discard)
	stop := site.serveMetrics(listener, slog.New(slog.DiscardHandler))
	url := "http://" + listener.Addr().String()
	scrape(t, url+"/metrics")
	assert.Equal(t, "ok\n", scrape(t, url+"/healthz"), "probes may ask here, too")
	stop()
	_, err = net.Dial("tcp", listener.Addr().String())
	assert.Error(t, err)
}

// counted is what a counter without labels stands at.
func counted(t *testing.T, m *metrics, name string) float64 {
	t.Helper()
	families, err := m.registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		if family.GetName() == name {
			return family.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no counter %s", name)
	return 0
}

// exposed is what Prometheus would read now.
func exposed(m *metrics) string {
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return answer.Body.String()
}

func TestMetricsOfSocketsAndFailures(t *testing.T) {
	directus := startDirectus(t, echo)
	server, site := startSiteWith(t, io.Discard, "-directus-url", directus.URL)
	socket, _, err := dial(t, server.URL, server.URL)
	require.NoError(t, err)
	mustEcho(t, socket, `{"type":"ping"}`)
	assert.Contains(t, exposed(site.metrics), "\nchatd_sockets 1\n")
	socket.CloseNow()
	require.Eventually(t, func() bool { return strings.Contains(exposed(site.metrics), "\nchatd_sockets 0\n") }, 10*time.Second, time.Millisecond)
	assert.Contains(t, exposed(site.metrics), `chatd_requests_total{route="socket",status="101"} 1`)
	assert.NotContains(t, exposed(site.metrics), "chatd_request_duration_seconds_count{", "how long people stay is not how long they wait")

	directus.Close()
	get(t, server, "/directus/users/me")
	assert.Contains(t, exposed(site.metrics), `chatd_upstream_errors_total{cause="network"} 1`)
}

// Whatever people ask for, the number of time series stays small.
func TestMetricsAreBounded(t *testing.T) {
	m := newMetrics("v1")
	for status := range 1000 {
		m.ended(routeOf("/", fmt.Sprintf("/no/such/path/%d", status)), status, 0)
		m.ended(routeOf("/", fmt.Sprintf("/directus/no/%d", status)), status, 0)
	}
	series := strings.Count(exposed(m), "\nchatd_requests_total{")
	assert.Greater(t, series, 2)
	assert.Less(t, series, 140, "the statuses that have a name, of two routes")
}

func TestRouteOf(t *testing.T) {
	for path, want := range map[string]string{
		"/healthz": "probe", "/readyz": "probe", "/": "other", "/directus/auth/login": "other", "/chat/": "page", "/chat/m/x": "page",
		"/chat/worker.js": "page", "/chat/assets/app.wasm": "asset", "/chat/audit": "audit", "/chat/directus/auth/login": "login",
		"/chat/directus/auth/refresh": "refresh", "/chat/directus/auth/logout": "logout", "/chat/directus/websocket": "socket",
		"/chat/directus/items/messages": "items", "/chat/directus/users/me": "directus",
	} {
		assert.Equal(t, want, routeOf("/chat/", path), path)
	}
}
