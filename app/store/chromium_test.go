//go:build !js

package store

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// The tests of this package run in Chromium, too: TestInChromium runs those that need one page; the others tell several
// pages what to do (tab_js_test.go).

// chromium is one browser for all tests, and one site with this package's tests as its program.
type chromium struct {
	ctx  context.Context
	site *httptest.Server
}

var startChromium = sync.OnceValues(func() (*chromium, error) {
	c := &chromium{}
	if err := c.serve(); err != nil {
		return nil, err
	}
	file, err := exec.LookPath("chromium")
	if err != nil {
		return nil, fmt.Errorf("no Chromium on the PATH: install the package chromium (%w)", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(file),
		chromedp.Flag("headless", "new"),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-quic", true),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to sandbox root
	}
	allocator, stopAll := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	stopChromium = func() { stop(); stopAll(); c.site.Close() }
	if err := chromedp.Do(ctx); err != nil {
		stopChromium()
		return nil, fmt.Errorf("Chromium does not start: %w", err)
	}
	c.ctx = ctx
	return c, nil
})

var stopChromium = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	stopChromium()
	os.Exit(code)
}

// html is a page that runs the program. What it prints is in output, and exited is its exit code in the end.
const html = `<!doctype html><title>store</title><link rel="icon" href="data:,"><script src="wasm_exec.js"></script><script>
	const go = new Go(), decoder = new TextDecoder();
	globalThis.output = "";
	fs.writeSync = (_, bytes) => { output += decoder.decode(bytes, {stream: true}); return bytes.length };
	%s
	go.exit = code => { globalThis.exited = code };
	WebAssembly.instantiateStreaming(fetch("test.wasm"), go.importObject).then(({instance}) => go.run(instance));
</script>`

// serve compiles the tests for the browser and serves them on pages: /tests runs those of one page, /tab obeys, and
// everything else is empty.
func (c *chromium) serve() error {
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "test.wasm")
	compile := exec.Command("go", "test", "-c", "-ldflags=-s -w", "-o", file, ".")
	compile.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := compile.CombinedOutput(); err != nil {
		return fmt.Errorf("compile the tests for the browser: %w\n%s", err, out)
	}
	program, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	glue, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	for path, file := range map[string]struct{ kind, content string }{
		"/":             {"text/html", "<!doctype html><title>empty</title>"},
		"/tests":        {"text/html", fmt.Sprintf(html, `go.argv = ["store.test", "-test.v"];`)},
		"/tab":          {"text/html", fmt.Sprintf(html, `globalThis.obey = true;`)},
		"/wasm_exec.js": {"text/javascript", string(glue)},
		"/test.wasm":    {"application/wasm", string(program)},
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", file.kind)
			w.Write([]byte(file.content))
		})
	}
	c.site = httptest.NewServer(mux)
	return nil
}

// A chromiumTab is a tab of the browser.
type chromiumTab struct {
	t    *testing.T
	ctx  context.Context
	site string // its origin
}

// newTab opens a tab of a fresh profile, with nothing in it.
func newTab(t *testing.T) *chromiumTab {
	if testing.Short() {
		t.Skip("needs Chromium")
	}
	c, err := startChromium()
	require.NoError(t, err)
	p := newTabOf(t, c.ctx, c.site.URL, chromedp.WithNewBrowserContext())
	p.do(chromedp.Navigate(p.site))
	return p
}

// beside opens another tab of the same profile.
func (p *chromiumTab) beside() *chromiumTab {
	profile := chromedp.WithExistingBrowserContext(chromedp.FromContext(p.ctx).BrowserContextID)
	other := newTabOf(p.t, p.ctx, p.site, profile)
	other.do(chromedp.Navigate(p.site))
	return other
}

func newTabOf(t *testing.T, parent context.Context, site string, option chromedp.ContextOption) *chromiumTab {
	ctx, stop := chromedp.NewContext(parent, option)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 40*time.Second)
	t.Cleanup(stop)
	return &chromiumTab{t: t, ctx: ctx, site: site}
}

// obedient opens the page that does what run says.
func (p *chromiumTab) obedient() *chromiumTab {
	p.t.Helper()
	p.do(chromedp.Navigate(p.site + "/tab"))
	p.await(obeys)
	return p
}

// obeys is true once the page does.
const obeys = "!!globalThis.ready"

// await waits until a condition is true. Until a page has loaded, there may be none to ask.
func (p *chromiumTab) await(condition string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		met, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](condition))
		return err == nil && met
	}, 30*time.Second, 20*time.Millisecond)
}

func (p *chromiumTab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, actions...))
}

// run runs a command (see obey).
func (p *chromiumTab) run(words ...string) string {
	p.t.Helper()
	quoted, err := json.Marshal(words)
	require.NoError(p.t, err)
	return p.eval("run(..." + string(quoted) + ")")
}

// eval is the text that a script, or its promise, comes to.
func (p *chromiumTab) eval(script string) string {
	p.t.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise, asUser))
	require.NoError(p.t, err)
	return text
}

// asUser makes it as if the user had just clicked: pop-ups may open.
func asUser(p *runtime.EvaluateParams) { p.UserGesture = new(true) }

// call sends a command of the DevTools protocol.
func call[P any](p *chromiumTab, command cdp.Command[P, cdp.Empty], params P) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, command, params)
		return err
	}))
}

// freeze stops the tab as the browser does with one that is long out of sight: no task of it runs.
func (p *chromiumTab) freeze() (thaw func()) {
	p.t.Helper()
	call(p, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: "frozen"})
	return func() {
		p.t.Helper()
		call(p, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: "active"})
	}
}

// crash ends the tab's process.
func (p *chromiumTab) crash() {
	ctx, stop := context.WithTimeout(p.ctx, time.Second)
	defer stop()
	_, _ = chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (cdp.Empty, error) {
		return cdp.Call(ctx, target, page.Crash, cdp.Empty{}) // nobody is left to answer
	})
}

// limit leaves the site so many bytes for its databases.
func (p *chromiumTab) limit(bytes float64) {
	p.t.Helper()
	call(p, storage.OverrideQuotaForOrigin, storage.OverrideQuotaForOriginParams{Origin: p.site, QuotaSize: &bytes})
}
