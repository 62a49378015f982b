package provision

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	directuschat "directuschat"
)

// Kind is what permissions of a project can say.
type Kind uint8

// The kinds.
const (
	// Core is Directus 12 without a licence that includes custom permission rules: all fields and all rows, or nothing.
	Core Kind = iota + 1
	// Rules is Directus 11, or 12 with such a licence: permissions name fields and rows.
	Rules
)

// String names the kind for an operator.
func (k Kind) String() string {
	return [...]string{"", "permissions are everything or nothing (no licence for custom rules)", "permissions can have rules"}[k]
}

// A Project is what a survey found: the parts of a Directus project that the chat is, or will be, made of.
type Project struct {
	Version string
	Kind    Kind

	Options // Mapping aside

	mapping   directuschat.Mapping // without the optional fields that are not there and will not be
	mapped    bool                 // Options name a collection
	reactions string               // collection of the reactions to these messages
	keyType   string               // of the messages' primary key
	seal      string               // the word that the guard adds

	freeFlows   int // how many more the licence lets be active
	collections map[string]foundCollection
	policies    map[string]bool // ours, by id
	roles       map[string]bool // ours, by id
	access      []access        // of our policies
	permissions []permission    // of our policies
	public      []permission    // what everybody may do
	flows       map[string]row  // ours, by id
	operations  map[string]row  // theirs, by id
	grants      []grant         // what Options ask for
}

type foundCollection struct {
	note      string
	sort      string // the field of the order that people give it by hand
	fields    map[string]row
	relations map[string]bool // by field
}

func (c foundCollection) ours() bool { return strings.HasPrefix(c.note, mark) }

type access struct {
	Policy string `json:"policy"`
	User   string `json:"user,omitempty"`
	Role   string `json:"role,omitempty"`
}

type permission struct {
	ID         int      `json:"id,omitempty"`
	Policy     string   `json:"policy"`
	Collection string   `json:"collection"`
	Action     string   `json:"action"`
	Fields     []string `json:"fields"`
	Rule       row      `json:"permissions,omitempty"` // which rows
}

// A grant is somebody who is to use the chat.
type grant struct {
	label string // such as "user alice@example.com"
	access
	moderator bool
}

// Survey reads what there is. It changes nothing.
func Survey(ctx context.Context, admin *Admin, options Options) (*Project, error) {
	p := newProject(admin.Version, options)
	s := survey{ctx: ctx, client: admin.client}
	s.license(p)
	for _, name := range []string{p.mapping.Collection, p.reactions, p.mapping.Profiles} {
		s.collection(p, name)
	}
	for _, id := range []string{PolicyID, ModeratorPolicyID} {
		p.policies[id] = s.find("policies/"+id, nil)
	}
	for _, id := range []string{RoleID, ModeratorRoleID} {
		p.roles[id] = s.find("roles/"+id, nil)
	}
	ofPolicies := url.Values{"filter[policy][_in]": {PolicyID + "," + ModeratorPolicyID}}
	p.access = rows[access](&s, "access", ofPolicies)
	p.permissions = rows[permission](&s, "permissions", ofPolicies)
	ids := strings.Join([]string{p.guardID(), namesID, nameID}, ",")
	p.flows = byID(rows[row](&s, "flows", url.Values{"filter[id][_in]": {ids}}))
	p.operations = byID(rows[row](&s, "operations", url.Values{"filter[flow][_in]": {ids}}))
	s.public(p)
	for _, moderator := range []bool{false, true} {
		users, roles := options.GrantUsers, options.GrantRoles
		if moderator {
			users, roles = options.ModeratorUsers, options.ModeratorRoles
		}
		for _, who := range users {
			s.grant(p, moderator, "user", "users", "email", strings.ToLower(who)) // as Directus stores it
		}
		for _, who := range roles {
			s.grant(p, moderator, "role", "roles", "name", who)
		}
	}
	if s.err != nil {
		return nil, s.err
	}
	p.adapt()
	p.findSeal()
	return p, nil
}

func newProject(version string, options Options) *Project {
	p := &Project{Version: version, Options: options, mapping: options.Mapping, mapped: options.Mapping != directuschat.Mapping{}, keyType: "uuid",
		collections: map[string]foundCollection{}, policies: map[string]bool{}, roles: map[string]bool{}}
	if !p.mapped {
		p.mapping = directuschat.DefaultMapping
	}
	if p.mapping.Profiles == "" {
		p.mapping.Profiles = directuschat.DefaultMapping.Profiles
	}
	p.reactions = ReactionsOf(p.mapping.Collection)
	return p
}

// ReactionsOf is the collection of the reactions to the messages of a collection.
func ReactionsOf(messages string) string {
	if messages == directuschat.DefaultMapping.Collection {
		return directuschat.DefaultMapping.Reactions
	}
	return messages + "_reactions"
}

// A survey reads until something fails; then everything is absent and err says why.
type survey struct {
	ctx context.Context
	client
	err error
}

func (s *survey) find(path string, out any) (found bool) {
	if s.err == nil {
		found, s.err = s.client.find(s.ctx, path, out)
	}
	return found
}

func rows[T any](s *survey, path string, query url.Values) (all []T) {
	if s.err == nil {
		all, s.err = List[T](s.ctx, s.get, path, query)
	}
	return all
}

func byID(all []row) map[string]row {
	m := map[string]row{}
	for _, r := range all {
		m[fmt.Sprint(r["id"])] = r
	}
	return m
}

// license finds out the kind. Directus 11 has no licences.
func (s *survey) license(p *Project) {
	var license struct {
		Entitlements struct {
			Rules struct {
				Default  bool  `json:"default"`
				Override *bool `json:"override"`
			} `json:"custom_permission_rules_enabled"`
			Flows struct{ Limit, Overage, Addon int }
		}
		Usage struct{ Flows int }
	}
	p.Kind, p.freeFlows = Rules, math.MaxInt
	if !s.find("license", &license) {
		return
	}
	rules := license.Entitlements.Rules
	if rules.Override != nil && !*rules.Override || rules.Override == nil && !rules.Default {
		p.Kind = Core
	}
	if f := license.Entitlements.Flows; min(f.Limit, f.Overage, f.Addon) >= 0 {
		p.freeFlows = max(0, f.Limit+f.Overage+f.Addon-license.Usage.Flows)
	}
}

func (s *survey) collection(p *Project, name string) {
	var found struct {
		Meta *struct {
			Note string
			Sort string `json:"sort_field"`
		}
	}
	if !s.find("collections/"+name, &found) {
		return
	}
	c := foundCollection{fields: map[string]row{}, relations: map[string]bool{}}
	if found.Meta != nil {
		c.note, c.sort = found.Meta.Note, found.Meta.Sort
	}
	var fields []row
	s.find("fields/"+name, &fields)
	for _, f := range fields {
		c.fields[fmt.Sprint(f["field"])] = f
	}
	var relations []struct{ Field string }
	s.find("relations/"+name, &relations)
	for _, r := range relations {
		c.relations[r.Field] = true
	}
	p.collections[name] = c
}

// grant looks up a user or role by its id or by what people call it.
func (s *survey) grant(p *Project, moderator bool, kind, path, name, who string) {
	field := name
	if uuid.Validate(who) == nil {
		field = "id"
	}
	found := rows[struct{ ID string }](s, path, url.Values{"fields": {"id"}, "filter[" + field + "][_eq]": {who}})
	if s.err != nil {
		return
	}
	switch len(found) {
	case 1:
	case 0:
		s.err = fmt.Errorf("the project has no %s %q: make it in Data Studio first, or name another", kind, who)
		return
	default:
		s.err = fmt.Errorf("the project has %d %ss %q: name the right one by its id", len(found), kind, who)
		return
	}
	g := grant{label: kind + " " + who, moderator: moderator}
	if kind == "user" {
		g.User = found[0].ID
	} else {
		g.Role = found[0].ID
	}
	same := func(other grant) bool { return other.access == g.access && other.moderator == g.moderator }
	if !slices.ContainsFunc(p.grants, same) {
		p.grants = append(p.grants, g)
	}
}
