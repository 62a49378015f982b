//go:build linux

package main

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The log is all that chatd ever writes to a disk. When that is full, lines are lost and nothing else.
func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer full.Close()
	_, err = full.WriteString("x")
	require.ErrorIs(t, err, syscall.ENOSPC)

	directus := startDirectus(t, nil)
	server := startSite(t, full, "-directus-url", directus.URL)
	for _, path := range []string{"/", "/assets/app.1234.css", "/directus/users/me", "/healthz"} {
		answer, body := get(t, server, path)
		assert.Equal(t, http.StatusOK, answer.StatusCode, path)
		assert.NotEmpty(t, body, path)
	}
	large := `{"content":"` + strings.Repeat("x", 1<<19) + `"}`
	answer, _ := send(t, server, http.MethodPost, "/directus/items/messages", map[string]string{"Content-Type": "application/json"}, bytes.NewReader([]byte(large)))
	assert.Equal(t, http.StatusOK, answer.StatusCode, "a large body is not put aside on a disk")
}
