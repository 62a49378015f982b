package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func pong(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "pong") }

func TestReady(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"as Directus does": pong,
		"in another way":   func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>pong") },
		"with an error":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			directus := startDirectus(t, answer)
			server := startSite(t, io.Discard, "-directus-url", directus.URL, "-base", "/sub/")
			got, body := get(t, server, "/readyz")
			if name == "as Directus does" {
				assert.Equal(t, http.StatusOK, got.StatusCode)
				assert.Equal(t, "ok\n", body)
			} else {
				assert.Equal(t, http.StatusServiceUnavailable, got.StatusCode)
				assert.Equal(t, "no answer from Directus\n", body, "and nothing about where it is")
			}
			assert.Equal(t, "no-store", got.Header.Get("Cache-Control"))
			health, _ := get(t, server, "/healthz")
			assert.Equal(t, http.StatusOK, health.StatusCode, "chatd itself runs")
			below, _ := get(t, server, "/sub/directus/readyz")
			assert.Equal(t, http.StatusNotFound, below.StatusCode)
			require.Len(t, directus.requests(), 1)
			assert.Equal(t, "/server/ping", directus.requests()[0].RequestURI)
		})
	}
}

func TestNotReadyWhileStopping(t *testing.T) {
	directus := startDirectus(t, pong)
	server, site := startSiteWith(t, io.Discard, "-directus-url", directus.URL)
	site.ready.draining.Store(true)
	got, body := get(t, server, "/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, got.StatusCode)
	assert.Equal(t, "chatd is stopping\n", body)
	assert.Empty(t, directus.requests())
}

func TestReadinessIsAskedOnceForMany(t *testing.T) {
	release := make(chan struct{})
	directus := startDirectus(t, func(w http.ResponseWriter, r *http.Request) {
		<-release
		pong(w, r)
	})
	upstream, err := url.Parse(directus.URL)
	require.NoError(t, err)
	ready := &readiness{upstream: upstream, log: slog.New(slog.DiscardHandler)}
	var all sync.WaitGroup
	var good atomic.Int32
	for range 20 {
		all.Go(func() {
			if ready.check(context.Background()) == nil {
				good.Add(1)
			}
		})
	}
	close(release)
	all.Wait()
	assert.Equal(t, int32(20), good.Load())
	assert.Len(t, directus.requests(), 1)
}

// A Directus that takes the connection and says nothing makes chatd not ready, in bounded time.
func TestReadinessOfAHangingDirectus(t *testing.T) {
	release := make(chan struct{})
	directus := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer directus.Close()
	defer close(release)
	upstream, err := url.Parse(directus.URL)
	require.NoError(t, err)
	ready := &readiness{upstream: upstream, log: slog.New(slog.DiscardHandler)}
	start := time.Now()
	assert.Equal(t, errNoDirectus, ready.check(context.Background()))
	assert.Less(t, time.Since(start), pingTimeout+5*time.Second)
}

func TestReadinessIsLoggedWhenItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log safeBuffer
		ready := &readiness{upstream: &url.URL{Scheme: "none"}, log: slog.New(slog.NewTextHandler(&log, nil))}
		for range 3 {
			assert.Equal(t, errNoDirectus, ready.check(context.Background()))
			time.Sleep(pingKept) // virtual time
		}
		assert.Equal(t, 1, strings.Count(log.String(), "there is no Directus at CHATD_DIRECTUS_URL"))
	})
}
