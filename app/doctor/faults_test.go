package doctor_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	directuschat "directuschat"
	"directuschat/app/directus/directuslab"
	"directuschat/app/doctor"
	"directuschat/app/provision"
)

// A fault is planted into a healthy project and taken away again.
type fault struct {
	name  string
	plant func(t *testing.T, p *patient) (cure func())
	look  func(*doctor.Options) // how the examination differs; nil if not at all
	want  []string              // exactly what is found, beside what is always found on the version
}

const publicPolicy = "abf8a154-5b1c-4a46-ac9c-7300570f4f17"

// right gives a policy a right.
func right(policy, action, collection string) func(*testing.T, *patient) func() {
	return func(t *testing.T, p *patient) func() {
		id := p.made(t, "permissions", map[string]any{"policy": policy, "action": action, "collection": collection, "fields": []string{"*"}})
		return func() { p.must(t, "DELETE", "permissions/"+string(id), nil) }
	}
}

// patch changes something, and back.
func patch(path string, fault, cure map[string]any) func(*testing.T, *patient) func() {
	return func(t *testing.T, p *patient) func() {
		p.must(t, "PATCH", path, fault)
		return func() { p.must(t, "PATCH", path, cure) }
	}
}

// setupCures is for what setup mends again.
func setupCures(method, path string, body any) func(*testing.T, *patient) func() {
	return func(t *testing.T, p *patient) func() {
		p.must(t, method, path, body)
		return func() {
			assert.NoError(t, provision.Apply(t.Context(), p.connect(t), provision.Options{}, func(provision.Step) {}))
		}
	}
}

func none(*testing.T, *patient) func() { return func() {} }

func unvalidated(field string) func(*testing.T, *patient) func() {
	return setupCures("PATCH", "fields/messages/"+field, map[string]any{"meta": map[string]any{"validation": nil}})
}

// everywhere are the faults that both kinds of Directus can have.
var everywhere = []fault{
	{"clocks that differ", none, func(o *doctor.Options) { o.API.Now = func() time.Time { return time.Now().Add(time.Minute) } }, []string{"clock-skew"}},
	{"a collection that is not there", none, func(o *doctor.Options) { o.Mapping.Collection = "talk" }, []string{"collection-missing"}},
	{"a field that is called otherwise", none, func(o *doctor.Options) { o.Mapping.Updated = "changed_at" }, []string{"field-missing"}},
	{"no index", setupCures("PATCH", "fields/messages/date_updated", map[string]any{"schema": map[string]any{"is_indexed": false}}), nil, []string{"index-missing"}},
	{"no limit of length", unvalidated("content"), nil, []string{"length-unlimited"}},
	{"Public may read people", right(publicPolicy, "read", "directus_users"), nil, []string{"public-rights"}},
	{"Public may write", right(publicPolicy, "create", "messages"), nil, []string{"public-rights"}},
	{"anybody may register", patch("settings", map[string]any{"public_registration": true, "public_registration_verify_email": false},
		map[string]any{"public_registration": false, "public_registration_verify_email": true}), nil, []string{"registration-open"}},
	{"chatters may use Data Studio", patch("policies/"+provision.PolicyID, map[string]any{"app_access": true}, map[string]any{"app_access": false}), nil, []string{"policy-wide"}},
	{"a bare right to update", right(provision.PolicyID, "update", "messages"), nil, []string{"others-edited"}},
	{"a bare right to delete", right(provision.PolicyID, "delete", "messages"), nil, []string{"others-deleted"}},
	{"chatters may write names", right(provision.PolicyID, "update", "chat_profiles"), nil, []string{"names-forged"}},
	{"chatters may read people", right(provision.PolicyID, "read", "directus_users"), nil, []string{"emails-readable"}},
	{"chatters may change people", right(provision.PolicyID, "update", "directus_users"), nil, []string{"accounts-writable"}},
	{"chatters may read files", right(provision.PolicyID, "read", "directus_files"), nil, []string{"files-readable"}},
	{"names are not kept", setupCures("DELETE", "flows/"+namesFlow, nil), nil, []string{"setup-unfinished"}},
}

const namesFlow = "0"

func TestFaults(t *testing.T) {
	for _, version := range directuslab.Versions() {
		t.Run(version, func(t *testing.T) {
			p := admit(t, version)
			always := []string{}
			if version == old {
				always = []string{"version-unsafe"}
			}
			p.eventually(t, always, nil)
			for _, f := range everywhere {
				t.Run(f.name, func(t *testing.T) {
					began := time.Now()
					cure := f.plant(t, p)
					defer cure()
					p.eventually(t, append(always, f.want...), f.look)
					fmt.Println(f.name, time.Since(began))
				})
			}
			p.eventually(t, always, nil)
		})
	}
}

var _ = maps.Clone[map[string]string]
var _ = directuschat.DefaultMapping
