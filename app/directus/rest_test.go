package directus

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answers is a Transport that answers every request alike, and remembers the last one.
type answers struct {
	Response
	err error

	url     string
	request Request
}

func (a *answers) Do(_ context.Context, url string, r Request) (Response, error) {
	a.url, a.request = url, r
	return a.Response, a.err
}

func TestCallSendsTheRequest(t *testing.T) {
	transport := &answers{Response: Response{Status: 200, Body: []byte(`{}`)}}
	api := API{URL: "https://example.com/directus", Transport: transport}
	_, err := api.Call(t.Context(), Request{Path: "items/messages", Token: "t", Query: Query{Limit: 5, Filter: `{"a":1}`}.Values()})
	require.NoError(t, err)
	assert.Equal(t, "https://example.com/directus/items/messages?filter=%7B%22a%22%3A1%7D&limit=5", transport.url)
	assert.Equal(t, "GET", transport.request.Method)
	assert.EqualValues(t, DefaultLimit, transport.request.Limit)
	assert.EqualValues(t, "t", transport.request.Token)
}

// An update without a key would be one of the first hundred rows.
func TestCallRefusesEmptyIDs(t *testing.T) {
	transport := &answers{Response: Response{Status: 200}}
	api := API{Transport: transport}
	for _, path := range []string{"", "items/messages/", "items//a", "/items"} {
		_, err := api.Call(t.Context(), Request{Method: "PATCH", Path: path})
		assert.ErrorIs(t, err, ErrEmptyID, path)
	}
	assert.Empty(t, transport.url, "nothing was sent")
}

func TestLoginSendsTheCodeOnlyIfThereIsOne(t *testing.T) {
	transport := &answers{Response: Response{Status: 200, Body: []byte(`{"data":{"expires":900000,"refresh_token":"r","access_token":"a"}}`)}}
	api := API{Transport: transport}
	before := time.Now()
	g, err := api.Login(t.Context(), "alice@example.com", `pass"word`, "")
	require.NoError(t, err)
	assert.Equal(t, `{"mode":"json","email":"alice@example.com","password":"pass\"word"}`, string(transport.request.Body))
	assert.Equal(t, "a r", string(g.Access)+" "+string(g.Refresh))
	assert.WithinDuration(t, before.Add(15*time.Minute), g.Expires, time.Minute)
	_, err = api.Login(t.Context(), "alice@example.com", "p", "123456")
	require.NoError(t, err)
	assert.Contains(t, string(transport.request.Body), `,"otp":"123456"}`)
}

func TestRefusals(t *testing.T) {
	const forbidden = `{"errors":[{"message":"No.","extensions":{"code":"FORBIDDEN"}},{"message":"x","extensions":{"code":"Y"}}]}`
	for name, test := range map[string]struct {
		status int
		body   string
		want   *Error // nil for ErrNotDirectus
		text   string
	}{
		"Directus":            {403, forbidden, &Error{Status: 403, Code: "FORBIDDEN", Message: "No."}, "FORBIDDEN: No."},
		"a proxy's 502":       {502, "<html>", &Error{Status: 502}, "the server answered with status 502"},
		"a proxy's 429":       {429, "", &Error{Status: 429}, "the server answered with status 429"},
		"a page":              {404, "<html>", nil, ""},
		"another API":         {400, `{"errors":["no"],"error":"x"}`, nil, ""},
		"errors of null":      {400, `{"errors":null}`, nil, ""},
		"an error of nulls":   {400, `{"errors":[{"message":null,"extensions":null}]}`, nil, ""},
		"broken JSON":         {400, forbidden[:40], nil, ""},
		"a redirect":          {302, "", nil, ""},
		"an opaque redirect":  {0, "", nil, ""},
		"a code of a 500":     {500, forbidden, &Error{Status: 500, Code: "FORBIDDEN", Message: "No."}, "FORBIDDEN: No."},
		"a code and no words": {400, `{"errors":[{"extensions":{"code":"X"}}]}`, &Error{Status: 400, Code: "X"}, "X"},
	} {
		t.Run(name, func(t *testing.T) {
			api := API{Transport: &answers{Response: Response{Status: test.status, Body: []byte(test.body)}}}
			_, err := api.Call(t.Context(), Request{Path: "users/me"})
			if test.want == nil {
				assert.ErrorIs(t, err, ErrNotDirectus)
				return
			}
			var refusal *Error
			require.ErrorAs(t, err, &refusal)
			assert.Equal(t, test.want, refusal)
			assert.EqualError(t, err, "GET users/me: "+test.text)
		})
	}
}

func TestGrantsThatAreNone(t *testing.T) {
	for _, body := range []string{
		``, `<html>`, `{}`, `{"data":null}`, `{"data":{"access_token":"a"}}`, `{"data":{"expires":86400000}}`,
		`{"data":{"expires":-1,"refresh_token":null,"access_token":"a"}}`, `{"data":{"expires":"soon","refresh_token":"r","access_token":"a"}}`,
	} {
		_, err := API{Transport: &answers{Response: Response{Status: 200, Body: []byte(body)}}}.Refresh(t.Context(), "r")
		assert.ErrorIs(t, err, ErrNotDirectus, body)
	}
}

func TestOnlyDirectusRefusesTokens(t *testing.T) {
	for code, refuses := range map[string]bool{
		CodeInvalidCredentials: true, CodeTokenExpired: true, CodeInvalidToken: true, CodeUserSuspended: true,
		CodeForbidden: false, CodeRequestsExceeded: false, "RESOURCE_RESTRICTED": false, "": false,
	} {
		for status, fits := range map[int]bool{401: true, 403: true, 400: false, 429: false, 500: false, 0: false} {
			err := fmt.Errorf("refresh: %w", &Error{Status: status, Code: code})
			assert.Equal(t, refuses && fits, refusesToken(err), "%d %s", status, code)
		}
	}
	for _, err := range []error{nil, ErrUnreachable, ErrNotDirectus, ErrTooLarge, context.DeadlineExceeded, errors.New("x")} {
		assert.False(t, refusesToken(err), "%v", err)
	}
}

func TestResponseHeaders(t *testing.T) {
	now := time.Date(2026, 11, 22, 3, 58, 7, 0, time.UTC)
	r := newResponse(429, "Sun, 22 Nov 2026 03:58:07 GMT", "5", nil, now)
	assert.Equal(t, now, r.Date)
	assert.Equal(t, 5*time.Second, r.RetryAfter)
	assert.Equal(t, time.Minute, newResponse(503, "", "Sun, 22 Nov 2026 03:59:07 GMT", nil, now).RetryAfter)
	for _, odd := range []string{"", "-5", "soon", "1e9", "Sun, 22 Nov 2026 03:57:07 GMT"} {
		r := newResponse(503, odd+"x", odd, nil, now)
		assert.Zero(t, r.RetryAfter, odd)
		assert.True(t, r.Date.IsZero())
	}
}

func TestHTTPDate(t *testing.T) {
	for month := range 12 {
		at := time.Date(2026, time.Month(month+1), 28, 23, 59, 7, 0, time.UTC)
		date, err := parseHTTPDate(at.Format("Mon, 02 Jan 2006 15:04:05 GMT"))
		require.NoError(t, err)
		assert.Equal(t, at, date)
	}
	for _, odd := range []string{
		"", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nuv 1994 08:49:37 GMT", "Sun, 06 01F 1994 08:49:37 GMT",
		"Sun, 06 12  1994 08:49:37 GMT", "Sun, 36 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z, at GMT",
	} {
		_, err := parseHTTPDate(odd)
		assert.Error(t, err, odd)
	}
}

func TestServerInfo(t *testing.T) {
	for body, want := range map[string]Server{
		`{"data":{"version":"12.4.0","websocket":{"rest":{"path":"/websocket"},"heartbeat":30}}}`: {"12.4.0", false},
		`{"data":{"version":"12.4.0","websocket":{"rest":false,"graphql":{}}}}`:                   {"12.4.0", true},
		`{"data":{"version":"11.17.4","websocket":false}}`:                                        {"11.17.4", true},
		`{"data":{"project":{}}}`: {"", false},
		`{"data":null}`:           {"", false},
	} {
		server, err := decodeServer([]byte(body))
		require.NoError(t, err)
		assert.Equal(t, want, server, body)
	}
	_, err := decodeServer([]byte("<html>"))
	assert.ErrorIs(t, err, ErrNotDirectus)
	for version, want := range map[string]bool{
		"12.4.0": true, "12.4": true, "12.10.1": true, "13.0.0-rc.1": true, "12.3.9": false, "11.17.4": false, "9.0.0": false,
		"": false, "12": false, "twelve.four": false, "12.x": false,
	} {
		assert.Equal(t, want, Server{Version: version}.namesRequests(), version)
	}
}
