package relay

import "time"

// A timer of a pair wakes it at the earliest of its deadlines, or before: they mostly move on, and are looked at then.
type timer struct {
	timer *time.Timer
	at    instant // 0: it is not running
}

func (t *timer) stop() {
	if t.timer != nil {
		t.timer.Stop()
	}
}

// arm makes sure that the timer fires at the next deadline at the latest.
func (s *pair) arm() {
	next, t := s.deadline(), &s.timer
	if next == 0 || t.at != 0 && t.at <= next {
		return
	}
	t.at = next
	if t.timer == nil {
		t.timer = time.AfterFunc(next-s.loop.now, func() { s.loop.post(s.fired) })
	} else {
		t.timer.Reset(next - s.loop.now)
	}
}

func (s *pair) fired() {
	if s.phase == over {
		return
	}
	s.timer.at = 0
	if s.phase == closing && s.loop.now >= s.until {
		s.settle(errUpstreamStall)
	}
	s.turn()
}

// stall is when what is sent now has to be taken; 0: whenever.
func (s *pair) stall() instant {
	if s.relay.cfg.Stall <= 0 {
		return 0
	}
	return s.loop.now + s.relay.cfg.Stall
}

// deadline is the earliest that there is; 0: none.
func (s *pair) deadline() (next instant) {
	sooner := func(at instant) {
		if at > 0 && (next == 0 || at < next) {
			next = at
		}
	}
	if s.phase != open {
		sooner(s.until)
	} else if f := &s.fromClient; f.waits {
		sooner(f.slowed)
	} else {
		sooner(f.until)
	}
	if s.client.stuck {
		sooner(s.client.until)
	}
	if s.upstream.stuck {
		sooner(s.upstream.until)
	}
	return next
}

// late is the deadline that has passed, as the reason to end.
func (s *pair) late() error {
	now, f := s.loop.now, &s.fromClient
	switch {
	case s.client.late(now):
		return s.toClient.fail(errStall)
	case s.upstream.late(now):
		return errUpstreamStall
	case s.phase != open || f.waits || f.until == 0 || now < f.until:
		return nil
	case f.within:
		return errSlow
	default:
		return errIdle
	}
}
