package doctor

import (
	"context"
	"fmt"
	"net/http"
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

// stranger is the origin of a page that has nothing to do with the project.
const stranger = "https://elsewhere.example"

// corsOpen asks as the page of a stranger does. The chat sends its tokens in headers, which such a page has not got; Data
// Studio's are in cookies.
func corsOpen(ctx context.Context, x *exam) (*Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, "GET", x.API.URL+"/server/ping", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Origin", stranger)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	switch allowed := answer.Header.Get("Access-Control-Allow-Origin"); {
	case allowed == stranger && answer.Header.Get("Access-Control-Allow-Credentials") == "true":
		return &Finding{
			What:  "Directus lets the pages of every site ask it, with the cookies of whoever opens them",
			Means: "a page on the same domain, or of any site where Directus's cookies are SameSite=None, can do what an administrator may who opens it and is logged in to Data Studio",
			Fix:   "set CORS_ENABLED=false of Directus, which is all the chat needs, or CORS_ORIGIN to the addresses of the sites that need it, and restart Directus",
		}, nil
	case allowed == stranger || allowed == "*":
		x.notes = append(x.notes, "Directus lets the pages of every site ask it, without cookies (CORS_ORIGIN), which does no harm by itself; the chat does not need it")
	}
	return nil, nil
}

func mailDown(_ context.Context, x *exam) (*Finding, error) {
	if x.mail == "" {
		return nil, nil
	}
	return &Finding{
		What:  fmt.Sprintf("Directus cannot send mail (%s)", x.mail),
		Means: "nobody gets an invitation, the mail that confirms an address, or the one that resets a password",
		Fix: "see that EMAIL_TRANSPORT of Directus and what belongs to it, such as EMAIL_SMTP_HOST, EMAIL_SMTP_PORT, EMAIL_SMTP_USER and EMAIL_SMTP_PASSWORD, " +
			"are right, and restart Directus",
	}, nil
}
