package provision

import (
	"fmt"
	"net/url"
	"slices"
)

// public reads what everybody may do with the chat and with the list of users, without a log-in.
func (s *survey) public(p *Project) {
	policies := rows[struct{ Policy string }](s, "access", url.Values{"fields": {"policy"}, "filter[role][_null]": {"true"}, "filter[user][_null]": {"true"}})
	chat := []string{p.mapping.Collection, p.reactions, p.mapping.Profiles, "directus_users"}
	for _, policy := range policies {
		for _, may := range rows[permission](s, "permissions", url.Values{"filter[policy][_eq]": {policy.Policy}}) {
			if may.ID != 0 && slices.Contains(chat, may.Collection) { // without an id it is Directus's own, and harmless
				p.public = append(p.public, may)
			}
		}
	}
}

// planPublic takes away what everybody may do, if it is told to, and warns of it otherwise.
func (p *Project) planPublic() []Step {
	var steps []Step
	for _, may := range p.public {
		what := fmt.Sprintf("Public's right to %s %s", may.Action, may.Collection)
		if p.RevokePublic {
			steps = append(steps, Step{what, Remove, []Call{{Method: "DELETE", Path: fmt.Sprintf("permissions/%d", may.ID)}}})
		} else {
			steps = append(steps, Step{What: "there is " + what + ": everybody has it who reaches Directus, without a log-in; -revoke-public takes it away", Change: Advise})
		}
	}
	return steps
}
