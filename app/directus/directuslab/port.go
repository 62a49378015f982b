//go:build linux || darwin

package directuslab

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports are chosen below the range that systems take outgoing connections' ports from, so that the port of an instance
// that is being restarted cannot be taken by somebody's connection meanwhile.
const firstPort, lastPort = 20000, 29999

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func baseURL(port int) string { return "http://" + address(port) }

// portFree returns ErrPortInUse if something listens on port.
func portFree(port int) error {
	l, err := net.Listen("tcp", address(port))
	if err != nil {
		return fmt.Errorf("cannot listen on %s (%w): %w", address(port), err, ErrPortInUse)
	}
	return l.Close()
}

// choosePort returns a port that nothing listens on at this moment.
func choosePort() (int, error) {
	const tries = 100
	var err error
	for range tries {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if err = portFree(port); err == nil {
			return port, nil
		}
	}
	return 0, err
}
