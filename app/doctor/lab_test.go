package doctor_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	directuschat "directuschat"
	"directuschat/app/directus"
	"directuschat/app/directus/directuslab"
	"directuschat/app/doctor"
	"directuschat/app/provision"
)

// sound are the settings of a Directus that has nothing to be found; faults are planted one at a time.
var sound = map[string]string{
	"LOGIN_STALL_TIME": "0", "RATE_LIMITER_ENABLED": "true", "RATE_LIMITER_POINTS": "1000", "RATE_LIMITER_DURATION": "1",
}

const (
	core = directuslab.DefaultVersion // the version whose permissions are everything or nothing
	old  = "11.17.4"
)

// A patient is a Directus that is ready for the chat, with two people of whom bob has written, and reacted.
type patient struct {
	*directuslab.Instance
	front string // URL of a proxy to examine through; "" for none
}

func admit(t *testing.T, version string) *patient {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real Directus: run without -short")
	}
	p := &patient{}
	p.start(t, version, t.TempDir(), sound)
	require.NoError(t, provision.Apply(t.Context(), p.connect(t), provision.Options{}, func(provision.Step) {}))
	for _, u := range provision.DemoUsers {
		_, err := provision.EnsureUser(t.Context(), p.connect(t), u)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { // a Flow keeps them, some time after the users are there
		var names []json.RawMessage
		err := p.Admin(t.Context(), "GET", "/items/chat_profiles", nil, &names)
		return err == nil && len(names) == len(provision.DemoUsers)
	}, 20*time.Second, 50*time.Millisecond)
	message := p.write(t, bob, "messages")
	p.store(t, bob, "message_reactions", map[string]any{
		"id": uuid.NewString(), provision.ReactionMessage: message, provision.ReactionEmoji: "👍"})
	return p
}

func (p *patient) start(t *testing.T, version, dir string, settings map[string]string) {
	t.Helper()
	var err error
	p.Instance, err = directuslab.Start(t.Context(), directuslab.Options{Version: version, Dir: dir, Env: settings, Progress: os.Stderr})
	require.NoError(t, err)
	t.Cleanup(p.Instance.Stop)
}

// restart goes on with the same data and other settings.
func (p *patient) restart(t *testing.T, settings map[string]string) {
	t.Helper()
	p.Stop()
	all := maps.Clone(sound)
	maps.Copy(all, settings)
	p.start(t, p.Version, p.Dir, all)
}

var (
	alice = provision.DemoUsers[0]
	bob   = provision.DemoUsers[1]
)

func (p *patient) api() directus.API {
	return directus.API{URL: cmp.Or(p.front, p.URL), Transport: doctor.Patient(directus.NewTransport())}
}

func (p *patient) connect(t *testing.T) *provision.Admin {
	t.Helper()
	admin, err := provision.Connect(t.Context(), p.api(), provision.Credentials{Token: directus.Secret(p.AdminToken)})
	require.NoError(t, err)
	return admin
}

func (p *patient) logIn(t *testing.T, u provision.User) directus.Grant {
	t.Helper()
	grant, err := doctor.LogIn(t.Context(), p.api(), provision.Credentials{Email: u.Email, Password: u.Password})
	require.NoError(t, err)
	return grant
}

// write stores a message of somebody.
func (p *patient) write(t *testing.T, u provision.User, collection string) (key string) {
	t.Helper()
	return p.store(t, u, collection, map[string]any{"content": "hello"})
}

// store stores an item of somebody.
func (p *patient) store(t *testing.T, u provision.User, collection string, item map[string]any) (key string) {
	t.Helper()
	body, err := json.Marshal(item)
	require.NoError(t, err)
	answer, err := p.api().Call(t.Context(), directus.Request{Method: "POST", Path: "items/" + collection, Body: body, Token: p.logIn(t, u).Access})
	require.NoError(t, err)
	var stored struct{ Data struct{ ID json.RawMessage } }
	require.NoError(t, json.Unmarshal(answer.Body, &stored))
	return strings.Trim(string(stored.Data.ID), `"`)
}

// must calls it as the administrator.
func (p *patient) must(t *testing.T, method, path string, body any) {
	t.Helper()
	require.NoError(t, p.Admin(t.Context(), method, "/"+path, body, nil))
}

// made is must for what is made; it returns the id.
func (p *patient) made(t *testing.T, path string, body any) string {
	t.Helper()
	var made struct{ ID json.RawMessage }
	require.NoError(t, p.Admin(t.Context(), "POST", "/"+path, body, &made))
	return strings.Trim(string(made.ID), `"`)
}

// options are for an examination as alice.
func (p *patient) options(t *testing.T) doctor.Options {
	t.Helper()
	return doctor.Options{Admin: p.connect(t), API: p.api(), Mapping: directuschat.DefaultMapping, User: p.logIn(t, alice)}
}

// examine returns the findings of an examination as alice, and makes sure that it has left nothing behind.
func (p *patient) examine(t *testing.T, change func(*doctor.Options)) *doctor.Report {
	t.Helper()
	o := p.options(t)
	if change != nil {
		change(&o)
	}
	before := p.everything(t)
	report, err := doctor.Examine(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, before, p.everything(t), "an examination leaves nothing behind")
	for _, f := range report.Findings {
		assert.NotContains(t, []string{f.ID, f.Area, f.What, f.Means, f.Fix}, "", f.ID)
	}
	return report
}

// notes are those of an examination.
func (p *patient) notes(t *testing.T, change func(*doctor.Options)) string {
	t.Helper()
	return strings.Join(p.examine(t, change).Notes, "\n")
}

// signWith gives Directus another secret, from its next start on.
func (p *patient) signWith(t *testing.T, secret string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, "secret"), []byte(secret), 0o600))
}

// everything is what could have been changed.
func (p *patient) everything(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	all := map[string]json.RawMessage{}
	for _, path := range []string{"collections", "fields", "permissions?limit=-1", "policies", "access?limit=-1", "flows", "operations",
		"users?fields=id,email,first_name,role,status&sort=id", "items/messages?limit=-1&sort=id", "items/message_reactions?limit=-1&sort=id",
		"items/chat_profiles?limit=-1&sort=id", "items/talk?limit=-1&sort=id", "items/talk_reactions?limit=-1&sort=id"} {
		var rows json.RawMessage
		if err := p.Admin(t.Context(), "GET", "/"+path, nil, &rows); err == nil { // a fault may have taken one away
			all[path] = rows
		}
	}
	return all
}

func ids(report *doctor.Report) []string {
	found := []string{}
	for _, f := range report.Findings {
		found = append(found, f.ID)
	}
	return found
}

// eventually waits for what Directus does after it has answered, such as loading Flows, and reports the last findings if
// it does not come to it.
func (p *patient) eventually(t *testing.T, want []string, change func(*doctor.Options)) {
	t.Helper()
	var got []string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if got = ids(p.examine(t, change)); slices.Equal(got, want) {
			return
		}
	}
	assert.Equal(t, want, got)
}
