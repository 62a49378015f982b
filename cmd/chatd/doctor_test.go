package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"directuschat/app/directus"
	"directuschat/app/directus/directuslab"
	"directuschat/app/doctor"
	"directuschat/app/provision"
)

// runDoctor runs `chatd doctor` and makes sure that it shows no secret, whatever happens.
func runDoctor(t *testing.T, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	var out, errs bytes.Buffer
	p := program{stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs}
	status = p.run(t.Context(), append([]string{"doctor"}, args...))
	for _, secret := range []string{adminSecret, strings.TrimSpace(stdin), string(provision.DemoUsers[0].Password)} {
		if secret != "" {
			assert.NotContains(t, out.String()+errs.String(), secret)
		}
	}
	return status, out.String(), errs.String()
}

func TestDoctorRefuses(t *testing.T) {
	address := "-directus-url=http://127.0.0.1:1"
	token := "-token-file=" + secretFile(t, adminSecret)
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no address", nil, "set -directus-url or CHATD_DIRECTUS_URL"},
		{"an argument", []string{address, "now"}, `flags only, not "now"`},
		{"an unknown flag", []string{address, "-x"}, "chatd doctor -help"},
		{"a password of nobody", []string{address, "-user-password-file=-"}, "needs -user-email"},
		{"two secrets on one line", []string{address, "-token-file=-", "-user-email=a@example.com", "-user-password-file=-"}, "one secret only"},
		{"no process", []string{address, token, "-directus-processes=0"}, "must be 1 or more"},
		{"a wrong public address", []string{address, token, "-public-url=chat.example.com"}, "-public-url must be a URL"},
		{"nobody to ask", []string{address}, "give -token-file"},
		{"nothing at the address", []string{address, token}, "is the address right?"},
		{"an open line", []string{"-directus-url=http://directus.example.com", token}, "use https"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, stdout, stderr := runDoctor(t, "", c.args...)
			assert.Equal(t, 2, status)
			assert.Contains(t, stderr, c.want)
			assert.Empty(t, stdout)
		})
	}
}

// A front is a proxy that an operator has put before chatd.
type front struct {
	chatd, directus *url.URL
	header          func(http.Header)            // of answers; nil changes nothing
	route           func(*httputil.ProxyRequest) // nil sends everything to chatd
	cut             time.Duration                // how long a socket lasts; 0 as long as it likes
}

func (f front) start(t *testing.T) string {
	t.Helper()
	proxy := &httputil.ReverseProxy{
		ErrorLog: log.New(io.Discard, "", 0),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(f.chatd)
			r.Out.Host = r.In.Host
			if f.route != nil {
				f.route(r)
			}
		},
		ModifyResponse: func(answer *http.Response) error {
			if f.header != nil {
				f.header(answer.Header)
			}
			return nil
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.cut > 0 && r.Header.Get("Upgrade") != "" {
			ctx, cancel := context.WithTimeout(r.Context(), f.cut)
			defer cancel()
			r = r.WithContext(ctx)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func toDirectus(f front, r *httputil.ProxyRequest) {
	r.Out.URL.Host = f.directus.Host
	r.Out.URL.Path = strings.TrimPrefix(r.In.URL.Path, "/directus")
}

// What stands between browsers and Directus: chatd, and all that can go wrong before and behind it.
func TestDoctorVisitsTheSite(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a real Directus: run without -short")
	}
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	lab := directuslab.Run(t, directuslab.Options{Env: map[string]string{
		"LOGIN_STALL_TIME": "0", "WEBSOCKETS_HEARTBEAT_PERIOD": "1",
		"RATE_LIMITER_ENABLED": "true", "RATE_LIMITER_POINTS": "1000", "RATE_LIMITER_DURATION": "1"}})
	alice := provision.DemoUsers[0]
	admin, err := provision.Connect(t.Context(), directus.API{URL: lab.URL, Transport: directus.NewTransport()}, provision.Credentials{Token: directus.Secret(lab.AdminToken)})
	require.NoError(t, err)
	require.NoError(t, provision.Apply(t.Context(), admin, provision.Options{}, func(provision.Step) {}))
	_, err = provision.EnsureUser(t.Context(), admin, alice)
	require.NoError(t, err)

	site := startSite(t, io.Discard, "-directus-url", lab.URL)
	healthy := front{chatd: parse(t, site.URL), directus: parse(t, lab.URL)}
	with := func(change func(*front)) string {
		f := healthy
		change(&f)
		return f.start(t)
	}
	dead := startSite(t, io.Discard, "-directus-url", "http://127.0.0.1:1")
	other := startDirectus(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/server/ping" {
			_, _ = io.WriteString(w, "pong")
			return
		}
		_, _ = io.WriteString(w, `{"data":{"id":"somebody else"}}`)
	})
	astray := startSite(t, io.Discard, "-directus-url", other.URL)

	for _, c := range []struct {
		name, url string
		want      []string
	}{
		{"nothing", site.URL, []string{}},
		{"a proxy that does its job", healthy.start(t), []string{}},
		{"no https, and no such host", "http://chat.invalid", []string{"site-insecure", "site-down"}},
		{"a page that is elsewhere", with(func(f *front) {
			f.route = func(r *httputil.ProxyRequest) { r.Out.URL.Path = "/elsewhere" + r.In.URL.Path }
		}), []string{"site-down"}},
		{"a proxy with a policy of its own", with(func(f *front) {
			f.header = func(h http.Header) { h.Set("Content-Security-Policy", "default-src *") }
		}), []string{"site-policy"}},
		{"a proxy that adds a policy", with(func(f *front) {
			f.header = func(h http.Header) { h.Add("Content-Security-Policy", "script-src 'self'") }
		}), []string{"site-policy"}},
		{"no Directus behind chatd", dead.URL, []string{"proxy-down"}},
		{"another Directus behind chatd", astray.URL, []string{"proxy-astray", "upgrade-lost"}},
		{"a proxy that goes past chatd", with(func(f *front) {
			f.route = func(r *httputil.ProxyRequest) {
				if strings.HasPrefix(r.In.URL.Path, "/directus/") {
					toDirectus(healthy, r)
				}
			}
		}), []string{"proxy-bypassed"}},
		{"a proxy that takes the socket past chatd, without its origin", with(func(f *front) {
			f.route = func(r *httputil.ProxyRequest) {
				if r.In.URL.Path == "/directus/websocket" {
					toDirectus(healthy, r)
					r.Out.Header.Del("Origin")
				}
			}
		}), []string{"origin-open"}},
		{"a proxy that changes the host", with(func(f *front) {
			f.route = func(r *httputil.ProxyRequest) { r.Out.Host = f.chatd.Host }
		}), []string{"origin-refused"}},
		{"a proxy that knows no sockets", with(func(f *front) {
			f.route = func(r *httputil.ProxyRequest) { r.Out.Header.Del("Upgrade"); r.Out.Header.Del("Connection") }
		}), []string{"upgrade-lost"}},
		{"a proxy that is impatient", with(func(f *front) { f.cut = 700 * time.Millisecond }), []string{"socket-cut"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := []string{"-directus-url", lab.URL, "-token-file=-", "-user-email", alice.Email,
				"-user-password-file", secretFile(t, string(alice.Password)), "-public-url", c.url}
			if len(c.want) > 0 && c.want[0] != "socket-cut" {
				args = append(args, "-quick")
			}
			status, stdout, stderr := runDoctor(t, lab.AdminToken+"\n", append(args, "-json")...)
			var report doctor.Report
			require.NoError(t, json.Unmarshal([]byte(stdout), &report), stderr)
			found := []string{}
			for _, f := range report.Findings {
				found = append(found, f.ID)
			}
			assert.Equal(t, c.want, found)
			if len(c.want) == 0 {
				assert.Equal(t, 0, status)
			} else {
				assert.Equal(t, 1, status)
				assert.Contains(t, stderr, "checks found something")
			}
			var text strings.Builder
			printReport(&report, &text)
			assert.Equal(t, len(c.want) == 0, strings.Contains(text.String(), "all is well"))
			for _, f := range report.Findings {
				assert.Contains(t, text.String(), "\nchatd: "+f.ID+"\n  "+f.What+"\n  so:  "+f.Means+"\n  fix: "+f.Fix+"\n")
			}
		})
	}
}

func parse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return u
}
