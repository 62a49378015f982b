//go:build linux || darwin

package directus_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directuslab"
	"directuschat/app/directus/directustest"
)

// The facts of this file's siblings are what the package and directustest take Directus to be. One table of them runs
// against the fake and against real servers of both versions, so that neither the fake nor our picture drifts from the
// truth. Run with -record to keep the frames of the real ones in testdata.

var record = flag.Bool("record", false, "write what real servers say to testdata/frames")

// A fact is something that Directus does.
type fact struct {
	name string
	test func(t *testing.T, d *subject)
}

// Facts about time are checked on servers where things do not last, the others where they do. A real server needs some
// seconds to do anything at all.
var (
	lasting   = lives{token: 15 * time.Minute, heartbeat: 30 * time.Second, authTimeout: 10 * time.Second}
	briefFake = lives{token: 2 * time.Second, heartbeat: time.Second / 2, authTimeout: time.Second}
	briefReal = lives{token: 10 * time.Second, heartbeat: 3 * time.Second, authTimeout: 5 * time.Second}
)

type lives struct{ token, heartbeat, authTimeout time.Duration }

func TestFakeConforms(t *testing.T) {
	for _, version := range directuslab.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			for _, part := range []struct {
				lives lives
				facts []fact
			}{{lasting, slices.Concat(restFacts, socketFacts)}, {briefFake, timeFacts}} {
				srv := directustest.New(directustest.Config{
					Version: version, HideUsers: true,
					AccessTTL: part.lives.token, Heartbeat: part.lives.heartbeat, AuthTimeout: part.lives.authTimeout,
					Users: []directustest.User{
						{Email: alice, Password: "password"},
						{Email: guarded, Password: "password", Code: "123456"},
						{Email: suspended, Password: "password"},
					},
					Collections: []directustest.Collection{
						directustest.Messages, {Name: "secrets", NoRead: true, NoCreate: true},
					},
				})
				t.Cleanup(srv.Close)
				listener := httptest.NewServer(srv)
				t.Cleanup(listener.Close)
				check(t, &subject{version: version, lives: part.lives, api: newAPI(listener.URL), admin: fakeAdmin{srv}}, part.facts)
			}
		})
	}
}

func TestDirectusConforms(t *testing.T) {
	if testing.Short() {
		t.Skip("starts real servers")
	}
	for _, version := range directuslab.Versions() {
		t.Run(version, func(t *testing.T) {
			dir := t.TempDir()
			run := func(t *testing.T, l lives, facts []fact) []string {
				in := directuslab.Run(t, directuslab.Options{Version: version, Dir: dir, Env: map[string]string{
					"ACCESS_TOKEN_TTL":             fmt.Sprintf("%.0fs", l.token.Seconds()),
					"WEBSOCKETS_HEARTBEAT_PERIOD":  fmt.Sprint(l.heartbeat.Seconds()),
					"WEBSOCKETS_REST_AUTH_TIMEOUT": fmt.Sprint(l.authTimeout.Seconds()),
					"LOGIN_STALL_TIME":             "0",
				}})
				admin := labAdmin{t, in}
				if l == lasting {
					admin.provision()
				}
				d := &subject{version: version, lives: l, api: newAPI(in.URL), admin: admin}
				check(t, d, facts)
				return d.said
			}
			var frames []string
			t.Run("lasting", func(t *testing.T) { frames = run(t, lasting, slices.Concat(restFacts, socketFacts)) })
			t.Run("brief", func(t *testing.T) { frames = append(frames, run(t, briefReal, timeFacts)...) })
			if *record {
				save(t, filepath.Join("testdata", "frames", version+".jsonl"), frames)
			}
		})
	}
}

func newAPI(url string) directus.API {
	return directus.API{URL: url, Transport: directus.NewTransport()}
}

func check(t *testing.T, d *subject, facts []fact) {
	t.Run("facts", func(t *testing.T) { // a group: it ends when all of its parallel tests have
		for _, f := range facts {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				f.test(t, d)
			})
		}
	})
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
}

// save keeps one frame of each shape that a real server has sent.
func save(t *testing.T, path string, frames []string) {
	var kept []string
	seen := map[string]bool{}
	for _, frame := range frames {
		var s said
		require.NoError(t, json.Unmarshal([]byte(frame), &s))
		refusal, _ := s["error"].(map[string]any)
		_, named := s["uid"]
		shape := fmt.Sprintf("%v %v %v %v %T %v", s["type"], s["event"], s["status"], refusal["code"], s["data"], named)
		if !seen[shape] {
			seen[shape] = true
			kept = append(kept, frame)
		}
	}
	slices.Sort(kept)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(kept, "\n")+"\n"), 0o644))
}
