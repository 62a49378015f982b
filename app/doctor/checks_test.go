package doctor

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	directuschat "directuschat"
	"directuschat/app/directus"
	"directuschat/app/provision"
)

// What a laboratory cannot be set to in reasonable time.
func TestJudgements(t *testing.T) {
	version := func(v string) *exam { return &exam{Options: Options{Admin: &provision.Admin{Version: v}}} }
	server := func(text string) *exam {
		x := version("12.4.0")
		require.NoError(t, json.Unmarshal([]byte(text), &x.info))
		return x
	}
	granted := func(lifetime time.Duration) *exam {
		return &exam{Options: Options{User: directus.Grant{Expires: time.Now().Add(lifetime)}}}
	}
	public := func(action, collection string) *exam {
		return &exam{public: []right{{ID: 1, Action: action, Collection: collection}}}
	}
	beside := func(me string, fields ...string) *exam {
		x := &exam{Options: Options{Mapping: directuschat.DefaultMapping}, me: me}
		require.NoError(t, json.Unmarshal([]byte(`{"id":{"type":"integer"},"client_id":{"type":"uuid","schema":{"is_unique":true}}}`), &x.fields))
		right := may{Access: "full", Fields: fields}
		x.rights = map[string]map[string]may{"messages": {"read": right, "create": right}}
		return x
	}
	several := version("12.4.0")
	several.Processes, several.redis = 3, true
	for _, c := range []struct {
		id    string
		exam  *exam
		found bool
	}{
		{"version-unsafe", version("12.1.0"), false},
		{"version-unsafe", version("12.0.9"), true},
		{"version-unsafe", version("11.99.9"), true},
		{"version-unsafe", version("13.0.0"), false},
		{"version-unsafe", version("strange"), true},
		{"version-old", version("12.3.1"), true},
		{"version-old", version("12.10.0"), false},
		{"version-old", version("12.0.9"), false}, // version-unsafe says it stronger
		{"key-not-uuid", beside(""), false},
		{"key-not-uuid", beside("alice", "content", "client_id"), false},
		{"key-not-uuid", beside("alice", "content"), true},
		{"public-writes", public("create", "directus_files"), true},
		{"public-writes", public("read", "directus_files"), false},
		{"public-writes", &exam{public: []right{{Action: "create", Collection: "directus_files"}}}, false}, // Directus's own
		{"token-lifetime", granted(15 * time.Minute), false},
		{"token-lifetime", granted(5 * time.Minute), false},
		{"redis-missing", several, false},
		{"realtime-off", server(`{"websocket":{"rest":false}}`), true},
		{"realtime-off", server(`{"websocket":{"rest":{"authentication":"handshake","path":"/websocket"}}}`), false},
		{"realtime-auth", server(`{"websocket":{"rest":{"authentication":"strict"}}}`), true},
		{"heartbeat", server(`{"websocket":{"heartbeat":30}}`), false},
		{"heartbeat", server(`{"websocket":{"heartbeat":300}}`), true},
	} {
		for _, check := range checks {
			if check.id == c.id {
				f, err := check.run(t.Context(), c.exam)
				require.NoError(t, err)
				assert.Equal(t, c.found, f != nil, c.id)
			}
		}
	}
}

// A Directus whose cookies have other names refuses the exchange.
func TestRefreshLifetimeThatIsNotTold(t *testing.T) {
	var sent *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = r
		http.SetCookie(w, &http.Cookie{Name: "another", Value: "x", MaxAge: 60})
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer server.Close()
	x := &exam{Options: Options{API: directus.API{URL: server.URL}, User: directus.Grant{Refresh: "secret"}}}
	found, err := refreshLifetime(t.Context(), x)
	require.NoError(t, err)
	assert.Nil(t, found)
	require.Len(t, x.notes, 1)
	assert.Contains(t, x.notes[0], "could not be read")
	assert.Equal(t, "directus_refresh_token=secret", sent.Header.Get("Cookie"))
}

func TestChecksHaveTheirOwnIDs(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range checks {
		assert.False(t, seen[c.id], c.id)
		seen[c.id] = true
	}
}

func TestRefusesAll(t *testing.T) {
	for text, want := range map[string]bool{
		`{"_and":[{"author":{"_null":true}}]}`:                           true,
		`{"_and":[{"author":{"_null":false}}]}`:                          false,
		`{"_and":[{"other_author":{"_null":true}}]}`:                     false,
		`{"_or":[{"author":{"_null":true}},{"author":{"_nnull":true}}]}`: false,
		`null`: false,
	} {
		var rule any
		require.NoError(t, json.Unmarshal([]byte(text), &rule))
		assert.Equal(t, want, refusesAll(rule, "author"), text)
	}
}

// What Public may do elsewhere may be meant, such as a form that anybody can fill in.
func TestPublicWritesElsewhere(t *testing.T) {
	x := &exam{public: []right{{1, "contacts", "create"}}}
	found, err := publicWrites(t.Context(), x)
	require.NoError(t, err)
	assert.Nil(t, found)
	require.Len(t, x.notes, 1)
	assert.Contains(t, x.notes[0], "anybody may create contacts")
}

// What setup is told must be what this chat is made of.
func TestSetupCommand(t *testing.T) {
	mapped := directuschat.DefaultMapping
	mapped.Collection, mapped.Content, mapped.Author, mapped.Deleted = "talk", "text", "writer", ""
	sealed := map[string]field{provision.SealField: {}}
	seal := sealed[provision.SealField]
	seal.Meta.Validation = true
	sealed[provision.SealField] = seal
	for want, x := range map[string]*exam{
		"run chatd setup again": {Options: Options{Mapping: directuschat.DefaultMapping}, fields: sealed},
		"run chatd setup -collection talk -field content=text,author=writer again":           {Options: Options{Mapping: mapped}},
		"run chatd setup -collection talk -field content=text,author=writer -complete again": {Options: Options{Mapping: mapped}, fields: sealed},
	} {
		assert.Contains(t, x.setupAgain(), want)
	}
}
