package client

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

var storedAt = time.Date(2026, 11, 3, 9, 5, 7, 123456000, time.UTC)

// fill gives everything in a value another value than the zero one.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString("<\"é\u2028\"> of " + v.Type().String())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(t, v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(storedAt))
			return
		}
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	default:
		require.Fail(t, "nobody knows how to fill it", v.Type())
	}
}

// keeps fails unless all that is in a value comes back from storage.
func keeps[T any](t *testing.T, members func(*T) []member) {
	t.Helper()
	var full, empty T
	fill(t, reflect.ValueOf(&full).Elem())
	for _, want := range []T{full, empty} {
		var got T
		require.NoError(t, decode(encode(members(&want)), members(&got)))
		assert.Equal(t, want, got)
	}
}

// Ensure that nothing is left out of what is kept, also when there is more of it one day.
func TestAllIsKept(t *testing.T) {
	keeps(t, itemMembers)
	keeps(t, messageMembers)
	keeps(t, personMembers)
	keeps(t, givenMembers)
	keeps(t, cacheMembers)
	keeps(t, markMembers)
	keeps(t, settledMembers)
	keeps(t, (*draft).members)
	keeps(t, (*sharedGrant).members)
}

// Ensure that this program reads what those before it have written, by encoding/json, and they what it writes.
func TestEarlierVersions(t *testing.T) {
	const (
		date    = `"2026-11-03T09:05:07.123456Z"`
		item    = `{"Op":"","Room":"","ID":"k","Text":"\u003cb\u003e","Pressed":` + date + `,"Attempted":false,"Problem":{"Code":"","Detail":""}}`
		message = `{"ID":"k","Author":"u","AuthorName":"","Text":"hello","Created":` + date + `,"Updated":"0001-01-01T00:00:00Z",` +
			`"Deleted":false,"ReplyTo":"","Truncated":false,"SentAs":""}`
		given = `{"ID":"g","Message":"k","By":"u","Emoji":"👍","Off":true,"Changed":` + date + `}`
	)
	unsent := chat.Item{ID: "k", Text: "<b>", Pressed: storedAt}
	said := chat.Message{ID: "k", Author: "u", Text: "hello", Created: storedAt}
	thumb := chat.Given{ID: "g", Message: "k", By: "u", Emoji: "👍", Off: true, Changed: storedAt}
	understands(t, itemMembers, unsent, item)
	understands(t, markMembers, chat.Mark{Date: storedAt, ID: "k"}, `{"date":`+date+`,"id":"k"}`)
	understands(t, (*draft).members, draft{Pending: []chat.Item{unsent}, Text: "half", ReplyTo: "r", At: storedAt},
		`{"pending":[`+item+`],"text":"half","replyTo":"r","at":`+date+`}`)
	understands(t, cacheMembers, chat.Cache{
		Messages: []chat.Message{said}, More: true, Cursor: storedAt, People: []chat.Person{{ID: "u", Name: "U"}}, Given: []chat.Given{thumb},
	}, `{"Messages":[`+message+`],"More":true,"Cursor":`+date+`,"People":[{"ID":"u","Name":"U"}],"Given":[`+given+`]}`)
	understands(t, settledMembers, chat.Settled{ID: "k", Message: said, Reactions: []chat.Given{thumb}},
		`{"Room":"","ID":"k","Message":`+message+`,"Reactions":[`+given+`]}`)

	var kept preferences
	require.NoError(t, decode(`{"notify":true,"emoji":["👍","","","","",""]}`, kept.members()))
	assert.Equal(t, preferences{notify: true, emoji: []string{"👍", "", "", "", "", ""}}, kept)
	assert.JSONEq(t, `{"notify":true,"emoji":["👍","","","","",""]}`, encode(kept.members()))

	for text, want := range map[string]news{
		`{"user":"u","outbox":true}`: {User: "u", Outbox: true},
		`{"user":"u","grant":{"access":"a","expires":` + date + `,"mark":"m"}}`:                  {User: "u", Grant: &sharedGrant{"a", storedAt, "m"}},
		`{"user":"u","settled":{"Room":"","ID":"k","Message":` + message + `,"Reactions":null}}`: {User: "u", Settled: &chat.Settled{ID: "k", Message: said}},
	} {
		got, err := readNews(text)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		var theirs news
		require.NoError(t, json.Unmarshal([]byte(encode(want.members())), &theirs))
		assert.Equal(t, want, theirs)
	}
}

// understands fails unless the text of an earlier version is read as the value, and that version reads ours so.
func understands[T any](t *testing.T, members func(*T) []member, value T, earlier string) {
	t.Helper()
	var got, theirs T
	require.NoError(t, decode(earlier, members(&got)))
	assert.Equal(t, value, got)
	require.NoError(t, json.Unmarshal([]byte(encode(members(&value))), &theirs))
	assert.Equal(t, value, theirs)
}

// Ensure that a request writes what it is to, empty as it may be: an edit may take the text away.
func TestRow(t *testing.T) {
	assert.Equal(t, `{"a":"","b":"<\"é","c":false}`, strings.ReplaceAll(string(row{"c": false, "b": "<\"é", "a": ""}.encode()), `\u003c`, "<"))
	assert.Panics(t, func() { row{"a": chat.MessageID("k")}.encode() })
}
