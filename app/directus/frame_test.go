package directus

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recorded are frames of real servers: see conformance_test.go.
func recorded(tb testing.TB) (frames [][]byte) {
	paths, err := filepath.Glob("testdata/frames/*.jsonl")
	require.NoError(tb, err)
	require.NotEmpty(tb, paths)
	for _, path := range paths {
		b, err := os.ReadFile(path)
		require.NoError(tb, err)
		for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
			frames = append(frames, bytes.Clone(s.Bytes()))
		}
	}
	return frames
}

func TestRecordedFramesDecode(t *testing.T) {
	kinds := map[string]int{}
	for _, b := range recorded(t) {
		f, err := decodeFrame(b)
		require.NoError(t, err, "%s", b)
		assert.Equal(t, bytes.Contains(b, []byte(`"status":"error"`)), f.Err != nil, "%s", b)
		assert.Equal(t, bytes.Contains(b, []byte(`"uid"`)), f.UID != "", "%s", b)
		kinds[f.Type]++
	}
	for _, kind := range []string{"auth", "ping", "pong", "items", "subscription", "subscribe", "server"} {
		assert.NotZero(t, kinds[kind], kind)
	}
}

func TestDecodeFrame(t *testing.T) {
	for b, want := range map[string]frame{
		`{"type":"auth","status":"ok","uid":"a"}`: {Type: "auth", UID: "a"},
		`{"type":"auth","status":"error","error":{"code":"AUTH_FAILED","message":"Authentication handshake failed."}}`: {
			Type: "auth", Err: &Error{Code: "AUTH_FAILED", Message: "Authentication handshake failed."}},
		`{"type":"subscription","event":"delete","data":["U1",2],"uid":"s1"}`: {
			Type: "subscription", Event: "delete", UID: "s1", Data: []byte(`["U1",2]`)},
		`{"type":"subscription","event":"unsubscribe","uid":6}`:           {Type: "subscription", Event: "unsubscribe", UID: "6"},
		` { "type" : "items" , "data" : { "a" : "}\"]" } , "uid" : 1.5 }`: {Type: "items", UID: "1.5", Data: []byte(`{ "a" : "}\"]" }`)},
		`{"type":"p\u0069ng","future":[{"x":null}],"uid":null}`:           {Type: "ping"},
		`{"type":"items","status":"error","error":null,"uid":"1"}`:        {Type: "items", UID: "1", Err: &Error{}},
		`{"type":"items","status":"error","error":{"code":7},"data":null}`: {
			Type: "items", Data: []byte("null"), Err: &Error{Code: "7"}},
		`{}`: {},
	} {
		f, err := decodeFrame([]byte(b))
		require.NoError(t, err, b)
		assert.Equal(t, want, f, b)
	}
	for _, b := range []string{
		``, ` `, `null`, `1`, `"x"`, `[]`, `{`, `{"type"`, `{"type":`, `{"type":"x"`, `{"type":"x",}`, `{"type":"x"}}`, `{"type":"x"} {}`,
		`{type:"x"}`, `{"a":"\"}`, `{"a":[1}`, `{"a":{"b":"c}`, `{,}`, `{"a" "b"}`,
	} {
		_, err := decodeFrame([]byte(b))
		assert.Error(t, err, b)
	}
}

func TestKeys(t *testing.T) {
	for data, want := range map[string][]string{
		`["a","b"]`: {"a", "b"}, `[503,"504"]`: {"503", "504"}, `"a"`: {"a"}, `7`: {"7"}, `[]`: nil, `null`: nil, `[null,""]`: nil,
	} {
		keys, err := Keys([]byte(data))
		require.NoError(t, err, data)
		assert.Equal(t, want, keys, data)
	}
	for _, data := range []string{``, `[`, `["a"`, `["a"]]`} {
		_, err := Keys([]byte(data))
		assert.Error(t, err, data)
	}
}
