package client

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat"
	"directuschat/app/chat"
)

var created = time.Date(2026, 11, 22, 3, 58, 7, 472e6, time.UTC)

func TestDecodeRows(t *testing.T) {
	all := directuschat.DefaultMapping
	all.ClientID = directuschat.ClientIDField
	tests := map[string]struct {
		data string
		want chat.Message
	}{
		"complete": {
			`{"id":"a","content":"hi","user_created":"u","date_created":"2026-11-22T03:58:07.472Z","date_updated":"2026-11-22T03:58:08.472Z","deleted_at":null,"reply_to":"b"}`,
			chat.Message{ID: "a", Text: "hi", Author: "u", Created: created, Updated: created.Add(time.Second), ReplyTo: "b"},
		},
		"keys of both":         {`{"id":17,"client_id":"b"}`, chat.Message{ID: "17", SentAs: "b"}},
		"integer keys":         {`{"id":17,"reply_to":16}`, chat.Message{ID: "17", ReplyTo: "16"}},
		"all null":             {`{"id":"a","content":null,"user_created":null,"date_created":null,"date_updated":null,"deleted_at":null,"reply_to":null}`, chat.Message{ID: "a"}},
		"key only":             {`{"id":"a"}`, chat.Message{ID: "a"}},
		"author as a row":      {`{"id":"a","user_created":{"id":"u","first_name":"Ada","last_name":"L"}}`, chat.Message{ID: "a", Author: "u", AuthorName: "Ada L"}},
		"author without an id": {`{"id":"a","user_created":{"first_name":"Ada","last_name":null}}`, chat.Message{ID: "a", AuthorName: "Ada"}},
		"author without names": {`{"id":"a","user_created":{"first_name":null,"last_name":null,"email":"x@example.com"}}`, chat.Message{ID: "a"}},
		"reply as a row":       {`{"id":"a","reply_to":{"id":7}}`, chat.Message{ID: "a", ReplyTo: "7"}},
		"deleted":              {`{"id":"a","deleted_at":"2026-11-22T03:58:07.472Z"}`, chat.Message{ID: "a", Deleted: true}},
		"deleted, as a flag":   {`{"id":"a","deleted_at":true}`, chat.Message{ID: "a", Deleted: true}},
		"not deleted":          {`{"id":"a","deleted_at":false}`, chat.Message{ID: "a"}},
		"not deleted either":   {`{"id":"a","deleted_at":0}`, chat.Message{ID: "a"}},
		"date without a zone":  {`{"id":"a","date_created":"2026-11-22T03:58:07.472"}`, chat.Message{ID: "a", Created: created}},
		"date of a database":   {`{"id":"a","date_created":"2026-11-22 03:58:07"}`, chat.Message{ID: "a", Created: created.Truncate(time.Second)}},
		"date elsewhere":       {`{"id":"a","date_created":"2026-11-22T04:58:07.472+01:00"}`, chat.Message{ID: "a", Created: created}},
		"no date":              {`{"id":"a","date_created":"yesterday"}`, chat.Message{ID: "a"}},
		"a number as text":     {`{"id":"a","content":4.20}`, chat.Message{ID: "a", Text: "4.20"}},
		"other types":          {`{"id":"a","content":[1],"user_created":[],"date_created":{},"date_updated":7,"deleted_at":[],"reply_to":[]}`, chat.Message{ID: "a"}},
		"other columns":        {`{"x":{"id":"b"},"id":"a","y":[{"id":"c"}],"":1}`, chat.Message{ID: "a"}},
		"escapes":              {`{"id":"a","content":"\"\\\u00e4\n\ud83d\ude00"}`, chat.Message{ID: "a", Text: "\"\\ä\n😀"}},
		"half a character":     {`{"id":"a","content":"x\ud83dy\udc00"}`, chat.Message{ID: "a", Text: "x\uFFFDy\uFFFD"}},
		"NUL":                  {`{"id":"a","content":"x\u0000y"}`, chat.Message{ID: "a", Text: "x\uFFFDy"}},
		"broken bytes":         {"{\"id\":\"a\",\"content\":\"x\xffy\"}", chat.Message{ID: "a", Text: "x\uFFFDy"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, data := range []string{test.data, "[" + test.data + "]"} {
				rows, count, err := decodeRows([]byte(data), all)
				require.NoError(t, err)
				assert.Equal(t, 1, count)
				assert.Equal(t, []chat.Message{test.want}, rows)
			}
		})
	}
}

// Ensure that a row without a key is counted but left out, and that broken JSON is an error.
func TestDecodeRowsLeavesOut(t *testing.T) {
	m := directuschat.DefaultMapping
	rows, count, err := decodeRows([]byte(`[null,7,"x",{},{"id":null},{"id":""},{"id":"a"}]`), m)
	require.NoError(t, err)
	assert.Equal(t, 7, count)
	assert.Equal(t, []chat.Message{{ID: "a"}}, rows)

	for _, broken := range []string{``, `[`, `[{"id":"a"}`, `{"id":}`, `[{"id":"a"}] x`, `nonsense`} {
		_, _, err := decodeRows([]byte(broken), m)
		assert.Error(t, err, broken)
	}
}

// Ensure that fields which are not mapped are not read, whatever their names are.
func TestDecodeRowsByMapping(t *testing.T) {
	m := directuschat.Mapping{Collection: "posts", ID: "key", Content: "body", Created: "at"}
	rows, _, err := decodeRows([]byte(`{"key":1,"body":"hi","content":"no","date_updated":"2026-11-22T03:58:07.472Z","":"x"}`), m)
	require.NoError(t, err)
	assert.Equal(t, []chat.Message{{ID: "1", Text: "hi"}}, rows)
}

func TestLongTextsAreCut(t *testing.T) {
	tests := map[string]struct {
		text string
		want int // bytes kept
	}{
		"at the limit":          {strings.Repeat("x", maxText), maxText},
		"over it":               {strings.Repeat("x", maxText+1), maxText},
		"two bytes a unit":      {strings.Repeat("ä", maxText), 2 * maxText},
		"two units a character": {strings.Repeat("😀", maxText), 4 * maxText / 2},
		"never half a one":      {"x" + strings.Repeat("😀", maxText), 1 + 4*(maxText/2-1)},
		"5 MB":                  {strings.Repeat("x", 5<<20), maxText},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			rows, _, err := decodeRows([]byte(`{"id":"a","content":"`+test.text+`"}`), directuschat.DefaultMapping)
			require.NoError(t, err)
			require.Len(t, rows, 1)
			assert.Len(t, rows[0].Text, test.want)
			assert.True(t, utf8.ValidString(rows[0].Text))
			assert.Equal(t, test.want < len(test.text), rows[0].Truncated)
		})
	}
}

func TestDecodePeople(t *testing.T) {
	people, err := decodePeople([]byte(`[{"id":"1","name":"Ada"},{"id":2,"first_name":"Bob","last_name":"B"},{"id":"3","name":null},
		{"name":"nobody"},null,{"id":"4","name":" A\n\tB  "},{"id":"5","name":"` + strings.Repeat("ä", 50_000) + `"},{"id":"6","first_name":" "}]`))
	require.NoError(t, err)
	assert.Equal(t, []chat.Person{
		{ID: "1", Name: "Ada"}, {ID: "2", Name: "Bob B"}, {ID: "3"}, {ID: "4", Name: "A B"},
		{ID: "5", Name: strings.Repeat("ä", 100) + "…"}, {ID: "6"},
	}, people)
}

// Ensure that no answer of a server makes the decoders panic, or believe what is not so.
func FuzzDecodeRows(f *testing.F) {
	for _, seed := range []string{
		`[{"id":"a","content":"hi","user_created":"u","date_created":"2026-11-22T03:58:07.472Z","reply_to":{"id":1}}]`,
		`[{"id":1,"user_created":{"first_name":"Ada"},"content":"\ud83d"},null,[],7]`,
		`{"data":{"messages":{"read":{"access":"full","fields":["*"]}}}}`, `[`, ``, `{"id":`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, count, err := decodeRows(data, directuschat.DefaultMapping)
		if err != nil {
			assert.Empty(t, rows)
		}
		assert.LessOrEqual(t, len(rows), count)
		for _, row := range rows {
			assert.NotEmpty(t, row.ID)
			assert.True(t, utf8.ValidString(row.Text))
			assert.LessOrEqual(t, len(row.Text), 3*maxText)
		}
		_, _ = decodePeople(data)
		_, _ = decodePermissions(data)
		_ = unwrap(data)
	})
}

// One message, as an event brings it, and a page of a hundred. What the engine's own JSON.parse takes for the same is in
// app/directus's benchmarks.
func BenchmarkDecodeRows(b *testing.B) {
	row := `{"id":"01890000-0000-7000-8000-000000000001","content":"` + strings.Repeat("lorem ipsum ", 10) +
		`","user_created":"01890000-0000-7000-8000-000000000002","date_created":"2026-11-22T03:58:07.472Z","date_updated":null,"deleted_at":null,"reply_to":null}`
	for name, data := range map[string]string{"one": "[" + row + "]", "page": "[" + strings.Repeat(row+",", 99) + row + "]"} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				_, _, _ = decodeRows([]byte(data), directuschat.DefaultMapping)
			}
		})
	}
}
