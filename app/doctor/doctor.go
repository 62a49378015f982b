// Package doctor examines a Directus project that the chat runs on, or is about to, and says what is not as it should be.
//
// It owns the list of checks (see checks) and what each finding tells an operator: what is wrong, what that means for the
// people who chat, and the exact fix. An examination has three parts:
//
//	survey   read once, as the operator, everything that checks judge by (survey.go)
//	checks   one small function each, in the order of the list (server.go, secret.go, realtime.go, data.go, guard.go,
//	         rights.go, tried.go, site.go)
//	report   findings, notes on what is as it is, and what could not be checked
//
// What people can do to each other is tried as one of them and not read from permissions, because Flows decide it too. An
// attempt is always made so that Directus refuses it in the end: the question is only how far it gets. Nothing is stored,
// and nobody in the chat sees anything; what stays is an entry of the log-in in Directus's own activity (see LogIn).
//
// It must not know chatd's command line, the chat's state or its user interface. It runs natively only.
package doctor

import (
	"context"
	"fmt"
	"time"

	directuschat "directuschat"
	"directuschat/app/directus"
	"directuschat/app/provision"
)

// Options say what to examine.
type Options struct {
	Admin     *provision.Admin
	API       directus.API // straight at Directus; with a Patient transport, as for Admin
	Mapping   directuschat.Mapping
	User      directus.Grant // by LogIn, of somebody who only chats; its refresh token is used up; zero: checks that need one are left out
	PublicURL string         // where browsers open the chat, with its path, "/" at the end; "": checks of chatd are left out
	Processes int            // how many processes of Directus answer at its address; 0 is one
	Watch     bool           // hold a socket open for up to two heartbeats, a minute by default, to see whether it lasts

	// Progress is told of waits that an operator would wonder about; nil for nobody.
	Progress func(text string)
}

// A Report is the result of an examination. The project is healthy when there are no findings.
type Report struct {
	Version  string    `json:"version"`  // of Directus
	Checked  int       `json:"checked"`  // how many checks were made
	Findings []Finding `json:"findings"` // in the order of the checks
	Notes    []string  `json:"notes"`    // what is as it is, and what could not be checked
}

// A Finding is something that is not as it should be.
type Finding struct {
	ID    string `json:"id"`   // such as "length-unlimited"; stays the same from version to version
	Area  string `json:"area"` // server, realtime, data, rights or chatd
	What  string `json:"what"` // what is wrong
	Means string `json:"means"`
	Fix   string `json:"fix"` // a command or a setting
}

// A check looks at one thing and returns what is wrong with it; nil if nothing is. An error means that it could not look,
// and ends the examination.
type check struct {
	id, area string
	run      func(context.Context, *exam) (*Finding, error)
	needs    need // it is left out without
	spoils   need // what there is no longer after a finding: it has been said
}

// A need is what a check cannot be made without, beyond the operator.
type need uint16

const (
	aUser         need = 1 << iota // somebody who chats
	aMessage                       // a message by somebody else
	aReaction                      // somebody else's, to a message
	aCollection                    // of messages
	aSurprise                      // something that setup would mend and no other check has told of
	aNarrowPolicy                  // Chat, that gives people no Data Studio
	realtime                       // a Directus that takes sockets
	handshake                      // where and how the chat opens them
	aPublicURL                     // a chat to visit
	aSafeWay                       // to send a token there
	aPage                          // that is there
	aProxy                         // that leads to a Directus
	anUpgrade                      // that gets through
)

// checks in the order of the report, area by area.
var checks = []check{
	{"version-unsafe", "server", versionUnsafe, 0, 0},
	{"version-old", "server", versionOld, 0, 0},
	{"clock-skew", "server", clockSkew, 0, 0},
	{"token-lifetime", "server", tokenLifetime, aUser, 0},
	{"refresh-lifetime", "server", refreshLifetime, aUser, 0},
	{"rate-limiter-off", "server", rateLimiterOff, 0, 0},
	{"rate-limiter-tight", "server", rateLimiterTight, 0, 0},
	{"redis-missing", "server", redisMissing, 0, 0},
	{"secret-known", "server", secretKnown, 0, 0},
	{"cors-open", "server", corsOpen, 0, 0},
	{"mail-down", "server", mailDown, 0, 0},

	{"realtime-off", "realtime", realtimeOff, 0, realtime},
	{"realtime-path", "realtime", realtimePath, realtime, handshake},
	{"realtime-auth", "realtime", realtimeAuth, realtime, handshake},
	{"heartbeat", "realtime", heartbeat, realtime, 0},
	{"socket", "realtime", socketWorks, realtime | handshake, realtime},

	{"collection-missing", "data", collectionMissing, 0, aCollection | aSurprise},
	{"field-missing", "data", fieldMissing, aCollection, aSurprise},
	{"key-not-uuid", "data", keyNotUUID, aCollection, 0},
	{"dates-coarse", "data", datesCoarse, aCollection, 0},
	{"index-missing", "data", indexMissing, aCollection, aSurprise},
	{"length-unlimited", "data", lengthUnlimited, aCollection, aSurprise},
	{"stamp-open", "data", stampOpen, aCollection | aUser, aSurprise},
	{"guard-off", "data", guardOff, 0, aSurprise},
	{"setup-unfinished", "data", setupUnfinished, aSurprise, 0},

	{"public-rights", "rights", publicRights, 0, 0},
	{"public-writes", "rights", publicWrites, 0, 0},
	{"registration-open", "rights", registrationOpen, 0, 0},
	{"policy-wide", "rights", policyWide, 0, aNarrowPolicy},
	{"user-in-studio", "rights", userInStudio, aUser | aNarrowPolicy, 0},
	{"user-shut-out", "rights", userShutOut, aCollection | aUser, 0},
	{"others-edited", "rights", othersEdited, aUser | aMessage, 0},
	{"others-deleted", "rights", othersDeleted, aUser | aMessage, 0},
	{"reactions-changed", "rights", reactionsChanged, aUser | aReaction, 0},
	{"new-forged", "rights", newForged, aCollection | aUser, 0},
	{"names-forged", "rights", namesForged, aUser, 0},
	{"emails-readable", "rights", emailsReadable, aCollection | aUser, 0},
	{"accounts-writable", "rights", accountsWritable, aUser, 0},
	{"files-readable", "rights", filesReadable, aUser, 0},
	{"uploads-open", "rights", uploadsOpen, aUser, 0},

	{"site-insecure", "chatd", siteInsecure, aPublicURL, aSafeWay},
	{"site-down", "chatd", siteDown, aPublicURL, aPage},
	{"site-policy", "chatd", sitePolicy, aPage, 0},
	{"proxy-down", "chatd", proxyDown, aPage, aProxy},
	{"proxy-bypassed", "chatd", proxyBypassed, aPage | aProxy, 0},
	{"proxy-astray", "chatd", proxyAstray, aSafeWay | aPage | aProxy | aUser, 0},
	{"origin-refused", "chatd", originRefused, aPage | aProxy | realtime, anUpgrade},
	{"upgrade-lost", "chatd", upgradeLost, aPage | aProxy | realtime, anUpgrade},
	{"origin-open", "chatd", originOpen, aPage | aProxy | realtime | anUpgrade, 0},
	{"socket-cut", "chatd", socketCut, aSafeWay | aPage | aProxy | aUser | realtime | handshake | anUpgrade, 0},
}

// Examine makes all checks that the options allow. It fails if it could not look; what is wrong with the project is in
// the report.
func Examine(ctx context.Context, o Options) (*Report, error) {
	x, err := survey(ctx, o)
	if err != nil {
		return nil, err
	}
	r := &Report{Version: o.Admin.Version, Findings: []Finding{}}
	have := x.have()
	for _, c := range checks {
		if c.needs&^have != 0 {
			continue
		}
		found, err := c.run(ctx, x)
		if err != nil {
			return nil, fmt.Errorf("failed to check %s: %w", c.id, err)
		}
		r.Checked++
		if found != nil {
			found.ID, found.Area = c.id, c.area
			r.Findings = append(r.Findings, *found)
			have &^= c.spoils
		}
	}
	r.Notes = x.notes
	return r, nil
}

// Limits that checks judge by.
const (
	maxSkew     = 10 * time.Second // Directus tells its time in whole seconds, and an answer takes some
	minLifetime = 2 * time.Minute
	maxLifetime = time.Hour
	minPoints   = 20  // what a page that starts asks at once, with room for a second one behind the same address
	maxBeat     = 120 // seconds; most proxies cut silent sockets after one to five minutes
)
