package uuid

import (
	cryptosha1 "crypto/sha1"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"directuschat/app/deptest"
)

func TestImports(t *testing.T) {
	deptest.Check(t, deptest.Rules{
		Never:  map[string]string{"directuschat/...": "identifiers are below everything else"},
		OnlyIn: map[string]string{"crypto/...": "_notjs.go", "syscall/js": "_js.go"},
	})
}

func TestSHA1(t *testing.T) {
	for n := range 200 {
		text := []byte(strings.Repeat("é", 100)[:n])
		assert.Equal(t, cryptosha1.Sum(text), sha1(text), "%d bytes", n)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.Byte()).Draw(t, "text")
		before := append([]byte(nil), text...)
		if sha1(text) != cryptosha1.Sum(before) {
			t.Fatal("another hash than crypto/sha1's")
		}
	})
}

func TestVersions(t *testing.T) {
	for version, made := range map[uuid.Version]string{4: NewString(), 5: NewV5(NameSpaceURL, "x").String(), 7: NewV7().String()} {
		read, err := uuid.Parse(made)
		require.NoError(t, err)
		assert.Equal(t, version, read.Version())
		assert.Equal(t, uuid.RFC4122, read.Variant())
		assert.Equal(t, read.String(), made)
	}
}

func TestANameHasOneIdentifier(t *testing.T) {
	for _, name := range []string{"", "https://example.com", "grüße\n👍", strings.Repeat("long ", 100)} {
		assert.Equal(t, uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)).String(), NewV5(NameSpaceURL, name).String())
	}
	assert.NotEqual(t, NewV5(UUID{}, "x"), NewV5(NameSpaceURL, "x"))
}

func TestNoTwoAreEqual(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		for _, made := range []string{NewString(), NewV7().String()} {
			require.False(t, seen[made], made)
			seen[made] = true
		}
	}
}

func TestThoseOfTimeSort(t *testing.T) {
	before := time.Now().Truncate(time.Millisecond)
	last := NewV7()
	for range 10_000 {
		next := NewV7()
		require.Less(t, last.String(), next.String())
		last = next
	}
	seconds, nanoseconds := uuid.UUID(last).Time().UnixTime()
	assert.False(t, time.Unix(seconds, nanoseconds).Before(before))
}

func TestTheClockNeverGoesBack(t *testing.T) {
	var c ticks
	now := time.UnixMilli(1_700_000_000_000).Add(500 * time.Microsecond)
	first := c.next(now)
	assert.Equal(t, int64(1_700_000_000_000)<<12|2048, first)
	assert.Equal(t, first+1, c.next(now))
	assert.Equal(t, first+2, c.next(now.Add(-time.Hour)))
	assert.Equal(t, first+4096, c.next(now.Add(time.Millisecond)))
}
