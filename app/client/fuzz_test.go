package client

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat"
	"directuschat/app/chat"
)

// recordedRows is the data of frames that real servers have sent.
func recordedRows(f *testing.F) (rows [][]byte) {
	paths, err := filepath.Glob("../directus/testdata/frames/*.jsonl")
	require.NoError(f, err)
	require.NotEmpty(f, paths)
	for _, path := range paths {
		b, err := os.ReadFile(path)
		require.NoError(f, err)
		for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
			var frame struct{ Data json.RawMessage }
			require.NoError(f, json.Unmarshal(s.Bytes(), &frame))
			if frame.Data != nil {
				rows = append(rows, frame.Data)
			}
		}
	}
	return rows
}

// Whatever stands in a table, it must not panic or hang a page, nor bring in what a page cannot show; and a row that was
// read must read the same when it is written and read again.
func FuzzRowsAgain(f *testing.F) {
	for _, data := range recordedRows(f) {
		f.Add(data)
	}
	for _, data := range []string{
		`[{"id":"a","content":"hi","user_created":{"id":"u","first_name":"Ada","last_name":null},"date_created":"2026-11-22T03:58:07.472Z"}]`,
		`{"id":17,"content":"\ud83d\ude00\u0000","deleted_at":true,"reply_to":{"id":7},"date_updated":"2026-11-22 03:58:07"}`,
		`[null,1,"x",[],{}]`, `[{"id":`, `{"id":"a"}}`,
	} {
		f.Add([]byte(data))
	}
	mapping := directuschat.DefaultMapping
	mapping.ClientID = directuschat.ClientIDField
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, count, err := decodeRows(data, mapping)
		if err != nil {
			return
		}
		assert.GreaterOrEqual(t, count, len(rows))
		var again []map[string]any
		for i := range rows {
			row := &rows[i]
			assert.NotEmpty(t, row.ID)
			assert.True(t, utf8.ValidString(row.Text))
			assert.LessOrEqual(t, utf16Len(row.Text), maxText)
			assert.NotContains(t, row.Text, "\x00")
			row.Truncated = false // the rest of the text is not there to be read again
			again = append(again, asRow(*row, mapping))
		}
		if again == nil || !utf8.Valid(data) {
			return // what a broken character in a key reads as is the database's matter
		}
		text, err := json.Marshal(again)
		require.NoError(t, err)
		same, _, err := decodeRows(text, mapping)
		require.NoError(t, err)
		assert.Equal(t, rows, same)
	})
}

// asRow is a message as Directus would send it.
func asRow(m chat.Message, names directuschat.Mapping) map[string]any {
	row := map[string]any{
		names.ID: m.ID, names.Content: m.Text, names.Deleted: m.Deleted, names.ReplyTo: m.ReplyTo, names.Author: m.Author, names.ClientID: m.SentAs,
	}
	if m.AuthorName != "" {
		row[names.Author] = map[string]any{"id": m.Author, "name": m.AuthorName}
	}
	for name, at := range map[string]time.Time{names.Created: m.Created, names.Updated: m.Updated} {
		if !at.IsZero() {
			row[name] = at.Format(time.RFC3339Nano)
		}
	}
	return row
}

func utf16Len(s string) (units int) {
	for _, r := range s {
		if units++; r > 0xFFFF {
			units++
		}
	}
	return units
}

func FuzzPeopleAgain(f *testing.F) {
	for _, data := range recordedRows(f) {
		f.Add(data)
	}
	for _, data := range []string{
		`[{"id":"u","first_name":"Ada","last_name":null},{"id":"v","name":"  Bob\nB. "}]`, `{"id":7,"name":null}`, `[1]`, `{"id"`,
	} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		people, err := decodePeople(data)
		if err != nil || people == nil || !utf8.Valid(data) {
			return
		}
		var again []map[string]any
		for _, p := range people {
			assert.NotEmpty(t, p.ID)
			assert.LessOrEqual(t, len(p.Name), maxName+len("…"))
			again = append(again, map[string]any{"id": p.ID, "name": p.Name})
		}
		text, err := json.Marshal(again)
		require.NoError(t, err)
		same, err := decodePeople(text)
		require.NoError(t, err)
		assert.Equal(t, people, same)
	})
}
