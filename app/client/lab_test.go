//go:build linux || darwin

package client_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat"
	"directuschat/app/chat"
	"directuschat/app/directus"
	"directuschat/app/directus/directuslab"
	"directuschat/app/provision"
	"directuschat/app/store"
)

// These tests run against real Directus servers of both versions, on the project that setup makes and on the one of
// Directus's own chat tutorials: what the fake one is believed to do, these do.

// A lab is a real Directus with a harness around it.
type lab struct {
	*harness
	*directuslab.Instance
}

// onEveryVersion runs tests, those on one version one after the other, each with an empty room and a browser of its own.
func onEveryVersion(t *testing.T, mapping directuschat.Mapping, prepare func(l *lab), tests map[string]func(t *testing.T, l *lab)) {
	if testing.Short() {
		t.Skip("it starts a real Directus, which takes seconds")
	}
	for _, version := range directuslab.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel() // much of it is waiting for connections to come back
			in := directuslab.Run(t, directuslab.Options{
				Version: version, Progress: os.Stderr, Env: map[string]string{"LOGIN_STALL_TIME": "0"},
			})
			fresh := func(t *testing.T) *lab {
				return &lab{Instance: in, harness: &harness{
					t: t, mapping: mapping, password: "alice-chats",
					api:      directus.API{URL: in.URL, Transport: directus.NewTransport()},
					dialer:   directus.NewDialer(),
					patience: time.Minute, pause: 20 * time.Millisecond,
				}}
			}
			prepare(fresh(t))
			for name, test := range tests {
				t.Run(name, func(t *testing.T) {
					l := fresh(t)
					l.admin("DELETE", "/items/messages", object{"query": object{"limit": -1}}, nil)
					test(t, l)
				})
			}
		})
	}
}

// admin makes a call as the administrator.
func (l *lab) admin(method, path string, body, out any) {
	l.t.Helper()
	require.NoError(l.t, l.Admin(l.t.Context(), method, path, body, out), "%s %s", method, path)
}

// provisioned is the project that chatd setup makes.
func provisioned(l *lab) {
	ctx := l.t.Context()
	admin, err := provision.Connect(ctx, l.api, provision.Credentials{Token: directus.Secret(l.AdminToken)})
	require.NoError(l.t, err)
	require.NoError(l.t, provision.Apply(ctx, admin, provision.Options{}, func(provision.Step) {}))
	for _, name := range []string{"alice", "bob"} {
		_, err := provision.EnsureUser(ctx, admin, provision.User{
			Email: name + "@example.com", Password: directus.Secret(l.password), FirstName: name,
		})
		require.NoError(l.t, err)
	}
}

type object map[string]any

// tutorialsProject is what the tutorials tell one to make, for logged-in users in place of everybody. An unlicensed 12
// refuses the permission to read names.
func tutorialsProject(l *lab) {
	l.admin("POST", "/collections", object{"collection": "messages", "schema": object{}, "fields": []object{
		{"field": "id", "type": "integer", "schema": object{"is_primary_key": true, "has_auto_increment": true}},
		{"field": "text", "type": "text"},
		{"field": "user_created", "type": "uuid", "meta": object{"special": []string{"user-created"}}, "schema": object{}},
		{"field": "date_created", "type": "timestamp", "meta": object{"special": []string{"date-created"}}, "schema": object{}},
	}}, nil)
	l.admin("POST", "/relations", object{"collection": "messages", "field": "user_created", "related_collection": "directus_users",
		"schema": object{"on_delete": "SET NULL"}}, nil)
	var policy, role struct{ ID string }
	l.admin("POST", "/policies", object{"name": "Chat"}, &policy)
	l.admin("POST", "/roles", object{"name": "Users"}, &role)
	l.admin("POST", "/access", object{"role": role.ID, "policy": policy.ID}, nil)
	for _, action := range []string{"create", "read"} {
		l.admin("POST", "/permissions", object{"policy": policy.ID, "collection": "messages", "action": action, "fields": []string{"*"}}, nil)
	}
	err := l.Admin(l.t.Context(), "POST", "/permissions", object{"policy": policy.ID, "collection": "directus_users", "action": "read",
		"fields": []string{"first_name", "last_name"}}, nil)
	if l.Version != directuslab.DefaultVersion {
		require.NoError(l.t, err)
	}
	for _, name := range []string{"alice", "bob"} {
		_, err := l.EnsureUser(l.t.Context(), directuslab.User{
			Email: name + "@example.com", Password: string(l.password), FirstName: name, Role: role.ID,
		})
		require.NoError(l.t, err)
	}
}

// talk is a visit of two people to a real server: history, both ways, changes by others, a restart, a reload.
func talk(t *testing.T, l *lab, named bool) {
	alice, bob := l.as("alice"), l.elsewhere("bob")
	alice.send("hello")
	bob.texts("hello")
	bob.send("hi")
	s := alice.texts("hello", "hi")
	hi := rowOf(t, s, "hi")
	assert.False(t, hi.Mine)
	assert.True(t, rowOf(t, s, "hello").Mine)
	assert.WithinDuration(t, time.Now(), hi.Time, time.Minute)
	if named {
		alice.until("named", func(s chat.Snapshot) bool { return rowOf(t, s, "hi").Name == "bob" })
	}

	l.admin("PATCH", "/items/messages/"+string(hi.ID), object{l.mapping.Content: "hi!"}, nil)
	alice.texts("hello", "hi!")

	l.Stop()
	alice.until("cut", func(s chat.Snapshot) bool { return s.Connection != chat.ConnectionLive })
	alice.send("while it was down")
	bob.send("me too")
	require.NoError(t, l.Start(t.Context()))
	alice.live()
	bob.live()
	both := func(s chat.Snapshot) bool {
		one, ok := row(s, "while it was down")
		two, too := row(s, "me too")
		return ok && too && one.Delivery == chat.Stored && two.Delivery == chat.Stored
	}
	after := alice.until("delivered", both)
	assert.Equal(t, after.Room.Rows[2:], after.Room.Rows[len(after.Room.Rows)-2:], "once each")

	l.admin("DELETE", "/items/messages/"+string(hi.ID), nil, nil)
	alice.until("deleted", func(s chat.Snapshot) bool { return s.Room.Count == 3 })
	alice.close()
	again := l.open()
	again.until("reloaded", func(s chat.Snapshot) bool { return s.Connection == chat.ConnectionLive && s.Room.Count == 3 })
	assert.Empty(t, again.Snapshot().Problem)

	again.Do(chat.LogOut{})
	again.signedOut()
}

func TestRealProject(t *testing.T) {
	onEveryVersion(t, directuschat.DefaultMapping, provisioned, map[string]func(*testing.T, *lab){
		"two people": func(t *testing.T, l *lab) { talk(t, l, true) },
		"history":    readHistory,
		"changes":    changeThings,
		"problems":   meetProblems,
	})
}

func TestRealTutorialsProject(t *testing.T) {
	onEveryVersion(t, tutorial, tutorialsProject, map[string]func(*testing.T, *lab){
		"two people": func(t *testing.T, l *lab) { talk(t, l, l.Version != directuslab.DefaultVersion) },
	})
}

// readHistory checks that a history with dates that repeat is caught up with, page by page, through the queries that a
// real server answers.
func readHistory(t *testing.T, l *lab) {
	insert := func(from, to int) {
		var rows []object
		for i := from; i < to; i++ {
			rows = append(rows, object{"id": fmt.Sprintf("01890000-0000-7000-8000-%012d", 1_000_000+i), "content": fmt.Sprint(i)})
		}
		l.admin("POST", "/items/messages", rows, nil) // within a few milliseconds of each other
	}
	insert(0, 150)
	alice := l.as("alice")
	// The newest page, or all: what was written just before a log-in is read again.
	s := alice.until("loaded", func(s chat.Snapshot) bool { return s.Room.Count >= 100 })
	for i, row := range s.Room.Rows {
		assert.Equal(t, fmt.Sprint(150-len(s.Room.Rows)+i), row.Text)
	}

	l.Stop()
	alice.until("cut", func(s chat.Snapshot) bool { return s.Connection != chat.ConnectionLive })
	require.NoError(t, l.Start(t.Context()))
	insert(150, 480)
	// She may be back before they are stored: then some are told as they come, and all are there with the last one.
	s = alice.until("caught up", func(s chat.Snapshot) bool {
		return s.Connection == chat.ConnectionLive && len(s.Room.Rows) == 200 && s.Room.Rows[199].Text == "479"
	})
	assert.GreaterOrEqual(t, s.Room.Count, 430)
	for i, row := range s.Room.Rows {
		assert.Equal(t, fmt.Sprint(280+i), row.Text)
	}
}

// meetProblems checks that a problem of the project is told at the log-in on a real server too.
func meetProblems(t *testing.T, l *lab) {
	_, err := l.EnsureUser(t.Context(), directuslab.User{Email: "carol@example.com", Password: string(l.password)})
	require.NoError(t, err)
	tests := map[string]struct {
		user    string
		mapping func(m *directuschat.Mapping)
		want    chat.ProblemCode
	}{
		"no rights":         {"carol", func(*directuschat.Mapping) {}, chat.ProblemReadForbidden},
		"no collection":     {"alice", func(m *directuschat.Mapping) { m.Collection = "elsewhere" }, chat.ProblemCollectionMissing},
		"another text":      {"alice", func(m *directuschat.Mapping) { m.Content = "text" }, chat.ProblemReadForbidden},
		"nobody":            {"dave", func(*directuschat.Mapping) {}, chat.ProblemWrongPassword},
		"no such subfields": {"alice", func(m *directuschat.Mapping) { m.Updated, m.ReplyTo = "nope", "nada" }, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l.mapping = directuschat.DefaultMapping
			test.mapping(&l.mapping)
			w := l.openIn(new(store.Memory))
			w.logIn(test.user)
			if test.want == "" {
				w.live()
				w.Do(chat.LogOut{})
				w.signedOut()
				return
			}
			s := w.until("refused", func(s chat.Snapshot) bool { return s.Login.Attempt == 1 })
			assert.Equal(t, test.want, s.Login.Problem.Code, "%v", s.Login.Problem)
		})
	}
}
