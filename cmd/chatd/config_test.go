package main

import (
	"bytes"
	"flag"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat"
)

const directusURL = "http://127.0.0.1:8055"

func TestConfigDefaults(t *testing.T) {
	cfg, err := parseConfig([]string{"-directus-url", directusURL}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:8080", cfg.listen)
	assert.Equal(t, directusURL, cfg.directus.String())
	assert.Empty(t, cfg.public)
	assert.Equal(t, "/", cfg.base)
	assert.Empty(t, cfg.title, "the project's")
	assert.Equal(t, directuschat.DefaultMapping, cfg.mapping)
	assert.Equal(t, "text", cfg.logFormat)
	assert.Equal(t, slog.LevelInfo, cfg.logLevel)
	assert.Equal(t, int64(1<<20), cfg.maxBody)
	assert.Equal(t, time.Minute, cfg.requestTimeout)
	assert.Zero(t, cfg.drainDelay)
	assert.Equal(t, 10*time.Second, cfg.drainTimeout)
	assert.Equal(t, 30*time.Second, cfg.refreshGrace)
	assert.Empty(t, cfg.metricsListen)
	assert.Equal(t, edge{
		requestRate: 200, loginRate: 1, loginFailures: 15, maxHeader: 16 << 10, headerTimeout: 10 * time.Second, idleTimeout: 2 * time.Minute,
	}, cfg.edge)
	assert.Equal(t, socketLimits{
		most: 20000, mostPerAddress: 1000, maxMessage: 64 << 10, rate: 20, idle: 5 * time.Minute, stall: 10 * time.Second, share: true,
	}, cfg.sockets)
}

func TestConfigFlagsAndEnvironment(t *testing.T) {
	t.Setenv("CHATD_LISTEN", ":9000")
	t.Setenv("CHATD_DIRECTUS_URL", "https://cms.example.com/directus/")
	t.Setenv("CHATD_PUBLIC_URL", "https://Chat.example.com:443/sub/, http://localhost:9000")
	t.Setenv("CHATD_BASE", "/sub/")
	t.Setenv("CHATD_TITLE", "Lunch, and more")
	t.Setenv("CHATD_COLLECTION", "from_environment")
	t.Setenv("CHATD_FIELD", "content=text,updated=")
	t.Setenv("CHATD_PROFILES", "none")
	t.Setenv("CHATD_LOG_FORMAT", "json")
	t.Setenv("CHATD_LOG_LEVEL", "warn")
	t.Setenv("CHATD_MAX_BODY", "0")
	t.Setenv("CHATD_REQUEST_TIMEOUT", "5s")
	t.Setenv("CHATD_DRAIN_DELAY", "7s")
	t.Setenv("CHATD_DRAIN_TIMEOUT", "0")
	t.Setenv("CHATD_REFRESH_GRACE", "0")
	t.Setenv("CHATD_METRICS_LISTEN", ":9090")
	t.Setenv("CHATD_TRUSTED_PROXY", "10.1.2.3/8, 192.0.2.1")
	t.Setenv("CHATD_ALLOW", "GET assets/{id}, POST files")
	t.Setenv("CHATD_REQUEST_RATE", "0.5")
	t.Setenv("CHATD_LOGIN_RATE", "2")
	t.Setenv("CHATD_LOGIN_FAILURES", "0")
	t.Setenv("CHATD_MAX_SOCKETS", "5")
	t.Setenv("CHATD_MAX_ADDRESS_SOCKETS", "0")
	t.Setenv("CHATD_MAX_FRAME", "0")
	t.Setenv("CHATD_SOCKET_RATE", "0.5")
	t.Setenv("CHATD_SOCKET_IDLE_TIMEOUT", "1h")
	t.Setenv("CHATD_SOCKET_STALL_TIMEOUT", "0")
	t.Setenv("CHATD_SHARE_SUBSCRIPTIONS", "false")
	t.Setenv("CHATD_MAX_HEADER", "0")
	t.Setenv("CHATD_HEADER_TIMEOUT", "0")
	t.Setenv("CHATD_IDLE_TIMEOUT", "1m")
	t.Setenv("CHATD_PORT", "tcp://10.0.0.1:80") // what Kubernetes sets for a service of this name

	cfg, err := parseConfig([]string{"-collection", "notes"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, ":9000", cfg.listen)
	assert.Equal(t, "https://cms.example.com/directus", cfg.directus.String())
	assert.Equal(t, []origin{{"https", "chat.example.com"}, {"http", "localhost:9000"}}, cfg.public)
	assert.Equal(t, "/sub/", cfg.base)
	assert.Equal(t, "Lunch, and more", cfg.title)
	want := directuschat.DefaultMapping
	want.Collection, want.Content, want.Updated, want.Profiles, want.Reactions = "notes", "text", "", "", "notes_reactions"
	assert.Equal(t, want, cfg.mapping)
	assert.Equal(t, "json", cfg.logFormat)
	assert.Equal(t, slog.LevelWarn, cfg.logLevel)
	assert.Zero(t, cfg.maxBody)
	assert.Equal(t, 5*time.Second, cfg.requestTimeout)
	assert.Equal(t, 7*time.Second, cfg.drainDelay)
	assert.Zero(t, cfg.drainTimeout)
	assert.Zero(t, cfg.refreshGrace)
	assert.Equal(t, ":9090", cfg.metricsListen)
	assert.Equal(t, edge{
		trusted:     trustedProxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32")},
		allow:       []endpoint{{"GET", "assets/{id}"}, {"POST", "files"}},
		requestRate: 0.5,
		loginRate:   2,
		idleTimeout: time.Minute,
	}, cfg.edge)
	assert.Equal(t, socketLimits{most: 5, rate: 0.5, idle: time.Hour}, cfg.sockets)
}

func TestConfigRepeatedFlags(t *testing.T) {
	cfg, err := parseConfig([]string{"-directus-url", directusURL,
		"-field", "content=text", "-field", "author=sender,created=sent_at", "-field", "reply-to=",
		"-public-url", "http://a.example.com", "-public-url", "http://b.example.com"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, "text", cfg.mapping.Content)
	assert.Equal(t, "sender", cfg.mapping.Author)
	assert.Equal(t, "sent_at", cfg.mapping.Created)
	assert.Empty(t, cfg.mapping.ReplyTo)
	assert.Len(t, cfg.public, 2)
}

func TestConfigRefuses(t *testing.T) {
	tests := []struct {
		flags string
		want  string
	}{
		{"-directus-url=", "set -directus-url or CHATD_DIRECTUS_URL"},
		{"-directus-url=cms.example.com", "must be a URL such as"},
		{"-directus-url=ftp://cms.example.com", "must be a URL such as"},
		{"-directus-url=http://", "must be a URL such as"},
		{"-directus-url=http://:8055", "must be a URL such as"},
		{"-directus-url=:8055", "must be a URL such as"},
		{"-directus-url=http://admin:hunter2@cms.example.com", "must not contain a user or password"},
		{"-directus-url=http://cms.example.com/?access_token=hunter2", "without ? or #"},
		{"-directus-url=http://cms.example.com/#x", "without ? or #"},
		{"-directus-url=http://cms.example.com/a/../b", "letters, digits"},
		{"-directus-url=http://cms.example.com/a%2fb", "letters, digits"},
		{"-directus-url=http://cms.example.com/a//", "letters, digits"},
		{"-directus-url=http://cms.example.com//a", "letters, digits"},
		{"-directus-url=http://127.0.0.1:8080", "a port of its own"},
		{"-base=sub", "begins and ends with a slash"},
		{"-base=/sub", "begins and ends with a slash"},
		{"-base=", "begins and ends with a slash"},
		{"-base=//", "begins and ends with a slash"},
		{"-base=/a/../", "begins and ends with a slash"},
		{"-base=/{x}/", "begins and ends with a slash"},
		{"-public-url=chat.example.com", "must be a URL such as https://chat.example.com"},
		{"-public-url=https://", "must be a URL such as https://chat.example.com"},
		{"-public-url=https://*.example.com", "must be a URL such as https://chat.example.com"},
		{"-public-url=https://admin:hunter2@chat.example.com", "without user"},
		{"-public-url=https://chat.example.com/sub/", "make them agree"},
		{"-public-url=https://chat.example.com -base=/sub/ -public-url=https://chat.example.com/other", "make them agree"},
		{"-collection=", "must be the name of a collection"},
		{"-collection=a/b", "must be the name of a collection"},
		{"-collection=directus_users", "not Directus's directus_users"},
		{"-profiles=directus_users", "not Directus's directus_users"},
		{"-profiles=..", "must be the name of a collection"},
		{"-trusted-proxy=proxy.example.com", "must be a network such as 10.0.0.0/8"},
		{"-trusted-proxy=10.0.0.0/33", "must be a network such as 10.0.0.0/8"},
		{"-trusted-proxy=::ffff:10.0.0.0/104", "must be a network such as 10.0.0.0/8"},
		{"-trusted-proxy=0.0.0.0/0", "trusts everybody"},
		{"-trusted-proxy=::/0", "trusts everybody"},
		{"-request-rate=-1", "must not be negative"},
		{"-request-rate=NaN", "must not be negative"},
		{"-login-rate=-1", "must not be negative"},
		{"-login-rate=NaN", "must not be negative"},
		{"-max-sockets=-1", "must not be negative"},
		{"-max-address-sockets=-1", "must not be negative"},
		{"-max-frame=-1", "must not be negative"},
		{"-socket-rate=-1", "must not be negative"},
		{"-socket-rate=NaN", "must not be negative"},
		{"-socket-idle-timeout=-1s", "must not be negative"},
		{"-socket-stall-timeout=-1s", "must not be negative"},
		{"-login-failures=-1", "must not be negative"},
		{"-max-header=-1", "must not be negative"},
		{"-idle-timeout=-1s", "must not be negative"},
		{"-collection=same -profiles=same", "must be two collections"},
		{"-reactions=directus_users", "not Directus's directus_users"},
		{"-reactions=messages", "must be three collections"},
		{"-reactions=chat_profiles", "must be three collections"},
		{"-profiles=message_reactions", "must be three collections"},
		{"-field=text", "write name=field"},
		{"-field=txt=text", `there is no "txt"; the names are id, content, author, created, updated, deleted, reply-to`},
		{"-field=content=", "content needs a field"},
		{"-field=content=a.b", "not the name of a field"},
		{"-field=content=id", `both id and content to "id"`},
		{"-listen=8080", "address with a port"},
		{"-log-format=xml", "text or json"},
		{"-max-body=-1", "must not be negative"},
		{"-max-body=1MiB", "invalid value"},
		{"-request-timeout=5", "invalid value"},
		{"-drain-timeout=-1s", "must not be negative"},
		{"-drain-delay=-1s", "must not be negative"},
		{"-tls-cert cert.pem", "-tls-cert and -tls-key belong together"},
		{"-tls-key key.pem", "-tls-cert and -tls-key belong together"},
		{"-tls-cert cert.pem -tls-key key.pem -public-url http://chat.example.com", "set it to https://chat.example.com"},
		{"-refresh-grace=-1s", "must not be negative"},
		{"-metrics-listen=9090", "-metrics-listen must be an address with a port"},
		{"-metrics-listen=127.0.0.1:8080", "a port of their own"},
		{"-colour=red", "-help lists"},
		{"now", `takes flags only, not "now"`},
	}
	for _, test := range tests {
		t.Run(test.flags, func(t *testing.T) {
			_, err := parseConfig(append([]string{"-directus-url", directusURL}, strings.Fields(test.flags)...), io.Discard)
			require.Error(t, err)
			assert.ErrorContains(t, err, test.want)
			assert.ErrorAs(t, err, new(usageError))
			assert.NotContains(t, err.Error(), "hunter2")
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestConfigRefusesEnvironment(t *testing.T) {
	t.Setenv("CHATD_MAX_BODY", "large")
	_, err := parseConfig([]string{"-directus-url", directusURL}, io.Discard)
	assert.ErrorContains(t, err, "CHATD_MAX_BODY")
}

// Ensure that -help tells of every flag with its environment variable, and that README's table has just these, with the
// same defaults.
func TestConfigHelp(t *testing.T) {
	var help bytes.Buffer
	_, err := parseConfig([]string{"-help"}, &help)
	assert.ErrorIs(t, err, flag.ErrHelp)
	assert.Contains(t, help.String(), "reply-to=reply_to")
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(readme), "### Configuration of `chatd serve`")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "**Lost refreshes.**")
	documented := map[string]string{}
	for _, line := range regexp.MustCompile("(?m)^\\| (`-.*?) \\| (.*?) \\|").FindAllStringSubmatch(table, -1) {
		for name := range strings.SplitSeq(line[1], ", ") {
			documented[strings.Trim(name, "`-")] = strings.Trim(line[2], "`")
		}
	}
	flags := regexp.MustCompile(`(?m)^  -(\S+).*\n(.*) \[(CHATD_\w+)\](?: \(default (.*)\))?$`).FindAllStringSubmatch(help.String(), -1)
	require.Equal(t, strings.Count(help.String(), "\n  -"), len(flags))
	for _, flag := range flags {
		name, variable, value := flag[1], flag[3], strings.Trim(flag[4], `"`)
		assert.Equal(t, "CHATD_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_")), variable)
		said, ok := documented[name]
		assert.True(t, ok, "README does not tell of -%s", name)
		delete(documented, name)
		if value == "" { // nothing, or what is said in words
			continue
		}
		if span, err := time.ParseDuration(value); err == nil {
			told, err := time.ParseDuration(said)
			assert.NoError(t, err, name)
			assert.Equal(t, span, told, name)
		} else {
			assert.True(t, strings.EqualFold(value, said), "-%s is %s, not %s", name, value, said)
		}
	}
	assert.Empty(t, documented, "README tells of flags that are not there")
}
