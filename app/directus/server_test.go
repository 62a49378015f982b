package directus_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"directuschat/app/directus"
	"directuschat/app/directus/directustest"
)

// Ensure that a server is asked what it is when nothing is known of it, and when it may have been replaced.
func TestServerIsAskedOnce(t *testing.T) {
	onVirtualTime(t, directustest.Config{}, func(t *testing.T, srv *directustest.Server) {
		var asked atomic.Int32
		srv.OnRequest(func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/server/info" {
				asked.Add(1)
			}
			return false
		})
		tab := open(t, srv)
		assert.EqualValues(t, 1, asked.Load())
		srv.Cut()
		tab.until(directus.Ready, time.Minute)
		settle()
		assert.EqualValues(t, 1, asked.Load(), "a reconnect")
		srv.Stop()
		time.Sleep(time.Minute)
		srv.Start()
		tab.until(directus.Ready, time.Minute)
		settle()
		assert.EqualValues(t, 2, asked.Load(), "a server that was away")

		open(t, srv, func(c *directus.SessionConfig) { c.Server = directus.Server{Version: "12.4.0"} })
		assert.EqualValues(t, 2, asked.Load(), "one that is known from the log-in")
	})
}

func TestVersionSince(t *testing.T) {
	for version, want := range map[string]bool{
		"12.1.0": true, "12.4.0": true, "12.1": true, "12.10.0": true, "13.0.0": true, "12.1.0-rc.1": true,
		"12.0.9": false, "11.17.4": false, "12": false, "": false, "next": false, "v12.4.0": false,
	} {
		assert.Equal(t, want, directus.VersionSince(version, 12, 1), version)
	}
}
