package provision_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directuslab"
	"directuschat/app/provision"
)

// One Directus of each version for all tests of the package: a start takes seconds. Tests on the same one run one after
// the other, and each begins with a project that has nothing of ours.
var labs = map[string]*lab{}

func TestMain(m *testing.M) {
	for _, version := range directuslab.Versions() {
		labs[version] = &lab{version: version}
	}
	status := m.Run()
	for _, l := range labs {
		l.stop()
	}
	os.Exit(status)
}

type lab struct {
	version string
	busy    sync.Mutex
	dir     string
	settled layout // what setup has made of the project, which is as it was made but for people and what they wrote
	*directuslab.Instance
}

// onEveryVersion runs a test against a fresh project on each version of Directus.
func onEveryVersion(t *testing.T, test func(t *testing.T, p *project)) {
	for _, version := range directuslab.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			test(t, freshProject(t, version))
		})
	}
}

// inTalk runs a test in a chat between two people, of whom bob has written someID, on each version of Directus. The test
// may change what people change, and nothing that setup made.
func inTalk(t *testing.T, test func(t *testing.T, p *project, alice, bob person)) {
	for _, version := range directuslab.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			p := someProject(t, version)
			p.settle(t, layouts[0])
			alice, bob := p.people(t)
			test(t, p, alice, bob)
		})
	}
}

const core = directuslab.DefaultVersion // the version whose permissions are everything or nothing

func freshProject(t *testing.T, version string) *project {
	t.Helper()
	p := someProject(t, version)
	p.settled = layout{}
	p.wipe(t)
	return p
}

// settle sees to a chat of the layout in which nobody has been.
func (p *project) settle(t *testing.T, l layout) {
	t.Helper()
	if p.settled != l {
		p.settled = layout{}
		p.wipe(t)
		l.setUp(t, p)
		p.settled = l
	}
	p.forget(t, l)
}

// someProject is whatever the last test has left.
func someProject(t *testing.T, version string) *project {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a real Directus: run without -short")
	}
	l := labs[version]
	l.busy.Lock()
	t.Cleanup(l.busy.Unlock)
	l.start(t)
	return &project{lab: l, transport: &faultyTransport{Transport: directus.NewTransport()}}
}

// forget removes people and what they wrote.
func (p *project) forget(t *testing.T, l layout) {
	t.Helper()
	all := map[string]any{"query": map[string]any{"limit": -1}}
	p.admin().must(t, "DELETE", "items/"+l.reactions, all)
	p.admin().must(t, "DELETE", "items/"+l.messages, all)
	p.admin().must(t, "DELETE", "users", map[string]any{"query": map[string]any{"limit": -1,
		"filter": map[string]any{"email": map[string]any{"_neq": directuslab.AdminEmail}}}})
}

func (l *lab) start(t *testing.T) {
	t.Helper()
	if l.Instance != nil {
		return
	}
	dir, err := os.MkdirTemp("", "provision")
	require.NoError(t, err)
	l.dir = dir
	l.Instance, err = directuslab.Start(t.Context(), directuslab.Options{Version: l.version, Dir: dir, Progress: os.Stderr,
		Env: map[string]string{"LOGIN_STALL_TIME": "0", "WEBSOCKETS_HEARTBEAT_ENABLED": "false"}}) // one person's socket may be silent for long
	require.NoError(t, err)
}

func (l *lab) stop() {
	if l.Instance != nil {
		l.Stop()
	}
	os.RemoveAll(l.dir)
}

// A project is a Directus as one test sees it.
type project struct {
	*lab
	transport *faultyTransport
}

// wipe removes everything that setup and tests make.
func (p *project) wipe(t *testing.T) {
	t.Helper()
	admin := p.admin()
	for _, list := range []struct{ path, not string }{ // Flows first: they run when users and roles go
		{"flows", `{}`},
		{"users", `{"email":{"_neq":"` + directuslab.AdminEmail + `"}}`},
		{"policies", `{"name":{"_nin":["Administrator","$t:public_label"]}}`},
		{"roles", `{"name":{"_neq":"Administrator"}}`},
	} {
		var rows []struct{ ID string }
		require.NoError(t, admin.get(t, list.path, url.Values{"fields": {"id"}, "limit": {"-1"}, "filter": {list.not}}, &rows))
		for _, r := range rows {
			admin.must(t, "DELETE", list.path+"/"+r.ID, nil)
		}
	}
	// On SQLite, Directus fails to delete a collection that refers to itself.
	for _, l := range layouts {
		if err := admin.call(t, "DELETE", "fields/"+l.messages+"/reply_to", nil, nil, nil); err != nil {
			require.True(t, directus.IsCode(err, directus.CodeForbidden), "%v", err)
		}
	}
	var collections []struct{ Collection string }
	require.NoError(t, admin.get(t, "collections", nil, &collections))
	for _, c := range collections {
		if !strings.HasPrefix(c.Collection, "directus_") {
			admin.must(t, "DELETE", "collections/"+c.Collection, nil)
		}
	}
}

func (p *project) connect(t *testing.T) *provision.Admin {
	t.Helper()
	api := directus.API{URL: p.URL, Transport: p.transport}
	admin, err := provision.Connect(t.Context(), api, provision.Credentials{Token: directus.Secret(p.AdminToken)})
	require.NoError(t, err)
	return admin
}

// apply provides the project and returns the steps.
func (p *project) apply(t *testing.T, options provision.Options) []provision.Step {
	t.Helper()
	var steps []provision.Step
	err := provision.Apply(t.Context(), p.connect(t), options, func(s provision.Step) { steps = append(steps, s) })
	require.NoError(t, err)
	return steps
}

// changes are the steps that changed something, as they are reported.
func changes(steps []provision.Step) (changed []string) {
	for _, s := range steps {
		if s.Change == provision.Add || s.Change == provision.Mend {
			changed = append(changed, fmt.Sprintf("%s %s", s.Change, s.What))
		}
	}
	return changed
}

// A person is a user of the project, or nobody, calling the REST API.
type person struct {
	id    string
	token directus.Secret
	url   string
}

func (p *project) as(token directus.Secret) person { return person{token: token, url: p.URL} }

func (p *project) admin() person { return p.as(directus.Secret(p.AdminToken)) }

// join makes a user with a static token; fields are those of directus_users.
func (p *project) join(t *testing.T, name string, fields map[string]any) person {
	t.Helper()
	user := map[string]any{"email": name + "@example.com", "token": "static-token-of-" + name, "status": "active"}
	for k, v := range fields {
		user[k] = v
	}
	who := p.as(directus.Secret("static-token-of-" + name))
	var made struct{ ID string }
	require.NoError(t, p.admin().call(t, "POST", "users", nil, user, &made))
	who.id = made.ID
	return who
}

// chatter makes a user with the role of the chat.
func (p *project) chatter(t *testing.T, name string) person {
	t.Helper()
	return p.join(t, name, map[string]any{"role": provision.RoleID, "first_name": name, "last_name": "Example"})
}

func (w person) get(t *testing.T, path string, query url.Values, out any) error {
	t.Helper()
	return w.call(t, "GET", path, query, nil, out)
}

func (w person) must(t *testing.T, method, path string, body any) {
	t.Helper()
	require.NoError(t, w.call(t, method, path, nil, body, nil))
}

func (w person) call(t *testing.T, method, path string, query url.Values, body, out any) error {
	t.Helper()
	b, err := w.raw(t, method, path, query, body)
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(b, &struct {
		Data any `json:"data"`
	}{out})
}

// raw returns the answer as it is, the body of a refusal too.
func (w person) raw(t *testing.T, method, path string, query url.Values, body any) ([]byte, error) {
	t.Helper()
	r := directus.Request{Method: method, Path: path, Query: query, Token: w.token}
	if body != nil {
		b, err := json.Marshal(body)
		require.NoError(t, err)
		r.Body = b
	}
	resp, err := directus.API{URL: w.url, Transport: directus.NewTransport()}.Call(t.Context(), r)
	return resp.Body, err
}

// eventually waits for what Directus does after it has answered, such as running a Flow.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(30 * time.Second); !condition(); <-poll.C {
		require.True(t, time.Now().Before(deadline), what)
	}
}

// A faultyTransport counts requests that have changed something, and can lose an answer.
type faultyTransport struct {
	directus.Transport
	writes int
	lose   int // the answer to this write is lost, counting from 1; 0 for none
}

var errLost = errors.New("the answer is lost")

func (f *faultyTransport) Do(ctx context.Context, url string, r directus.Request) (directus.Response, error) {
	resp, err := f.Transport.Do(ctx, url, r)
	if r.Method != "GET" && resp.Status < 300 {
		if f.writes++; f.writes == f.lose {
			return directus.Response{}, errLost
		}
	}
	return resp, err
}
