package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// counts reads the counters of a site's audits.
func counts(t *testing.T, s *site) (reports, missing, doubled float64) {
	t.Helper()
	families, err := s.metrics.registry.Gather()
	require.NoError(t, err)
	value := map[string]float64{}
	for _, family := range families {
		value[family.GetName()] = family.GetMetric()[0].GetCounter().GetValue()
	}
	return value["chat_audit_reports_total"], value["chat_missing_total"], value["chat_doubled_total"]
}

func sendReport(t *testing.T, server *httptest.Server, body string) (*http.Response, string) {
	t.Helper()
	return send(t, server, http.MethodPost, "/audit", map[string]string{"Origin": server.URL, "Content-Type": "application/json"}, strings.NewReader(body))
}

func TestReports(t *testing.T) {
	tests := []struct {
		body             string
		status           int
		missing, doubled float64
	}{
		{`{"checked":12431,"missing":2,"doubled":1}`, 204, 2, 1},
		{`{"checked":10,"missing":3}`, 204, 3, 0},
		{`{"checked":10,"missing":0,"doubled":4,"version":"2"}`, 204, 0, 4},
		{`{"checked":1,"missing":10000,"doubled":10001}`, 204, 10000, 10000},
		{`{"checked":1,"missing":18446744073709551615,"doubled":0}`, 204, 10000, 0},
		{`{"missing":18446744073709551616}`, 400, 0, 0},
		{`{"missing":-1}`, 400, 0, 0},
		{`{"checked":-1,"missing":1}`, 400, 0, 0},
		{`{"missing":1.5}`, 400, 0, 0},
		{`{"missing":1e300}`, 400, 0, 0},
		{`{"missing":"1"}`, 400, 0, 0},
		{`{"missing":1}{"missing":1}`, 400, 0, 0},
		{`[{"missing":1}]`, 400, 0, 0},
		{`missing=1`, 400, 0, 0},
		{``, 400, 0, 0},
		{`{"missing":1,"x":"` + strings.Repeat("x", maxReport) + `"}`, 413, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.body[:min(len(test.body), 60)], func(t *testing.T) {
			var log bytes.Buffer
			server, s := startSiteWith(t, &log)
			answer, body := sendReport(t, server, test.body)
			assert.Equal(t, test.status, answer.StatusCode)
			reports, missing, doubled := counts(t, s)
			assert.InDelta(t, test.missing, missing, 0)
			assert.InDelta(t, test.doubled, doubled, 0)
			if test.status == http.StatusNoContent {
				assert.InDelta(t, 1, reports, 0)
				assert.Empty(t, body)
				server.Close()
				assert.Contains(t, log.String(), "a browser has repaired its timeline")
				return
			}
			assert.Zero(t, reports)
			assert.Equal(t, map[int]string{400: "INVALID_PAYLOAD", 413: "CONTENT_TOO_LARGE"}[test.status], errorCode(t, body))
			assert.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
		})
	}
}

func TestReportsFromElsewhere(t *testing.T) {
	server, s := startSiteWith(t, io.Discard, "-base", "/chat/")
	good := `{"checked":1,"missing":1,"doubled":1}`
	tests := []struct {
		method, path, origin, code string
		status                     int
	}{
		{"POST", "/chat/audit", "", "FORBIDDEN", 403},
		{"POST", "/chat/audit", "null", "FORBIDDEN", 403},
		{"POST", "/chat/audit", "https://evil.example.com", "FORBIDDEN", 403},
		{"GET", "/chat/audit", server.URL, "ROUTE_NOT_FOUND", 404},
		{"PUT", "/chat/audit", server.URL, "ROUTE_NOT_FOUND", 404},
		{"POST", "/audit", server.URL, "", 404},
		{"POST", "/chat/audit/", server.URL, "", 404},
	}
	for _, test := range tests {
		headers := map[string]string{}
		if test.origin != "" {
			headers["Origin"] = test.origin
		}
		answer, body := send(t, server, test.method, test.path, headers, strings.NewReader(good))
		assert.Equal(t, test.status, answer.StatusCode, "%+v", test)
		if test.code != "" {
			assert.Equal(t, test.code, errorCode(t, body), "%+v", test)
		}
	}
	reports, missing, doubled := counts(t, s)
	assert.Zero(t, reports+missing+doubled)
}

func TestTooManyReports(t *testing.T) {
	server, s := startSiteWith(t, io.Discard)
	for i := range reportBurst {
		answer, _ := sendReport(t, server, fmt.Sprintf(`{"checked":1,"missing":%d}`, i%2))
		require.Equal(t, http.StatusNoContent, answer.StatusCode)
	}
	answer, body := sendReport(t, server, `{"checked":1,"missing":1}`)
	assert.Equal(t, http.StatusTooManyRequests, answer.StatusCode)
	assert.Equal(t, "REQUESTS_EXCEEDED", errorCode(t, body))
	reports, missing, _ := counts(t, s)
	assert.InDelta(t, reportBurst, reports, 0)
	assert.InDelta(t, reportBurst/2, missing, 0)
}
