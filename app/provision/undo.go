package provision

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// PlanUndo says how to remove what setup has made, whichever collection it was for. All of it is recognised by its key or
// its note, so it does not matter where setup was run. Rights go first and the guard after them, so that nothing is open
// in between. Collections of ours, and fields added to the collections of others, hold what people wrote: they stay
// unless deleteData says otherwise, or they are empty.
func PlanUndo(ctx context.Context, admin *Admin, deleteData bool) ([]Step, error) {
	u := undo{survey: survey{ctx: ctx, client: admin.client}, deleteData: deleteData}
	for _, r := range rows[permission](&u.survey, "permissions", url.Values{"filter[policy][_in]": {PolicyID + "," + ModeratorPolicyID}}) {
		if r.ID != 0 {
			u.remove(fmt.Sprintf("right to %s %s", r.Action, r.Collection), "permissions/%d", r.ID)
		}
	}
	var unsealed, data []Step
	var collections []foundMeta
	u.find("collections", &collections)
	for _, c := range collections {
		if c.Meta == nil || strings.HasPrefix(c.Collection, "directus_") {
			continue
		}
		ours := strings.HasPrefix(c.Meta.Note, mark)
		seal, rest := u.fields(c.Collection, ours)
		unsealed, data = append(unsealed, seal...), append(data, rest...)
		if ours {
			data = append(data, u.collection(c.Collection)...)
		}
	}
	u.steps = append(u.steps, unsealed...)
	for _, f := range rows[struct{ ID, Name string }](&u.survey, "flows", url.Values{"filter[description][_starts_with]": {mark}}) {
		u.remove("Flow "+f.Name, "flows/%s", f.ID)
	}
	for _, id := range []string{RoleID, ModeratorRoleID} {
		var role struct{ Name string }
		if u.find("roles/"+id, &role) {
			u.remove("role "+role.Name+"; who has it is left without a role", "roles/%s", id)
		}
	}
	for _, id := range []string{PolicyID, ModeratorPolicyID} {
		var policy struct{ Name string }
		if u.find("policies/"+id, &policy) {
			u.remove("policy "+policy.Name, "policies/%s", id)
		}
	}
	// What refers to messages goes before them.
	slices.SortStableFunc(data, func(a, b Step) int { return strings.Count(b.What, "_reactions") - strings.Count(a.What, "_reactions") })
	return append(u.steps, data...), u.err
}

// Undo makes the calls of PlanUndo and tells report of every step that is done. It may be planned and run again.
func Undo(ctx context.Context, admin *Admin, steps []Step, report func(Step)) error {
	return admin.run(ctx, steps, report)
}

type undo struct {
	survey
	deleteData bool
	steps      []Step
}

type foundMeta struct {
	Collection string
	Meta       *struct{ Note string }
}

func removal(what, path string, args ...any) Step {
	return Step{what, Remove, []Call{{Method: "DELETE", Path: fmt.Sprintf(path, args...)}}}
}

func (u *undo) remove(what, path string, args ...any) {
	u.steps = append(u.steps, removal(what, path, args...))
}

// fields are those of ours: the seal, without which nobody could write any more, and what a collection of others got.
func (u *undo) fields(collection string, ours bool) (seal, data []Step) {
	var fields []row
	u.find("fields/"+collection, &fields)
	for _, f := range fields {
		name, note := fmt.Sprint(f["field"]), noteOf(f)
		what, path := fmt.Sprintf("field %s.%s", collection, name), "fields/"+collection+"/"+name
		switch {
		case name == SealField && strings.HasPrefix(note, mark):
			seal = append(seal, removal(what, "%s", path))
		case ours:
		case strings.HasPrefix(note, mark) && u.deleteData:
			data = append(data, removal(what+" with all it holds", "%s", path))
		case strings.HasPrefix(note, mark):
			data = append(data, kept(what))
		case strings.HasSuffix(note, indexMark):
			data = append(data, Step{"index on " + collection + "." + name, Remove, []Call{{Method: "PATCH", Path: path, Body: row{
				"schema": row{"is_indexed": false}, "meta": row{"note": strings.TrimSpace(strings.TrimSuffix(note, indexMark))}}}}})
		}
	}
	return seal, data
}

// collection removes one of ours, if it may. A relation to itself goes first: on SQLite, Directus fails otherwise.
func (u *undo) collection(name string) []Step {
	var count []struct{ Count any }
	if u.err == nil {
		u.err = u.get(u.ctx, "items/"+name, url.Values{"aggregate[count]": {"*"}}, &count)
	}
	holds := "0"
	if len(count) == 1 {
		holds = fmt.Sprint(count[0].Count)
	}
	what := fmt.Sprintf("collection %s (%s rows)", name, holds)
	if holds != "0" && !u.deleteData {
		return []Step{kept(what)}
	}
	step := removal(what, "collections/%s", name)
	var relations []struct {
		Field   string
		Related string `json:"related_collection"`
	}
	u.find("relations/"+name, &relations)
	for _, r := range relations {
		if r.Related == name {
			step.Calls = append([]Call{{Method: "DELETE", Path: "fields/" + name + "/" + r.Field}}, step.Calls...)
		}
	}
	return []Step{step}
}

func kept(what string) Step {
	return Step{What: what + " stays: it holds what people wrote; -delete-data removes it", Change: Advise}
}
