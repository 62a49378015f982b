package relay

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHeaders(t *testing.T) {
	mask := [4]byte{1, 2, 3, 4}
	for _, length := range []int{0, 1, 125, 126, 65535, 65536, 1 << 30} {
		for _, masked := range []*[4]byte{nil, &mask} {
			p := appendHeader(nil, opText, length, masked)
			require.Len(t, p, headerSize([2]byte(p)))
			h, err := parseHeader(p)
			require.NoError(t, err)
			want := header{fin: true, op: opText, length: int64(length)}
			if masked != nil {
				want.masked, want.mask = true, mask
			}
			assert.Equal(t, want, h)
		}
	}
}

func TestMask(t *testing.T) {
	mask := [4]byte{1, 2, 3, 4}
	for length := range 40 {
		p := bytes.Repeat([]byte{0xf0}, length)
		applyMask(p, mask)
		for i, c := range p {
			require.Equal(t, 0xf0^mask[i%4], c, "byte %d of %d", i, length)
		}
	}
}

// However the upstream's bytes are cut, the same ones are passed on, and the same place is reached.
func FuzzStream(f *testing.F) {
	f.Add([]byte("\x81\x05hello\x89\x00\x01\x02he\x80\x01l\x88\x02\x03\xe8"), uint8(3))
	f.Add([]byte("\x81\x7e\x00\x80"), uint8(1))
	f.Add([]byte("\xc1\x00"), uint8(1))
	f.Fuzz(func(t *testing.T, p []byte, step uint8) {
		frames, all, wholeErr := stream{}.scan(p, nil)
		require.LessOrEqual(t, frames.n, all.n)
		require.LessOrEqual(t, all.n, len(p))
		require.Zero(t, frames.left)
		var at stream
		var err error
		passed, seen := 0, 0
		for seen < len(p) && err == nil {
			seen = min(len(p), seen+int(step)+1)
			var next place
			if _, next, err = at.scan(p[passed:seen], nil); err == nil {
				at = next.stream
				passed += next.n
			}
		}
		require.Equal(t, wholeErr, err)
		if err == nil {
			require.Equal(t, all, place{passed, at})
		}
	})
}
