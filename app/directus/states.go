package directus

import (
	"context"
	"errors"
	"time"
)

// enter makes the state known.
func (s *Session) enter(state State, retryAt time.Time, err error) {
	s.state = state
	s.cfg.Deliver(StateChanged{Generation: s.generation, State: state, RetryAt: retryAt, Err: err})
}

// leave ends whatever the present state has under way. Writes without an answer are ambiguous from here on.
func (s *Session) leave() {
	if s.state == Ready && s.lasted() >= provenAfter {
		s.backoff.reset()
		s.authsFailed = 0
	}
	s.hurried = false
	s.deadline.Stop()
	s.probe.Stop()
	s.renewal.Stop()
	if s.abandon != nil {
		s.abandon()
		s.abandon = nil
	}
	if s.connection != nil {
		s.connection.close()
		s.connection = nil
	}
}

// lasted is the time since the attempt, or Ready, began: by the wall clock, since the other one stands still while a
// machine sleeps.
func (s *Session) lasted() time.Duration { return s.now().Sub(s.begun).Abs() }

// moveToConnecting begins an attempt: a token if there is no valid one, then the socket.
func (s *Session) moveToConnecting() {
	s.leave()
	s.generation++
	s.begun = s.now()
	s.enter(Connecting, time.Time{}, nil)

	ctx, cancel := context.WithCancel(s.ctx)
	s.abandon = cancel
	generation, failed := s.generation, s.dialsFailed
	s.helpers.Go(func() {
		conn, token, err := s.dial(ctx, failed)
		s.mailbox.put(func() {
			switch {
			case s.generation != generation || s.state != Connecting:
				if conn != nil {
					conn.Close()
				}
			case err != nil:
				s.dialFailed(err)
			default:
				s.moveToAuthenticating(conn, token)
			}
		})
	})
}

// dial runs apart from the session's goroutine. failed is how many dials in a row have.
func (s *Session) dial(ctx context.Context, failed int) (Conn, Secret, error) {
	token, err := s.credentials.access(ctx)
	if err != nil {
		return nil, "", err
	}
	dialCtx, cancel := context.WithTimeout(ctx, s.cfg.ConnectTimeout)
	defer cancel()
	conn, err := s.cfg.Dialer.Dial(dialCtx, s.cfg.SocketURL)
	if err != nil && failed > 0 {
		// A browser does not say why an upgrade failed. REST may.
		if server, askErr := ReadServer(ctx, s.Call); askErr == nil && server.Mute {
			err = ErrRealtimeDisabled
		}
	}
	if err != nil {
		return nil, "", &dialError{err}
	}
	return conn, token, nil
}

// A dialError sets a failed dial apart from a failed refresh.
type dialError struct{ err error }

func (e *dialError) Error() string { return "failed to connect: " + e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

func (s *Session) dialFailed(err error) {
	var dial *dialError
	switch {
	case errors.Is(err, ErrSessionEnded):
		s.moveToEnded(err)
		return
	case errors.As(err, &dial):
		s.dialsFailed++
		s.askInfo = true
	}
	s.moveToWaiting(err)
}

// moveToAuthenticating sends the access token as the first frame. Anything else that is sent before "ok" is lost.
func (s *Session) moveToAuthenticating(conn Conn, token Secret) {
	s.abandon()
	s.abandon = nil
	s.dialsFailed = 0
	s.connection = s.newConnection(conn)
	s.enter(Authenticating, time.Time{}, nil)
	s.authenticate(token)
	s.deadline.Reset(s.cfg.ConnectTimeout)
}

// moveToReady begins the working life of a connection: first the subscriptions, so that their owner can read history
// behind them.
func (s *Session) moveToReady() {
	s.begun = s.now()
	s.hurried = false
	s.deadline.Stop()
	s.enter(Ready, time.Time{}, nil)
	s.subscribe()
	s.scheduleProbe()
	s.useNewestToken()
	if s.askInfo {
		s.helpers.Go(func() {
			if server, err := ReadServer(s.ctx, s.Call); err == nil {
				s.mailbox.put(func() { s.server, s.askInfo = server, false })
			}
		})
	}
}

// moveToWaiting ends the attempt or connection and sets the time of the next one.
func (s *Session) moveToWaiting(err error) {
	elapsed := s.lasted()
	if s.state == Ready {
		elapsed = 0 // no attempt
	}
	s.leave()
	wait := max(s.backoff.next(s.cfg.Jitter, s.pace(), elapsed), asked(err))
	s.deadline.Reset(wait)
	state := Waiting
	if !s.online {
		state = Offline
	}
	s.enter(state, s.now().Add(wait), err)
}

func (s *Session) pace() pace {
	switch {
	case s.visible && s.online:
		return steady
	case s.credentials.isUnanswered():
		return healing
	default:
		return rare
	}
}

// moveToEnded is the end by the server's word. Nothing but a definite refusal of the refresh token leads here.
func (s *Session) moveToEnded(err error) {
	s.leave()
	s.ended = err
	s.enter(Ended, time.Time{}, err)
}

// overdue is called when what the state was waiting for has not come in time.
func (s *Session) overdue() {
	switch {
	case s.hurried, s.state == Waiting, s.state == Offline:
		s.moveToConnecting()
	default:
		s.requests.doubt()
		s.moveToWaiting(errNoAnswer)
	}
}

// errNoAnswer is an ErrUnreachable. A start does not format it, which is the work of some forty functions.
var errNoAnswer = noAnswer{}

type noAnswer struct{}

func (noAnswer) Error() string { return ErrUnreachable.Error() + ": no answer in time" }

func (noAnswer) Unwrap() error { return ErrUnreachable }

// wake probes or attempts now, whatever was planned.
func (s *Session) wake() {
	switch s.state {
	case Waiting, Offline:
		s.moveToConnecting()
	case Connecting, Authenticating:
		// An attempt from before a sleep may hang; a young one deserves its chance, but not for long.
		s.requests.doubt()
		if left := s.cfg.WakeTimeout - s.lasted(); left > 0 {
			s.hurried = true
			s.deadline.Reset(left)
		} else {
			s.moveToConnecting()
		}
	case Ready:
		s.probeNow()
		s.scheduleRenewal() // timers stand still while a machine sleeps
	}
}

// scheduleRenewal is called when the server may be there again. A refresh that it may have carried out without our having
// its answer is made again now: it gives the same answer for a short while only, and then none.
func (s *Session) scheduleRenewal() {
	if s.credentials.isUnanswered() {
		s.credentials.renew()
		return
	}
	_, renewal := s.credentials.current()
	s.renewal.Reset(renewal.pick(s.cfg.Jitter).Sub(s.now()))
}

// refreshed is called after every refresh, whoever asked for it.
func (s *Session) refreshed(err error) {
	switch {
	case s.state == Ended:
	case errors.Is(err, ErrSessionEnded):
		s.moveToEnded(err)
	case s.state != Ready:
		// Connecting hears of it from its own attempt, Authenticating will when it is Ready.
	case err != nil:
		s.renewal.Reset(max(steady.interval(s.cfg.Jitter), asked(err)))
	default:
		s.useNewestToken()
	}
}
