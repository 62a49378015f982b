package fanout

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type answer func(*http.Request) *http.Response

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) { return a(r), nil }

func TestAskRights(t *testing.T) {
	base, err := url.Parse("https://cms.example.com/sub")
	require.NoError(t, err)
	var asked *http.Request
	ask := func(status int, body string) (Rights, error) {
		return AskRights(t.Context(), answer(func(r *http.Request) *http.Response {
			asked = r
			return &http.Response{StatusCode: status, Status: http.StatusText(status), Body: io.NopCloser(strings.NewReader(body))}
		}), base, "the-token", "192.0.2.1")
	}
	rights, err := ask(200, `{"data":{
		"messages":{"read":{"access":"full","fields":["id","content"]},"create":{"access":"full","fields":["*"]}},
		"people":{"read":{"access":"full","fields":["*"]}},
		"own":{"read":{"access":"partial","fields":["*"]}},
		"secret":{"read":{"access":"none"},"update":{"access":"full","fields":["*"]}},
		"odd":{"read":{"access":"full"}}}}`)
	require.NoError(t, err)
	assert.Equal(t, "https://cms.example.com/sub/permissions/me", asked.URL.Scheme+"://"+asked.URL.Host+asked.URL.Path)
	assert.NotEmpty(t, asked.URL.Query().Get("search"), "else several Directus may answer out of their caches")
	assert.Equal(t, "Bearer the-token", asked.Header.Get("Authorization"))
	assert.Equal(t, "192.0.2.1", asked.Header.Get("X-Forwarded-For"))
	for q, want := range map[*query]bool{
		{"messages", []string{"id"}, []string{"id"}}:           true,
		{"messages", []string{"content", "id"}, nil}:           true,
		{"messages", []string{"id", "date_created"}, nil}:      false,
		{"messages", []string{"id"}, []string{"date_created"}}: false,
		{"people", []string{"whatever"}, []string{"else"}}:     true,
		{"own", []string{"id"}, nil}:                           false,
		{"secret", []string{"id"}, nil}:                        false,
		{"odd", []string{"id"}, nil}:                           false,
		{"unheard of", []string{"id"}, nil}:                    false,
	} {
		assert.Equal(t, want, rights.allow(*q), q)
		kept := rights.of(map[string][]string{q.collection: {"id"}})
		assert.Equal(t, want, kept.allow(*q), q)
		assert.LessOrEqual(t, len(kept), 1)
	}

	for _, status := range []int{401, 403} {
		_, err := ask(status, `{"errors":[]}`)
		assert.ErrorIs(t, err, ErrNobody)
	}
	for status, body := range map[int]string{404: `{}`, 429: `{}`, 500: ``, 200: `<html>`} {
		_, err := ask(status, body)
		require.Error(t, err)
		assert.NotErrorIs(t, err, ErrNobody)
		assert.NotContains(t, err.Error(), "the-token")
	}
}
