package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// browser is the parent of every person: one Chromium for all tests.
var browser context.Context

// chatd is the program under test, built by make build.
var chatd, _ = filepath.Abs("../../chatd")

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("e2e: needs Chromium, a built chatd and a real Directus; run without -short (make test)")
		return
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if _, err := os.Stat(chatd); err != nil {
		fmt.Println("e2e: chatd is not built: run make build first")
		return 1
	}
	path, err := findChromium()
	if err != nil {
		fmt.Println("e2e:", err)
		return 1
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.Flag("headless", "new"),
		// Chromium's own services call out at every start; the tests need none of them, and may have no network.
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-quic", true),
		// Every window, and so every profile, would start two pages for what the address bar suggests: two seconds of CPU time.
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,WebUIOmniboxPopup,WebUIOmniboxAimPopup"),
		chromedp.WindowSize(1180, 1600), // high: what is far from what is seen is not drawn
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to sandbox root
	}
	allocator, stopAll := chromedp.NewExecAllocator(context.Background(), options...)
	defer stopAll()
	ctx, stop := chromedp.NewContext(allocator)
	defer stop()
	if err := chromedp.Do(ctx); err != nil {
		fmt.Println("e2e: Chromium does not start:", err)
		return 1
	}
	browser = ctx
	defer stopShared()
	return m.Run()
}

func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no Chromium on the PATH: make test installs it, or install the package chromium")
}
