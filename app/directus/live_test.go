package directus_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directustest"
)

// How long a session may go on saying Ready on a connection that is dead.
const (
	noticed = 30 * time.Second // when somebody looks at the page
	woken   = 5 * time.Second  // when somebody comes back to it
)

// A death is a way for a connection to end that nobody tells.
type death struct {
	name string
	kill func(srv *directustest.Server, tab *tab)
	// revive is what the network does before the next attempt can succeed.
	revive func(srv *directustest.Server, tab *tab)
}

var deaths = []death{
	{"nothing comes or goes", func(srv *directustest.Server, _ *tab) { srv.Freeze() }, thaw},
	{"nothing comes", func(srv *directustest.Server, _ *tab) { srv.FreezeDown() }, thaw},
	{"nothing goes", func(srv *directustest.Server, _ *tab) { srv.FreezeUp() }, thaw},
	{"nothing can be written", func(_ *directustest.Server, tab *tab) { tab.stuck.Store(true) }, unstick},
	{"it stops while a write is under way", func(srv *directustest.Server, tab *tab) {
		tab.stuck.Store(true)
		srv.Push(`{"type":"ping"}`) // wants an answer
	}, unstick},
	{"the machine sleeps", func(srv *directustest.Server, tab *tab) {
		tab.clock.set(10 * time.Minute)
		srv.Freeze()
	}, thaw},
	{"the clock is set back", func(srv *directustest.Server, tab *tab) {
		tab.clock.set(-time.Hour)
		srv.Freeze()
	}, thaw},
}

func thaw(srv *directustest.Server, _ *tab)    { srv.Thaw() }
func unstick(_ *directustest.Server, tab *tab) { tab.stuck.Store(false) }

// forEachDeath runs a test for every way to die, at moments that differ in where the probes and the heartbeat stand.
func forEachDeath(t *testing.T, test func(t *testing.T, srv *directustest.Server, tab *tab, d death)) {
	for _, d := range deaths {
		for _, heartbeat := range []time.Duration{30 * time.Second, -1} {
			t.Run(fmt.Sprint(d.name, ", heartbeat ", heartbeat), func(t *testing.T) {
				for phase := 100 * time.Millisecond; phase < noticed; phase += 4300 * time.Millisecond {
					onVirtualTime(t, directustest.Config{Heartbeat: heartbeat, RefreshGrace: 30 * time.Second}, func(t *testing.T, srv *directustest.Server) {
						tab := open(t, srv, fixedJitter(0.5))
						time.Sleep(time.Minute + phase)
						require.Equal(t, start(1), tab.take())
						d.kill(srv, tab)
						test(t, srv, tab, d)
					})
				}
			})
		}
	}
}

func TestDeadConnectionIsNoticed(t *testing.T) {
	forEachDeath(t, func(t *testing.T, srv *directustest.Server, tab *tab, d death) {
		tab.untilNot(directus.Ready, noticed)
		d.revive(srv, tab)
		tab.until(directus.Ready, 10*time.Second)
	})
}

func TestDeadConnectionIsNoticedOnWake(t *testing.T) {
	for name, wake := range map[string]func(*tab){
		"wake":    func(tab *tab) { tab.Wake() },
		"visible": func(tab *tab) { tab.SetVisible(true) },
		"online":  func(tab *tab) { tab.SetOnline(true) },
	} {
		t.Run(name, func(t *testing.T) {
			forEachDeath(t, func(t *testing.T, srv *directustest.Server, tab *tab, d death) {
				wake(tab)
				tab.untilNot(directus.Ready, woken)
				d.revive(srv, tab)
				tab.until(directus.Ready, woken)
			})
		})
	}
}

// A rate limit swallows probes, and says so: then the server is there.
func TestProbeRefusedByARateLimit(t *testing.T) {
	onVirtualTime(t, directustest.Config{Heartbeat: -1}, func(t *testing.T, srv *directustest.Server) {
		tab := open(t, srv)
		srv.FreezeUp()
		for range 60 {
			time.Sleep(5 * time.Second)
			srv.Push(`{"type":"server","status":"error","error":{"code":"REQUESTS_EXCEEDED","message":"Too many messages, retry after 4992ms."}}`)
		}
		assert.Equal(t, start(1), tab.take())
		tab.untilNot(directus.Ready, noticed)
	})
}
