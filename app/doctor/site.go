package doctor

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	directuschat "directuschat"
	"directuschat/app/directus"
)

const fixFront = "look at chatd's log, and at the proxy in front of it"

// through is the REST API of Directus as browsers reach it.
func (x *exam) through(token directus.Secret) caller {
	api := x.API
	api.URL = x.PublicURL + directuschat.ProxyPath
	return caller{api, token}
}

// origin is that of the chat's pages.
func (x *exam) origin() string {
	u, err := url.Parse(x.PublicURL)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func siteInsecure(_ context.Context, x *exam) (*Finding, error) {
	u, err := url.Parse(x.PublicURL)
	if err != nil {
		return nil, err
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if u.Scheme == "https" || u.Hostname() == "localhost" || err == nil && ip.IsLoopback() {
		return nil, nil
	}
	return &Finding{
		What:  "the chat is served without https",
		Means: "passwords and messages travel in the clear, and browsers refuse to install the chat or to start it without a network",
		Fix:   "put a proxy with a certificate in front of chatd, and give its https address as -public-url",
	}, nil
}

// page asks for the page as a browser does.
func (x *exam) page(ctx context.Context, path string) (status int, header http.Header, body string, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, "GET", path, nil)
	if err != nil {
		return 0, nil, "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, "", err
	}
	defer answer.Body.Close()
	const enough = 1 << 20
	text, err := io.ReadAll(io.LimitReader(answer.Body, enough))
	return answer.StatusCode, answer.Header, string(text), err
}

// siteDown looks for chatd by its sign of life, and for the page by the mark that its loader goes by.
func siteDown(ctx context.Context, x *exam) (*Finding, error) {
	status, header, body, err := x.page(ctx, x.PublicURL)
	if err != nil && ctx.Err() != nil {
		return nil, err
	}
	isPage := err == nil && status == http.StatusOK && strings.HasPrefix(header.Get("Content-Type"), "text/html") && strings.Contains(body, "data-base=")
	if isPage {
		return nil, nil
	}
	f := &Finding{What: fmt.Sprintf("%s does not answer with the chat's page", x.PublicURL), Means: "nobody can open the chat", Fix: fixFront}
	if err != nil {
		f.What += fmt.Sprintf(" (%v)", err)
		f.Fix = "see that chatd runs, and that the address and its certificate are right"
	} else if status, _, body, err := x.page(ctx, x.origin()+"/healthz"); err == nil && status == http.StatusOK && body == "ok\n" {
		f.What += ", though chatd runs there"
		f.Fix = "give chatd serve the path of this address as -base, and see that the proxy in front does not cut it off"
	}
	return f, nil
}

// sitePolicy looks for what makes a stolen script or a foreign frame harmless, which proxies like to replace.
func sitePolicy(ctx context.Context, x *exam) (*Finding, error) {
	_, header, _, err := x.page(ctx, x.PublicURL)
	if err != nil {
		return nil, err
	}
	policies := header.Values("Content-Security-Policy")
	var lost []string
	for _, directive := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'none'"} {
		if !strings.Contains(strings.Join(policies, "; "), directive) {
			lost = append(lost, directive)
		}
	}
	if header.Get("X-Content-Type-Options") != "nosniff" {
		lost = append(lost, "X-Content-Type-Options: nosniff")
	}
	f := &Finding{
		What:  "the page comes without " + strings.Join(lost, ", "),
		Means: "a page of somebody else's can frame the chat, or a script that gets in can send away what it finds",
		Fix:   "let the proxy in front of chatd pass its headers as they are",
	}
	switch {
	case len(lost) > 0:
		return f, nil
	case len(policies) > 1:
		f.What = "the page comes with two policies, and browsers obey both"
		f.Means = "what chatd allows may be blocked, such as the socket or the program itself"
		return f, nil
	}
	return nil, nil
}

func proxyDown(ctx context.Context, x *exam) (*Finding, error) {
	answer, err := x.through("").send(ctx, "GET", "server/ping", nil, nil)
	if err == nil && strings.TrimSpace(string(answer.Body)) == "pong" {
		return nil, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return &Finding{
		What:  "no Directus answers behind " + x.PublicURL + directuschat.ProxyPath,
		Means: "nobody can log in",
		Fix:   "see that -directus-url of chatd serve is right and Directus runs; " + fixFront,
	}, nil
}

// proxyBypassed asks for what chatd does not forward.
func proxyBypassed(ctx context.Context, x *exam) (*Finding, error) {
	answer, err := x.through("").send(ctx, "GET", "server/health", nil, nil)
	if answer.Status == 0 {
		return nil, err
	}
	if answer.Status == http.StatusNotFound {
		return nil, nil
	}
	return &Finding{
		What:  "requests below " + x.PublicURL + directuschat.ProxyPath + " reach Directus past chatd",
		Means: "all of Directus is open to the public, Data Studio too, and none of chatd's limits hold",
		Fix:   "let the proxy in front send everything of this site to chatd, and nothing to Directus",
	}, nil
}

// proxyAstray asks who the user is there.
func proxyAstray(ctx context.Context, x *exam) (*Finding, error) {
	var me struct{ ID string }
	err := x.through(x.user.token).get(ctx, "users/me", url.Values{"fields": {"id"}}, &me)
	if err == nil && me.ID == x.me {
		return nil, nil
	}
	if code, _ := refusal(err); err != nil && code == "" {
		return nil, err
	}
	return &Finding{
		What:  "the chat does not speak to the Directus that was examined here",
		Means: "what this report says may not be true of the chat",
		Fix:   "give chatd serve and chatd doctor the same -directus-url",
	}, nil
}

// knock tries an upgrade at the site and returns its status.
func (x *exam) knock(ctx context.Context, origin string) (status int, err error) {
	s, status, err := dial(ctx, x.through("").api.URL+websocketPath, origin)
	if err == nil {
		s.close()
	}
	return status, ctx.Err()
}

func originRefused(ctx context.Context, x *exam) (*Finding, error) {
	if status, err := x.knock(ctx, x.origin()); err != nil || status != http.StatusForbidden {
		return nil, err
	}
	return &Finding{
		What:  "chatd refuses sockets of the chat's own page, " + x.origin(),
		Means: "the chat cannot connect; nobody sees new messages",
		Fix:   "give chatd serve this address as -public-url",
	}, nil
}

func upgradeLost(ctx context.Context, x *exam) (*Finding, error) {
	status, err := x.knock(ctx, x.origin())
	if err != nil || status == http.StatusSwitchingProtocols || status == http.StatusForbidden {
		return nil, err
	}
	what := "sockets do not get through to Directus"
	if status != 0 {
		what += fmt.Sprintf(": the answer is status %d", status)
	}
	return &Finding{
		What:  what,
		Means: "the chat cannot connect; nobody sees new messages",
		Fix:   "let the proxy in front of chatd pass Upgrade and Connection on, by HTTP/1.1",
	}, nil
}

func originOpen(ctx context.Context, x *exam) (*Finding, error) {
	status, err := x.knock(ctx, stranger)
	if err != nil || status != http.StatusSwitchingProtocols {
		return nil, err
	}
	return &Finding{
		What:  "sockets are accepted from the pages of other sites",
		Means: "a page that somebody opens elsewhere can use their session, where Directus keeps one in a cookie",
		Fix:   "let the proxy in front send the socket to chatd, not to Directus, and pass Origin on as it is",
	}, nil
}

// socketCut holds a socket as silent as they get, one that only answers the heartbeat, for two of them.
func socketCut(ctx context.Context, x *exam) (*Finding, error) {
	beat := x.info.WebSocket.value.Heartbeat
	if !beat.on {
		return nil, nil
	}
	if !x.Watch {
		x.notes = append(x.notes, "whether a silent socket lasts was not tried")
		return nil, nil
	}
	period := time.Duration(beat.value) * time.Second
	if x.Progress != nil {
		x.Progress(fmt.Sprintf("holding a socket open for up to %s", 2*period))
	}
	s, _, err := dial(ctx, x.through("").api.URL+websocketPath, x.origin())
	if err != nil {
		return nil, err
	}
	defer s.close()
	watch, cancel := context.WithTimeout(ctx, 2*period+patience)
	defer cancel()
	if err = s.logIn(watch, x.user.token); err == nil {
		err = s.beats(watch, 2)
	}
	if err == nil || ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return &Finding{
		What:  fmt.Sprintf("a socket does not last from one heartbeat of Directus, %s, to the next", period),
		Means: "people lose their connection again and again, most of all in hidden tabs",
		Fix:   fmt.Sprintf("let every proxy between browsers and Directus keep a silent connection for longer than %s (proxy_read_timeout in nginx)", 2*period),
	}, nil
}
