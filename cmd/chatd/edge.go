package main

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/netip"
	"time"
)

// An edge is what the operator decides about the outside: who is believed, what more is open, and how much of anything
// is too much. A limit of 0 is off.
type edge struct {
	trusted       trustedProxies
	allow         []endpoint // more than the chat needs
	requestRate   float64    // proxied requests per second and address
	loginRate     float64    // log-ins per second and address
	loginFailures int        // of one account, from which on it is closed to new addresses
	maxHeader     int        // bytes
	headerTimeout time.Duration
	idleTimeout   time.Duration
}

// edgeTexts are flags that are checked after all have been read.
type edgeTexts struct{ trusted, allow list }

func (e *edge) flags(flags *flag.FlagSet) *edgeTexts {
	var texts edgeTexts
	flags.Var(&texts.trusted, "trusted-proxy", "`network` of your own proxies in front, such as 10.0.0.0/8 or 192.0.2.1, whose X-Forwarded-For is believed; several with commas, or repeated; default: none")
	flags.Var(&texts.allow, "allow", "`\"METHOD path\"` of Directus that is open besides what the chat needs, such as \"GET assets/{id}\"; several with commas, or repeated; default: none")
	flags.Float64Var(&e.requestRate, "request-rate", 200, "most proxied requests per `second` and address, ten times as many in a burst; 0: no limit")
	flags.Float64Var(&e.loginRate, "login-rate", 1, "most log-ins per `second` and address, a hundred times as many in a burst: an office comes to work; 0: no limit")
	flags.IntVar(&e.loginFailures, "login-failures", 15, "`number` of failed log-ins since the last success after which an account is closed to addresses it has not been logged in from; below Directus's own limit, at which it suspends the account; 0: no limit")
	flags.IntVar(&e.maxHeader, "max-header", 16<<10, "most `bytes` of a request's header; 0: no limit")
	flags.DurationVar(&e.headerTimeout, "header-timeout", 10*time.Second, "most `time` a request's header may take; 0: no limit")
	flags.DurationVar(&e.idleTimeout, "idle-timeout", 2*time.Minute, "most `time` a connection may stay open between requests, sockets excepted; 0: no limit")
	return &texts
}

// check reads what flags left as text, and refuses what cannot be meant.
func (e *edge) check(texts *edgeTexts) error {
	for _, text := range texts.trusted {
		network, err := parseNetwork(text)
		if err != nil {
			return fmt.Errorf("-trusted-proxy must be a network such as 10.0.0.0/8, or an address, not %q", text)
		}
		if network.Bits() == 0 {
			return fmt.Errorf("-trusted-proxy %s trusts everybody to say who they are; name the networks of your own proxies", text)
		}
		e.trusted = append(e.trusted, network)
	}
	for _, text := range texts.allow {
		open, err := parseEndpoint(text)
		if err != nil {
			return err
		}
		e.allow = append(e.allow, open)
	}
	if !(e.requestRate >= 0) || !(e.loginRate >= 0) || e.loginFailures < 0 || e.maxHeader < 0 || e.headerTimeout < 0 || e.idleTimeout < 0 {
		return errors.New("-request-rate, -login-rate, -login-failures, -max-header, -header-timeout and -idle-timeout must not be negative; 0 switches a limit off")
	}
	return nil
}

// parseNetwork reads a network, or an address as the network of only itself.
func parseNetwork(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil {
		address = address.Unmap().WithZone("")
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	if network.Addr().Is4In6() {
		return netip.Prefix{}, errors.New("IPv4 written as IPv6")
	}
	return network.Masked(), nil
}

// limit sets the limits of a server's connections. Sockets are exempt: net/http lifts all deadlines when one is taken
// over.
func (e *edge) limit(server *http.Server) {
	server.MaxHeaderBytes = e.maxHeader
	if e.maxHeader == 0 {
		server.MaxHeaderBytes = 1 << 30 // to net/http, 0 is its own default
	}
	server.ReadHeaderTimeout = unlimited(e.headerTimeout)
	server.IdleTimeout = unlimited(e.idleTimeout)
}

// unlimited is a time-out as net/http wants it: to it, 0 is ReadTimeout.
func unlimited(timeout time.Duration) time.Duration {
	if timeout == 0 {
		return -1
	}
	return timeout
}
