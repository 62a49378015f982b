package main

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAddressLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newAddressLimits(0.5, 2)
		for range 2 {
			assert.True(t, l.allow("192.0.2.1:1000"))
		}
		assert.False(t, l.allow("192.0.2.1:1001"), "the port does not matter")
		assert.False(t, l.allow("[::ffff:192.0.2.1]:1001"), "the same address")
		assert.True(t, l.allow("192.0.2.2:1000"))
		time.Sleep(2 * time.Second)
		assert.True(t, l.allow("192.0.2.1:1000"))
		assert.False(t, l.allow("192.0.2.1:1000"))

		for range 2 {
			assert.True(t, l.allow("[2001:db8::1]:1000"))
		}
		assert.False(t, l.allow("[2001:db8::ffff:1]:1000"), "one client has a whole /64")
		assert.True(t, l.allow("[2001:db8:0:1::1]:1000"))

		for range 2 {
			assert.True(t, l.allow("@"))
		}
		assert.False(t, l.allow("a pipe"))
	})
}

func TestRecentHasAnEnd(t *testing.T) {
	m := newRecent[int, string](100)
	m.put(-1, "asked for")
	m.put(-2, "forgotten")
	for i := range 1000 {
		m.put(i, "flood")
		_, known := m.get(-1)
		require.True(t, known, i)
		require.LessOrEqual(t, len(m.young)+len(m.old), 200)
	}
	for i := 900; i < 1000; i++ {
		_, known := m.get(i)
		assert.True(t, known, i)
	}
	_, known := m.get(-2)
	assert.False(t, known)
	m.put(-1, "changed")
	value, _ := m.get(-1)
	assert.Equal(t, "changed", value)
}
