package doctor

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"directuschat/app/directus"
)

// Limits of how long a browser may be away without a new log-in.
const (
	minAway = time.Hour
	maxAway = 90 * 24 * time.Hour
)

func refreshLifetime(ctx context.Context, x *exam) (*Finding, error) {
	lifetime, err := x.exchange(ctx)
	switch {
	case err != nil:
		return nil, err
	case lifetime == 0:
		x.notes = append(x.notes, "how long a browser may be away without a new log-in could not be read; REFRESH_TOKEN_TTL of Directus says it, 7d by default")
	case lifetime < minAway:
		return &Finding{
			What:  fmt.Sprintf("refresh tokens are valid for %s only", lifetime),
			Means: "whoever closes the laptop for longer has to type the password again, and what waits to be sent waits for that",
			Fix:   "set REFRESH_TOKEN_TTL of Directus to 7d, its default",
		}, nil
	case lifetime > maxAway:
		return &Finding{
			What:  fmt.Sprintf("refresh tokens are valid for %.0f days", lifetime.Hours()/24),
			Means: "a laptop that was lost, or lent, stays logged in for that long",
			Fix:   "set REFRESH_TOKEN_TTL of Directus to 7d, its default",
		}, nil
	}
	return nil, nil
}

// refreshCookie is what Directus calls it unless REFRESH_TOKEN_COOKIE_NAME says otherwise.
const refreshCookie = "directus_refresh_token"

// exchange lets Directus exchange the user's refresh token in the way of Data Studio: by a cookie, which says how long it
// lives, as no other answer does. The new token is given up at once. 0: this Directus does not do it.
func (x *exam) exchange(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	answer, err := x.refreshByCookie(ctx)
	for err == nil && answer.StatusCode == http.StatusTooManyRequests { // it goes past the Patient transport
		select {
		case <-time.After(time.Second):
			answer, err = x.refreshByCookie(ctx)
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if err != nil {
		return 0, err
	}
	for _, cookie := range answer.Cookies() {
		if cookie.Name == refreshCookie && cookie.MaxAge > 0 {
			return time.Duration(cookie.MaxAge) * time.Second, x.API.Logout(ctx, directus.Secret(cookie.Value))
		}
	}
	return 0, nil
}

// refreshByCookie returns the head of the answer.
func (x *exam) refreshByCookie(ctx context.Context) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, "POST", x.API.URL+"/auth/refresh", strings.NewReader(`{"mode":"cookie"}`))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.AddCookie(&http.Cookie{Name: refreshCookie, Value: string(x.User.Refresh)})
	answer, err := http.DefaultTransport.RoundTrip(request) // a redirect must not get the token
	if err != nil {
		return nil, err
	}
	return answer, answer.Body.Close()
}
