package directustest

import (
	"fmt"
	"net/http"
	"strings"

	"directuschat/app/directus"
)

// Grant logs a user in without a request.
func (s *Server) Grant(email string) directus.Grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	access, refresh := s.newTokens(s.user(email))
	return directus.Grant{
		Access: directus.Secret(access), Refresh: directus.Secret(refresh),
		Expires: s.access[access].expires.Add(-s.cfg.ClockOffset).Round(0),
	}
}

func (s *Server) newTokens(u *user) (access, refresh string) {
	s.lastToken++
	access, refresh = fmt.Sprintf("access-%d", s.lastToken), fmt.Sprintf("refresh-%d", s.lastToken)
	s.access[access] = &grant{user: u, expires: s.now().Add(s.cfg.AccessTTL)}
	s.refresh[refresh] = u
	return access, refresh
}

// RefreshTokens returns how many refresh tokens of a user are good.
func (s *Server) RefreshTokens(email string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, u := range s.refresh {
		if u == s.user(email) {
			n++
		}
	}
	return n
}

var (
	errCredentials = failure{http.StatusUnauthorized, "INVALID_CREDENTIALS", "Invalid user credentials."}
	errOTP         = failure{http.StatusUnauthorized, "INVALID_OTP", "Invalid user OTP."}
	errExpired     = failure{http.StatusUnauthorized, "TOKEN_EXPIRED", "Token expired."}
	errForbidden   = failure{http.StatusForbidden, "FORBIDDEN", "You don't have permission to access this."}
)

func errPayload(message string) error {
	return failure{http.StatusBadRequest, "INVALID_PAYLOAD", "Invalid payload. " + message}
}

func (s *Server) login(r *http.Request) (any, error) {
	var body struct{ Email, Password, OTP string }
	if err := decode(r, &body); err != nil {
		return nil, err
	}
	if !strings.Contains(body.Email, "@") {
		return nil, errPayload(`"email" must be a valid email.`)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		switch {
		case !strings.EqualFold(u.Email, body.Email):
		case u.Suspended, u.Password != body.Password: // Directus does not tell them apart
			return nil, errCredentials
		case u.Code != body.OTP && u.Code != "":
			return nil, errOTP
		default:
			return s.newSession(u), nil
		}
	}
	return nil, errCredentials
}

// rotate replaces a refresh token; the old one is dead at once, but for the grace of Config.
func (s *Server) rotate(r *http.Request) (any, error) {
	token, err := refreshToken(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, ok := s.rotated[token]; ok && s.now().Before(before.until) {
		if use(&s.loseRefreshes) {
			return nil, errLost
		}
		return before.answer, nil
	}
	u := s.refresh[token]
	delete(s.refresh, token)
	if u == nil {
		return nil, errCredentials
	}
	answer := s.newSession(u)
	if s.cfg.RefreshGrace > 0 {
		s.rotated[token] = rotation{answer, s.now().Add(s.cfg.RefreshGrace)}
	}
	if use(&s.loseRefreshes) {
		return nil, errLost
	}
	return answer, nil
}

func (s *Server) newSession(u *user) any {
	access, refresh := s.newTokens(u)
	return map[string]any{
		"access_token": access, "refresh_token": refresh, "expires": s.cfg.AccessTTL.Milliseconds(),
	}
}

func (s *Server) logout(r *http.Request) (any, error) {
	token, err := refreshToken(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.refresh, token)
	return nil, nil
}

func refreshToken(r *http.Request) (string, error) {
	var body struct {
		Token string `json:"refresh_token"`
	}
	if err := decode(r, &body); err != nil {
		return "", err
	}
	if body.Token == "" {
		return "", errPayload("The refresh token is required in either the payload or cookie.")
	}
	return body.Token, nil
}

// identify returns who makes a request, nil for nobody.
func (s *Server) identify(r *http.Request) (*user, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.access[token]
	switch {
	case g == nil:
		return nil, errCredentials
	case !s.now().Before(g.expires):
		return nil, errExpired
	}
	return g.user, nil
}
