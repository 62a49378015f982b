//lint:file-ignore SA1019 the library is pinned; its successor differs in its import path only

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"nhooyr.io/websocket"
	"nhooyr.io/websocket/wsjson"
)

// A firefox is a Firefox of its own, driven over WebDriver BiDi (https://w3c.github.io/webdriver-bidi/): a command with
// a number, an answer with the same, events between them. One goroutine uses it.
type firefox struct {
	tb       testing.TB
	conn     *websocket.Conn
	limit    time.Duration // of an answer
	number   int
	troubles []string // what was logged as an error
}

// settings keep Firefox from calling anybody.
const settings = `
user_pref("app.normandy.enabled", false);
user_pref("app.update.disabledForTesting", true);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.page", 0);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("dom.disable_open_during_load", false);
user_pref("extensions.getAddons.cache.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "data:,#none");
user_pref("signon.rememberSignons", false);
user_pref("toolkit.telemetry.enabled", false);
`

// startFirefox starts it, and ends it with the test.
func startFirefox(t *testing.T) *firefox {
	t.Helper()
	profile := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(profile, "user.js"), []byte(settings), 0o600))
	cmd := exec.Command(findFirefox(), "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0")
	cmd.Env = append(os.Environ(), "HOME="+profile, "MOZ_CRASHREPORTER_DISABLE=1")
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start(), "make test installs it, or install the package firefox-esr")
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	address, err := addressOf(bufio.NewScanner(stderr))
	require.NoError(t, err)

	conn, _, err := websocket.Dial(t.Context(), address+"/session", nil)
	require.NoError(t, err)
	t.Cleanup(func() { conn.CloseNow() })
	conn.SetReadLimit(-1)
	f := &firefox{tb: t, conn: conn, limit: 4 * patience} // it listens long before it has started
	f.call("session.new", object{"capabilities": object{}}, nil)
	f.limit = patience
	f.call("session.subscribe", object{"events": []string{"log.entryAdded"}}, nil)
	return f
}

func findFirefox() string {
	for _, name := range []string{"firefox-esr", "firefox"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return "firefox-esr" // which then is said not to be there
}

// addressOf reads until Firefox says where it listens; what it says afterwards is of no interest, but has to be read.
func addressOf(lines *bufio.Scanner) (string, error) {
	listening := regexp.MustCompile(`WebDriver BiDi listening on (ws://\S+)`)
	for lines.Scan() {
		if found := listening.FindStringSubmatch(lines.Text()); found != nil {
			go func() {
				for lines.Scan() {
				}
			}()
			return found[1], nil
		}
	}
	return "", errors.New("Firefox has ended without saying where it listens")
}

type object = map[string]any

// call sends a command and waits for its answer.
func (f *firefox) call(method string, params object, result any) {
	f.tb.Helper()
	require.NoError(f.tb, f.try(method, params, result), method)
}

func (f *firefox) try(method string, params object, result any) error {
	ctx, cancel := context.WithTimeout(f.tb.Context(), f.limit)
	defer cancel()
	f.number++
	if err := wsjson.Write(ctx, f.conn, object{"id": f.number, "method": method, "params": params}); err != nil {
		return err
	}
	for {
		var message struct {
			ID      int
			Error   string
			Message string
			Method  string
			Result  json.RawMessage
			Params  struct{ Level, Text string }
		}
		if err := wsjson.Read(ctx, f.conn, &message); err != nil {
			return err
		}
		switch {
		case message.Method == "log.entryAdded" && message.Params.Level == "error":
			f.troubles = append(f.troubles, message.Params.Text)
		case message.ID != f.number:
		case message.Error != "":
			return fmt.Errorf("%s: %s", message.Error, message.Message)
		case result != nil:
			return json.Unmarshal(message.Result, result)
		default:
			return nil
		}
	}
}

// A visitor is somebody with a profile and a window of that Firefox.
type visitor struct {
	*firefox
	window string
}

func (f *firefox) newVisitor() *visitor {
	f.tb.Helper()
	var profile struct{ UserContext string }
	f.call("browser.createUserContext", object{}, &profile)
	var window struct{ Context string }
	f.call("browsingContext.create", object{"type": "window", "userContext": profile.UserContext}, &window)
	return &visitor{f, window.Context}
}

func (v *visitor) visit(url string) {
	v.tb.Helper()
	v.call("browsingContext.navigate", object{"context": v.window, "url": url, "wait": "complete"}, nil)
	v.awaitRunning()
}

func (v *visitor) reload() {
	v.tb.Helper()
	v.call("browsingContext.reload", object{"context": v.window, "wait": "complete"}, nil)
	v.awaitRunning()
}

func (v *visitor) awaitRunning() {
	v.tb.Helper()
	v.await(`document.documentElement.dataset.app === "running"`)
}

// eval runs a JavaScript expression whose value is a string.
func (v *visitor) eval(expression string) (string, error) {
	var answer struct {
		Result           struct{ Value any }
		ExceptionDetails struct{ Text string }
	}
	err := v.try("script.evaluate", object{
		"expression": "String(" + expression + ")", "target": object{"context": v.window}, "awaitPromise": false,
	}, &answer)
	if err == nil && answer.ExceptionDetails.Text != "" {
		err = errors.New(answer.ExceptionDetails.Text)
	}
	value, _ := answer.Result.Value.(string)
	return value, err
}

// await waits until a JavaScript expression is truthy.
func (v *visitor) await(expression string) {
	v.tb.Helper()
	deadline := time.Now().Add(patience)
	for {
		value, err := v.eval("Boolean(" + expression + ")")
		if err == nil && value == "true" {
			return
		}
		if time.Now().After(deadline) {
			seen, _ := v.eval(`document.body.innerText`)
			require.FailNow(v.tb, "never happened", "%s (%v)\n%s\ntroubles: %q", expression, err, seen, v.troubles)
		}
		select { // between two looks
		case <-v.tb.Context().Done():
		case <-time.After(30 * time.Millisecond):
		}
	}
}

// press clicks an element where a hand would: at its centre.
func (v *visitor) press(selector string) {
	v.tb.Helper()
	v.await(fmt.Sprintf(`document.querySelector(%s)?.checkVisibility()`, quote(selector)))
	var found struct{ Nodes []object }
	v.call("browsingContext.locateNodes", object{"context": v.window, "locator": object{"type": "css", "value": selector}}, &found)
	require.Len(v.tb, found.Nodes, 1, selector)
	centre := object{"type": "element", "element": object{"sharedId": found.Nodes[0]["sharedId"]}}
	v.perform(object{"type": "pointer", "id": "mouse", "actions": []object{
		{"type": "pointerMove", "x": 0, "y": 0, "origin": centre}, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0},
	}})
}

// write types into an element, key by key.
func (v *visitor) write(selector, text string) {
	v.tb.Helper()
	v.press(selector)
	var keys []object
	for _, r := range text {
		key := strings.ReplaceAll(string(r), "\r", "\uE007")
		keys = append(keys, object{"type": "keyDown", "value": key}, object{"type": "keyUp", "value": key})
	}
	v.perform(object{"type": "key", "id": "keyboard", "actions": keys})
}

func (v *visitor) perform(actions object) {
	v.tb.Helper()
	v.call("input.performActions", object{"context": v.window, "actions": []object{actions}}, nil)
}
