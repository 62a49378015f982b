package directus

import "time"

// A socket may be dead, or let through only what the server says, and browsers do not tell. So the session asks, and
// wants an answer. Under load that one may stand at the end of a queue: while frames come without a pause it is waited
// for a while longer. The server's pings come from a timer and prove nothing.

const (
	hiddenShare = 3           // a hidden page probes this much more rarely
	pause       = time.Second // between two frames, or they are no queue

	// How far off the clock a timer may be before the machine has slept, the page was frozen, or the clock was set.
	// Browsers hold back the timers of hidden pages for up to a minute.
	jump       = 5 * time.Second
	jumpHidden = 65 * time.Second
)

func (s *Session) scheduleProbe() {
	interval := s.cfg.ProbeInterval
	if !s.visible {
		interval *= hiddenShare
	}
	s.setProbe(interval)
}

func (s *Session) setProbe(d time.Duration) {
	s.connection.probeFor = d
	s.connection.probeSet = s.now()
	s.probe.Reset(d)
}

// sendProbe asks for a sign of life within d.
func (s *Session) sendProbe(d time.Duration) {
	c := s.connection
	if c.probe == "" {
		c.probedAt = s.now()
	}
	c.probe = s.nextUID()
	s.setProbe(d)
	s.write(probeFrame(c.probe))
}

// probeNow asks for a sign of life soon. A probe that will be overdue before that stays: whoever looks again and again
// must not put off the end of a dead connection.
func (s *Session) probeNow() {
	c := s.connection
	c.urgent = true
	left := c.probeFor - s.now().Sub(c.probeSet)
	if c.probe == "" || left < 0 || left > s.cfg.WakeTimeout {
		s.sendProbe(s.cfg.WakeTimeout)
	}
}

// probeAnswered takes the answer to a probe.
func (s *Session) probeAnswered(uid string) {
	if c := s.connection; c.probe == uid && uid != "" {
		c.probe, c.urgent = "", false
		s.scheduleProbe()
	}
}

func (s *Session) probeTick() {
	c := s.connection
	now := s.now()
	switch late := now.Sub(c.probeSet) - c.probeFor; {
	case s.jumped(late):
		s.cfg.Deliver(Gap{Generation: s.generation, Reason: GapClockJump})
		if late < 0 {
			s.credentials.renew() // by a clock that was set back, nobody knows how old the token is
		}
		s.requests.doubt()
		s.wake()
	case c.probe == "":
		s.sendProbe(s.cfg.ProbeTimeout)
	case now.Sub(c.probedAt).Abs() >= s.cfg.ProbeInterval:
		s.silent()
	default:
		select {
		case r := <-c.frames: // it was there, and the timer was quicker
			s.receiveAll(r)
			if s.connection == c && c.probe != "" {
				s.setProbe(0)
			}
		default:
			if now.Sub(c.heardAt).Abs() < pause {
				s.setProbe(pause)
			} else {
				s.silent()
			}
		}
	}
}

func (s *Session) jumped(late time.Duration) bool {
	if s.visible {
		return late.Abs() > jump
	}
	return late.Abs() > jumpHidden
}

// silent ends a connection that did not answer. Somebody who has just come back does not wait for the next attempt.
func (s *Session) silent() {
	s.requests.doubt()
	if s.online && s.connection.urgent {
		s.moveToConnecting()
	} else {
		s.moveToWaiting(errNoAnswer)
	}
}
