package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3"

	"directuschat"
	"directuschat/app/provision"
	"directuschat/app/texts"
)

// defaultTitle is the name of a chat that neither the operator nor the project has given one.
const defaultTitle = "Chat"

// A config is what the operator decides about `chatd serve`. Every flag is also an environment variable: -public-url is
// CHATD_PUBLIC_URL. A flag wins. A limit of 0 is off.
type config struct {
	listen   string
	directus *url.URL // path without a slash at its end
	public   []origin // empty: whatever host a request names
	base     string
	title    string
	lang     string // "": each reader's own
	mapping  directuschat.Mapping

	tlsCert, tlsKey string // files; empty: no TLS

	metricsListen  string // empty: no metrics
	logFormat      string
	logLevel       slog.Level
	maxBody        int64         // bytes of a request's body
	requestTimeout time.Duration // of one proxied request, sockets excepted
	drainDelay     time.Duration // for which a chatd that stops still takes requests
	drainTimeout   time.Duration // of the shutdown after it
	refreshGrace   time.Duration // for which a refresh may be repeated
	sockets        socketLimits

	edge edge
}

// parseConfig reads flags and environment. It answers -help on help, and refuses what cannot work.
func parseConfig(args []string, help io.Writer) (*config, error) {
	cfg := &config{mapping: directuschat.DefaultMapping}
	var directus string
	var public list

	flags := flag.NewFlagSet("chatd serve", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the caller prints the error, in one line
	flags.StringVar(&cfg.listen, "listen", "127.0.0.1:8080", "`address` to serve on; port 0 takes any free one")
	flags.StringVar(&directus, "directus-url", "", "`URL` of your Directus as chatd reaches it, such as http://127.0.0.1:8055; required")
	flags.Var(&public, "public-url", "`URL` that browsers open the chat at; several with commas, or repeated; default: the host each request names")
	flags.StringVar(&cfg.base, "base", "/", "`path` of the chat below the public URL, such as /chat/")
	flags.StringVar(&cfg.title, "title", "", "`name` of the chat, in the title bar and when installed (default: that of the Directus project)")
	flags.StringVar(&cfg.lang, "lang", "", "`language` of the chat, one of "+strings.Join(languages(), ", ")+"; default: each reader's own if it is one of them, else the first")
	cfg.mappingFlags(flags)
	flags.DurationVar(&cfg.refreshGrace, "refresh-grace", 30*time.Second, "`time` for which a refresh whose answer was lost may be repeated and gets that answer again; 0: lost answers log people out")
	flags.StringVar(&cfg.tlsCert, "tls-cert", "", "`file` with the certificate, and those that vouch for it, to serve https with; read again when it changes, and at SIGHUP; default: http")
	flags.StringVar(&cfg.tlsKey, "tls-key", "", "`file` with the key of that certificate")
	flags.StringVar(&cfg.metricsListen, "metrics-listen", "", "`address` to serve Prometheus metrics on, at /metrics, such as 127.0.0.1:9090; port 0 takes any free one; default: none")
	flags.StringVar(&cfg.logFormat, "log-format", "text", "`format` of the log on standard error: text or json")
	flags.TextVar(&cfg.logLevel, "log-level", slog.LevelInfo, "least `level` that is logged: debug (which has what probes ask, too), info, warn or error")
	flags.Int64Var(&cfg.maxBody, "max-body", 1<<20, "most `bytes` of a request's body; 0: no limit")
	flags.DurationVar(&cfg.requestTimeout, "request-timeout", time.Minute, "most `time` a proxied request may take, sockets excepted; 0: no limit")
	flags.DurationVar(&cfg.drainDelay, "drain-delay", 0, "`time` for which a chatd that stops still takes requests and says at /readyz that it is not ready, so that a load balancer can notice")
	flags.DurationVar(&cfg.drainTimeout, "drain-timeout", 10*time.Second, "most `time` to finish open requests when stopping; 0: no limit")
	cfg.sockets.addFlags(flags)

	edge := cfg.edge.flags(flags)

	err := ff.Parse(flags, args, ff.WithEnvVarPrefix("CHATD"))
	if errors.Is(err, flag.ErrHelp) {
		printHelp(flags, help)
		return nil, flag.ErrHelp
	}
	if err != nil {
		return nil, usagef("%w; chatd serve -help lists what can be set", err)
	}
	if flags.NArg() > 0 {
		return nil, usagef("serve takes flags only, not %q", flags.Arg(0))
	}

	for _, check := range []error{
		cfg.setDirectus(directus),
		cfg.checkBase(),
		cfg.setPublic(public),
		cfg.checkTLS(),
		cfg.checkMapping(),
		cfg.checkRest(),
		cfg.sockets.check(),
		cfg.edge.check(edge),
	} {
		if check != nil {
			return nil, usageError{check}
		}
	}
	return cfg, nil
}

func (c *config) mappingFlags(flags *flag.FlagSet) {
	flags.StringVar(&c.mapping.Collection, "collection", c.mapping.Collection, "`collection` that holds the messages")
	flags.Var((*fieldFlag)(&c.mapping), "field", "`name=field`: which field of the collection is id, content, author, created, updated, deleted or reply-to; "+
		"several with commas, or repeated; nothing after updated=, deleted= or reply-to= says that there is none; default: "+fieldDefaults())
	flags.StringVar(&c.mapping.Profiles, "profiles", c.mapping.Profiles, "`collection` with the id and name of chat users; none: names come from the user directory")
	flags.StringVar(&c.mapping.Reactions, "reactions", "", "`collection` of the reactions to the messages; none: nobody reacts; default: the one that chatd setup makes for -collection, "+directuschat.DefaultMapping.Reactions+" or NAME_reactions")
}

func (c *config) setDirectus(text string) error {
	if text == "" {
		return errors.New("set -directus-url or CHATD_DIRECTUS_URL to the address of your Directus, such as http://127.0.0.1:8055")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return errors.New("-directus-url must be a URL such as http://127.0.0.1:8055 or https://cms.example.com") // not the text: it may hold a password
	case u.User != nil:
		return errors.New("-directus-url must not contain a user or password: people log in with their own")
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("-directus-url must end after the path, without ? or #")
	case u.RawPath != "" || !plainPath.MatchString("/"+strings.TrimPrefix(u.Path, "/")):
		return fmt.Errorf("the path of -directus-url may have letters, digits and . _ ~ - only, not %q", u.Path)
	case u.Host == c.listen:
		return fmt.Errorf("-directus-url and -listen are both %s; chatd needs a port of its own", c.listen)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	c.directus = u
	return nil
}

func (c *config) checkBase() error {
	if !plainPath.MatchString(c.base) || !strings.HasSuffix(c.base, "/") {
		return fmt.Errorf("-base must be a path that begins and ends with a slash, such as /chat/, not %q", c.base)
	}
	return nil
}

func (c *config) setPublic(texts []string) error {
	for _, text := range texts {
		u, err := url.Parse(text)
		if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return errors.New("-public-url must be a URL such as https://chat.example.com, without user, ? and #")
		}
		o, ok := newOrigin(u)
		if !ok {
			return fmt.Errorf("-public-url must be a URL such as https://chat.example.com, not %q", text)
		}
		if u.Path != "" && u.Path != "/" && strings.TrimSuffix(u.Path, "/")+"/" != c.base {
			return fmt.Errorf("-public-url says the chat is at %s, -base says %s; make them agree", u.Path, c.base)
		}
		c.public = append(c.public, o)
	}
	return nil
}

func (c *config) checkTLS() error {
	if (c.tlsCert == "") != (c.tlsKey == "") {
		return errors.New("-tls-cert and -tls-key belong together; set both, or none")
	}
	for _, o := range c.public {
		if c.tlsCert != "" && o.scheme != "https" {
			return fmt.Errorf("-public-url says http, and with -tls-cert the chat is served by https only; set it to https://%s", o.host)
		}
	}
	return nil
}

// plainName is what a collection or field may be called: it becomes part of paths and queries as it is.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func (c *config) checkMapping() error {
	m := &c.mapping
	if m.Profiles == "none" {
		m.Profiles = ""
	}
	if err := checkCollection("-collection", m.Collection); err != nil {
		return err
	}
	if m.Profiles != "" {
		if err := checkCollection("-profiles", m.Profiles); err != nil {
			return err
		}
	}
	switch m.Reactions {
	case "none":
		m.Reactions = ""
	case "":
		m.Reactions = provision.ReactionsOf(m.Collection)
	default:
		if err := checkCollection("-reactions", m.Reactions); err != nil {
			return err
		}
	}
	switch {
	case m.Collection == m.Profiles:
		return fmt.Errorf("-collection and -profiles are both %q; they must be two collections", m.Collection)
	case m.Reactions == m.Collection, m.Reactions != "" && m.Reactions == m.Profiles:
		return fmt.Errorf("-reactions is %q, and so is -collection or -profiles; they must be three collections", m.Reactions)
	}
	used := map[string]string{}
	for _, f := range mappedFields {
		field := *f.of(m)
		if field == "" {
			continue // only an optional one gets here empty
		}
		if other, taken := used[field]; taken {
			return fmt.Errorf("-field maps both %s and %s to %q; give each its own", other, f.name, field)
		}
		used[field] = f.name
	}
	return nil
}

func checkCollection(option, collection string) error {
	switch {
	case !plainName.MatchString(collection):
		return fmt.Errorf("%s must be the name of a collection (letters, digits, _ and -), not %q", option, collection)
	case strings.HasPrefix(collection, "directus_"):
		return fmt.Errorf("%s must be a collection of your own, not Directus's %s", option, collection)
	}
	return nil
}

func (c *config) checkRest() error {
	switch {
	case !hasPort(c.listen):
		return fmt.Errorf("-listen must be an address with a port, such as 127.0.0.1:8080 or :8080, not %q", c.listen)
	case c.metricsListen != "" && !hasPort(c.metricsListen):
		return fmt.Errorf("-metrics-listen must be an address with a port, such as 127.0.0.1:9090, not %q", c.metricsListen)
	case c.metricsListen == c.listen && !strings.HasSuffix(c.listen, ":0"):
		return fmt.Errorf("-metrics-listen and -listen are both %s; metrics need a port of their own, which the public does not reach", c.listen)
	case c.lang != "" && !slices.Contains(languages(), c.lang):
		return fmt.Errorf("-lang must be one of %s, not %q", strings.Join(languages(), ", "), c.lang)
	case c.logFormat != "text" && c.logFormat != "json":
		return fmt.Errorf("-log-format must be text or json, not %q", c.logFormat)
	case c.drainDelay < 0:
		return errors.New("-drain-delay must not be negative; 0 stops at once")
	case c.maxBody < 0 || c.requestTimeout < 0 || c.drainTimeout < 0 || c.refreshGrace < 0:
		return errors.New("-max-body, -request-timeout, -drain-timeout and -refresh-grace must not be negative; 0 switches a limit off")
	}
	return nil
}

// languages are the tags of those that the chat speaks.
func languages() (tags []string) {
	for _, l := range texts.Languages() {
		tags = append(tags, l.Tag)
	}
	return tags
}

func hasPort(address string) bool {
	_, _, err := net.SplitHostPort(address)
	return err == nil
}

func (c *config) logger(to io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.logLevel}
	if c.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(to, options))
	}
	return slog.New(slog.NewTextHandler(to, options))
}
