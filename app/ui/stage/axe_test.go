//go:build !js

package main

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// axePackages name the version of axe-core, and its hash.
//
//go:embed axe
var axePackages embed.FS

// axe is the source of axe-core, which looks for what keeps people from using a page. npm installs it once, beside the
// Directus of the tests.
var axe = sync.OnceValues(func() (string, error) {
	lock, err := axePackages.ReadFile("axe/package-lock.json")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "directus-chat", fmt.Sprintf("axe-%.4x", sha256.Sum256(lock)))
	source := filepath.Join(dir, "node_modules", "axe-core", "axe.min.js")
	if _, err := os.Stat(source); err != nil {
		if err := installAxe(dir); err != nil {
			return "", err
		}
	}
	text, err := os.ReadFile(source)
	return string(text), err
})

// installAxe makes the folder in one step, so that one that is there is whole.
func installAxe(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), "axe-new-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := axePackages.ReadFile("axe/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(temp, name), text, 0o644); err != nil {
			return err
		}
	}
	npm := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=warn")
	npm.Dir = temp
	if out, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("install axe-core: %w\n%s", err, out)
	}
	if err := os.Rename(temp, dir); err != nil && !os.IsExist(err) {
		return err
	}
	return nil
}

// barriers are what axe-core finds to complain about in what is shown. Of blocks of code it does not see that the keyboard
// gets to them by way of their message: TestTab sees that.
func (v *visitor) barriers() []string {
	v.tb.Helper()
	source, err := axe()
	require.NoError(v.tb, err)
	if !eval[bool](v, `Boolean(window.axe)`) {
		v.do(chromedp.Evaluate[chromedp.Void](source)) // as a debugger does: the page's policy forbids it to anybody else
	}
	return eval[[]string](v, `axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], elementRef: true })
		.then(r => r.violations.flatMap(v => v.nodes
			.filter(n => !(v.id === "scrollable-region-focusable" && n.element?.matches("article pre")))
			.map(n => [v.id, n.target, n.failureSummary].join(" | "))))`)
}
