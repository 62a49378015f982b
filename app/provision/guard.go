package provision

import (
	"encoding/json"

	directuschat "directuschat"
	"directuschat/app/directus"
)

// guardFlow drops from a new message whatever its author has no say in. It holds for administrators too, so that setup
// can see it work (see guardWorks). A script that fails or takes too long refuses the message: it fails closed.
func guardFlow() flow {
	fields, err := json.Marshal(createFields())
	if err != nil {
		panic(err) // strings
	}
	return flow{
		id: guardID, name: "Chat: what a new message may contain", trigger: "event",
		description: mark + " Setup puts it back as it was: to do more, make a Flow of your own. Without it, users of the chat could fill every field of a message.",
		options:     row{"type": "filter", "scope": []string{"items.create"}, "collections": []string{messages}, "return": "$last"},
		operations: []operation{{
			key: "clean", name: "Keep what its author may say", kind: "exec",
			options: row{"code": lines(
				`module.exports = function (data) {`,
				`	const may = `+string(fields)+`;`,
				`	return Object.fromEntries(Object.entries(data.$trigger.payload).filter(([field]) => may.includes(field)));`,
				`};`)},
		}},
	}
}

// probe is a message that is never stored, for its key is no UUID, and Directus says FORBIDDEN to that in the end. Before
// that it validates what has come through to it: a date from outside is FAILED_VALIDATION.
func probe() row {
	m := directuschat.DefaultMapping
	return row{m.ID: "no uuid", m.Content: "", m.Updated: "2001-01-01T00:00:00Z"}
}

// guardWorks waits until the guard takes the date off the probe.
func guardWorks() Call {
	return Call{Method: "POST", Path: "items/" + messages, Body: probe(), Until: directus.CodeForbidden}
}
