package fanout

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestReadSubscribe(t *testing.T) {
	for text, uid := range map[string]string{
		`{"type":"subscribe","collection":"messages","query":{"fields":["id"],"limit":0}}`:                                                   "",
		`{"type":"subscribe","uid":"a","collection":"messages"}`:                                                                             "a",
		`{"type":"subscribe","uid":"a","collection":"messages","query":{}}`:                                                                  "a",
		`{"type":"subscribe","uid":"a","collection":"messages","query":{"fields":["id"]}}`:                                                   "a",
		`{"type":"subscribe","uid":"a","collection":"messages","query":{"fields":["id"],"limit":1}}`:                                         "a",
		`{"type":"subscribe","uid":"a","collection":"messages","query":{"fields":[],"limit":0}}`:                                             "a",
		`{"type":"subscribe","uid":"a","collection":"messages","query":{"fields":"id","limit":0}}`:                                           "a",
		`{"type":"subscribe","uid":"a","collection":"messages","query":{"fields":["id"],"sort":["id","a"],"limit":0}}`:                       "a",
		`{"type":"subscribe","uid":"a","collection":"messages","query":{"fields":["id"],"limit":0,"filter":{"id":{"_eq":"$CURRENT_USER"}}}}`: "a",
		`{"type":"subscribe","uid":"a","collection":"messages","query":{"Fields":["id"],"limit":0}}`:                                         "a",
		`{"type":"subscribe","uid":"a","collection":"messages","query":{"fields":["id"],"limit":0},"event":"create"}`:                        "a",
		`{"type":"subscribe","uid":"a","collection":"messages","query":{"fields":["id"],"limit":0},"item":"1"}`:                              "a",
		`{"type":"subscribe","uid":12,"collection":"messages","query":{"fields":["id"],"limit":0,"deep":{}}}`:                                "12",
		`{"type":"subscribe","uid":"\u0061","collection":"messages","query":{"fields":["id"],"limit":0,"meta":["*"]}}`:                       "a",
	} {
		s := readSubscribe([]byte(text))
		assert.False(t, s.shareable, text)
		assert.Equal(t, uid, s.uid, text)
		assert.Equal(t, uid != "", s.hasUID, text)
	}
	for _, uid := range []string{"1.0", "1e2", "12345678901234567890", "-1"} {
		assert.False(t, readSubscribe([]byte(`{"type":"subscribe","uid":`+uid+`,"collection":"messages"}`)).hasUID, uid)
	}
	s := readSubscribe([]byte(`{"query":{"limit":0,"fields":["id","date_created"]},"type":"subscribe","uid":12,"collection":"messages"}`))
	assert.Equal(t, subscribe{uid: "12", hasUID: true, query: query{"messages", []string{"id", "date_created"}, nil}, shareable: true}, s)
}

func TestKeysTellQueriesApart(t *testing.T) {
	seen := map[string]query{}
	for _, q := range []query{
		{"a", []string{"b"}, nil}, {"a", []string{"b", "c"}, nil}, {"a", []string{"b"}, []string{"c"}}, {"a", []string{"c"}, []string{"b"}},
		{"b", []string{"b"}, nil},
	} {
		assert.NotContains(t, seen, q.key())
		seen[q.key()] = q
	}
	assert.Equal(t, query{"a", []string{"b", "c"}, nil}.key(), query{"a", []string{"c", "b"}, nil}.key())
}

func TestRead(t *testing.T) {
	for text, want := range map[string]kind{
		`{"type":"subscription","event":"create","data":[{"id":"1","content":"\"uid\":\"feed\"}"}],"uid":"feed"}`: event,
		`{"type":"subscription","event":"delete","data":["1"],"uid":"feed"}`:                                      event,
		`{"type":"subscription","event":"init","data":[],"uid":"feed"}`:                                           begun,
		`{"type":"subscription","event":"unsubscribe","uid":"last"}`:                                              last,
		`{"type":"subscription","event":"unsubscribe","uid":"probe"}`:                                             other,
		`{"type":"auth","status":"ok","uid":"feed"}`:                                                              ready,
		`{"type":"ping"}`:                       ping,
		`{"type":"something","new":true}`:       other,
		`{"type":"auth","status":"error"}`:      refused,
		`{"type":"subscribe","status":"error"}`: refused,
		`no JSON`:                               refused,
	} {
		what, _ := read([]byte(text))
		assert.Equal(t, want, what, text)
	}
	_, code := read([]byte(`{"type":"subscribe","status":"error","error":{"code":"FORBIDDEN","message":"…"}}`))
	assert.Equal(t, "FORBIDDEN", code)
}

func TestReadUnsubscribe(t *testing.T) {
	for text, uid := range map[string]string{`{"type":"unsubscribe","uid":"a"}`: "a", `{"type":"unsubscribe","uid":12}`: "12", `{"type":"unsubscribe","uid":-1}`: noUID} {
		got, all := readUnsubscribe([]byte(text))
		assert.Equal(t, uid, got)
		assert.False(t, all, text)
	}
	_, all := readUnsubscribe([]byte(`{"type":"unsubscribe"}`))
	assert.True(t, all)
}
