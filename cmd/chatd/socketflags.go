package main

import (
	"errors"
	"flag"
	"time"
)

// socketLimits bound what sockets may cost. A limit of 0 is off.
type socketLimits struct {
	most           int
	mostPerAddress int
	maxMessage     int     // bytes
	rate           float64 // messages per second
	idle, stall    time.Duration
	share          bool // subscriptions, where that is the same
}

func (l *socketLimits) addFlags(flags *flag.FlagSet) {
	flags.IntVar(&l.most, "max-sockets", 20000, "most `sockets` at once; 0: no limit")
	flags.IntVar(&l.mostPerAddress, "max-address-sockets", 1000, "most `sockets` at once of one address (of IPv6, one /64): an office has one together; 0: no limit")
	flags.IntVar(&l.maxMessage, "max-frame", 64<<10, "most `bytes` of one WebSocket message from a browser; 0: no limit")
	flags.Float64Var(&l.rate, "socket-rate", 20, "`messages` per second that one socket may send, five seconds' worth at once; more wait; 0: no limit")
	flags.DurationVar(&l.idle, "socket-idle-timeout", 5*time.Minute, "`time` for which a browser may be silent on its socket, which answers Directus's heartbeat; 0: no limit")
	flags.DurationVar(&l.stall, "socket-stall-timeout", 10*time.Second, "`time` for which a browser, or Directus, may read nothing of what is sent to it by socket; 0: no limit")
	flags.BoolVar(&l.share, "share-subscriptions", true, "have one subscription to Directus serve all who may read the same; who may, is asked every minute")
}

func (l *socketLimits) check() error {
	if l.most < 0 || l.mostPerAddress < 0 || l.maxMessage < 0 || !(l.rate >= 0) || l.idle < 0 || l.stall < 0 {
		return errors.New("-max-sockets, -max-address-sockets, -max-frame, -socket-rate, -socket-idle-timeout and -socket-stall-timeout must not be negative; 0 switches a limit off")
	}
	return nil
}
