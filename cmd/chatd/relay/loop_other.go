//go:build !linux

package relay

import (
	"errors"
	"net"
)

// A loop does not exist here: sockets are carried by goroutines.
type loop struct{}

func newLoops(func() instant) []*loop { return nil }

func newPair(*Relay, net.Conn, net.Conn, string, func(error)) carrier { return nil }

// Together reports why sends for many sockets are not one call of the kernel.
func Together() error { return errors.New("the system is not Linux") }
