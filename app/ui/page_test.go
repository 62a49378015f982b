package ui

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// A fakeClient shows a snapshot and ticks when told to.
type fakeClient struct {
	snapshot chat.Snapshot
	tick     chan struct{}
	urgent   chan bool
	stopped  chan struct{}
	intents  []chat.Intent
	details  chat.Diagnostics
}

var _ Client = (*fakeClient)(nil)

func newFakeClient() *fakeClient {
	return &fakeClient{tick: make(chan struct{}, 1), urgent: make(chan bool, 1), stopped: make(chan struct{})}
}

func (f *fakeClient) Snapshot() chat.Snapshot { return f.snapshot }
func (f *fakeClient) Changed() (tick <-chan struct{}, urgent <-chan bool, stop func()) {
	return f.tick, f.urgent, func() { close(f.stopped) }
}
func (f *fakeClient) Diagnostics() chat.Diagnostics { return f.details }
func (f *fakeClient) Do(in chat.Intent)             { f.intents = append(f.intents, in) }

func TestPageDrawsEveryPhase(t *testing.T) {
	for phase := chat.PhaseStarting; phase <= chat.PhaseSignedIn; phase++ {
		client := newFakeClient()
		client.snapshot = chat.Snapshot{Phase: phase, Room: chat.RoomView{Rows: []chat.Row{{ID: "1"}}}}
		page := &Page{Client: client, Title: "Team"}
		require.NoError(t, app.NewTestEngine().Load(page))
		assert.NoError(t, app.Match(app.Main().ID("room"), page, 0))
		assert.NoError(t, app.Match(app.Text("Team"), page, 0, 1, 0, 1, 0, 0))
	}
}

func TestScreenOf(t *testing.T) {
	assert.Empty(t, screenOf(chat.PhaseStarting), "boot.js has picked one")
	assert.Equal(t, "login", screenOf(chat.PhaseSignedOut))
	assert.Equal(t, "login", screenOf(chat.PhaseSigningIn), "the form stays until it has succeeded")
	assert.Equal(t, "room", screenOf(chat.PhaseSignedIn))
}

func TestSplit(t *testing.T) {
	none := chat.Problem{}
	forbidden := chat.Problem{Code: chat.ProblemWriteForbidden, Detail: "no"}
	other := chat.Problem{Code: chat.ProblemReadForbidden}
	storage := chat.Problem{Code: chat.ProblemStorageFailing}
	for _, test := range []struct {
		problem, storage chat.Problem
		closed           bool
		composer, banner chat.Problem
	}{
		{none, none, false, none, none},
		{other, none, false, none, other},
		{none, none, true, chat.Problem{Code: chat.ProblemWriteForbidden}, none},
		{forbidden, none, true, forbidden, none},
		{other, none, true, none, other},
		{storage, storage, false, storage, none},
		{other, storage, false, storage, other},
		{storage, storage, true, chat.Problem{Code: chat.ProblemWriteForbidden}, none},
	} {
		composer, banner := split(chat.Snapshot{Problem: test.problem, Storage: test.storage}, test.closed)
		assert.Equal(t, test.composer, composer)
		assert.Equal(t, test.banner, banner)
	}
}

// Ensure that a change waits while the page rests after a drawing, and that what the user has done does not.
func TestWatchRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newFakeClient()
		engine, drawn, stop := watched(t, client)
		defer stop()
		change := func() {
			client.tick <- struct{}{}
			synctest.Wait()
			engine.ConsumeAll() // what is dispatched by now
			synctest.Wait()
		}
		change()
		assert.Equal(t, 1, *drawn)
		change()
		assert.Equal(t, 1, *drawn, "the page rests")
		time.Sleep(leastRest)
		synctest.Wait()
		engine.ConsumeAll()
		synctest.Wait()
		assert.Equal(t, 2, *drawn)
		client.urgent <- false
		change()
		assert.Equal(t, 3, *drawn, "the user waits for it")
		client.urgent <- true
		change()
		assert.Equal(t, 3, *drawn, "there is time until the next frame")
		time.Sleep(calm)
		synctest.Wait()
		engine.ConsumeAll()
		synctest.Wait()
		assert.Equal(t, 4, *drawn, "and there is none: nobody sees the page")
	})
}

// Ensure that a rest lasts as long as there are changes, and not longer than it is to.
func TestRestUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rest := func(changes int) time.Duration {
			tick, done := make(chan struct{}, 1), make(chan struct{})
			began := time.Now()
			go func() {
				for range changes {
					time.Sleep(calm / 2)
					tick <- struct{}{}
				}
			}()
			sent, ok := restUntil(began.Add(4*calm), tick, nil, done)
			assert.True(t, ok)
			assert.False(t, sent)
			took := time.Since(began)
			close(done)
			_, ok = restUntil(time.Now().Add(time.Hour), nil, nil, done)
			assert.False(t, ok)
			return took
		}
		assert.Equal(t, calm, rest(0))
		assert.Equal(t, 2*calm, rest(2))
		assert.Equal(t, 4*calm, rest(8))
	})
}

// A probe lets a test have a go-app context.
type probe struct {
	app.Compo
	ctx app.Context
}

func (p *probe) OnPreRender(ctx app.Context) { p.ctx = ctx }
func (p *probe) Render() app.UI              { return app.Div() }

// watched counts the drawings of a client's changes.
func watched(t *testing.T, client Client) (engine app.TestEngine, drawn *int, stop func()) {
	t.Helper()
	engine = app.NewTestEngine()
	p := &probe{}
	require.NoError(t, engine.Load(p))
	engine.ConsumeAll()
	drawn = new(int)
	return engine, drawn, watch(p.ctx, client, func(app.Context) { *drawn++ })
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newFakeClient()
		engine, drawn, stop := watched(t, client)
		client.tick <- struct{}{}
		synctest.Wait()
		client.tick <- struct{}{}
		synctest.Wait()
		assert.Len(t, client.tick, 1, "not before the pending one is drawn")
		engine.ConsumeNext()
		time.Sleep(calm)
		engine.ConsumeNext()
		assert.Equal(t, 2, *drawn)

		stop()
		synctest.Wait()
		select {
		case <-client.stopped:
		default:
			t.Fatal("the watch goes on")
		}
	})
}
