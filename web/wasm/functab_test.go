package wasm

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// program is a module with two imported functions, one of its own, and some memory from place 16 on.
func program(memory string) string {
	data := "\x01" + string(writePiece(16, []byte(memory)))
	return header + sections{
		{typeSection, []byte("\x01\x60\x01\x7f\x00")},
		{importSection, []byte("\x02\x01a\x01b\x00\x00\x01a\x01c\x00\x00")},
		{functionSection, []byte("\x01\x00")},
		{9, []byte("\x00")},
		{codeSection, []byte("\x01\x02\x00\x0b")},
		{dataSection, []byte(data)},
		{0, []byte("\x01x")},
	}.text()
}

func (s sections) text() string { return string(s.write([]byte(header))[preamble:]) }

// TestMakeFunctab: the table is not in the program, and what writes it is told its place and length; nothing else is lost.
func TestMakeFunctab(t *testing.T) {
	const before, buckets, after = "before\x00\x00", 300, "\xff\x00\x00\x00after"
	made, err := makeFunctab([]byte(program(before + string(bucketsOf(0, buckets)) + after)))
	require.NoError(t, err)
	s, err := readSections(made)
	require.NoError(t, err)
	var ids []byte
	for _, section := range s {
		ids = append(ids, section.id)
	}
	assert.Equal(t, []byte{1, 2, 3, 8, 9, 10, 11, 0}, ids)
	assert.Equal(t, "\x02\x60\x01\x7f\x00\x60\x00\x00", string(s.content(typeSection)))
	assert.Equal(t, "\x02\x00\x01", string(s.content(functionSection)), "the second type")
	assert.Equal(t, "\x03", string(s.content(startSection)), "behind two that are imported, and one")
	const place = 16 + len(before)
	assert.Equal(t, "\x02\x02\x00\x0b"+fillFunctab(place, buckets), string(s.content(codeSection)))
	assert.Equal(t, "\x02"+string(writePiece(16, []byte(before)))+string(writePiece(place+buckets*bucketSize, []byte(after))), string(s.content(dataSection)))
}

func TestMakeFunctabLeaves(t *testing.T) {
	for name, memory := range map[string]string{
		"no table":            strings.Repeat("\x00", 1000) + "\x01",
		"a small one":         string(bucketsOf(0, 200)),
		"one of another kind": strings.Repeat("\x00\x00\x00\x00"+strings.Repeat("\x01", 16), 300),
	} {
		made, err := makeFunctab([]byte(program(memory)))
		require.NoError(t, err, name)
		assert.Equal(t, program(memory), string(made), name)
	}
}

func TestMakeFunctabRefuses(t *testing.T) {
	table := string(bucketsOf(0, 300))
	_, err := makeFunctab([]byte(strings.Replace(program(table), "\x01a\x01c\x00", "\x01a\x01c\x03", 1)))
	assert.ErrorContains(t, err, "more than functions")
	s, err := readSections([]byte(program(table)))
	require.NoError(t, err)
	_, err = makeFunctab([]byte(header + s.with(startSection, []byte("\x00")).text()))
	assert.ErrorContains(t, err, "a start of its own")
	_, err = makeFunctab([]byte(header))
	assert.ErrorIs(t, err, errEnds)
}
