package main

import (
	"net/netip"
	"sync"

	"golang.org/x/time/rate"
)

// maxAddresses is how many addresses are told apart for certain; twice as many at most are remembered.
const maxAddresses = 1 << 15

// addressLimits give each address its own budget of requests. Behind a proxy that is not named all have one together.
type addressLimits struct {
	limit rate.Limit // per second
	burst int

	mu        sync.Mutex
	byAddress *recent[netip.Prefix, *rate.Limiter]
}

func newAddressLimits(limit rate.Limit, burst int) *addressLimits {
	return &addressLimits{limit: limit, burst: burst, byAddress: newRecent[netip.Prefix, *rate.Limiter](maxAddresses)}
}

// allow takes one from the budget of a remote address, as net/http writes it. An address that is forgotten, because so
// many others came after it, begins anew: whoever has that many has as many budgets.
func (l *addressLimits) allow(remote string) bool {
	address := network(remote)
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter, known := l.byAddress.get(address)
	if !known {
		limiter = rate.NewLimiter(l.limit, l.burst)
		l.byAddress.put(address, limiter)
	}
	return limiter.Allow()
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

// A recent is a map that no flood of keys can fill the memory with. It keeps the last size keys that were put or asked
// for, and forgets all others by the time it holds twice as many; each costs the same, however many there are.
type recent[K comparable, V any] struct {
	size       int
	young, old map[K]V
}

func newRecent[K comparable, V any](size int) *recent[K, V] {
	return &recent[K, V]{size: size, young: map[K]V{}}
}

func (m *recent[K, V]) get(key K) (V, bool) {
	value, ok := m.young[key]
	if !ok {
		if value, ok = m.old[key]; ok {
			m.put(key, value)
		}
	}
	return value, ok
}

func (m *recent[K, V]) put(key K, value V) {
	if _, known := m.young[key]; !known && len(m.young) >= m.size {
		m.old, m.young = m.young, map[K]V{}
	}
	m.young[key] = value
}
