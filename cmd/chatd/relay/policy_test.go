package relay

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var chatPolicy = Policy{Read: []string{"people"}, Write: []string{"messages"}}

func TestWhatPasses(t *testing.T) {
	for _, text := range []string{
		`{"type":"auth","uid":"1","access_token":"a.b.c"}`,
		`{"type":"ping"}`,
		`{"type":"pong","uid":7}`,
		` { "type" : "unsubscribe" , "uid" : "s" } `,
		`{"type":"unsubscribe"}`,
		`{"type":"subscribe","collection":"messages","uid":"s","query":{"fields":["id"],"limit":0}}`,
		`{"type":"subscribe","collection":"people","event":"create","item":"1"}`,
		`{"type":"items","action":"create","collection":"messages","data":{"id":"1","content":"\ud83d\ude00"}}`,
		`{"type":"items","action":"create","collection":"messages","data":[{"id":"1"}],"query":{}}`,
		`{"type":"items","action":"read","collection":"people","query":{"filter":{"_and":[{"id":{"_in":["",0]}}]}}}`,
		`{"type":"items","action":"read","collection":"messages","ids":["a",1]}`,
		`{"type":"items","action":"update","collection":"messages","id":12,"data":{"content":"x"}}`,
		`{"data":{"content":"x"},"ids":["a"],"collection":"messages","action":"update","type":"items"}`,
	} {
		_, refused := chatPolicy.check([]byte(text))
		assert.Nil(t, refused, text)
	}
	m, _ := chatPolicy.check([]byte(`{"type":"auth","access_token":"a.b.c"}`))
	assert.Equal(t, "a.b.c", string(m.token))
}

// refusals are messages that must never reach Directus, with the answer's type and code.
var refusals = []struct{ text, kind, code string }{
	{``, "server", "INVALID_PAYLOAD"},
	{`hello`, "server", "INVALID_PAYLOAD"},
	{`[]`, "server", "INVALID_PAYLOAD"},
	{`null`, "server", "INVALID_PAYLOAD"},
	{`{}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"ping"`, "server", "INVALID_PAYLOAD"},
	{`{"type":"ping"} {}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"ping",}`, "server", "INVALID_PAYLOAD"},
	{`{'type':'ping'}`, "server", "INVALID_PAYLOAD"},
	{"{\"type\":\"ping\",\"uid\":\"\xff\"}", "server", "INVALID_PAYLOAD"},
	{"{\"type\":\"ping\",\"uid\":\"\x01\"}", "server", "INVALID_PAYLOAD"},
	{`{"type":"ping","uid":"\ud800"}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"ping","type":"items"}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"ping","t\u0079pe":"items"}`, "server", "INVALID_PAYLOAD"},
	{`{"Type":"ping"}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"ping","__proto__":{}}`, "server", "INVALID_PAYLOAD"},
	{`{"type":["ping"]}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"ping","uid":{}}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"ping","uid":"` + strings.Repeat("u", 200) + `"}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"PING"}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"\u0070ing"}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"logs"}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"collab"}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"ping","collection":"messages"}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"create","collection":"messages","data":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"create","collection":"messages","data":{"a":1,"a":2}}`, "server", "INVALID_PAYLOAD"},

	{`{"type":"auth"}`, "auth", "INVALID_PAYLOAD"},
	{`{"type":"auth","access_token":""}`, "auth", "INVALID_PAYLOAD"},
	{`{"type":"auth","email":"a@example.com","password":"x"}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"auth","refresh_token":"x"}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"auth","access_token":"a","action":"logout"}`, "auth", "INVALID_PAYLOAD"},

	{`{"type":"subscribe"}`, "subscribe", "INVALID_PAYLOAD"},
	{`{"type":"subscribe","collection":"secrets"}`, "subscribe", "FORBIDDEN"},
	{`{"type":"subscribe","collection":"directus_users"}`, "subscribe", "FORBIDDEN"},
	{`{"type":"subscribe","collection":"messages","item":""}`, "subscribe", "INVALID_PAYLOAD"},
	{`{"type":"subscribe","collection":"messages","event":"all"}`, "subscribe", "INVALID_PAYLOAD"},
	{`{"type":"subscribe","collection":"messages","action":"read"}`, "subscribe", "INVALID_PAYLOAD"},

	{`{"type":"items","collection":"messages"}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"read"}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"read","collection":"secrets"}`, "items", "FORBIDDEN"},
	{`{"type":"items","action":"read","collection":"messages","id":""}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"read","collection":"messages","query":[]}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"create","collection":"people","data":{}}`, "items", "FORBIDDEN"},
	{`{"type":"items","action":"create","collection":"messages"}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"create","collection":"messages","data":"x"}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"update","collection":"messages","data":{}}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"update","collection":"messages","data":{},"query":{}}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"update","collection":"messages","data":[{"id":"a"}]}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"update","collection":"messages","id":"a","data":[{}]}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"update","collection":"messages","id":"","data":{}}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"update","collection":"messages","id":0,"data":{}}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"update","collection":"messages","id":-1,"data":{}}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"update","collection":"messages","id":1e0,"data":{}}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"update","collection":"messages","id":null,"data":{}}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"update","collection":"messages","ids":[],"data":{}}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"update","collection":"messages","ids":["a",""],"data":{}}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"update","collection":"messages","ids":[["a"]],"data":{}}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"update","collection":"messages","ids":"a","data":{}}`, "server", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"update","collection":"messages","ids":["a"],"id":"b","data":{}}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"update","collection":"people","id":"a","data":{}}`, "items", "FORBIDDEN"},
	{`{"type":"items","action":"delete","collection":"messages","id":"a"}`, "items", "INVALID_PAYLOAD"},
	{`{"type":"items","action":"delete","collection":"messages","query":{}}`, "items", "INVALID_PAYLOAD"},
}

func TestWhatDoesNotPass(t *testing.T) {
	for _, test := range refusals {
		_, refused := chatPolicy.check([]byte(test.text))
		if assert.NotNil(t, refused, test.text) {
			assert.Equal(t, [2]string{test.kind, test.code}, [2]string{refused.kind, refused.code}, test.text)
		}
	}
}

// The answer is a frame in Directus's shape, with the uid as it was sent.
func TestRefusalFrame(t *testing.T) {
	_, refused := chatPolicy.check([]byte(`{"type":"items","action":"delete","uid":"a\"b","collection":"messages"}`))
	require.NotNil(t, refused)
	frame := refused.frame()
	first := [2]byte(frame)
	h, err := parseHeader(frame[:headerSize(first)])
	require.NoError(t, err)
	var answer struct {
		Type, Status, UID string
		Error             struct{ Code, Message string }
	}
	require.NoError(t, json.Unmarshal(frame[headerSize(first):], &answer))
	assert.EqualValues(t, len(frame)-headerSize(first), h.length)
	assert.Equal(t, "items error a\"b INVALID_PAYLOAD", strings.Join([]string{answer.Type, answer.Status, answer.UID, answer.Error.Code}, " "))
	assert.NotEmpty(t, answer.Error.Message)
}

// Whatever passes must mean the same to a reader that takes JSON as JavaScript does: one object, known names, and no
// update without a key.
func FuzzPolicy(f *testing.F) {
	for _, test := range refusals {
		f.Add([]byte(test.text))
	}
	f.Add([]byte(`{"type":"items","action":"update","collection":"messages","ids":["a",1],"data":{"content":"x"},"uid":3}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, refused := chatPolicy.check(text); refused != nil {
			require.True(t, json.Valid(refused.frame()[headerSize([2]byte(refused.frame())):]))
			return
		}
		var m map[string]any
		require.NoError(t, json.Unmarshal(text, &m))
		require.Contains(t, []any{"auth", "ping", "pong", "items", "subscribe", "unsubscribe"}, m["type"])
		if m["type"] == "items" || m["type"] == "subscribe" {
			require.Contains(t, []any{"messages", "people"}, m["collection"])
		}
		require.NotEqual(t, "delete", m["action"])
		if m["action"] == "update" {
			ids, _ := m["ids"].([]any)
			for _, id := range append(ids, m["id"]) {
				require.NotContains(t, []any{"", 0.0, false}, id)
			}
			require.True(t, len(ids) > 0 || m["id"] != nil)
		}
	})
}
