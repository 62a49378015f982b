//go:build !js

package main

import (
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/performance"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMemory: a tab that has been open for days is no heavier than one of today. 10,000 messages come while the reader
// stays at the newest one; every one of them is held, and a few are drawn.
func TestMemory(t *testing.T) {
	v := newVisitor(t)
	v.first(tellMemory)
	v.open("/")
	_, err := call(v, performance.Enable, performance.EnableParams{})
	require.NoError(t, err)
	type weight struct{ rows, listeners, nodes, memory float64 }
	weigh := func() weight {
		v.frames(6)
		_, err := call(v, heapprofiler.CollectGarbage, cdp.Empty{})
		require.NoError(t, err)
		of := v.metrics()
		return weight{
			rows:      eval[float64](v, `document.querySelectorAll("article").length`),
			listeners: of["JSEventListeners"],
			nodes:     of["Nodes"],
			memory:    of["JSHeapUsedSize"] + eval[float64](v, `memory.buffer.byteLength`),
		}
	}
	// A frame for some at a time: all of them pass through what is drawn.
	stream := func(upTo string) {
		eval[any](v, `(async () => { while (`+list+`.dataset.count < `+upTo+`) {
			for (let i = 0; i < 25; i++) happen("append");
			await new Promise(requestAnimationFrame);
		} })()`)
	}

	eval[any](v, `void converse(100, true)`)
	v.await(`document.querySelector("article")`)
	eval[any](v, `navigator.serviceWorker.ready.then(() => {})`) // the page listens to its worker, which comes some time later
	stream("1000")
	before := weigh()
	stream("10000")
	after := weigh()
	t.Logf("%+v at 1,000, %+v at 10,000", before, after)
	assert.Zero(t, eval[int](v, below), "the newest is seen")
	assert.NotZero(t, before.rows)
	assert.LessOrEqual(t, after.rows, 500.0)
	assert.Less(t, after.memory, 1.5*before.memory)
	assert.InDelta(t, before.listeners, after.listeners, 0.1*before.listeners)
	assert.InDelta(t, before.nodes, after.nodes, 0.1*before.nodes)
	v.requireNoTroubles()
}
