//go:build linux || darwin

package directus_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directuslab"
	"directuschat/app/directus/directustest"
)

type fakeAdmin struct{ srv *directustest.Server }

func (a fakeAdmin) insert(_ *testing.T, values map[string]any) string {
	return a.srv.Insert("messages", values)
}

func (a fakeAdmin) update(_ *testing.T, values map[string]any, ids ...string) {
	a.srv.Update("messages", values, ids...)
}

func (a fakeAdmin) delete(_ *testing.T, ids ...string) { a.srv.Delete("messages", ids...) }
func (a fakeAdmin) suspend(*testing.T)                 { a.srv.Suspend(suspended) }
func (a fakeAdmin) code() directus.Secret              { return "123456" }

type labAdmin struct {
	t  *testing.T
	in *directuslab.Instance
}

// call runs an administrator's request and returns the id of what it made.
func (a labAdmin) call(t *testing.T, method, path string, body any) string {
	t.Helper()
	var made json.RawMessage
	var out any
	if method == "POST" {
		out = &made
	}
	require.NoError(t, a.in.Admin(t.Context(), method, path, body, out))
	var row struct{ ID any }
	if json.Unmarshal(made, &row) != nil || row.ID == nil {
		return ""
	}
	return fmt.Sprint(row.ID)
}

func (a labAdmin) insert(t *testing.T, values map[string]any) string {
	t.Helper()
	return a.call(t, "POST", "/items/messages", values)
}

func (a labAdmin) update(t *testing.T, values map[string]any, ids ...string) {
	t.Helper()
	a.call(t, "PATCH", "/items/messages", map[string]any{"keys": ids, "data": values})
}

func (a labAdmin) delete(t *testing.T, ids ...string) {
	t.Helper()
	a.call(t, "DELETE", "/items/messages", ids)
}

func (a labAdmin) suspend(t *testing.T) {
	t.Helper()
	var found []struct{ ID string }
	require.NoError(t, a.in.Admin(t.Context(), "GET", "/users?fields=id&filter[email][_eq]="+suspended, nil, &found))
	require.Len(t, found, 1)
	a.call(t, "PATCH", "/users/"+found[0].ID, map[string]any{"status": "suspended"})
}

const otpKey = "JBSWY3DPEHPK3PXP"

// code computes a time-based one-time password: RFC 6238.
func (a labAdmin) code() directus.Secret {
	key, err := base32.StdEncoding.DecodeString(otpKey)
	require.NoError(a.t, err)
	mac := hmac.New(sha1.New, key)
	require.NoError(a.t, binary.Write(mac, binary.BigEndian, time.Now().Unix()/30))
	sum := mac.Sum(nil)
	n := binary.BigEndian.Uint32(sum[sum[19]&15:]) & (1<<31 - 1)
	return directus.Secret(fmt.Sprintf("%06d", n%1_000_000))
}

// provision makes what the facts need: it is not what the chat needs, which is app/provision's.
func (a labAdmin) provision() {
	t := a.t
	field := func(name, kind string, meta map[string]any) map[string]any {
		return map[string]any{"field": name, "type": kind, "meta": meta, "schema": map[string]any{}}
	}
	special := func(name string) map[string]any { return map[string]any{"special": []string{name}} }
	key := map[string]any{"field": "id", "type": "uuid", "meta": special("uuid"),
		"schema": map[string]any{"is_primary_key": true, "length": 36, "has_auto_increment": false}}
	content := field("content", "text", map[string]any{"required": true})
	content["schema"] = map[string]any{"is_nullable": false}
	for name, fields := range map[string][]any{
		"messages": {
			key, content,
			field("user_created", "uuid", special("user-created")),
			field("date_created", "timestamp", special("date-created")),
			field("date_updated", "timestamp", special("date-updated")),
			field("deleted_at", "timestamp", map[string]any{"hidden": false}),
			field("reply_to", "uuid", map[string]any{"hidden": false}),
		},
		"secrets": {key},
	} {
		a.call(t, "POST", "/collections", map[string]any{
			"collection": name, "schema": map[string]any{}, "meta": map[string]any{}, "fields": fields})
	}
	a.call(t, "POST", "/relations", map[string]any{"collection": "messages", "field": "user_created",
		"related_collection": "directus_users", "schema": map[string]any{"on_delete": "SET NULL"}})

	policy := a.call(t, "POST", "/policies", map[string]any{"name": "Facts", "app_access": false, "admin_access": false})
	role := a.call(t, "POST", "/roles", map[string]any{"name": "Facts"})
	a.call(t, "POST", "/access", map[string]any{"role": role, "policy": policy})
	for _, action := range []string{"create", "read"} {
		a.call(t, "POST", "/permissions", map[string]any{
			"policy": policy, "collection": "messages", "action": action, "fields": []string{"*"}})
	}
	for _, email := range []string{alice, guarded, suspended} {
		user := map[string]any{"email": email, "password": "password", "role": role}
		if email == guarded {
			user["tfa_secret"] = otpKey
		}
		a.call(t, "POST", "/users", user)
	}
}
