package store

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"syscall/js"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// These tests run in Node, which has none of what this package stands on, and in a real browser (chromium_test.go).
var inBrowser = !js.Global().Get("indexedDB").IsUndefined()

func init() {
	if !inBrowser {
		return
	}
	stores["browser"] = func(*testing.T) func(string) *Store { return newSite() }
	stores["browser, plain http"] = func(t *testing.T) func(string) *Store {
		replace(t, js.Global().Get("navigator"), "locks", js.Undefined())
		return newSite()
	}
}

var sites atomic.Int64

// newSite opens stores that have nothing in common with those of any other site.
func newSite() func(scope string) *Store {
	site := fmt.Sprintf("/test-%d", sites.Add(1))
	return func(scope string) *Store { return Open(site + scope) }
}

// replace gives an object another property until the test is over.
func replace(t *testing.T, object js.Value, name string, value js.Value) {
	properties := js.Global().Get("Object")
	before := properties.Call("getOwnPropertyDescriptor", object, name)
	properties.Call("defineProperty", object, name, map[string]any{"value": value, "configurable": true, "writable": true})
	t.Cleanup(func() {
		object.Delete(name)
		if !before.IsUndefined() {
			properties.Call("defineProperty", object, name, before)
		}
	})
}

// localStorage is one that can be broken.
const localStorage = `(values => ({
	get length() { return values.size },
	key: i => [...values.keys()][i] ?? null,
	getItem: k => values.get(k) ?? null,
	setItem: (k, v) => void values.set(k, v),
	removeItem: k => void values.delete(k),
}))(new Map())`

func replaceLocalStorage(t *testing.T, with string) {
	replace(t, js.Global(), "localStorage", js.Global().Call("eval", with))
}

// Ensure that a browser's refusals become errors one can act on, never a panic.
func TestBrowserRefuses(t *testing.T) {
	tests := map[string]struct {
		storage string
		want    error
	}{
		"full":              {`Object.assign(` + localStorage + `, {setItem() { throw new DOMException("no room", "QuotaExceededError") }})`, ErrFull},
		"full, old Firefox": {`Object.assign(` + localStorage + `, {setItem() { throw new DOMException("no room", "NS_ERROR_DOM_QUOTA_REACHED") }})`, ErrFull},
		"forbidden":         {`Object.assign(` + localStorage + `, {setItem() { throw new DOMException("no", "SecurityError") }})`, ErrForbidden},
		"no storage":        {`undefined`, ErrForbidden},
		"null storage":      {`null`, ErrForbidden},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			replaceLocalStorage(t, test.storage)
			s := Open("/")
			assert.ErrorIs(t, s.Put(t.Context(), "k", "v"), test.want)
			assert.Empty(t, s.Load(), "and reading the token does not panic")
		})
	}
}

// Ensure that a database that cannot be had is told as one, whichever way the browser refuses it.
func TestBrowserRefusesDatabase(t *testing.T) {
	const fails = `({open() {
		const request = Object.assign(new EventTarget(), {error: new DOMException("no", %q)});
		queueMicrotask(() => request.dispatchEvent(new Event("error")));
		return request;
	}})`
	tests := map[string]struct {
		database string
		want     error
	}{
		"none (old Firefox, private)": {`undefined`, ErrForbidden},
		"null":                        {`null`, ErrForbidden},
		"throws (blocked cookies)":    {`({open() { throw new DOMException("no", "SecurityError") }})`, ErrForbidden},
		"fails (Firefox, private)":    {fmt.Sprintf(fails, "InvalidStateError"), ErrForbidden},
		"full":                        {fmt.Sprintf(fails, "QuotaExceededError"), ErrFull},
		"newer":                       {fmt.Sprintf(fails, "VersionError"), ErrOutdated},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			replaceLocalStorage(t, localStorage)
			replace(t, js.Global(), "indexedDB", js.Global().Call("eval", test.database))
			s := Open("/")
			assert.ErrorIs(t, s.Records().Check(t.Context()), test.want)
			assert.NoError(t, s.Put(t.Context(), "k", "v"))
		})
	}
}

// Ensure that a page with neither locks nor a database still works, one goroutine at a time, and that who holds one name
// for long does not stop the others.
func TestNothingButLocalStorage(t *testing.T) {
	replaceLocalStorage(t, localStorage)
	replace(t, js.Global(), "navigator", js.ValueOf(map[string]any{}))
	replace(t, js.Global(), "indexedDB", js.Undefined())
	s := Open("/")
	err := s.Exclusive(t.Context(), "outbox", time.Hour, func(ctx context.Context) error {
		return s.Rotate(ctx, func(context.Context, string) (string, error) { return "token", nil })
	})
	require.NoError(t, err)
	assert.Equal(t, "token", s.Load())
	assert.NotEmpty(t, s.Tab())
}

// Ensure that goroutines, and the functions for JavaScript that they release, end with what they are for.
func TestNothingIsLeftBehind(t *testing.T) {
	if !inBrowser {
		t.Skip("Node has no database")
	}
	ctx, s := t.Context(), newSite()("/")
	use := func() {
		require.NoError(t, s.Records().Put(ctx, "k", "v"))
		require.ErrorIs(t, s.Records().PutIf(ctx, "k", "other", "k", "v"), ErrChanged)
		_, err := s.Records().List(ctx, "")
		require.NoError(t, err)
		require.NoError(t, s.Exclusive(ctx, "l", time.Hour, func(ctx context.Context) error {
			short, stop := context.WithTimeout(ctx, time.Millisecond)
			defer stop()
			err := s.Exclusive(short, "l", time.Hour, func(context.Context) error { return nil })
			require.ErrorIs(t, err, context.DeadlineExceeded)
			return s.Exclusive(ctx, "m", time.Hour, func(context.Context) error { return nil })
		}))
		require.False(t, s.Alive(ctx, "nobody"))
		s.Watch(func(string) {})()
		s.Listen(func(string) {})()
	}
	use() // and open the database
	before := runtime.NumGoroutine()
	for range 20 {
		use()
	}
	assert.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, 5*time.Second, 10*time.Millisecond, // and Eventually's
		"%d goroutines more", runtime.NumGoroutine()-before)
}
