package main

import (
	"context"
	"errors"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
)

// The headers that pass. Everything else stays here: cookies (a session of Data Studio on the same host would log the
// socket in as somebody else), Origin, any header that claims to know the client's address, and extensions of the
// WebSocket protocol. Of the answers it is the same: no cookies, and no policy but our own.
var (
	restHeaders   = []string{"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Content-Type", "User-Agent", requestIDHeader}
	answerHeaders = []string{"Content-Encoding", "Content-Length", "Content-Type", "Date", "Retry-After"}
)

// A forwarder makes the handlers that speak to Directus. What they forward has been checked.
type forwarder struct {
	prefix    string // path of the proxy, with a slash at its end
	upstream  *url.URL
	transport http.RoundTripper
	metrics   *metrics
	log       *slog.Logger
}

func (f forwarder) rest() http.Handler { return f.handler(restRequest, cleanREST) }

// assets forwards for files that people have uploaded.
func (f forwarder) assets() http.Handler { return f.handler(restRequest, cleanAsset) }

func restRequest(r *httputil.ProxyRequest) {
	r.Out.Header = pick(r.In.Header, restHeaders)
	if r.In.Method == http.MethodGet {
		r.Out.Body, r.Out.ContentLength, r.Out.TransferEncoding = nil, 0, nil
	}
}

// handler forwards to the upstream; rewrite makes the headers, clean looks at the answer.
func (f forwarder) handler(rewrite func(*httputil.ProxyRequest), clean func(*http.Response) error) http.Handler {
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
		ModifyResponse: clean,
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

// Answers that are not Directus's.
const (
	errRedirects = upstreamError("it redirects; set CHATD_DIRECTUS_URL to the address it redirects to")
	errForeign   = upstreamError("the answer is an error page of something in front of it")
	errSwitches  = upstreamError("it wants to switch protocols, which it was not asked to")
)

// cleanAnswer lets only Directus's own answers pass, and of their headers those that are named above.
func cleanAnswer(answer *http.Response) error {
	switch {
	case answer.StatusCode == http.StatusSwitchingProtocols:
		return errSwitches
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return errRedirects // no endpoint does; and browsers must not be sent past the proxy
	}
	answer.Header = pick(answer.Header, answerHeaders)
	return nil
}

// cleanREST is cleanAnswer, but for pages that say that Directus is down.
func cleanREST(answer *http.Response) error {
	if answer.StatusCode >= 500 && mediaType(answer.Header) != "application/json" {
		return errForeign
	}
	return cleanAnswer(answer)
}

// shownTypes are what a browser may show of an uploaded file: images that cannot hold a script.
var shownTypes = []string{"image/avif", "image/gif", "image/jpeg", "image/png", "image/webp"}

// cleanAsset makes a download of whatever a browser might run in the name of this site.
func cleanAsset(answer *http.Response) error {
	_, named, _ := mime.ParseMediaType(answer.Header.Get("Content-Disposition"))
	if err := cleanREST(answer); err != nil {
		return err
	}
	if slices.Contains(shownTypes, mediaType(answer.Header)) {
		return nil // secureHeaders has said nosniff
	}
	disposition := "attachment"
	if name := named["filename"]; name != "" {
		disposition = mime.FormatMediaType(disposition, map[string]string{"filename": name})
	}
	answer.Header.Set("Content-Disposition", disposition)
	return nil
}

// mediaType is the type of a body, without parameters, in lower case.
func mediaType(h http.Header) string {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// fail answers when Directus did not.
func (f forwarder) fail(w http.ResponseWriter, r *http.Request, err error) {
	var dial *net.OpError
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
	switch {
	case errors.As(err, &dial) && dial.Op == "dial":
		writeError(w, errNobody)
	case kind == causeTimeout:
		writeError(w, errTimeout)
	default:
		writeError(w, errUnreachable)
	}
	f.log.Warn("no answer from Directus", "error", text, "id", r.Header.Get(requestIDHeader), "path", r.URL.Path)
}
