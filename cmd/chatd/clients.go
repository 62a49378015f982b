package main

import (
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
)

// trustedProxies are the networks of the operator's own proxies. What one of them says about whom it speaks for is
// believed; what anybody else says is not. A network is IPv4 or IPv6, never IPv4 written as IPv6.
type trustedProxies []netip.Prefix

// resolve gives every request the address of its client, in place of the last proxy's: limits, log and what is
// forwarded to Directus all go by Request.RemoteAddr. A port that nobody knows is 0.
func (t trustedProxies) resolve(next http.Handler, log *slog.Logger) http.Handler {
	var hint sync.Once
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		forwarded := r.Header.Values("X-Forwarded-For")
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if len(forwarded) == 0 || err != nil {
			next.ServeHTTP(w, r)
			return
		}
		if !t.contain(peer.Addr()) {
			hint.Do(func() {
				log.Warn("X-Forwarded-For is ignored; if it comes from a proxy of yours, name that with -trusted-proxy: "+
					"else all its clients have one address, and the limits of one", "from", peer.Addr().String())
			})
			next.ServeHTTP(w, r)
			return
		}
		resolved := new(http.Request)
		*resolved = *r
		resolved.RemoteAddr = netip.AddrPortFrom(t.client(peer.Addr(), forwarded), 0).String()
		next.ServeHTTP(w, resolved)
	})
}

// client is the first address, from the right, that no trusted proxy has. To its left is what it told itself. Where the
// header cannot be read, the proxy that wrote it is taken for the client.
func (t trustedProxies) client(peer netip.Addr, forwarded []string) netip.Addr {
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	client := peer
	for i := len(hops) - 1; i >= 0 && t.contain(client); i-- {
		hop, ok := parseHop(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		client = hop
	}
	return client
}

func (t trustedProxies) contain(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	for _, network := range t {
		if network.Contains(address) {
			return true
		}
	}
	return false
}

// parseHop reads an address as proxies write it; some add the port.
func parseHop(text string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		hop, portErr := netip.ParseAddrPort(text)
		if portErr != nil {
			return netip.Addr{}, false
		}
		address = hop.Addr()
	}
	return address.Unmap().WithZone(""), true
}
