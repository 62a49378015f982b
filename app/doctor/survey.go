package doctor

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	directuschat "directuschat"
	"directuschat/app/directus"
	"directuschat/app/provision"
)

// ErrAdminUser: the user to try things as may do everything, so that nothing could be found.
var ErrAdminUser = errors.New("the user to try things as is an administrator, who may do everything: name somebody who only chats")

// ErrModerator: so may a moderator, as far as deleting goes.
var ErrModerator = errors.New("the user to try things as is a moderator, who may delete what others wrote: name somebody who only chats")

// An exam is what checks judge by. Nothing of it changes once the survey is done, but for notes.
type exam struct {
	Options
	operator, user caller
	notes          []string

	info     info
	skew     time.Duration // by which Directus's clock is ahead of ours
	redis    bool
	mail     string           // what keeps Directus from sending mail; "" if nothing is known of
	fields   map[string]field // of the collection of messages, by name; nil if there is none
	pending  []string         // what setup would make or mend
	stuck    []string         // collections that take nothing, see readStuck
	public   []right
	chatters policy // what setup gives people who chat
	me       string // id of the user
	globals  policy // what all policies of the user give together
	rights   map[string]map[string]may
	foreign  foreign // a message, not deleted
	reaction foreign // a reaction to one

	reactionFields map[string]field // as fields
}

// info is /server/info, as somebody who has logged in sees it.
type info struct {
	Project struct {
		Registration bool `json:"public_registration"`
		VerifyEmail  bool `json:"public_registration_verify_email"`
	}
	Files     struct{ MimeTypeAllowList []string }
	RateLimit optional[struct{ Points, Duration int }]
	WebSocket optional[struct {
		Rest      optional[struct{ Authentication, Path string }]
		Heartbeat optional[int] // seconds
	}]
}

// An optional is a value that is false, or absent, where a feature is off.
type optional[T any] struct {
	on    bool
	value T
}

func (o *optional[T]) UnmarshalJSON(b []byte) error {
	if string(b) == "false" || string(b) == "null" {
		return nil
	}
	o.on = true
	return json.Unmarshal(b, &o.value)
}

// A field is one of a collection, as Directus describes it.
type field struct {
	Field  string
	Type   string
	Meta   struct{ Validation any }
	Schema *struct {
		Indexed bool `json:"is_indexed"`
		Unique  bool `json:"is_unique"`
		Key     bool `json:"is_primary_key"`
	}
}

// A right is a row of Directus's permissions.
type right struct {
	ID                 int // 0: Directus's own, and harmless
	Collection, Action string
}

// may says how far an action of the user goes: over all rows ("full"), some ("partial") or none.
type may struct {
	Access string
	Fields []string
}

func (m may) some() bool { return m.Access != "" && m.Access != "none" }

func (m may) field(name string) bool {
	return m.some() && (slices.Contains(m.Fields, "*") || slices.Contains(m.Fields, name))
}

type policy struct {
	App   bool `json:"app_access"`
	Admin bool `json:"admin_access"`
}

// survey reads what checks judge by. It changes nothing.
func survey(ctx context.Context, o Options) (*exam, error) {
	x := &exam{Options: o, operator: caller{o.API, o.Admin.Token()}, user: caller{o.API, o.User.Access}}
	for _, read := range []func(context.Context) error{
		x.readServer, x.readHealth, x.readCollections, x.readPlan, x.readStuck, x.readPublic, x.readUser, x.readTrust, x.readForeign, x.readReaction,
	} {
		if err := read(ctx); err != nil {
			return nil, fmt.Errorf("failed to look at the project: %w", err)
		}
	}
	return x, nil
}

// have is what needs of checks are met, and notes those that are not.
func (x *exam) have() (have need) {
	for _, n := range []struct {
		need need
		met  bool
		note string
	}{
		{aUser, x.me != "", "what a user of the chat can do was not tried: name one with -user-email"},
		{aMessage, x.foreign.key != "", "whether people can change each other's messages was not tried: it takes a message by somebody else"},
		{aReaction, x.reaction.key != "", ""}, // there need not be any
		{aPublicURL | aSafeWay | aPage | aProxy | anUpgrade, x.PublicURL != "", "chatd itself was not visited: say where with -public-url"},
		{aCollection, x.fields != nil, ""},
		{aSurprise, len(x.pending) > 0, ""},
		{aNarrowPolicy, true, ""},
		{realtime | handshake, x.info.WebSocket.on && x.info.WebSocket.value.Rest.on, ""},
	} {
		if n.met {
			have |= n.need
		} else if n.note != "" && (n.need != aMessage || x.me != "") {
			x.notes = append(x.notes, n.note)
		}
	}
	return have
}

func (x *exam) readServer(ctx context.Context) error {
	sent := x.now()
	answer, err := x.operator.send(ctx, "GET", "server/info", nil, nil)
	if err != nil {
		return err
	}
	if !answer.Date.IsZero() {
		middle := sent.Add(x.now().Sub(sent) / 2)
		x.skew = answer.Date.Add(time.Second / 2).Sub(middle)
	}
	if err := json.Unmarshal(answer.Body, &struct{ Data *info }{&x.info}); err != nil {
		return fmt.Errorf("GET server/info: %w", directus.ErrNotDirectus)
	}
	return nil
}

// readHealth looks for mail, and for Redis, which Directus 12 reports of. The report is its own kind of answer, and comes
// as a refusal when something is not well; it can be switched off.
func (x *exam) readHealth(ctx context.Context) error {
	answer, err := x.operator.send(ctx, "GET", "server/health", nil, nil)
	if err != nil && answer.Status != http.StatusServiceUnavailable && !directus.IsCode(err, directus.CodeForbidden, codeNoRoute) {
		return err
	}
	var health struct {
		Checks map[string][]struct {
			Status string
			Output any // an error of Node's, which has more or less to say
		}
	}
	if json.Unmarshal(answer.Body, &health) != nil {
		return fmt.Errorf("GET server/health: %w", directus.ErrNotDirectus)
	}
	for _, mail := range health.Checks["email:connection"] {
		if mail.Status == "error" {
			reason, _ := mail.Output.(map[string]any)["code"].(string)
			x.mail = cmp.Or(reason, "it does not say why")
		}
	}
	if _, x.redis = health.Checks["redis:responseTime"]; !x.redis && x.since(12, 0) {
		x.notes = append(x.notes, "Directus has no Redis, which is fine for one process of it; several need one")
	}
	return nil
}

func (x *exam) now() time.Time {
	if x.API.Now != nil {
		return x.API.Now()
	}
	return time.Now()
}

func (x *exam) readCollections(ctx context.Context) (err error) {
	if x.fields, err = x.readFields(ctx, x.Mapping.Collection); err == nil && x.Mapping.Reactions != "" {
		x.reactionFields, err = x.readFields(ctx, x.Mapping.Reactions)
	}
	return err
}

// readFields are those of a collection by name; nil if there is none.
func (x *exam) readFields(ctx context.Context, collection string) (map[string]field, error) {
	var all []field
	if exists, err := x.operator.find(ctx, "fields/"+collection, nil, &all); err != nil || !exists || len(all) == 0 {
		return nil, err
	}
	fields := map[string]field{}
	for _, f := range all {
		fields[f.Field] = f
	}
	return fields, nil
}

// readPlan asks what setup would do now; where it has never been, that says nothing.
func (x *exam) readPlan(ctx context.Context) error {
	usual := directuschat.DefaultMapping
	var options provision.Options
	if x.Mapping != usual {
		options.Mapping = x.Mapping
		m := &options.Mapping
		// The chat goes without some of it; setup knows by itself what is there.
		m.Updated, m.Deleted, m.ReplyTo = cmp.Or(m.Updated, usual.Updated), cmp.Or(m.Deleted, usual.Deleted), cmp.Or(m.ReplyTo, usual.ReplyTo)
	}
	project, err := provision.Survey(ctx, x.Admin, options)
	if err != nil {
		return err
	}
	x.notes = append(x.notes, fmt.Sprintf("this is Directus %s: %s", project.Version, project.Kind))
	if x.Mapping != usual {
		made, err := x.readFields(ctx, provision.ReactionsOf(x.Mapping.Collection)) // by any setup
		if err != nil || made == nil {
			return err
		}
	}
	steps, err := project.Plan()
	if err != nil {
		x.notes = append(x.notes, "setup would not go on: "+err.Error())
	}
	for _, step := range steps {
		switch {
		case step.Change == provision.Add || step.Change == provision.Mend:
			x.pending = append(x.pending, step.What)
		case step.Change == provision.Advise && !slices.Contains(x.notes, step.What):
			x.notes = append(x.notes, step.What)
		}
	}
	return nil
}

// publicly selects what belongs to nobody in particular.
var publicly = url.Values{"filter[role][_null]": {"true"}, "filter[user][_null]": {"true"}, "fields": {"policy"}}

func (x *exam) readPublic(ctx context.Context) error {
	given, err := provision.List[struct{ Policy string }](ctx, x.operator.get, "access", publicly)
	if err != nil {
		return err
	}
	for _, g := range given {
		of := url.Values{"filter[policy][_eq]": {g.Policy}, "fields": {"id,collection,action"}}
		rights, err := provision.List[right](ctx, x.operator.get, "permissions", of)
		if err != nil {
			return err
		}
		x.public = append(x.public, rights...)
	}
	_, err = x.operator.find(ctx, "policies/"+provision.PolicyID, nil, &x.chatters)
	return err
}

func (x *exam) readUser(ctx context.Context) error {
	if x.User.Access == "" {
		return nil
	}
	var me struct{ ID string }
	if err := x.user.get(ctx, "users/me", url.Values{"fields": {"id"}}, &me); err != nil {
		return err
	}
	if err := x.user.get(ctx, "policies/me/globals", nil, &x.globals); err != nil {
		return err
	}
	if x.globals.Admin {
		return ErrAdminUser
	}
	moderates, err := provision.Moderates(ctx, x.Admin, me.ID)
	if err == nil && moderates {
		err = ErrModerator
	}
	if err != nil {
		return err
	}
	x.me = me.ID
	return x.user.get(ctx, "permissions/me", nil, &x.rights)
}

// has reports whether a field is mapped and there.
func (x *exam) has(name string) bool {
	_, has := x.fields[name]
	return has && name != ""
}
