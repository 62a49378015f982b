package wasm

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const header = "\x00asm\x01\x00\x00\x00"

func TestJoinData(t *testing.T) {
	const (
		before = "\x05\x03\x01\x00\x01"          // a memory of one page
		first  = "\x00\x41\xff\x00\x0b\x02ab"    // at 127, which takes two bytes with its sign
		second = "\x00\x41\x84\x01\x0b\x01c"     // at 132
		data   = "\x0b\x10\x02" + second + first // in no order
		after  = "\x00\x02\x01x"                 // a section of one's own
		one    = "\x01\x00\x41\xff\x80\x80\x80\x00\x0b\x06ab\x00\x00\x00c"
	)
	joined, err := joinData([]byte(header + before + data + after))
	require.NoError(t, err)
	assert.Equal(t, header+before+"\x0b\x10"+one+after, string(joined))

	again, err := joinData(joined)
	require.NoError(t, err)
	assert.Equal(t, joined, again)
}

func TestJoinDataRefuses(t *testing.T) {
	for name, module := range map[string]string{
		"it ends in the middle":   header[:4],
		"read a section":          header + "\x05\x03\x01",
		"read the data":           header + "\x0b\x03\x02\x00\x41",
		"a piece has no constant": header + "\x0b\x07\x01\x00\x23\x00\x0b\x01a",
	} {
		_, err := joinData([]byte(module))
		assert.ErrorContains(t, err, name)
	}
}
