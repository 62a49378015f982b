package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// These tests are about what a healer remembers, on virtual time.

const testGrace = 30 * time.Second

func rotatorHealer(rotates *rotator) *healer {
	return newHealer(rotates, "/directus/", testGrace, time.Minute, prometheus.NewCounter(prometheus.CounterOpts{}))
}

// post sends a token to an endpoint and returns the status and the successor.
func (h *healer) post(t *testing.T, path, token string) (status int, successor string) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/directus/"+path, tokenBody(token))
	r.Header.Set("Content-Type", "application/json")
	h.ServeHTTP(w, r)
	if w.Body.Len() == 0 {
		return w.Code, ""
	}
	return w.Code, successorIn(t, w.Body.String())
}

func TestSingleFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rotates := newRotator("a")
		rotates.hold = make(chan struct{})
		h := rotatorHealer(rotates)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				_, successor := h.post(t, refreshPath, "a")
				assert.Equal(t, "a+", successor)
			})
		}
		synctest.Wait()
		require.Len(t, rotates.requests(), 1)
		close(rotates.hold)
		all.Wait()
		assert.Len(t, rotates.requests(), 1)
	})
}

func TestRefreshThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rotates := newRotator("a")
		rotates.hold = make(chan struct{})
		h := rotatorHealer(rotates)
		began := time.Now()
		status, _ := h.post(t, refreshPath, "a")
		assert.Equal(t, time.Minute, time.Since(began))
		assert.Equal(t, http.StatusGatewayTimeout, status)
		close(rotates.hold)
		_, successor := h.post(t, refreshPath, "a")
		assert.Equal(t, "a+", successor)
	})
}

func TestGraceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rotates := newRotator("a", "b")
		h := rotatorHealer(rotates)
		h.post(t, refreshPath, "a")
		time.Sleep(testGrace - time.Nanosecond)
		status, _ := h.post(t, refreshPath, "a")
		assert.Equal(t, http.StatusOK, status)
		h.post(t, refreshPath, "b")

		time.Sleep(time.Nanosecond)
		synctest.Wait()
		assert.Len(t, h.byToken, 1, "an answer leaves the memory by itself")
		assert.Len(t, h.kept, 1)
		status, _ = h.post(t, refreshPath, "a")
		assert.Equal(t, http.StatusUnauthorized, status)
		status, _ = h.post(t, refreshPath, "b")
		assert.Equal(t, http.StatusOK, status)

		time.Sleep(testGrace)
		synctest.Wait()
		assert.Empty(t, h.byToken)
		assert.Empty(t, h.kept)
	})
}

// A tab that wakes up late is not given a token that its siblings have used up meanwhile.
func TestLateRefreshGetsTheNewestToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rotates := newRotator("a")
		h := rotatorHealer(rotates)
		for _, token := range []string{"a", "a+", "a++"} {
			h.post(t, refreshPath, token)
		}
		for _, token := range []string{"a", "a+", "a++"} {
			_, successor := h.post(t, refreshPath, token)
			assert.Equal(t, "a+++", successor, token)
		}
		assert.Len(t, rotates.requests(), 3)
	})
}

func TestLogOutForgets(t *testing.T) {
	for _, token := range []string{"a", "a+", "a++"} {
		synctest.Test(t, func(t *testing.T) {
			rotates := newRotator("a", "b")
			h := rotatorHealer(rotates)
			for _, token := range []string{"a", "b", "a+"} {
				h.post(t, refreshPath, token)
			}
			status, _ := h.post(t, logoutPath, token)
			assert.Equal(t, http.StatusNoContent, status)

			assert.Len(t, h.byToken, 1, "of all sessions, only this one has ended")
			assert.Len(t, h.kept, 1)
			for _, old := range []string{"a", "a+"} {
				status, _ := h.post(t, refreshPath, old)
				assert.Equal(t, http.StatusUnauthorized, status, "%s after the log-out of %s", old, token)
			}
			status, _ = h.post(t, refreshPath, "b")
			assert.Equal(t, http.StatusOK, status)
		})
	}
}

func TestLogOutDuringARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rotates := newRotator("a")
		rotates.hold = make(chan struct{})
		h := rotatorHealer(rotates)
		var all sync.WaitGroup
		all.Go(func() { h.post(t, refreshPath, "a") })
		synctest.Wait()
		all.Go(func() { h.post(t, logoutPath, "a") })
		synctest.Wait()
		close(rotates.hold)
		all.Wait()
		assert.Empty(t, h.byToken)
		assert.Empty(t, h.kept)
		assert.Zero(t, h.running)
	})
}

func TestMemoryHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const extra = 10
		rotates := newRotator()
		for i := range maxKept + extra {
			rotates.live[strconv.Itoa(i)] = true
		}
		h := rotatorHealer(rotates)
		for i := range maxKept + extra {
			h.post(t, refreshPath, strconv.Itoa(i))
		}
		assert.Len(t, h.kept, maxKept)
		assert.Len(t, h.byToken, maxKept)
		for i, want := range map[int]int{
			0: http.StatusUnauthorized, extra - 1: http.StatusUnauthorized, extra: http.StatusOK, maxKept + extra - 1: http.StatusOK,
		} {
			status, _ := h.post(t, refreshPath, strconv.Itoa(i))
			assert.Equal(t, want, status, "the oldest are forgotten first: %d", i)
		}
	})
}

// Beyond the limit refreshes still work, as they do without a healer: they end with their clients.
func TestExchangesUnderWayHaveAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rotates := newRotator("a")
		rotates.hold = make(chan struct{})
		h := rotatorHealer(rotates)
		var all sync.WaitGroup
		for i := range maxExchanges {
			all.Go(func() { h.post(t, refreshPath, fmt.Sprintf("unknown %d", i)) })
		}
		synctest.Wait()
		assert.Equal(t, maxExchanges, h.running)
		all.Go(func() {
			_, successor := h.post(t, refreshPath, "a")
			assert.Equal(t, "a+", successor)
		})
		synctest.Wait()
		assert.Equal(t, maxExchanges, h.running)
		assert.Len(t, rotates.requests(), maxExchanges+1)
		close(rotates.hold)
		all.Wait()
		assert.Zero(t, h.running)
		assert.Empty(t, h.byToken)
	})
}
