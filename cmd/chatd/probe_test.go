package main

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestProbe(t *testing.T) {
	directus := startDirectus(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "pong") })
	well := startSite(t, io.Discard, "-directus-url", directus.URL)
	alone := startSite(t, io.Discard)
	gone := startDirectus(t, nil)
	gone.Close()
	tests := []struct {
		name   string
		args   []string
		status int
		stderr string
	}{
		{"healthy", []string{well.URL + "/healthz"}, 0, ""},
		{"ready", []string{well.URL + "/readyz"}, 0, ""},
		{"healthy without a Directus", []string{alone.URL + "/healthz"}, 0, ""},
		{"not ready without a Directus", []string{alone.URL + "/readyz"}, 1, "answers with status 503"},
		{"nobody there", []string{gone.URL + "/healthz"}, 1, "connection refused"},
		{"no URL", nil, 2, "give the URL to ask"},
		{"help", []string{"-help"}, 2, "give the URL to ask"},
		{"a broken URL", []string{"http://[/healthz"}, 2, "chatd probe:"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var stderr safeBuffer
			p := program{stdout: io.Discard, stderr: &stderr}
			assert.Equal(t, test.status, p.run(t.Context(), append([]string{"probe"}, test.args...)))
			assert.Contains(t, stderr.String(), test.stderr)
			if test.status == 0 {
				assert.Empty(t, stderr.String())
			}
		})
	}
}
