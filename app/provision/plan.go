package provision

import (
	"encoding/json"
	"fmt"
	"slices"
)

// A Step is one thing that the chat needs, with the calls that make it.
type Step struct {
	What   string // such as "collection messages"
	Change Change
	Calls  []Call // none if Change is Keep
}

// Change is what a Step does to the project.
type Change uint8

// The changes.
const (
	Keep   Change = iota // it is there
	Add                  // it is missing
	Mend                 // it is there, and not as it was made
	Remove               // it is there, and goes
	Advise               // nothing that setup could do: What is a sentence for the operator
)

// String is the word for the change in a report.
func (c Change) String() string {
	return [...]string{"there", "made", "mended", "removed", "note"}[c]
}

// Sign is the sign for the change in a plan, as in a diff.
func (c Change) Sign() string {
	return [...]string{" ", "+", "~", "-", "!"}[c]
}

// A Call is one request that changes the project.
type Call struct {
	Method string
	Path   string // below the project's address
	Body   any    // for encoding/json

	// Until is the code of a refusal. If it is not empty, the call changes nothing; it is repeated until Directus refuses
	// it with that code, which shows that an earlier call has taken effect.
	Until string
}

// Plan says what is missing, in the order in which it may be made. It fails if the chat cannot be made safely.
func (p *Project) Plan() ([]Step, error) {
	steps := []Step{{What: fmt.Sprintf("this is Directus %s: %s", p.Version, p.Kind), Change: Advise}}
	steps = append(steps, p.planPublic()...)
	schema, err := p.planSchema()
	if err != nil {
		return nil, err
	}
	steps = append(steps, schema...)
	flows, err := p.planFlows()
	if err != nil {
		return nil, err
	}
	steps = append(steps, flows...)
	steps = append(steps, p.planPolicy()...)
	return append(steps, p.planRights()...), nil
}

// A row is a JSON object as Directus sent it.
type row = map[string]any

// covers reports whether have has everything that want says; what else it has is somebody's own. Lists are sets:
// Directus adds flags of its own to some.
func covers(have, want any) bool {
	switch want := want.(type) {
	case row:
		have, ok := have.(row)
		for name := range want {
			if !ok || !covers(have[name], want[name]) {
				return false
			}
		}
		return true
	case []any:
		have, _ := have.([]any)
		for _, w := range want {
			if !slices.ContainsFunc(have, func(h any) bool { return covers(h, w) }) {
				return false
			}
		}
		return true
	default:
		return have == want
	}
}

// plain is v as encoding/json would read it back, so that it compares with what Directus sends.
func plain(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only ever maps, slices and strings of this package
	}
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		panic(err)
	}
	return out
}
