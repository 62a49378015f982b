package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"net/url"
	"strings"
)

// The headers that pass. Everything else stays here: cookies (a session of Data Studio on the same host would log the
// socket in as somebody else), Origin, any header that claims to know the client's address, and extensions of the
// WebSocket protocol. Of the answers it is the same: no cookies, and no policy but our own.
var (
	restHeaders   = []string{"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Content-Type", "User-Agent", requestIDHeader}
	socketHeaders = []string{"Sec-Websocket-Key", "Sec-Websocket-Version", "User-Agent", requestIDHeader}
	answerHeaders = []string{"Content-Encoding", "Content-Length", "Content-Type", "Date", "Retry-After"}
	switchHeaders = []string{"Connection", "Sec-Websocket-Accept", "Upgrade"}
)

// A forwarder makes the handlers that speak to Directus. What they forward has been checked.
type forwarder struct {
	prefix    string // path of the proxy, with a slash at its end
	upstream  *url.URL
	transport http.RoundTripper
	metrics   *metrics
	log       *slog.Logger
}

func (f forwarder) rest() http.Handler {
	return f.handler(func(r *httputil.ProxyRequest) {
		r.Out.Header = pick(r.In.Header, restHeaders)
		if r.In.Method == http.MethodGet {
			r.Out.Body, r.Out.ContentLength, r.Out.TransferEncoding = nil, 0, nil
		}
	})
}

func (f forwarder) sockets() http.Handler {
	return f.handler(func(r *httputil.ProxyRequest) {
		r.Out.Header = pick(r.In.Header, socketHeaders)
		r.Out.Header.Set("Connection", "Upgrade")
		r.Out.Header.Set("Upgrade", "websocket")
	})
}

// handler forwards to the upstream; rewrite makes the headers.
func (f forwarder) handler(rewrite func(*httputil.ProxyRequest)) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			rewrite(r)
			r.Out.Trailer = nil
			r.Out.URL.Path = "/" + strings.TrimPrefix(r.In.URL.Path, f.prefix)
			r.SetURL(f.upstream) // its Host too: a Directus in the cloud is found by it
			if client, _, err := net.SplitHostPort(r.In.RemoteAddr); err == nil {
				r.Out.Header.Set("X-Forwarded-For", client)
			}
		},
		Transport:      finalOnly{f.transport},
		ModifyResponse: cleanAnswer,
		ErrorHandler:   f.fail,
		ErrorLog:       slog.NewLogLogger(f.log.Handler(), slog.LevelWarn),
	}
}

// A finalOnly passes no interim answers (1xx) on. ReverseProxy does, with all their headers, and clears those that are set
// already for the final one: what secureHeaders and no-store are for.
type finalOnly struct{ http.RoundTripper }

func (t finalOnly) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.RoundTripper.RoundTrip(r.WithContext(untraced{r.Context()}))
}

// An untraced context hides the trace by which ReverseProxy hears of interim answers.
type untraced struct{ context.Context }

func (c untraced) Value(key any) any {
	value := c.Context.Value(key)
	if _, trace := value.(*httptrace.ClientTrace); trace {
		return nil
	}
	return value
}

func pick(from http.Header, names []string) http.Header {
	picked := http.Header{}
	for _, name := range names {
		if values := from[name]; len(values) > 0 {
			picked[name] = values
		}
	}
	return picked
}

const errRedirects = upstreamError("it redirects; set CHATD_DIRECTUS_URL to the address it redirects to")

func cleanAnswer(answer *http.Response) error {
	switch {
	case answer.StatusCode == http.StatusSwitchingProtocols:
		answer.Header = pick(answer.Header, switchHeaders)
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return errRedirects // no endpoint does; and browsers must not be sent past the proxy
	default:
		answer.Header = pick(answer.Header, answerHeaders)
	}
	return nil
}

// fail answers when Directus did not.
func (f forwarder) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		writeError(w, errTooLarge)
		return
	case errors.Is(err, context.Canceled): // the client has gone, or chatd is stopping
		writeError(w, errUnreachable)
		return
	}
	kind, text := causeOf(err)
	f.metrics.upstream.WithLabelValues(kind).Inc()
	if kind == causeTimeout {
		writeError(w, errTimeout)
	} else {
		writeError(w, errUnreachable)
	}
	f.log.Warn("no answer from Directus", "error", text, "id", r.Header.Get(requestIDHeader), "path", r.URL.Path)
}
