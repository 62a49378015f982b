package doctor

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"directuschat/app/directus"
	"directuschat/app/provision"
)

// elsewhere is an address that nobody has (RFC 5737).
const elsewhere = "192.0.2.77"

// LogIn makes the log-in of Options.User. It says, as chatd does of those it asks for, that it is made for somebody at
// another address; the examination looks for that address in Directus's activity.
func LogIn(ctx context.Context, api directus.API, c provision.Credentials) (directus.Grant, error) {
	api.Transport = Patient(forwarded{})
	return provision.LogIn(ctx, api, c)
}

// forwarded is a transport without tokens, for a log-in.
type forwarded struct{}

func (forwarded) Do(ctx context.Context, url string, r directus.Request) (directus.Response, error) {
	request, err := http.NewRequestWithContext(ctx, r.Method, url, bytes.NewReader(r.Body))
	if err != nil {
		return directus.Response{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Forwarded-For", elsewhere)
	answer, err := http.DefaultTransport.RoundTrip(request) // a redirect must not get the password
	if err == nil {
		defer answer.Body.Close()
		var body []byte
		if body, err = io.ReadAll(io.LimitReader(answer.Body, r.Limit)); err == nil {
			return directus.Response{Status: answer.StatusCode, Body: body}, nil
		}
	}
	if ctx.Err() != nil {
		return directus.Response{}, ctx.Err()
	}
	return directus.Response{}, fmt.Errorf("%w: %w", directus.ErrUnreachable, err)
}

// readTrust notes that Directus does not believe this machine whom it asks for, where the rate limiter counts by that. It
// is no finding: chatd may run on another machine, which Directus believes.
func (x *exam) readTrust(ctx context.Context) error {
	if x.me == "" || !x.info.RateLimit.on {
		return nil
	}
	last := url.Values{"filter[action][_eq]": {"login"}, "filter[user][_eq]": {x.me}, "sort": {"-id"}, "limit": {"1"}, "fields": {"ip"}}
	var found []struct{ IP string }
	if err := x.operator.get(ctx, "activity", last, &found); err != nil || len(found) == 0 || found[0].IP == elsewhere {
		return err
	}
	x.notes = append(x.notes, fmt.Sprintf("Directus does not believe this machine, which it knows as %s, whom it asks for: if chatd asks from there, "+
		"all its users are one to the rate limiter; set IP_TRUST_PROXY of Directus to the address of chatd", found[0].IP))
	return nil
}
