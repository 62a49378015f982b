package e2e

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directustest"
)

// TestCrowdComesBack: 200 clients lose Directus in the same moment, and do not storm it when it is there again. They are
// sessions without a browser around them; so many of those no machine has.
func TestCrowdComesBack(t *testing.T) {
	const size = 200
	s := newSite(t, siteOptions{Own: true})
	api := directus.API{URL: s.link.URL() + "/directus", Transport: directus.NewTransport()}
	grant, err := api.Login(t.Context(), alice.Email, directus.Secret(alice.Password), "")
	require.NoError(t, err)

	ctx, leave := context.WithCancel(t.Context())
	var crowd sync.WaitGroup
	var ready atomic.Int32
	for range size {
		was := false
		session := directus.NewSession(directus.SessionConfig{
			API:    api,
			Dialer: directus.NewDialerWith(http.Header{"Origin": {s.link.URL()}}), // else chatd lets nobody in
			Tokens: directustest.NoTokens{},
			Grant:  grant, // good for as long as this takes
			Deliver: func(e directus.Event) {
				if e, ok := e.(directus.StateChanged); ok && was != (e.State == directus.Ready) {
					was = !was
					ready.Add(map[bool]int32{true: 1, false: -1}[was])
				}
			},
		})
		crowd.Go(func() { _ = session.Run(ctx) })
	}
	defer crowd.Wait()
	defer leave()
	require.Eventually(t, func() bool { return ready.Load() == size }, time.Minute, 10*time.Millisecond, "they connect")

	s.directus.Stop()
	require.Eventually(t, func() bool { return ready.Load() == 0 }, time.Minute, 10*time.Millisecond, "they notice")
	s.startDirectus(t)
	back := time.Now()
	require.Eventually(t, func() bool { return ready.Load() == size }, time.Minute, 10*time.Millisecond, "all are back within a minute")
	took := time.Since(back)

	first := 0
	for _, at := range s.link.Upgrades() {
		if at.After(back) && at.Before(back.Add(time.Second)) {
			first++
		}
	}
	t.Logf("%d of %d attempts in the first second, all back after %v", first, size, took.Round(time.Millisecond))
	assert.Less(t, first, size/5, "attempts in the first second")
}
