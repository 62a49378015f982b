package provision

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A script is the calls of a plan, one a line: method, path, what is waited for, body.
type script []string

func planned(t *testing.T, p *Project) (s script) {
	t.Helper()
	steps, err := p.Plan()
	require.NoError(t, err)
	for _, step := range steps {
		for _, c := range step.Calls {
			body, err := json.Marshal(c.Body)
			require.NoError(t, err)
			s = append(s, fmt.Sprintf("%s %s %s %s", c.Method, c.Path, c.Until, body))
		}
	}
	return s
}

// find is the line that has all parts, -1 if there is none.
func (s script) find(parts ...string) int {
	return slices.IndexFunc(s, func(line string) bool {
		return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) })
	})
}

const (
	createMessages = `"collection":"messages","action":"create"`
	updateMessages = `"collection":"messages","action":"update"`
)

// fresh is a project with nothing of ours.
func fresh(kind Kind, freeFlows int) *Project {
	p := newProject("", Options{})
	p.Kind, p.freeFlows, p.seal = kind, freeFlows, "the-word"
	return p
}

func TestPlanIsNeverOpen(t *testing.T) {
	p := fresh(Core, 5)
	s := planned(t, p)
	guard, create, update := s.find("POST flows", p.guardID()), s.find("POST permissions", createMessages), s.find("POST permissions", updateMessages)
	require.GreaterOrEqual(t, guard, 0)
	assert.Equal(t, len(s)-1, update, "the right to change comes last")
	assert.Equal(t, create-1, s.find("POST items/messages FORBIDDEN"), "and only when the guard has been seen to work")
	assert.Equal(t, update-1, s.find("PATCH items/messages/"+uuid.Nil.String()+" FORBIDDEN"), "for changes too")
	assert.Less(t, guard, s.find("POST access"), "there is a guard before there are users")
	assert.Less(t, s.find("POST collections", `"_null":true`), create, "and validation")
	assert.Contains(t, s[update-2], `"policy":"`+ModeratorPolicyID+`","collection":"messages","action":"share","fields":["*"]`, "a moderator is known by something that does no harm")
	for _, collection := range []string{"messages", "message_reactions"} {
		sealed := s.find("POST collections", `"collection":"`+collection+`"`, p.seal)
		require.GreaterOrEqual(t, sealed, 0, collection)
		assert.Less(t, sealed, guard, "a collection is sealed from the beginning")
	}
	assert.Contains(t, s[create], `"fields":["*"]`)
	assert.Contains(t, s[update], `"fields":["*"]`)

	for _, kind := range []Kind{Core, Rules} {
		for _, line := range planned(t, fresh(kind, math.MaxInt)) {
			assert.NotContains(t, line, "DELETE")
			assert.NotContains(t, line, `"action":"delete"`)
			assert.NotContains(t, line, `"collection":"directus_users","action"`)
			assert.NotContains(t, line, "directus_shares")
			assert.False(t, strings.Contains(line, `"action":"share"`) && !strings.Contains(line, ModeratorPolicyID), line)
			assert.NotContains(t, line, "abf8a154-5b1c-4a46-ac9c-7300570f4f17", "Public is given nothing")
		}
	}
}

func TestPlanByRules(t *testing.T) {
	want := planned(t, fresh(Rules, math.MaxInt))
	guard := want.find("POST flows", fresh(Rules, 0).guardID())
	require.GreaterOrEqual(t, guard, 0)
	assert.Contains(t, want[guard], `"scope":["items.update"]`, "rules see to new messages")
	assert.Equal(t, -1, want.find(SealField), "and go on without a guard")
	assert.Contains(t, want[want.find("POST permissions", createMessages)], `"fields":["id","content","reply_to"]`)
	assert.Contains(t, want[want.find(`"collection":"chat_profiles","action":"read"`)], `"fields":["id","name"]`)
	own := want[want.find("POST permissions", PolicyID, updateMessages)]
	assert.Contains(t, own, `"fields":["content","deleted_at"]`)
	assert.Contains(t, own, `"permissions":{"_and":[{"user_created":{"_eq":"$CURRENT_USER"}},{"deleted_at":{"_null":true}}]}`)
	assert.GreaterOrEqual(t, want.find("POST permissions", ModeratorPolicyID, `"action":"share"`), 0)
	assert.Contains(t, want[want.find("POST permissions", ModeratorPolicyID, updateMessages)], `"permissions":{"deleted_at":{"_null":true}}`)

	may := func(fields ...string) *Project {
		p := fresh(Rules, math.MaxInt)
		p.permissions = []permission{{ID: 7, Policy: PolicyID, Collection: "messages", Action: "create", Fields: fields}}
		return p
	}
	t.Run("a field is missing", func(t *testing.T) {
		s := planned(t, may("id", "content", "colour"))
		assert.Contains(t, s, `PATCH permissions/7  {"fields":["id","content","colour","reply_to"]}`)
	})
	t.Run("more is allowed", func(t *testing.T) {
		s := planned(t, may("id", "content", "reply_to", "colour"))
		assert.Equal(t, -1, s.find("permissions/7"), "what an operator has given stays")
	})
	t.Run("everything is allowed, from a time without a licence", func(t *testing.T) {
		s := planned(t, may("*"))
		assert.Equal(t, -1, s.find("permissions/7"))
		assert.GreaterOrEqual(t, s.find("POST flows", `"items.create"`), 0, "so the guard stays needed")
		assert.GreaterOrEqual(t, s.find("POST collections", SealField), 0, "and the seal")
	})
}

func TestPlanMendsAFlow(t *testing.T) {
	f := fresh(Rules, 0).oneNameFlow()
	found := func() *Project {
		p := fresh(Rules, 0)
		p.flows, p.operations = map[string]row{}, map[string]row{}
		for _, f := range []flow{p.oneNameFlow(), p.changedNamesFlow()} {
			p.flows[f.id] = plain(f.create()).(row)
			for _, op := range f.operations {
				p.operations[op.id(f)] = plain(op.create(f)).(row)
			}
		}
		return p
	}
	first, last := f.operations[0].id(f), f.operations[len(f.operations)-1].id(f)
	for _, c := range []struct {
		name   string
		change func(*Project)
		want   []string
	}{
		{"nothing to mend", func(*Project) {}, nil},
		{"renamed and moved", func(p *Project) { p.flows[f.id]["name"] = "Namen"; p.operations[first]["position_x"] = 99.0 }, nil},
		{"inactive", func(p *Project) { p.flows[f.id]["status"] = "inactive"; p.freeFlows = 1 }, []string{"PATCH flows/" + f.id}},
		{"another beginning", func(p *Project) { p.flows[f.id]["operation"] = last }, []string{"PATCH flows/" + f.id}},
		{"an operation is gone", func(p *Project) { delete(p.operations, last) }, []string{"POST operations"}},
		{"operations changed", func(p *Project) {
			p.operations[first]["resolve"] = nil
			p.operations[last]["options"] = row{"collection": "directus_users"}
		}, []string{"PATCH operations/" + last, "PATCH operations/" + first}}, // successors first
	} {
		t.Run(c.name, func(t *testing.T) {
			p := found()
			c.change(p)
			var got []string
			for _, call := range p.planFlow(p.oneNameFlow()).Calls {
				got = append(got, call.Method+" "+call.Path)
			}
			assert.Equal(t, c.want, got)
		})
	}
	t.Run("an active Flow is not activated", func(t *testing.T) {
		p := found()
		p.flows[f.id]["operation"] = last
		assert.NotContains(t, p.planFlow(f).Calls[0].Body, "status", "at its limit the licence would refuse it")
	})
}

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		name, have, want string
		covers           bool
	}{
		{"equal", `{"a":1}`, `{"a":1}`, true},
		{"more", `{"a":1,"b":2}`, `{"a":1}`, true},
		{"less", `{}`, `{"a":1}`, false},
		{"other", `{"a":2}`, `{"a":1}`, false},
		{"null for nothing", `{}`, `{"a":null}`, true},
		{"something for null", `{"a":1}`, `{"a":null}`, false},
		{"deep", `{"a":{"b":[{"c":1}]}}`, `{"a":{"b":[{"c":1}]}}`, true},
		{"a flag more", `["a","b"]`, `["b"]`, true},
		{"a flag less", `["a"]`, `["a","b"]`, false},
		{"not a list", `"a"`, `["a"]`, false},
		{"not an object", `null`, `{"a":1}`, false},
		{"an object for a text", `{"a":{}}`, `{"a":"b"}`, false},
	} {
		var have, want any
		require.NoError(t, json.Unmarshal([]byte(c.have), &have))
		require.NoError(t, json.Unmarshal([]byte(c.want), &want))
		assert.Equal(t, c.covers, covers(have, want), c.name)
	}
}

func TestFullName(t *testing.T) {
	assert.Equal(t, "Alice Example", fullName("Alice", "Example"))
	assert.Equal(t, "Alice", fullName("Alice", ""))
	assert.Equal(t, "Example", fullName("", "Example"))
	assert.Empty(t, fullName("", ""))
}
