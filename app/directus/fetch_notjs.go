//go:build !js

package directus

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"
)

// NewTransport returns the platform's Transport: here net/http's, which follows no redirects.
func NewTransport() Transport {
	return httpTransport{&http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

type httpTransport struct{ client *http.Client }

func (t httpTransport) Do(ctx context.Context, url string, r Request) (Response, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, url, bytes.NewReader(r.Body))
	if err != nil {
		return Response{}, err
	}
	if r.Token != "" {
		req.Header.Set("Authorization", "Bearer "+string(r.Token))
	}
	if r.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return Response{}, unreachable(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, r.Limit+1))
	if err != nil {
		return Response{}, unreachable(ctx, err)
	}
	if int64(len(body)) > r.Limit {
		return Response{}, ErrTooLarge
	}
	return newResponse(resp.StatusCode, resp.Header.Get("Date"), resp.Header.Get("Retry-After"), body, time.Now()), nil
}
