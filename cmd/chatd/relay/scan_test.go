package relay

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a chat sends is read without a decoder.
func TestScanner(t *testing.T) {
	for _, text := range []string{
		`{"type":"ping"}`,
		`{"type":"auth","uid":"1","access_token":"a.b.c"}`,
		`{"type":"subscribe","collection":"messages","uid":"s","query":{"fields":["id","user_created"],"sort":[],"limit":0}}`,
		`{"type":"items","action":"create","collection":"messages","data":{"id":"1","content":"\"é\"\n\t\\ 😀","reply_to":null}}`,
		" {\t\"type\" :\r\n\"items\" , \"action\" : \"update\" , \"collection\" : \"messages\" , \"ids\" : [ 1 , \"a\" ] , \"data\" : { \"a\" : true } } ",
		`{"type":"items","action":"read","collection":"messages","id": -12 }`,
	} {
		got, ok := scanFields([]byte(text))
		require.True(t, ok, text)
		want, err := decodeFields([]byte(text))
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

// What the scanner leaves to the decoder, which passes some of it.
func TestScannerLeaves(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat(`"a":1,`, scanNames+1), ",")
	for _, value := range []string{
		`"\u0061"`, `1.5`, `1e3`, `01`, `-`, `nul`, `{"a":1,"a":2}`, `{"\n":1}`, `{` + many + `}`, `[1,]`, `{"a":1,}`, `{"a"}`, `{,}`, `[`, `"`, `"\x"`,
		strings.Repeat("[", scanDepth+1) + strings.Repeat("]", scanDepth+1), "\"\xff\"", "\"\x01\"",
	} {
		_, ok := scanFields([]byte(`{"type":"items","data":` + value + `}`))
		assert.False(t, ok, value)
	}
	for _, text := range []string{``, `[]`, `{}`, `{"type":"ping"} x`, "{\"type\":\"ping\"}\x00", `{"type":"ping","type":"ping"}`, `{"uid":1}`, `{"type":"ping",}`,
		`{"type":"items","ids":[1],"ids":[1]}`, `{"type":"ping","other":1}`, `{"type":"ping","uid":true}`, `{"type":"ping","query":[]}`} {
		_, ok := scanFields([]byte(text))
		assert.False(t, ok, text)
	}
}

// Whatever the scanner reads, the decoder reads the same.
func FuzzScanner(f *testing.F) {
	for _, test := range refusals {
		f.Add([]byte(test.text))
	}
	f.Add([]byte(`{"type":"items","action":"update","collection":"messages","ids":["a",1],"data":{"content":"\n","x":[{},null,-1]},"uid":3}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, ok := scanFields(text); ok {
			want, err := decodeFields(text)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	})
}

func BenchmarkFields(b *testing.B) {
	text := []byte(`{"type":"items","uid":"12","action":"create","collection":"messages","data":{"id":"01a204ae-d432-7632-8085-ded75e500f77","content":"Shall we meet at ten?"}}`)
	b.Run("scanned", func(b *testing.B) {
		for b.Loop() {
			_, _ = scanFields(text)
		}
	})
	b.Run("decoded", func(b *testing.B) {
		for b.Loop() {
			_, _ = decodeFields(text)
		}
	})
}
