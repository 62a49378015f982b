package client_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/chat"
)

// pictures are all that are stored, by key.
func (h *harness) pictures() map[string]string {
	found := map[string]string{}
	for key, value := range h.kept() {
		if strings.HasPrefix(key, "picture/") {
			found[key] = value
		}
	}
	return found
}

// Ensure that the page finds the picture of who is signed in, as of when the room was up to date, and whoever else was
// signed in before does not matter.
func TestPicture(t *testing.T) {
	bubble(t, ownKeys, func(h *harness) {
		paint, err := os.ReadFile("../../web/js/boot/past.js")
		require.NoError(t, err)
		assert.Contains(t, string(paint), "const { me, generation } = JSON.parse(stored(\"session\"))")
		assert.Contains(t, string(paint), "`picture/${me.ID}/${generation}/`")
		find := func() string {
			var session struct {
				Me         struct{ ID string }
				Generation string
			}
			require.NoError(t, json.Unmarshal([]byte(h.kept()["session"]), &session))
			return h.pictures()["picture/"+session.Me.ID+"/"+session.Generation+"/"]
		}

		alice := h.as("alice")
		id := h.server.UserID("alice@example.com")
		time.Sleep(3 * time.Second)
		assert.Contains(t, find(), "as seen by "+id)
		h.write("bob", "hello")
		alice.texts("hello")
		alice.SetVisible(false)
		synctest.Wait()
		assert.Equal(t, time.Now().Format(time.RFC3339)+" as seen by "+id, find(), "at once when nobody looks any more")

		h.server.Stop()
		alice.SetVisible(true)
		alice.until("cut off", func(s chat.Snapshot) bool { return s.Connection != chat.ConnectionLive })
		time.Sleep(time.Hour)
		alice.SetVisible(false)
		synctest.Wait()
		at, err := time.Parse(time.RFC3339, strings.Fields(find())[0])
		require.NoError(t, err)
		assert.Greater(t, time.Since(at), 50*time.Minute, "nothing is known of the last hour")
	})
}

// Ensure that no picture stays after a log-out, in whichever tab, nor when the session is refused, and that none is taken
// where others use the computer, too.
func TestPictureGoes(t *testing.T) {
	for name, end := range map[string]func(h *harness, alice, other *window){
		"logged out": func(_ *harness, alice, _ *window) { alice.Do(chat.LogOut{}) },
		"logged out in another tab, which was frozen": func(_ *harness, alice, other *window) {
			thaw := other.freeze()
			other.SetVisible(false)
			alice.Do(chat.LogOut{})
			alice.signedOut()
			time.Sleep(time.Minute)
			thaw()
			other.signedOut()
		},
		"refused": func(h *harness, alice, _ *window) {
			h.server.Revoke("alice@example.com")
			h.server.Expire()
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, ownKeys, func(h *harness) {
				alice, other := h.as("alice"), h.open()
				other.live()
				time.Sleep(3 * time.Second)
				require.Len(t, h.pictures(), 1)
				end(h, alice, other)
				alice.signedOut()
				time.Sleep(time.Minute)
				assert.Empty(t, h.pictures())
			})
		})
	}
	t.Run("shared", func(t *testing.T) {
		bubble(t, ownKeys, func(h *harness) {
			w := h.open()
			w.Do(chat.LogIn{Email: "alice@example.com", Password: h.password, Shared: true})
			w.live()
			w.SetVisible(false)
			time.Sleep(3 * time.Second)
			assert.Empty(t, h.pictures())
			values, err := w.store.List(t.Context(), "picture/")
			require.NoError(t, err)
			assert.Empty(t, values)
		})
	})
}
