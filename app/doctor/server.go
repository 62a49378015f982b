package doctor

import (
	"context"
	"fmt"
	"time"

	"directuschat/app/directus"
)

// since reports whether the version of Directus is at least major.minor.
func (x *exam) since(major, minor int) bool {
	return directus.VersionSince(x.Admin.Version, major, minor)
}

func versionUnsafe(_ context.Context, x *exam) (*Finding, error) {
	if x.since(12, 1) {
		return nil, nil
	}
	return &Finding{
		What:  fmt.Sprintf("this is Directus %s; before 12.1 a socket whose token has expired is not safe on Directus's side", x.Admin.Version),
		Means: "people you do not trust must not reach it",
		Fix:   "upgrade Directus to 12.1 or later; until then let people reach it through chatd only",
	}, nil
}

func versionOld(_ context.Context, x *exam) (*Finding, error) {
	if x.since(12, 4) || !x.since(12, 1) { // versionUnsafe says it stronger
		return nil, nil
	}
	return &Finding{
		What:  fmt.Sprintf("this is Directus %s; before 12.4 its refusals do not say which request they are about", x.Admin.Version),
		Means: "the chat sends one message at a time, and is slower for it",
		Fix:   "upgrade Directus to 12.4 or later",
	}, nil
}

func clockSkew(_ context.Context, x *exam) (*Finding, error) {
	if x.skew.Abs() < maxSkew {
		return nil, nil
	}
	return &Finding{
		What:  fmt.Sprintf("the clocks of Directus and of this machine are %s apart", x.skew.Abs().Round(time.Second)),
		Means: "messages carry wrong times, and one-time codes may be refused",
		Fix:   "let both machines set their clocks by NTP; timedatectl shows whether one does",
	}, nil
}

func tokenLifetime(_ context.Context, x *exam) (*Finding, error) {
	lifetime := x.User.Expires.Sub(x.now()).Round(time.Second)
	switch {
	case lifetime > maxLifetime:
		return &Finding{
			What:  fmt.Sprintf("access tokens are valid for %s", lifetime),
			Means: "somebody who is suspended, or has logged out, can go on reading and writing that long",
			Fix:   "set ACCESS_TOKEN_TTL of Directus to 15m, its default, or less",
		}, nil
	case lifetime < minLifetime:
		return &Finding{
			What:  fmt.Sprintf("access tokens are valid for %s only", lifetime),
			Means: "every page asks for new ones all the time, and is logged out of the socket whenever an answer is late",
			Fix:   "set ACCESS_TOKEN_TTL of Directus to 5m or more; 15m is its default",
		}, nil
	}
	return nil, nil
}

func rateLimiterOff(_ context.Context, x *exam) (*Finding, error) {
	if x.info.RateLimit.on {
		return nil, nil
	}
	return &Finding{
		What:  "the rate limiter of Directus is off",
		Means: "one person, or one broken script, can keep Directus busy for everybody, and guess passwords as fast as it can ask",
		Fix:   "set RATE_LIMITER_ENABLED=true, RATE_LIMITER_POINTS=50 and RATE_LIMITER_DURATION=1, and IP_TRUST_PROXY to the address of chatd, or all its users count as one",
	}, nil
}

func rateLimiterTight(_ context.Context, x *exam) (*Finding, error) {
	limit := x.info.RateLimit
	if !limit.on || limit.value.Points >= minPoints {
		return nil, nil
	}
	return &Finding{
		What:  fmt.Sprintf("the rate limiter of Directus lets %d requests in %d s pass", limit.value.Points, limit.value.Duration),
		Means: "a page that starts asks about ten at once, and a socket that answers the heartbeat counts too: people wait, and lose their connection",
		Fix:   fmt.Sprintf("set RATE_LIMITER_POINTS of Directus to %d or more", minPoints),
	}, nil
}

func redisMissing(_ context.Context, x *exam) (*Finding, error) {
	if x.Processes < 2 || x.redis {
		return nil, nil
	}
	if !x.since(12, 0) {
		x.notes = append(x.notes, fmt.Sprintf("Directus 11 does not tell whether its %d processes have Redis in common: see that all of them have the same REDIS", x.Processes))
		return nil, nil
	}
	return &Finding{
		What:  fmt.Sprintf("%d processes of Directus have no Redis in common", x.Processes),
		Means: "people connected to one of them do not see at once what is written through another",
		Fix:   "give all processes the same Redis: set REDIS to its address, such as redis://127.0.0.1:6379",
	}, nil
}
