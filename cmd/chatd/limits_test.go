package main

import (
	"fmt"
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

func TestAddressLimitsHaveAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newAddressLimits(1, 2)
		for i := range maxAddresses {
			require.True(t, l.allow(fmt.Sprintf("10.0.%d.%d:1", i/256, i%256)))
		}
		assert.False(t, l.allow("192.0.2.1:1"), "all are busy")
		assert.True(t, l.allow("10.0.0.0:1"), "those known go on")
		time.Sleep(time.Second)
		assert.True(t, l.allow("192.0.2.1:1"))
		assert.Len(t, l.byAddress, 2, "the others' budgets are whole again")
	})
}
