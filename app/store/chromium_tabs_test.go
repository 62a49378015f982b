//go:build !js

package store

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestInChromium runs the tests of this package in a page: the contract on the real localStorage, IndexedDB, locks and
// channel, with and without locks.
func TestInChromium(t *testing.T) {
	p := newTab(t)
	p.do(chromedp.Navigate(p.site + "/tests"))
	p.await("globalThis.exited !== undefined")
	output := p.eval("output")
	assert.Equal(t, "0", p.eval("String(exited)"), output)
	for _, store := range []string{"browser", "browser,_plain_http"} {
		assert.Contains(t, output, "--- PASS: TestRecords/"+store+" ")
	}
}

// Ensure that tabs share what is kept, hear of changes and of each other, and can be told apart.
func TestTwoTabs(t *testing.T) {
	one := newTab(t).obedient()
	two := one.beside().obedient()

	assert.Empty(t, one.run("put", "k", "value"))
	assert.Equal(t, "k", two.run("changed"))
	assert.Equal(t, "value", two.run("get", "k"), "not before it was told: localStorage is a little late")
	assert.Empty(t, one.run("keep", "k", "record"))
	assert.Equal(t, "record", two.run("record", "k"))
	assert.Empty(t, one.run("post", "hello"))
	assert.Equal(t, "hello", two.run("heard"))

	id := one.run("tab")
	assert.NotEqual(t, id, two.run("tab"))
	assert.Equal(t, "true", two.run("alive", id))
	assert.Equal(t, "false", two.run("alive", "nobody"))
	one.do(chromedp.Reload())
	one.await(obeys)
	assert.Equal(t, id, one.run("tab"), "a reload is the same tab")
	assert.Equal(t, "record", one.run("record", "k"))

	one.crash()
	require.Eventually(t, func() bool { return two.run("alive", id) == "false" }, 10*time.Second, 50*time.Millisecond)
}

// plainHTTP takes the locks away from every page the tab will open, as plain http does. Pages on the loopback address
// have them whatever they came by.
func (p *chromiumTab) plainHTTP() *chromiumTab {
	p.t.Helper()
	script := `Object.defineProperty(navigator, "locks", {value: undefined})`
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
	return p
}

var withAndWithoutLocks = map[string]func(*chromiumTab) *chromiumTab{
	"locks":  (*chromiumTab).obedient,
	"leases": func(p *chromiumTab) *chromiumTab { return p.plainHTTP().obedient() },
}

// Ensure that of several tabs rotating at a time each sees the token of the one before it, although what one process
// puts into localStorage is not at once there for another.
func TestTabsRotate(t *testing.T) {
	for name, obedient := range withAndWithoutLocks {
		t.Run(name, func(t *testing.T) {
			first := newTab(t)
			tabs := []*chromiumTab{obedient(first), obedient(first.beside()), obedient(first.beside())}
			var rotating sync.WaitGroup
			for _, p := range tabs {
				rotating.Go(func() { assert.NotContains(t, p.run("rotate", "10", "."), "error") })
			}
			rotating.Wait()
			assert.Equal(t, strings.Repeat(".", 30)+"!", tabs[0].run("rotate", "1", "!"))
		})
	}
}

// Ensure that a lock comes back from a tab that crashes or freezes, and that the frozen one is told when it thaws.
func TestTabsLoseLocks(t *testing.T) {
	for name, obedient := range withAndWithoutLocks {
		t.Run(name, func(t *testing.T) {
			first := newTab(t)
			one, two := obedient(first), obedient(first.beside())

			require.Empty(t, one.run("hold", "l", "1h"))
			thaw := one.freeze()
			require.Empty(t, two.run("hold", "l", "500ms"))
			assert.Equal(t, "true", two.run("alive", two.run("tab")))
			thaw()
			assert.Equal(t, "error: "+ErrLost.Error()+" (context canceled)", one.run("lost", "l"))

			waiting := make(chan string)
			go func() { waiting <- one.run("hold", "l", "1h") }()
			assert.Empty(t, two.run("end", "l"), "who has stolen it keeps it")
			assert.Empty(t, <-waiting)

			go func() { waiting <- two.run("hold", "l", "1h") }()
			one.crash()
			assert.Empty(t, <-waiting)
		})
	}
}

// Ensure that a full disk is told, by Check and by Put, and that room is found again when there is some.
func TestQuota(t *testing.T) {
	p := newTab(t).obedient()
	p.limit(1)
	assert.Contains(t, p.run("check"), ErrFull.Error())
	p.limit(1 << 20)
	assert.Empty(t, p.run("check"))
	require.Empty(t, p.run("keep", "k", "before"))
	assert.Contains(t, p.run("keep", "k", strings.Repeat("x", 2<<20)), ErrFull.Error())
	assert.Equal(t, "before", p.run("record", "k"))
	assert.Empty(t, p.run("keep", "k", "after"))
	assert.Equal(t, "after", p.run("record", "k"))
}

// Ensure that a newer page can change the database while an old one is open, and what the old one says then.
func TestNewerPage(t *testing.T) {
	old := newTab(t).obedient()
	require.Empty(t, old.run("keep", "k", "v"))
	newer := old.beside()
	assert.Equal(t, "2", newer.eval(`new Promise((resolve, reject) => {
		const request = indexedDB.open("directus-chat/1//", 2);
		request.onblocked = () => reject(new Error("blocked"));
		request.onsuccess = () => resolve(String(request.result.version));
	})`))
	assert.Contains(t, old.run("keep", "k", "v2"), ErrOutdated.Error())
	assert.Contains(t, old.run("check"), ErrOutdated.Error())
}

// Ensure that a page that will not let go of the database does not hold up others for ever, but that is told.
func TestBlockedDatabase(t *testing.T) {
	bad := newTab(t)
	assert.Equal(t, "blocked", bad.eval(`new Promise(resolve => {
		const open = indexedDB.open("directus-chat/1//", 1);
		open.onupgradeneeded = () => open.result.createObjectStore("records");
		open.onsuccess = () => indexedDB.deleteDatabase("directus-chat/1//").onblocked = () => resolve("blocked");
	})`))
	p := bad.beside().obedient()
	assert.Contains(t, p.run("keep", "k", "v"), ErrBusy.Error())
	bad.crash()
	assert.Empty(t, p.run("keep", "k", "v"))
	assert.Equal(t, "v", p.run("record", "k"))
}

// Ensure that a user who removes the site's data does not break the pages that are open.
func TestClearedData(t *testing.T) {
	p := newTab(t).obedient()
	require.Empty(t, p.run("keep", "k", "v"))
	call(p, storage.ClearDataForOrigin, storage.ClearDataForOriginParams{Origin: p.site, StorageTypes: "all"})
	assert.Empty(t, p.run("record", "k"))
	assert.Empty(t, p.run("keep", "k", "v"))
	assert.Equal(t, "v", p.run("record", "k"))
}

// Ensure that on a shared computer everything stays in its tab: it survives a reload, and a copy of the tab has none.
func TestSharedComputer(t *testing.T) {
	for name, obedient := range withAndWithoutLocks {
		t.Run(name, func(t *testing.T) {
			p := obedient(newTab(t))
			p.run("share")
			require.Empty(t, p.run("put", "k", "value"))
			require.Empty(t, p.run("keep", "k", "record"))
			p.do(chromedp.Reload())
			p.await(obeys)
			assert.Equal(t, "true", p.run("shared"))
			assert.Equal(t, "value", p.run("get", "k"))
			assert.Equal(t, "record", p.run("record", "k"))

			other := obedient(p.beside())
			assert.Equal(t, "false", other.run("shared"))
			assert.Empty(t, other.run("get", "k"))
			assert.Empty(t, other.run("record", "k"))

			opened := chromedp.WaitNewTarget(p.ctx, func(info *target.Info) bool { return info.URL == p.site+"/" })
			p.eval(`String(window.open("/"))`) // with a copy of sessionStorage, as the browser's Duplicate
			duplicate := obedient(newTabOf(t, p.ctx, p.site, chromedp.WithTargetID(<-opened)))
			assert.Equal(t, "false", duplicate.run("shared"))
			assert.Empty(t, duplicate.run("get", "k"))
			assert.NotEqual(t, p.run("tab"), duplicate.run("tab"))
			assert.Equal(t, "value", p.run("get", "k"))
		})
	}
}
