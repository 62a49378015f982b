package main

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"golang.org/x/time/rate"
)

// Browsers report after an audit, which they do every few minutes, and only if it found something. Whole offices share
// an address.
const (
	maxReport   = 1 << 10 // bytes
	maxCounted  = 10_000  // of one report, which may be a joke
	reportRate  = rate.Limit(0.2)
	reportBurst = 20
)

// reports takes what browsers have found wrong, and repaired, in their timelines. Anybody can send one: what is counted is
// worth as much as the people who can reach the chat, so that the limits are there to keep a joke small.
type reports struct {
	origins originRule
	limits  *addressLimits
	metrics *metrics
	log     *slog.Logger
}

// A report is the body. A number that is negative or no integer is none.
type report struct {
	Checked uint64 `json:"checked"` // messages compared
	Missing uint64 `json:"missing"` // on the server, and not in the browser
	Doubled uint64 `json:"doubled"` // in the browser, and not, or not once, on the server
}

func (s *reports) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodPost:
		writeError(w, errNoRoute)
		return
	case !s.origins.allows(r, true):
		writeError(w, errOrigin)
		return
	case !s.limits.allow(r.RemoteAddr):
		writeError(w, errTooMany)
		return
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReport))
	var found report
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		writeError(w, errTooLarge)
		return
	case err != nil || json.Unmarshal(text, &found) != nil:
		writeError(w, errReport)
		return
	}
	s.metrics.reports.Inc()
	s.metrics.missing.Add(float64(min(found.Missing, maxCounted)))
	s.metrics.doubled.Add(float64(min(found.Doubled, maxCounted)))
	s.log.Warn("a browser has repaired its timeline", "checked", found.Checked, "missing", found.Missing, "doubled", found.Doubled)
	w.WriteHeader(http.StatusNoContent)
}
