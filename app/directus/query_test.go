package directus

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestQueryValues(t *testing.T) {
	assert.Empty(t, Query{}.Values())
	v := Query{
		Fields: []string{"id", "user_created.first_name"}, Filter: `{"id":{"_eq":"a&b"}}`, Sort: []string{"-date_created", "-id"},
		Limit: -1, Offset: 7, Aggregate: `{"count":"*"}`, Meta: []string{"total_count", "filter_count"},
	}.Values()
	for name, want := range map[string]string{
		"fields": "id,user_created.first_name", "filter": `{"id":{"_eq":"a&b"}}`, "sort": "-date_created,-id",
		"limit": "-1", "offset": "7", "aggregate": `{"count":"*"}`, "meta": "total_count,filter_count",
	} {
		assert.Equal(t, want, v.Get(name), name)
	}
}

func TestFramesToTheServer(t *testing.T) {
	for want, got := range map[string][]byte{
		`{"type":"auth","uid":"1","access_token":"a\"b"}`:                                                                      authFrame("1", `a"b`),
		`{"type":"unsubscribe","uid":"2"}`:                                                                                     probeFrame("2"),
		`{"type":"items","uid":"3","action":"create","collection":"messages","data":{"id":"x"}}`:                               createFrame("3", "messages", []byte(`{"id":"x"}`)),
		`{"type":"subscribe","uid":"s","collection":"m","query":{"fields":["a"],"sort":["-b","id"],"limit":0}}`:                subscribeFrame(Subscription{UID: "s", Collection: "m", Query: Query{Fields: []string{"a"}, Sort: []string{"-b", "id"}}}),
		`{"type":"subscribe","uid":"s","collection":"messages","query":{"limit":0}}`:                                           subscribeFrame(Subscription{UID: "s", Collection: "messages"}),
		`{"type":"subscribe","uid":"s","collection":"m","query":{"fields":["id","a"],"filter":{"a":{"_eq":"<&>"}},"limit":0}}`: subscribeFrame(Subscription{UID: "s", Collection: "m", Query: Query{Fields: []string{"id", "a"}, Filter: `{"a":{"_eq":"<&>"}}`, Limit: 5, Offset: 9}}),
	} {
		assert.Equal(t, want, string(got))
		assert.True(t, json.Valid(got), want)
	}
}

func TestSecretsDoNotShow(t *testing.T) {
	const secret = Secret("open sesame")
	grant := Grant{Access: secret, Refresh: secret, Expires: time.Now()}
	request := Request{Token: secret}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "grant", grant, "secret", secret)
	marshalled, err := json.Marshal(grant)
	require.NoError(t, err)
	for _, text := range []string{
		fmt.Sprint(secret), secret.String(), fmt.Sprintf("%s %q %x %d %v %+v %#v", secret, secret, secret, secret, secret, secret, secret),
		fmt.Sprintf("%v %+v %#v", grant, grant, &grant), fmt.Sprintf("%v %+v %#v", request, request, &request),
		log.String(), string(marshalled),
	} {
		assert.NotContains(t, text, "sesame")
		assert.NotContains(t, text, fmt.Sprintf("%x", string(secret)))
		assert.Contains(t, text, "[secret]")
	}
}
