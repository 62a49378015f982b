package store

import (
	"context"
	"fmt"
	"syscall/js"
	"time"
)

// Open is the storage of this page's origin, in the browser.
func Open(scope string) *Store {
	b := &browser{name: scopeName(scope), records: newIndexedDB(scopeName(scope))}
	_ = try(func() { b.tabs = js.Global().Get("BroadcastChannel").New(b.name) })
	return open(b, scope)
}

type browser struct {
	name    string
	records *indexedDB
	tabs    js.Value // a BroadcastChannel, or undefined; only one: it would be heard by another of this tab
}

func (*browser) local() area          { return webStorage("localStorage") }
func (*browser) session() area        { return webStorage("sessionStorage") }
func (b *browser) database() database { return b.records }

// webStorage is the name of one of the two areas that every page has.
type webStorage string

func (s webStorage) get(key string) (value string, found bool, err error) {
	err = try(func() {
		item := js.Global().Get(string(s)).Call("getItem", key)
		if found = !item.IsNull(); found {
			value = item.String()
		}
	})
	return value, found, err
}

func (s webStorage) set(key, value string) error {
	return try(func() { js.Global().Get(string(s)).Call("setItem", key, value) })
}

func (s webStorage) remove(key string) error {
	return try(func() { js.Global().Get(string(s)).Call("removeItem", key) })
}

func (s webStorage) keys() (keys []string, err error) {
	err = try(func() {
		storage := js.Global().Get(string(s))
		for i := range storage.Length() {
			if key := storage.Call("key", i); !key.IsNull() {
				keys = append(keys, key.String())
			}
		}
	})
	return keys, err
}

func (b *browser) watch(changed func(key string)) (stop func()) {
	_, _, _ = b.local().get("") // Chromium tells nothing to a page that has never read anything
	return listen(js.Global(), "storage", func(event js.Value) {
		if key := event.Get("key"); key.IsNull() { // everything was cleared
			changed("")
		} else {
			changed(key.String())
		}
	})
}

func (b *browser) post(message string) {
	if !b.tabs.IsUndefined() {
		b.tabs.Call("postMessage", message)
	}
}

func (b *browser) listen(f func(message string)) (stop func()) {
	return listen(b.tabs, "message", func(event js.Value) { f(event.Get("data").String()) })
}

// claimTime is how long a page that is going away may take to let go of its id: this page may be its reload.
const claimTime = time.Second

func (b *browser) claim(id string) bool {
	ctx, stop := context.WithTimeout(context.Background(), claimTime)
	defer stop()
	_, err := takeLock(ctx, b.tab(id), time.Hour) // and it is held as long as the page is open
	return err == nil
}

func (b *browser) claimed(ctx context.Context, id string) bool {
	return lockHolder(ctx, b.tab(id)) != ""
}

// tab is the lock that a tab holds as long as it is open.
func (b *browser) tab(id string) string { return b.name + "#tab:" + id }

// listen calls f with every event of a name until stop. A target that is undefined, or can have no listeners, has no
// events.
func listen(target js.Value, name string, f func(event js.Value)) (stop func()) {
	if target.IsUndefined() || target.Get("addEventListener").IsUndefined() {
		return func() {}
	}
	listener := js.FuncOf(func(_ js.Value, args []js.Value) any {
		f(args[0])
		return nil
	})
	target.Call("addEventListener", name, listener)
	return func() {
		target.Call("removeEventListener", name, listener)
		listener.Release()
	}
}

// try turns what JavaScript throws, and a storage that is not there at all, into an error.
func try(f func()) (err error) {
	defer func() {
		switch thrown := recover().(type) {
		case nil:
		case js.Error:
			err = refusal(thrown.Value)
		case *js.ValueError:
			err = ErrForbidden
		default:
			panic(thrown)
		}
	}()
	f()
	return nil
}

// refusal is the error for a DOMException.
func refusal(exception js.Value) error {
	switch name := exception.Get("name").String(); name {
	case "QuotaExceededError", "NS_ERROR_DOM_QUOTA_REACHED":
		return ErrFull
	case "VersionError":
		return ErrOutdated
	default:
		return fmt.Errorf("%w (%s)", ErrForbidden, name)
	}
}
