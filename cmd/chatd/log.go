package main

import (
	"bufio"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"time"
)

// requestIDHeader names one request in the logs of everything it passes through.
const requestIDHeader = "X-Request-Id"

// plainID is a request's name that can stand in any log as it is. A proxy in front may have given one.
var plainID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// nameRequest sees to it that a request has one name of that kind, and returns it.
func nameRequest(r *http.Request) string {
	if given := r.Header[requestIDHeader]; len(given) == 1 && plainID.MatchString(given[0]) {
		return given[0]
	}
	id := rand.Text()
	r.Header[requestIDHeader] = []string{id}
	return id
}

// logRequests logs and counts every request when it has ended, a socket when it closes. Never queries, headers or bodies: they
// hold messages and tokens. The request's name goes to Directus, into the log and back to the client.
func logRequests(next http.Handler, base string, m *metrics, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		id := nameRequest(r)
		w.Header().Set(requestIDHeader, id)
		rec := &recorder{ResponseWriter: w}
		defer func() { // also when the proxy gives up with a panic, as net/http wants it to
			level := slog.LevelInfo
			if r.URL.Path == healthPath || r.URL.Path == readyPath {
				level = slog.LevelDebug
			}
			took := time.Since(start)
			m.ended(routeOf(base, r.URL.Path), rec.code(), took)
			log.Log(r.Context(), level, "request", "id", id, "method", loggedMethod(r), "path", loggedPath(r), "status", rec.code(),
				"bytes", rec.bytes, "duration", took.Round(time.Microsecond), "remote", r.RemoteAddr)
		}()
		next.ServeHTTP(rec, r)
	})
}

// loggedPath is the path if it is plain. One that is not may hold anything: a query whose question mark a broken client
// has escaped, or a whole URL with a password.
func loggedPath(r *http.Request) string {
	if !plainPath.MatchString(r.URL.Path) {
		return "(not plain)"
	}
	return r.URL.Path
}

// loggedMethod is the method if it is one of HTTP's: any word may stand there.
func loggedMethod(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return r.Method
	}
	return "(unknown)"
}

// A recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// Unwrap lets http.ResponseController reach what the server's writer can do.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) WriteHeader(status int) {
	if status >= 200 && r.status == 0 { // others are only informative
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Hijack is how a request becomes a socket.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r.status = http.StatusSwitchingProtocols
	return http.NewResponseController(r.ResponseWriter).Hijack()
}

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}
