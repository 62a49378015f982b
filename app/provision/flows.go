package provision

import (
	"errors"
	"slices"
	"strings"

	"directuschat/app/directus"
)

// A flow is what we want of a Flow. The first operation is where it begins.
type flow struct {
	id, name    string
	description string
	trigger     string
	options     row
	operations  []operation
}

// An operation is a step of a Flow. Code and options must not contain two braces in a row unless they mean a value of
// the Flow: Directus fills those in everywhere.
type operation struct {
	key, name, kind string
	resolve, reject string // keys of the operations that follow success and failure; "" ends the Flow
	options         row
}

// planFlows makes the guard and the two Flows that keep names. Without room for the guard there is no safe chat, so that
// is an error; without room for the others there is a chat.
func (p *Project) planFlows() ([]Step, error) {
	free := p.freeFlows
	fit := func(flows ...flow) bool {
		inactive := 0
		for _, f := range flows {
			if p.flows[f.id]["status"] != "active" {
				inactive++
			}
		}
		if inactive > free {
			return false
		}
		free -= inactive
		return true
	}
	guard := p.guardFlow()
	if !fit(guard) {
		return nil, errors.New("this Directus has no licence and no Flow left to guard messages with, so anybody could fill fields that are not theirs: " +
			"set one of the active Flows to inactive in Data Studio (better three: two more keep names up to date), or get a licence, and run this again")
	}
	steps := []Step{p.planFlow(guard)}
	if one, changed := p.oneNameFlow(), p.changedNamesFlow(); fit(one, changed) {
		steps = append(steps, p.planFlow(one), p.planFlow(changed))
	} else {
		steps = append(steps, Step{What: "names of new chat users, and changed names, appear only when setup is run again: the licence leaves fewer than the " +
			"two active Flows that would see to it; set others to inactive in Data Studio and run this again", Change: Advise})
	}
	awaitFlows(steps)
	return steps, nil
}

// awaitFlows adds to the last of these steps that changes anything the call that waits for it: Directus answers first and
// then loads all Flows anew, and what happens meanwhile no Flow sees, so that somebody let in right after setup would have
// no name. Only who triggers a Flow waits until none is being loaded; this one cannot be triggered, which is forbidden, and
// a warning in Directus's log. (Of several instances it is the one that is asked that has loaded them.
// FlowManager.runWebhookFlow in Directus's flows.ts.)
func awaitFlows(steps []Step) {
	for i := range slices.Backward(steps) {
		if step := &steps[i]; len(step.Calls) > 0 {
			step.Calls = append(step.Calls, Call{Method: "GET", Path: "flows/trigger/" + nameID, Until: directus.CodeForbidden})
			return
		}
	}
}

// planFlow makes a Flow, in one call and therefore whole, or puts it back as it was made. Its name and looks are the
// operator's.
func (p *Project) planFlow(f flow) Step {
	step := Step{What: "Flow " + f.name}
	have, found := p.flows[f.id]
	if !found {
		step.Change, step.Calls = Add, []Call{{Method: "POST", Path: "flows", Body: f.create()}}
		return step
	}
	for _, op := range slices.Backward(f.operations) { // an operation names its successors, which must exist
		switch have, found := p.operations[op.id(f)]; {
		case !found:
			step.Calls = append(step.Calls, Call{Method: "POST", Path: "operations", Body: op.create(f)})
		case !covers(have, plain(op.essence(f))):
			step.Calls = append(step.Calls, Call{Method: "PATCH", Path: "operations/" + op.id(f), Body: op.essence(f)})
		}
	}
	if want := f.essence(); !covers(have, plain(want)) {
		if have["status"] == "active" {
			delete(want, "status") // at the limit of the licence, an active Flow cannot be activated
		}
		step.Calls = append(step.Calls, Call{Method: "PATCH", Path: "flows/" + f.id, Body: want})
	}
	if len(step.Calls) > 0 {
		step.Change = Mend
	}
	return step
}

// lines is a script.
func lines(code ...string) string { return strings.Join(code, "\n") }

func (f flow) create() row {
	body := f.essence()
	body["id"], body["name"], body["icon"], body["description"] = f.id, f.name, "chat", f.description
	var operations []row
	for i := range f.operations {
		operations = append(operations, f.operations[len(f.operations)-1-i].create(f)) // successors first
	}
	body["operations"] = operations
	return body
}

// essence is what a Flow must be to work, whatever it is called.
func (f flow) essence() row {
	return row{
		"status": "active", "trigger": f.trigger, "options": f.options, "operation": f.operations[0].id(f),
		"accountability": nil, // no activity row per run
	}
}

func (op operation) id(f flow) string { return key(f.id + "/" + op.key) }

func (op operation) create(f flow) row {
	body := op.essence(f)
	body["id"], body["name"] = op.id(f), op.name
	body["position_y"] = 1
	for i, other := range f.operations {
		if other.key == op.key {
			body["position_x"] = 19 + 18*i // boxes side by side
		}
	}
	return body
}

func (op operation) essence(f flow) row {
	body := row{"flow": f.id, "key": op.key, "type": op.kind, "options": op.options, "resolve": nil, "reject": nil}
	for _, other := range f.operations {
		switch other.key {
		case op.resolve:
			body["resolve"] = other.id(f)
		case op.reject:
			body["reject"] = other.id(f)
		}
	}
	return body
}
