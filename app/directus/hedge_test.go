package directus

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A lottery is a Transport whose nth attempt ends as its nth entry says. Pings are answered at once, and do not count.
type lottery struct {
	draws []draw
	mu    sync.Mutex
	made  int
}

type draw struct {
	after  time.Duration // 0 hangs for ever
	status int
}

func (l *lottery) Do(ctx context.Context, _ string, r Request) (Response, error) {
	if r.Path == pingPath {
		return Response{Status: 200}, nil
	}
	l.mu.Lock()
	d := l.draws[min(l.made, len(l.draws)-1)]
	l.made++
	l.mu.Unlock()
	var ends <-chan time.Time
	if d.after > 0 {
		ends = time.After(d.after)
	}
	select {
	case <-ends:
		return Response{Status: d.status}, nil
	case <-ctx.Done():
		return Response{}, ctx.Err()
	}
}

// Ensure that a request which hangs on a dead connection is made again, and only while there is reason to believe that.
func TestHedge(t *testing.T) {
	hangs, quick := draw{}, draw{time.Millisecond, 200}
	read, refresh := Request{Method: "GET"}, Request{Method: "POST", Path: refreshPath}
	tests := map[string]struct {
		request Request
		draws   []draw
		doubtAt time.Duration // negative: never
		want    int           // status; 0 for none
		within  time.Duration
		made    int
	}{
		"no doubt":                     {read, []draw{hangs, quick}, -1, 0, 10 * time.Second, 1},
		"no doubt, slow":               {read, []draw{{5 * time.Second, 200}}, -1, 200, 5 * time.Second, 1},
		"before":                       {read, []draw{hangs, quick}, 0, 200, 1100 * time.Millisecond, 2},
		"while it is under way":        {read, []draw{hangs, quick}, 5 * time.Second, 200, 5100 * time.Millisecond, 2},
		"two dead connections":         {read, []draw{hangs, hangs, quick}, 0, 200, 2100 * time.Millisecond, 3},
		"the first is only slow":       {read, []draw{{1500 * time.Millisecond, 200}, hangs}, 0, 200, 1500 * time.Millisecond, 2},
		"not without end":              {read, []draw{hangs}, 0, 0, 10 * time.Second, 3},
		"a refusal of a read is final": {read, []draw{{1500 * time.Millisecond, 403}, hangs}, 0, 403, 1500 * time.Millisecond, 2},
		"a refresh":                    {refresh, []draw{hangs, quick}, 0, 200, 1100 * time.Millisecond, 2},
		"a refresh refused the second time": {
			refresh, []draw{{2500 * time.Millisecond, 200}, {time.Millisecond, 401}}, 0, 200, 2500 * time.Millisecond, 3,
		},
		"a refresh refused":    {refresh, []draw{{time.Millisecond, 401}}, 0, 401, time.Millisecond, 1},
		"a write is made once": {Request{Method: "POST", Path: "items/messages"}, []draw{hangs, quick}, 0, 0, 10 * time.Second, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &lottery{draws: test.draws}
				h := newHedge(l, "")
				if test.doubtAt >= 0 {
					time.AfterFunc(test.doubtAt, h.doubt)
					synctest.Wait()
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				begun := time.Now()
				resp, err := h.Do(ctx, "", test.request)
				assert.Equal(t, test.want, resp.Status)
				assert.Equal(t, test.want == 0, err != nil, err)
				assert.LessOrEqual(t, time.Since(begun), test.within)
				synctest.Wait()
				assert.Equal(t, test.made, l.made)
			})
		})
	}
}

// A pool is a Transport as a browser is one: a request takes an idle connection, or opens one unless there are too many,
// and one that is given up closes its connection. Those that are idle at first are dead.
type pool struct {
	slots chan struct{} // one for each connection
	idle  chan bool     // whether it is dead
}

func newPool(dead int) *pool {
	p := &pool{make(chan struct{}, idleConnections), make(chan bool, idleConnections)}
	for range dead {
		p.idle <- true
	}
	return p
}

func (p *pool) Do(ctx context.Context, _ string, _ Request) (Response, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return Response{}, ctx.Err()
	}
	dead := false
	select {
	case dead = <-p.idle:
	default:
	}
	if dead {
		<-ctx.Done()
		return Response{}, ctx.Err()
	}
	time.Sleep(10 * time.Millisecond)
	p.idle <- false
	return Response{Status: 200}, nil
}

// Ensure that reads get through however many idle connections have died, and however many they are.
func TestDeadPool(t *testing.T) {
	for n := range 2 * idleConnections * (idleConnections + 1) {
		reading, dead := 1+n%(2*idleConnections), n/(2*idleConnections)
		synctest.Test(t, func(t *testing.T) {
			h := newHedge(newPool(dead), "")
			h.doubt()
			begun := time.Now()
			var reads sync.WaitGroup
			for range reading {
				reads.Go(func() {
					resp, err := h.Do(t.Context(), "", Request{Method: "GET"})
					assert.NoError(t, err)
					assert.Equal(t, 200, resp.Status)
				})
			}
			reads.Wait()
			assert.LessOrEqual(t, time.Since(begun), 3*time.Second, "%d reads, %d dead", reading, dead)
			time.Sleep(pingTimeout)
		})
	}
}

// Ensure that doubt passes.
func TestDoubtPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHedge(&lottery{}, "")
		h.doubt()
		doubt, _ := h.inDoubt()
		require.True(t, doubt)
		time.Sleep(doubtFor)
		doubt, _ = h.inDoubt()
		assert.False(t, doubt)
	})
}
