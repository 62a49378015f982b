package directus

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/mailru/easyjson/jlexer"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the network brings must never panic or hang a page, and what was read must read the same when it is written and
// read again. Where encoding/json understands the input, the decoders here must have understood the same.

// plain reports whether a text is the same to every decoder: these differ in what they make of broken characters.
func plain(b []byte) bool { return utf8.Valid(b) && !bytes.Contains(b, []byte(`\u`)) }

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func FuzzDecodeFrame(f *testing.F) {
	for _, frame := range recorded(f) {
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := decodeFrame(b)
		harmless(b)
		if err == nil && plain(b) {
			again, err := decodeFrame([]byte(written(got)))
			require.NoError(t, err)
			assert.Equal(t, got, again)
		}
		var want map[string]json.RawMessage
		if !plain(b) || json.Unmarshal(b, &want) != nil || want == nil {
			return // broken JSON need not be found out, only survived
		}
		require.NoError(t, err)
		var kind string
		if json.Unmarshal(want["type"], &kind) == nil {
			assert.Equal(t, kind, got.Type)
		}
		if data, ok := want["data"]; ok {
			assert.JSONEq(t, string(data), string(got.Data))
		}
	})
}

// written is a frame as a server would write it.
func written(f frame) string {
	var b strings.Builder
	b.WriteString(`{"type":` + quoted(f.Type) + `,"event":` + quoted(f.Event) + `,"uid":` + quoted(f.UID))
	if f.Data != nil {
		b.WriteString(`,"data":` + string(f.Data))
	}
	if f.Err != nil {
		b.WriteString(`,"status":"error","error":{"code":` + quoted(f.Err.Code) + `,"message":` + quoted(f.Err.Message) + `}`)
	}
	return b.String() + "}"
}

// FuzzRead reads any value with the functions that rows are read with.
func FuzzRead(f *testing.F) {
	for _, frame := range recorded(f) {
		f.Add(frame)
	}
	for _, value := range []string{`["503",504]`, `{"a":{"b":[1,null,true,"\"\\\n"]}}`, `[[[`, `{"a"`, `"a`, `-`, `nul`, `[1 2]`, `{"a":1,}`} {
		f.Add([]byte(value))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l := jlexer.Lexer{Data: b}
		got := readAny(&l)
		l.Consumed()
		if keys, err := Keys(b); err == nil && plain(b) {
			again, err := json.Marshal(keys)
			require.NoError(t, err)
			sameKeys, err := Keys(again)
			require.NoError(t, err)
			assert.Equal(t, keys, sameKeys)
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		var want any
		if !plain(b) || !json.Valid(b) || d.Decode(&want) != nil {
			return
		}
		require.NoError(t, l.Error())
		assert.Equal(t, texts(want), got)
	})
}

func readAny(l *jlexer.Lexer) any {
	switch {
	case !l.Ok():
		return nil
	case l.IsDelim('{'):
		members := map[string]any{}
		ReadObject(l, func(key string) {
			key = strings.Clone(key)
			members[key] = readAny(l)
		})
		return members
	case l.IsDelim('['):
		elements := []any{}
		ReadArray(l, func() { elements = append(elements, readAny(l)) })
		return elements
	default:
		return ReadText(l)
	}
}

// texts is a value of encoding/json with everything that is not an object or array as text.
func texts(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = texts(v[key])
		}
		return v
	case []any:
		for i := range v {
			v[i] = texts(v[i])
		}
		return v
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "true"
		}
		return "false"
	case string:
		return v
	default:
		return ""
	}
}

func FuzzDecodeAnswers(f *testing.F) {
	for _, body := range []string{
		`{"data":{"expires":900000,"refresh_token":"r","access_token":"a"}}`,
		`{"errors":[{"message":"m","extensions":{"code":"FORBIDDEN"}}]}`,
		`{"data":{"version":"12.4.0","websocket":{"rest":{"path":"/websocket"},"heartbeat":30}}}`,
		`{"data":{"websocket":false}}`, `["503",504]`, `{"data":[null]}`, `<html>`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
		if g, err := decodeGrant(b, now); err == nil {
			assert.True(t, g.Access != "" && g.Refresh != "" && !g.Expires.IsZero() && g.Mark != "")
		}
		if data, err := Data(b); err == nil {
			again, err := Data([]byte(`{"data":` + string(data) + `}`))
			require.NoError(t, err)
			assert.Equal(t, string(data), string(again))
		}
		if code, message := decodeErrors(b); code != "" && plain(b) {
			sameCode, sameMessage := decodeErrors([]byte(
				`{"errors":[{"message":` + quoted(message) + `,"extensions":{"code":` + quoted(code) + `}}]}`))
			assert.Equal(t, []string{code, message}, []string{sameCode, sameMessage})
		}
		if server, err := decodeServer(b); err == nil {
			server.namesRequests()
		}
		r := newResponse(200, string(b), string(b), b, now)
		assert.GreaterOrEqual(t, r.RetryAfter, time.Duration(0))
		r.Status = 403
		assert.Error(t, r.err())
	})
}
