package main

import (
	"net/netip"
	"sync"

	"golang.org/x/time/rate"
)

// maxAddresses is how many addresses are told apart at once.
const maxAddresses = 4096

// addressLimits give each address its own budget of requests. Behind a proxy all have one together.
type addressLimits struct {
	limit rate.Limit // per second
	burst int

	mu        sync.Mutex
	byAddress map[netip.Prefix]*rate.Limiter
}

func newAddressLimits(limit rate.Limit, burst int) *addressLimits {
	return &addressLimits{limit: limit, burst: burst, byAddress: map[netip.Prefix]*rate.Limiter{}}
}

// allow takes one from the budget of a remote address, as net/http writes it. When more addresses are busy than can be
// told apart, a new one has none.
func (l *addressLimits) allow(remote string) bool {
	address := network(remote)
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.byAddress[address]
	if limiter == nil {
		if len(l.byAddress) >= maxAddresses {
			l.sweepLocked()
		}
		if len(l.byAddress) >= maxAddresses {
			return false
		}
		limiter = rate.NewLimiter(l.limit, l.burst)
		l.byAddress[address] = limiter
	}
	return limiter.Allow()
}

// sweepLocked forgets the addresses whose budget is whole: they are as good as new.
func (l *addressLimits) sweepLocked() {
	for address, limiter := range l.byAddress {
		if limiter.Tokens() >= float64(l.burst) {
			delete(l.byAddress, address)
		}
	}
}

// network is what stands for one client: an IPv4 address, or the /64 that an IPv6 client can choose from.
func network(remote string) netip.Prefix {
	from, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{} // of no network: all such have one budget
	}
	address := from.Addr().Unmap().WithZone("")
	bits := address.BitLen()
	if address.Is6() {
		bits = 64
	}
	prefix, _ := address.Prefix(bits) // bits fit
	return prefix
}
