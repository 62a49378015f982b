package doctor_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/doctor"
	"directuschat/app/provision"
)

// A fault is planted into a healthy project and taken away again.
type fault struct {
	name  string
	plant func(t *testing.T, p *patient) (cure func())
	look  func(*doctor.Options) // how the examination differs; nil if not at all
	want  []string              // exactly what is found
}

// everywhere are the faults that both kinds of Directus can have.
var everywhere = []fault{
	{"clocks differ", nothing, func(o *doctor.Options) { o.API.Now = func() time.Time { return time.Now().Add(time.Minute) } }, []string{"clock-skew"}},
	{"a proxy that knows no sockets", behindPlainProxy, nil, []string{"socket"}},
	{"no such collection", nothing, func(o *doctor.Options) { o.Mapping.Collection = "talk" }, []string{"collection-missing"}},
	{"no such field", nothing, func(o *doctor.Options) { o.Mapping.Updated = "changed_at" }, []string{"field-missing"}},
	{"no index", field("date_updated", map[string]any{"schema": map[string]any{"is_indexed": false}}), nil, []string{"index-missing"}},
	{"no limit of length", field("content", noValidation), nil, []string{"length-unlimited"}},
	{"names are not kept", flow("Chat: keep one name"), nil, []string{"setup-unfinished"}},
	{"Public may read people", right(publicPolicy, "read", "directus_users"), nil, []string{"public-rights"}},
	{"Public may write", right(publicPolicy, "create", "messages"), nil, []string{"public-rights"}},
	{"anybody may register", patch("settings", map[string]any{"public_registration": true, "public_registration_verify_email": false},
		map[string]any{"public_registration": false, "public_registration_verify_email": true}), nil, []string{"registration-open"}},
	{"a user is no longer let in", roleOf(alice, nil), nil, []string{"user-shut-out"}},
	{"a bare right to delete", right(provision.PolicyID, "delete", "messages"), nil, []string{"others-deleted"}},
	{"chatters may read people", right(provision.PolicyID, "read", "directus_users"), nil, []string{"emails-readable"}},
	{"chatters may read files", right(provision.PolicyID, "read", "directus_files"), nil, []string{"files-readable"}},
	{"a user may use Data Studio by another policy", editor, nil, []string{"user-in-studio", "emails-readable"}},
	{"Public may upload files", right(publicPolicy, "create", "directus_files"), nil, []string{"public-writes"}},
}

func asCompleted(o *doctor.Options) {
	o.Mapping.Collection, o.Mapping.Reactions = "talk", "talk_reactions"
}

func withoutNames(o *doctor.Options) { o.Mapping.Profiles = "" }

func asTutorial(o *doctor.Options) {
	m := &o.Mapping
	m.Collection, m.Updated, m.Deleted, m.ReplyTo, m.Reactions = "talk", "", "", "", ""
}

var tutorialFaults = []string{"index-missing", "length-unlimited", "stamp-open", "public-rights", "others-edited", "others-deleted"}

// everythingOrNothing are those of a Directus where Flows stand in for rules.
var everythingOrNothing = []fault{
	{"several processes without Redis", nothing, func(o *doctor.Options) { o.Processes = 2 }, []string{"redis-missing"}},
	{"chatters may use Data Studio", patch("policies/"+provision.PolicyID, map[string]any{"app_access": true}, map[string]any{"app_access": false}), nil,
		[]string{"policy-wide", "emails-readable"}}, // Data Studio shows people to each other
	{"chatters may write names", right(provision.PolicyID, "update", "chat_profiles"), nil, []string{"names-forged"}},
	{"chatters may change people", right(provision.PolicyID, "update", "directus_users"), nil, []string{"accounts-writable"}},
	{"chatters may upload files", right(provision.PolicyID, "create", "directus_files"), nil, []string{"uploads-open"}},
	{"the guard is off", flow(guardFlow), nil, []string{"guard-off"}},
	{"the guard is off, and names come from elsewhere", flow(guardFlow), withoutNames, []string{"guard-off"}},
	{"neither guard nor seal", unguarded, nil, []string{"guard-off", "others-edited", "new-forged"}}, // the reactions' seal holds
	{"a date can be set", field("date_updated", noValidation), nil, []string{"stamp-open"}},
	{"an author can be set", field("user_created", noValidation), nil, []string{"stamp-open"}},
	{"neither guard nor seal of reactions", unguardedReactions, nil, []string{"guard-off", "reactions-changed"}}, // the messages' seal holds
	{"reactions can be deleted", all(flow(guardFlow), right(provision.PolicyID, "delete", "message_reactions")), nil, []string{"guard-off", "reactions-changed"}},
	{"another guard that works", all(unguarded, guard("update", "$trigger.keys")), nil, []string{"guard-off", "new-forged"}},
	{"a guard against deleting that works", all(guard("delete", "$trigger.payload"), right(provision.PolicyID, "delete", "messages")), nil, []string{}},
	{"a guard for something else", all(unguarded, guard("delete", "$trigger.payload")), nil, []string{"guard-off", "others-edited", "new-forged"}},
	{"dates without fractions", tutorial("dateTime"), asTutorial, append([]string{"key-not-uuid", "dates-coarse"}, tutorialFaults...)},
	{"the tutorials' collection", tutorial("timestamp"), asTutorial, append([]string{"key-not-uuid"}, tutorialFaults...)},
	{"the same, with keys of ours", all(tutorial("timestamp"), clientID(true)), asTutorial, tutorialFaults},
	{"the same, with something called so", all(tutorial("timestamp"), clientID(false)), asTutorial, append([]string{"key-not-uuid"}, tutorialFaults...)},
}

// byRules are those of one where permissions can have rules.
var byRules = []fault{
	{"chatters may upload files", right(provision.PolicyID, "create", "directus_files"), nil, []string{"setup-unfinished", "uploads-open"}},
	{"every field of a new message is open", right(provision.PolicyID, "create", "messages"), nil, []string{"setup-unfinished", "new-forged"}},
	{"chatters may write names", right(provision.PolicyID, "update", "chat_profiles"), nil, []string{"setup-unfinished", "names-forged"}},
	{"chatters may change people", right(provision.PolicyID, "update", "directus_users"), nil, []string{"setup-unfinished", "accounts-writable"}},
	{"a bare right to update, and a guard", right(provision.PolicyID, "update", "messages"), nil, []string{"setup-unfinished"}},
	{"a bare right to update", all(flow(guardFlow), right(provision.PolicyID, "update", "messages")), nil, []string{"setup-unfinished", "others-edited"}},
	{"a bare right to change reactions", all(flow(guardFlow), right(provision.PolicyID, "update", "message_reactions")), nil, []string{"setup-unfinished", "reactions-changed"}},
	{"a rule that works", all(flow(guardFlow), rule("update", map[string]any{"user_created": map[string]any{"_eq": "$CURRENT_USER"}})), nil, []string{"setup-unfinished"}},
	{"a rule about something else", all(flow(guardFlow), rule("update", map[string]any{"deleted_at": map[string]any{"_null": true}})), nil, []string{"setup-unfinished", "others-edited"}},
}

// ofCompleted are those of a collection that others made, and setup has completed; beside what the kind makes of it when the
// guard is off.
func ofCompleted(unguarded string) []fault {
	return []fault{
		{"no limit of length of a completed collection", patch("fields/talk/content", noValidation, limit), nil, []string{"length-unlimited"}},
		{"keys of a completed collection that may come twice", patch("fields/talk/client_id", unique(false), unique(true)), nil, []string{"key-not-uuid", "setup-unfinished"}},
		{"the guard of a completed collection is off", flow(guardFlow, "talk"), nil, []string{unguarded}},
	}
}

func TestFaultsOfADirectusWithoutRules(t *testing.T) {
	p := admit(t, core)
	p.plantEach(t, nil, slices.Concat(everywhere, everythingOrNothing))
	uncomplete := completed(t, p)
	p.plantEach(t, asCompleted, ofCompleted("guard-off"))
	uncomplete()
	p.refusesWhoMayMore(t)
	assert.Contains(t, p.notes(t, nil), "permissions are everything or nothing")
	assert.Contains(t, p.notes(t, asTutorial), "permissions are everything or nothing")
	assert.Contains(t, p.notes(t, nil), "set IP_TRUST_PROXY of Directus to the address of chatd") // which this version trusts nobody in

	p.signWith(t, "replace-with-secure-random-value")
	p.restart(t, map[string]string{
		"CORS_ENABLED": "true", "CORS_ORIGIN": "true",
		"EMAIL_VERIFY_SETUP": "true", "EMAIL_TRANSPORT": "smtp", "EMAIL_SMTP_HOST": "127.0.0.1", "EMAIL_SMTP_PORT": "1",
		"RATE_LIMITER_ENABLED": "false", "ACCESS_TOKEN_TTL": "1d", "REFRESH_TOKEN_TTL": "365d",
		"WEBSOCKETS_REST_AUTH": "public", "WEBSOCKETS_REST_PATH": "/ws", "WEBSOCKETS_HEARTBEAT_ENABLED": "false",
	})
	assert.Equal(t, []string{"token-lifetime", "refresh-lifetime", "rate-limiter-off",
		"secret-known", "cors-open", "mail-down", "realtime-path", "realtime-auth", "heartbeat"}, ids(p.examine(t, nil)))
}

func TestFaultsOfADirectusWithRules(t *testing.T) {
	p := admit(t, old)
	p.plantEach(t, nil, slices.Concat(everywhere, byRules), "version-unsafe")
	uncomplete := completed(t, p)
	p.plantEach(t, asCompleted, ofCompleted("setup-unfinished"), "version-unsafe") // rules stand in for the guard
	uncomplete()
	p.refusesWhoMayMore(t)
	assert.Contains(t, p.notes(t, asTutorial), "permissions can have rules")
	assert.NotContains(t, p.notes(t, nil), "IP_TRUST_PROXY") // this version trusts everybody
	several := p.examine(t, func(o *doctor.Options) { o.Processes = 2 })
	assert.Equal(t, []string{"version-unsafe"}, ids(several))
	assert.Contains(t, strings.Join(several.Notes, "\n"), "does not tell whether its 2 processes have Redis in common")

	p.restart(t, map[string]string{"CORS_ENABLED": "true", "CORS_ORIGIN": "*", "EMAIL_TRANSPORT": "smtp", "EMAIL_SMTP_HOST": "127.0.0.1", "EMAIL_SMTP_PORT": "1",
		"RATE_LIMITER_POINTS": "15", "ACCESS_TOKEN_TTL": "1m", "REFRESH_TOKEN_TTL": "30m", "WEBSOCKETS_ENABLED": "false"})
	report, err := doctor.Examine(t.Context(), p.options(t))
	require.NoError(t, err)
	assert.Equal(t, []string{"version-unsafe", "token-lifetime", "refresh-lifetime", "rate-limiter-tight", "mail-down", "realtime-off"}, ids(report))
	assert.Contains(t, strings.Join(report.Notes, "\n"), "chatd itself was not visited")
	assert.Contains(t, strings.Join(report.Notes, "\n"), "without cookies (CORS_ORIGIN)")
}

// Who may do more than chat finds too little, or too much.
func (p *patient) refusesWhoMayMore(t *testing.T) {
	o := p.options(t)
	o.User.Access = o.Admin.Token()
	_, err := doctor.Examine(t.Context(), o)
	assert.ErrorIs(t, err, doctor.ErrAdminUser)

	cure := roleOf(alice, provision.ModeratorRoleID)(t, p)
	defer cure()
	_, err = doctor.Examine(t.Context(), p.options(t))
	assert.ErrorIs(t, err, doctor.ErrModerator)
}

// plantEach finds each fault alone, and nothing before and after but what is always found. The examination is as look makes
// it where a fault does not say otherwise.
func (p *patient) plantEach(t *testing.T, look func(*doctor.Options), faults []fault, always ...string) {
	always = slices.Concat([]string{}, always)
	p.eventually(t, always, look)
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			if f.look == nil {
				f.look = look
			}
			cure := f.plant(t, p)
			p.eventually(t, slices.Concat(always, f.want), f.look)
			cure()
		})
	}
	p.eventually(t, always, look)
}
