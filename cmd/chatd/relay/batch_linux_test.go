package relay

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Where the system lets us have no batch, sends are calls of their own.
func TestWithoutBatch(t *testing.T) {
	testPrepared(t, func(r *Relay) {
		for _, l := range r.loops {
			l.newBatch = func() (*batch, error) { return nil, unix.EPERM }
		}
	})
}

// allowedBatch skips a test where nobody may have a batch: TestWithoutBatch is of that.
func allowedBatch(t *testing.T) *batch {
	b, err := newBatch()
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.ENOMEM) {
		t.Skip("the kernel has no io_uring for us: ", err)
	}
	require.NoError(t, err)
	return b
}

// wireTo is a wire, and its other end.
func wireTo(t *testing.T, out string) (*wire, net.Conn) {
	end, fd := streams(t)
	w := &wire{fd: fd, out: []byte(out)}
	t.Cleanup(w.close)
	return w, end
}

// More than fits into the ring at once is sent, each to its own, also when the ring has gone round.
func TestBatchSendsForAll(t *testing.T) {
	b := allowedBatch(t)
	defer b.close()
	var wires []*wire
	var ends []net.Conn
	for range 3*batchSize + 8 {
		w, end := wireTo(t, "")
		wires, ends = append(wires, w), append(ends, end)
	}
	for round := range 3 {
		for i, w := range wires {
			w.out = []byte("this is of wire " + strconv.Itoa(i) + " in round " + strconv.Itoa(round))
			b.add(w)
		}
		b.send()
		for i, w := range wires {
			want := bytes.Clone(w.out)
			require.True(t, w.sent)
			require.NoError(t, w.flush(0))
			require.Empty(t, w.out)
			got := make([]byte, len(want))
			_, err := io.ReadFull(ends[i], got)
			require.NoError(t, err)
			assert.Equal(t, string(want), string(got))
		}
	}
}

// One that cannot send, or not all, does not concern the others.
func TestBatchOfUnequal(t *testing.T) {
	b := allowedBatch(t)
	defer b.close()
	much := string(make([]byte, 8<<20))
	fine, fineEnd := wireTo(t, "fine")
	full, fullEnd := wireTo(t, much)
	gone, goneEnd := wireTo(t, "to nobody")
	require.NoError(t, goneEnd.Close())
	quiet, _ := wireTo(t, "")
	stuck, _ := wireTo(t, "later")
	stuck.stuck = true
	for _, w := range []*wire{gone, full, quiet, stuck, fine} {
		b.add(w)
	}
	b.send()

	require.NoError(t, fine.flush(0))
	got := make([]byte, 4)
	_, err := io.ReadFull(fineEnd, got)
	require.NoError(t, err)
	assert.Equal(t, "fine", string(got))

	assert.ErrorIs(t, gone.flush(0), unix.EPIPE)

	require.NoError(t, full.flush(0))
	assert.True(t, full.stuck)
	took := len(much) - len(full.out)
	assert.Positive(t, took)
	n, err := io.CopyN(io.Discard, fullEnd, int64(took))
	assert.NoError(t, err)
	assert.EqualValues(t, took, n)

	assert.False(t, quiet.sent)
	assert.False(t, stuck.sent, "what is stuck waits for the kernel to speak")
}

// What the kernel refuses to take from the ring, each wire sends by itself.
func TestBatchThatIsRefused(t *testing.T) {
	b := allowedBatch(t)
	ring := b.ring
	b.ring = -1
	w, end := wireTo(t, "by itself")
	b.add(w)
	b.send()
	assert.False(t, w.sent)
	require.NoError(t, w.flush(0))
	got := make([]byte, 9)
	_, err := io.ReadFull(end, got)
	require.NoError(t, err)
	assert.Equal(t, "by itself", string(got))

	b.ring = ring // and what follows is sent once
	w.out = []byte("together")
	b.add(w)
	b.send()
	assert.True(t, w.sent)
	require.NoError(t, w.flush(0))
	b.close()
	w.close()
	rest, err := io.ReadAll(end)
	require.NoError(t, err)
	assert.Equal(t, "together", string(rest))
}

// All that is true of pairs is true of those that send by a batch. Most tests have one pair at work in a turn, for which
// none is taken otherwise.
func TestByBatch(t *testing.T) {
	allowedBatch(t).close()
	testPrepared(t, func(r *Relay) {
		for _, l := range r.loops {
			l.fewest = 1
		}
	})
	g := newRig(t, nil)
	client, upstream := g.open("")
	client.write(masked(true, opText, ping))
	assert.Equal(t, ping, upstream.read().text)
	p := g.pairs()[0]
	assert.Positive(t, ask(t, p, func() uint32 { return p.loop.batch.doneHead.Load() }), "results of the kernel")
}
