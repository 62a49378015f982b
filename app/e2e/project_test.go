package e2e

import (
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directuslab"
	"directuschat/app/provision"
)

// A project is a Directus with alice and bob in it.
type project struct {
	directus *directuslab.Instance
	users    map[string]string // id by e-mail
	tokens   map[string]string // static, by e-mail
}

// shared are the projects that have what the chat needs, by version. To start one and to make it ready takes longer than
// most tests, so those share one who leave it as it was, but for what restore undoes.
var shared = map[string]*project{}

// sharedProject is the one of a version, without messages.
func sharedProject(t *testing.T, version string) *project {
	t.Helper()
	if version == "" {
		version = directuslab.DefaultVersion
	}
	p := shared[version]
	if p == nil {
		dir, err := os.MkdirTemp("", "e2e")
		require.NoError(t, err)
		in, err := directuslab.Start(t.Context(), directuslab.Options{Version: version, Dir: dir, Progress: os.Stderr})
		require.NoError(t, err)
		p = newProject(t, in)
		shared[version] = p
		p.provision(t, provision.Options{})
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of Directus's log:\n%s", p.directus.LogTail(30))
		}
	})
	p.restore(t)
	return p
}

// stopShared is for the end of all tests.
func stopShared() {
	for _, p := range shared {
		p.directus.Stop()
		os.RemoveAll(p.directus.Dir)
	}
}

func newProject(t *testing.T, in *directuslab.Instance) *project {
	t.Helper()
	p := &project{directus: in, users: map[string]string{}, tokens: map[string]string{}}
	for _, who := range []account{alice, bob} {
		id, err := in.EnsureUser(t.Context(), directuslab.User{
			FirstName: who.First, LastName: who.Last, Email: who.Email, Password: who.Password,
		})
		require.NoError(t, err)
		p.users[who.Email] = id
	}
	return p
}

// provision makes what the chat needs, as chatd setup does.
func (p *project) provision(t *testing.T, options provision.Options) {
	t.Helper()
	api := directus.API{URL: p.directus.URL, Transport: directus.NewTransport()}
	admin, err := provision.Connect(t.Context(), api, provision.Credentials{Token: directus.Secret(p.directus.AdminToken)})
	require.NoError(t, err)
	options.GrantUsers = []string{alice.Email, bob.Email}
	require.NoError(t, provision.Apply(t.Context(), admin, options, func(provision.Step) {}))
}

// restore takes away what people have written, and lets everybody in.
func (p *project) restore(t *testing.T) {
	t.Helper()
	for _, collection := range []string{"message_reactions", "messages"} {
		p.admin(t, http.MethodDelete, "/items/"+collection, map[string]any{"query": map[string]any{"limit": -1}}, nil)
	}
	for _, id := range p.users {
		p.admin(t, http.MethodPatch, "/users/"+id, map[string]any{"status": "active"}, nil)
	}
}

// admin makes a call as the administrator.
func (p *project) admin(t *testing.T, method, path string, body, out any) {
	t.Helper()
	require.NoError(t, p.directus.Admin(t.Context(), method, path, body, out))
}
