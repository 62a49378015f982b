//go:build linux || darwin

package directus_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var socketFacts = []fact{
	{"the handshake fails without a word about why", func(t *testing.T, d *subject) {
		for _, first := range []string{
			`{"type":"auth","uid":"a","access_token":"made-up"}`, `{"type":"auth","uid":"a"}`, `{"type":"ping","uid":"a"}`, `junk`,
		} {
			w := d.dial(t)
			w.failure("auth", "AUTH_FAILED", nil, w.ask(first))
			w.closed()
		}
	}},
	{"a new token may be brought at any time", func(t *testing.T, d *subject) {
		w := d.connect(t)
		w.subscribe("s", `{"fields":["content"],"limit":0,"filter":{"content":{"_eq":"renewed `+t.Name()+`"}}}`)
		w.authenticate(d.login(t))
		d.admin.insert(t, map[string]any{"content": "renewed " + t.Name()})
		assert.Equal(t, "create", w.next()["event"], "subscriptions survive")
	}},
	{"a bad token on a working socket ends it", func(t *testing.T, d *subject) {
		w := d.connect(t)
		w.failure("auth", "AUTH_FAILED", "b", w.ask(`{"type":"auth","uid":"b","access_token":"made-up"}`))
		w.closed()
	}},
	{"a new token without a token is not answered", func(t *testing.T, d *subject) {
		w := d.connect(t)
		w.send(`{"type":"auth","uid":"b"}`)
		w.nothing()
	}},
	{"ping and probe", func(t *testing.T, d *subject) {
		w := d.connect(t)
		assert.Equal(t, said{"type": "pong", "uid": "p"}, w.ask(`{"type":"ping","uid":"p"}`))
		assert.Equal(t, said{"type": "subscription", "event": "unsubscribe", "uid": "1"}, w.ask(`{"type":"unsubscribe","uid":"1"}`))
	}},
	{"what cannot be read is answered without uid", func(t *testing.T, d *subject) {
		w := d.connect(t)
		for _, junk := range []string{`junk`, `[]`, `{"uid":"x"}`, `{"type":"items","uid":true}`} {
			w.failure("server", "INVALID_PAYLOAD", nil, w.ask(junk))
		}
	}},
	{"an unknown type is not answered", func(t *testing.T, d *subject) {
		w := d.connect(t)
		w.send(`{"type":"future","uid":"x"}`)
		w.nothing()
	}},
	{"create is answered with the row", func(t *testing.T, d *subject) {
		w, id := d.connect(t), newID()
		got := w.ask(`{"type":"items","collection":"messages","action":"create","uid":"c","data":` + string(item(id, "x")) + `}`)
		assert.Equal(t, "items", got["type"])
		assert.Equal(t, "c", got["uid"])
		assert.NotContains(t, got, "status")
		row, _ := got["data"].(map[string]any)
		assert.Equal(t, id, row["id"])
		assert.IsType(t, "", row["user_created"])
		got = w.ask(`{"type":"items","collection":"messages","action":"create","uid":"c","data":` + string(item(id, "x")) + `}`)
		w.failure("items", "RECORD_NOT_UNIQUE", "c", got)
	}},
	{"a failed validation is not answered", func(t *testing.T, d *subject) {
		w := d.connect(t)
		w.send(`{"type":"items","collection":"messages","action":"create","uid":"c","data":{"id":"` + newID() + `"}}`)
		w.nothing()
	}},
	{"create and read where there is no right", func(t *testing.T, d *subject) {
		w := d.connect(t)
		w.failure("items", "FORBIDDEN", "c", w.ask(`{"type":"items","collection":"secrets","action":"create","uid":"c","data":{}}`))
		w.failure("items", "FORBIDDEN", "r", w.ask(`{"type":"items","collection":"secrets","action":"read","uid":"r","query":{}}`))
		unknown := "FORBIDDEN"
		if !d.errorsNameRequests() {
			unknown = "INVALID_COLLECTION"
		}
		w.failure("items", unknown, "n", w.ask(`{"type":"items","collection":"nothing","action":"read","uid":"n","query":{}}`))
		w.failure("items", "INVALID_PAYLOAD", "a", w.ask(`{"type":"items","collection":"messages","action":"dance","uid":"a"}`))
	}},
	{"read", func(t *testing.T, d *subject) {
		w := d.connect(t)
		id := d.admin.insert(t, map[string]any{"content": "x"})
		assert.Equal(t, said{"type": "items", "uid": "r", "data": map[string]any{"id": id}},
			w.ask(`{"type":"items","collection":"messages","action":"read","uid":"r","id":"`+id+`","query":{"fields":["id"]}}`))
		assert.Equal(t, said{"type": "items", "uid": "r", "data": []any{map[string]any{"id": id}}, "meta": map[string]any{"filter_count": 1.0}},
			w.ask(`{"type":"items","collection":"messages","action":"read","uid":"r","query":{"fields":["id"],"filter":{"id":{"_eq":"`+id+`"}},"meta":["filter_count"]}}`))
	}},
	{"a subscription tells of creation, change and deletion", func(t *testing.T, d *subject) {
		w := d.connect(t)
		mark := t.Name()
		w.subscribe("s", `{"fields":["id","content"],"limit":0,"filter":{"content":{"_starts_with":"`+mark+`"}}}`)
		var ids []string
		for i := range 3 {
			content := fmt.Sprint(mark, i)
			id := d.admin.insert(t, map[string]any{"content": content})
			ids = append(ids, id)
			assert.Equal(t, said{"type": "subscription", "event": "create", "uid": "s",
				"data": []any{map[string]any{"id": id, "content": content}}}, w.next())
		}
		d.admin.update(t, map[string]any{"content": mark}, ids...)
		got := w.next()
		assert.Equal(t, "update", got["event"])
		assert.Len(t, got["data"], 3, "limit 0 leaves nothing out")
		d.admin.update(t, map[string]any{"content": "elsewhere"}, ids[0]) // it leaves the filter: no event
		w.deletions = true
		d.admin.delete(t, ids...)
		for got = w.next(); got["event"] == "delete" && !assert.ObjectsAreEqual(anys(ids), got["data"]); got = w.next() {
			// deletions are told whatever the filter says: those of other facts too
		}
		assert.Equal(t, said{"type": "subscription", "event": "delete", "uid": "s", "data": anys(ids)}, got)
	}},
	{"the creator hears of the creation too", func(t *testing.T, d *subject) {
		w, id := d.connect(t), newID()
		w.subscribe("s", `{"fields":["id"],"limit":0,"filter":{"id":{"_eq":"`+id+`"}}}`)
		w.send(`{"type":"items","collection":"messages","action":"create","uid":"c","data":` + string(item(id, "x")) + `}`)
		assert.ElementsMatch(t, []any{"items", "subscription"}, []any{w.next()["type"], w.next()["type"]}, "in any order")
	}},
	{"a subscription by the same uid replaces the first, and unsubscribe ends it", func(t *testing.T, d *subject) {
		w := d.connect(t)
		filter := `,"limit":0,"filter":{"content":{"_eq":"` + t.Name() + `"}}}`
		w.subscribe("s", `{"fields":["id"]`+filter)
		w.subscribe("s", `{"fields":["content"]`+filter)
		d.admin.insert(t, map[string]any{"content": t.Name()})
		assert.Equal(t, []any{map[string]any{"content": t.Name()}}, w.next()["data"])
		assert.Equal(t, "unsubscribe", w.ask(`{"type":"unsubscribe","uid":"s"}`)["event"])
		d.admin.insert(t, map[string]any{"content": t.Name()})
		w.nothing()
	}},
	{"a number as uid comes back as text", func(t *testing.T, d *subject) {
		w := d.connect(t)
		assert.Equal(t, "5", w.ask(`{"type":"subscribe","collection":"messages","uid":5,"event":"create","query":{"filter":{"content":{"_null":true}}}}`)["uid"])
		assert.Equal(t, 6.0, w.ask(`{"type":"unsubscribe","uid":6}`)["uid"], "but for the end of one")
	}},
	{"a subscription where there is no right", func(t *testing.T, d *subject) {
		w := d.connect(t)
		w.failure("subscribe", "FORBIDDEN", "s", w.ask(`{"type":"subscribe","collection":"secrets","uid":"s","query":{"limit":0}}`))
		w.failure("subscribe", "FORBIDDEN", "f", w.ask(`{"type":"subscribe","collection":"messages","uid":"f","query":{"fields":["nothing"],"limit":0}}`))
	}},
	{"a limit leaves changed rows out", func(t *testing.T, d *subject) {
		w := d.connect(t)
		ids := []string{d.admin.insert(t, map[string]any{"content": t.Name()}), d.admin.insert(t, map[string]any{"content": t.Name()})}
		got := w.ask(`{"type":"subscribe","collection":"messages","uid":"s","query":{"fields":["id"],"limit":1,"filter":{"content":{"_eq":"` + t.Name() + `"}}}}`)
		require.Len(t, got["data"], 1)
		d.admin.update(t, map[string]any{"deleted_at": "2001-01-01T00:00:00Z"}, ids...)
		assert.Len(t, w.next()["data"], 1)
	}},
}

func anys(texts []string) (values []any) {
	for _, s := range texts {
		values = append(values, s)
	}
	return values
}
