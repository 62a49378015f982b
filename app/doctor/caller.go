package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"directuschat/app/directus"
)

// A caller is somebody who uses Directus's REST API; without a token it is the public.
type caller struct {
	api   directus.API
	token directus.Secret
}

// get reads the "data" of an answer into out.
func (c caller) get(ctx context.Context, path string, query url.Values, out any) error {
	answer, err := c.send(ctx, "GET", path, query, nil)
	if err != nil {
		return err
	}
	err = json.Unmarshal(answer.Body, &struct {
		Data any `json:"data"`
	}{out})
	if err != nil {
		return fmt.Errorf("GET %s: %w", path, directus.ErrNotDirectus)
	}
	return nil
}

// find is get for what may be absent or closed; it reports whether it was read.
func (c caller) find(ctx context.Context, path string, query url.Values, out any) (bool, error) {
	err := c.get(ctx, path, query, out)
	if directus.IsCode(err, directus.CodeForbidden, codeNoRoute) {
		return false, nil
	}
	return err == nil, err
}

// codeNoRoute is Directus's word for a path that it does not have, or not any more.
const codeNoRoute = "ROUTE_NOT_FOUND"

// timeout bounds one request.
const timeout = 30 * time.Second

func (c caller) send(ctx context.Context, method, path string, query url.Values, in any) (directus.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r := directus.Request{Method: method, Path: path, Query: query, Token: c.token}
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			return directus.Response{}, err
		}
		r.Body = body
	}
	return c.api.Call(ctx, r)
}

// Patient is a transport that waits when a rate limiter tells it to, and asks again: an examination asks faster than
// people do.
func Patient(t directus.Transport) directus.Transport { return patient{t} }

type patient struct{ directus.Transport }

func (p patient) Do(ctx context.Context, url string, r directus.Request) (directus.Response, error) {
	for {
		answer, err := p.Transport.Do(ctx, url, r)
		if err != nil || answer.Status != http.StatusTooManyRequests {
			return answer, err
		}
		select {
		case <-time.After(max(answer.RetryAfter, time.Second)):
		case <-ctx.Done():
			return answer, nil // the refusal says more
		}
	}
}

// refusal is the code and message of a refused request; an error of any other kind, or none, is no refusal.
func refusal(err error) (code, message string) {
	var e *directus.Error
	if errors.As(err, &e) {
		return e.Code, e.Message
	}
	return "", ""
}
