package doctor_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

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

// A patient is a Directus that is ready for the chat, with two people of whom bob has written.
type patient struct {
	*directuslab.Instance
	rowID string // of bob's message
}

func admit(t *testing.T, version string) *patient {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real Directus: run without -short")
	}
	p := &patient{Instance: start(t, directuslab.Options{Version: version, Dir: t.TempDir(), Env: sound})}
	require.NoError(t, provision.Apply(t.Context(), p.connect(t), provision.Options{}, func(provision.Step) {}))
	for _, u := range provision.DemoUsers {
		_, err := provision.EnsureUser(t.Context(), p.connect(t), u)
		require.NoError(t, err)
	}
	var made struct{ ID string }
	p.as(t, bob, "POST", "items/messages", map[string]any{"content": "hello"}, &made)
	p.rowID = made.ID
	return p
}

func start(t *testing.T, options directuslab.Options) *directuslab.Instance {
	t.Helper()
	options.Progress = os.Stderr
	in, err := directuslab.Start(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(in.Stop)
	return in
}

var (
	alice = provision.DemoUsers[0]
	bob   = provision.DemoUsers[1]
)

func (p *patient) api() directus.API {
	return directus.API{URL: p.URL, Transport: directus.NewTransport()}
}

func (p *patient) connect(t *testing.T) *provision.Admin {
	t.Helper()
	admin, err := provision.Connect(t.Context(), p.api(), provision.Credentials{Token: directus.Secret(p.AdminToken)})
	require.NoError(t, err)
	return admin
}

func (p *patient) logIn(t *testing.T, u provision.User) directus.Grant {
	t.Helper()
	grant, err := p.api().Login(t.Context(), u.Email, u.Password, "")
	require.NoError(t, err)
	return grant
}

// as calls the REST API as one of the people.
func (p *patient) as(t *testing.T, u provision.User, method, path string, body, out any) {
	t.Helper()
	b, err := json.Marshal(body)
	require.NoError(t, err)
	answer, err := p.api().Call(t.Context(), directus.Request{Method: method, Path: path, Body: b, Token: p.logIn(t, u).Access})
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(answer.Body, &struct{ Data any }{out}))
}

// must calls it as the administrator.
func (p *patient) must(t *testing.T, method, path string, body any) {
	t.Helper()
	require.NoError(t, p.Admin(t.Context(), method, "/"+path, body, nil))
}

// made is must for what is made; it returns the id.
func (p *patient) made(t *testing.T, path string, body any) json.RawMessage {
	t.Helper()
	var made struct{ ID json.RawMessage }
	require.NoError(t, p.Admin(t.Context(), "POST", "/"+path, body, &made))
	return made.ID
}

// examine returns the findings of an examination as alice, and makes sure that it has left nothing behind.
func (p *patient) examine(t *testing.T, change func(*doctor.Options)) *doctor.Report {
	t.Helper()
	o := doctor.Options{Admin: p.connect(t), API: p.api(), Mapping: directuschat.DefaultMapping, User: p.logIn(t, alice)}
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

// everything is what could have been changed.
func (p *patient) everything(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	all := map[string]json.RawMessage{}
	for _, path := range []string{"collections", "fields", "permissions?limit=-1", "policies", "access?limit=-1", "flows", "operations",
		"users?fields=id,email,first_name,role,status&sort=id", "items/messages?limit=-1&sort=id", "items/chat_profiles?limit=-1&sort=id"} {
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
