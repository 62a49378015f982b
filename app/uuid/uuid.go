// Package uuid makes identifiers: random ones, ones that sort by the time they were made, and ones that follow from a
// name. It knows nothing of what they are for.
//
// It does without Go's cryptography, which comes as one piece, with ciphers and self-tests: 50 kB of the download. Random
// numbers are the browser's own, and the one hash is compared with Go's by the tests.
package uuid

import (
	"encoding/hex"
	"sync"
	"time"
)

// A UUID is an identifier as RFC 9562 has it.
type UUID [16]byte

// NameSpaceURL is the name space of names that are URLs.
var NameSpaceURL = UUID{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}

// String is the identifier in lower case, with dashes.
func (u UUID) String() string {
	text := make([]byte, 0, 36)
	rest := u[:]
	for _, n := range [...]int{4, 2, 2, 2, 6} {
		if len(text) > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, rest[:n])
		rest = rest[n:]
	}
	return string(text)
}

func (u UUID) version(v byte) UUID {
	u[6] = u[6]&0x0f | v<<4
	u[8] = u[8]&0x3f | 0x80
	return u
}

// NewString returns a random identifier, which nobody can tell beforehand.
func NewString() string {
	var u UUID
	random(u[:])
	return u.version(4).String()
}

// NewV5 returns the identifier of a name in a space of names: always the same, and the name cannot be told from it.
func NewV5(space UUID, name string) UUID {
	sum := sha1(append(space[:], name...))
	return UUID(sum[:16]).version(5)
}

// NewV7 returns an identifier that is random behind the time. Those of one program sort as they were made.
func NewV7() UUID {
	var u UUID
	random(u[:])
	t := clock.next(time.Now())
	for i := range 6 {
		u[i] = byte(t >> (52 - 8*i))
	}
	u[6], u[7] = byte(t>>8&0x0f), byte(t)
	return u.version(7)
}

var clock ticks

// Ticks count 4096 a millisecond. They never give the same twice, and never go back.
type ticks struct {
	mu   sync.Mutex
	last int64
}

func (c *ticks) next(now time.Time) int64 {
	t := now.UnixMilli()<<12 | int64(now.Nanosecond()%1e6)<<12/1e6
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(t, c.last+1)
	return c.last
}
