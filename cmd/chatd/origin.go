package main

import (
	"net/http"
	"net/url"
	"strings"
)

// An origin is a scheme and a host, as browsers write them: lower case, without a default port.
type origin struct{ scheme, host string }

// newOrigin is the origin of a URL; only http and https have one here.
func newOrigin(u *url.URL) (origin, bool) {
	o := origin{strings.ToLower(u.Scheme), strings.ToLower(u.Host)}
	switch o.scheme {
	case "http":
		o.host = strings.TrimSuffix(o.host, ":80")
	case "https":
		o.host = strings.TrimSuffix(o.host, ":443")
	default:
		return origin{}, false
	}
	return o, plainHost.MatchString(o.host)
}

// socket is the same place for WebSockets, as the page's policy writes it out.
func (o origin) socket() string {
	if o.scheme == "https" {
		return "wss://" + o.host
	}
	return "ws://" + o.host
}

// An originRule says which pages may use the proxy: those of the public origins or, if none are configured, those that
// came from the host the request names, by either scheme (chatd cannot see whether a proxy in front speaks TLS).
type originRule struct{ public []origin }

// allows checks the Origin header. A request without one did not come from another site's script. It is required of a
// socket, because browsers ask nobody before they open a socket to another site.
func (rule originRule) allows(r *http.Request, required bool) bool {
	switch values := r.Header.Values("Origin"); len(values) {
	case 0:
		return !required
	case 1:
		u, err := url.Parse(values[0])
		if err != nil || u.Path != "" || u.User != nil {
			return false
		}
		o, ok := newOrigin(u)
		return ok && rule.isOurs(o, r.Host)
	default:
		return false
	}
}

func (rule originRule) isOurs(o origin, host string) bool {
	if len(rule.public) == 0 {
		requested, ok := newOrigin(&url.URL{Scheme: o.scheme, Host: host})
		return ok && o == requested
	}
	for _, public := range rule.public {
		if o == public {
			return true
		}
	}
	return false
}

// sockets lists the socket origins that a page served for this host may connect to.
func (rule originRule) sockets(host string) []string {
	origins := rule.public
	if len(origins) == 0 {
		host = strings.ToLower(host)
		if !plainHost.MatchString(host) {
			return nil // 'self' still stands
		}
		origins = []origin{{"http", host}, {"https", host}}
	}
	list := make([]string, 0, len(origins))
	for _, o := range origins {
		list = append(list, o.socket())
	}
	return list
}

// tls reports whether browsers reach the site by https only.
func (rule originRule) tls() bool {
	for _, o := range rule.public {
		if o.scheme != "https" {
			return false
		}
	}
	return len(rule.public) > 0
}
