package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall/js"
	"time"
)

// An indexedDB is a database of the browser, with one object store. It is opened when it is first used, and again when
// the browser has closed it: for a newer page that wants to change it, for a user who has removed the site's data, or
// for no reason.
//
// Its events never come between two calls from Go, which returns to the browser when nothing is left to do: whatever
// goes on in one piece, without blocking, is one transaction.
type indexedDB struct {
	name    string
	opening chan struct{} // has room for the one who opens it

	mu        sync.Mutex
	db        js.Value // undefined when it is not open
	listening []func() // stop
}

const (
	indexedDBVersion = 1
	objectStore      = "records"
	// answerless is how long a request may take before it counts as failed: a frozen tab with a transaction, or an old
	// page that does not close the database, holds up all others.
	answerless = 10 * time.Second
)

func newIndexedDB(name string) *indexedDB {
	return &indexedDB{name: name, opening: make(chan struct{}, 1)}
}

func (d *indexedDB) get(ctx context.Context, key string) (value string, err error) {
	err = d.transaction(ctx, "readonly", func(t *transaction) {
		t.request("get", func(result js.Value) { value = text(result) }, key)
	})
	return value, err
}

func (d *indexedDB) list(ctx context.Context, start string) (map[string]string, error) {
	var keys, values js.Value
	err := d.transaction(ctx, "readonly", func(t *transaction) {
		t.request("getAllKeys", func(result js.Value) { keys = result }, beginningWith(start))
		t.request("getAll", func(result js.Value) { values = result }, beginningWith(start))
	})
	if err != nil {
		return nil, err
	}
	records := make(map[string]string, keys.Length())
	for i := range keys.Length() {
		records[keys.Index(i).String()] = values.Index(i).String()
	}
	return records, nil
}

func (d *indexedDB) clear(ctx context.Context, start string) error {
	return d.transaction(ctx, "readwrite", func(t *transaction) {
		t.request("delete", nil, beginningWith(start))
		t.commit()
	})
}

func (d *indexedDB) update(ctx context.Context, key string, f func(value string) (change, error)) error {
	return d.transaction(ctx, "readwrite", func(t *transaction) {
		write := func(value string) {
			c, err := f(value)
			if err != nil {
				t.abort(err)
				return
			}
			if c.put != "" {
				t.request("put", nil, c.value, c.put)
			}
			for _, key := range c.remove {
				t.request("delete", nil, key)
			}
			t.commit()
		}
		if key == "" {
			write("")
		} else {
			t.request("get", func(result js.Value) { write(text(result)) }, key)
		}
	})
}

// text is a record that has been read.
func text(result js.Value) string {
	if result.IsUndefined() {
		return ""
	}
	return result.String()
}

func beginningWith(start string) js.Value {
	return js.Global().Get("IDBKeyRange").Call("bound", start, start+"\uffff")
}

// errClosed: the browser has closed the database under our hands. That is worth one more try.
var errClosed error = closedError{}

// It is no fmt.Errorf, which would have the engine compile 35 functions before the program is in charge.
type closedError struct{}

func (closedError) Error() string { return ErrForbidden.Error() + " (the database was closed)" }
func (closedError) Unwrap() error { return ErrForbidden }

// transaction runs f, which makes requests, and returns when they are carried out and on the disk.
func (d *indexedDB) transaction(ctx context.Context, mode string, f func(t *transaction)) error {
	ctx, stop := context.WithTimeoutCause(ctx, answerless, ErrBusy)
	defer stop()
	err := d.try(ctx, mode, f)
	if errors.Is(err, errClosed) {
		err = d.try(ctx, mode, f)
	}
	return err
}

func (d *indexedDB) try(ctx context.Context, mode string, f func(t *transaction)) error {
	db, err := d.open(ctx)
	if err != nil {
		return err
	}
	t := &transaction{done: make(chan struct{})}
	if err := try(func() {
		t.js = db.Call("transaction", objectStore, mode, map[string]any{"durability": "strict"})
		t.store = t.js.Call("objectStore", objectStore)
	}); err != nil {
		d.forget(db)
		return errClosed
	}
	t.listen("complete", func(js.Value) { close(t.done) })
	t.listen("abort", func(js.Value) {
		if t.err == nil {
			t.err = t.reason()
		}
		close(t.done)
	})
	go func() {
		<-t.done
		for _, f := range t.ended {
			f()
		}
	}()
	f(t)
	select {
	case <-t.done:
	case <-ctx.Done():
		t.abort(context.Cause(ctx))
		return context.Cause(ctx)
	}
	if errors.Is(t.err, errClosed) {
		d.forget(db)
	}
	return t.err
}

// A transaction is carried out when its requests are, and none of their callbacks makes another.
type transaction struct {
	js, store js.Value
	err       error         // why it was aborted
	done      chan struct{} // complete or aborted
	ended     []func()      // what is to do then
}

// request calls a method of the object store; got, unless nil, is called with the result. An error aborts all.
func (t *transaction) request(method string, got func(result js.Value), args ...any) {
	err := try(func() {
		request := t.store.Call(method, args...)
		if got != nil {
			t.ended = append(t.ended, listen(request, "success", func(js.Value) { got(request.Get("result")) }))
		}
	})
	if err != nil {
		t.abort(err)
	}
}

func (t *transaction) listen(event string, f func(event js.Value)) {
	t.ended = append(t.ended, listen(t.js, event, f))
}

// commit says that there is no further request. Without it the browser would ask the page, and a page that is going away,
// or is frozen, does not answer.
func (t *transaction) commit() {
	if !t.js.Get("commit").IsUndefined() { // it is younger than the rest
		_ = try(func() { t.js.Call("commit") })
	}
}

func (t *transaction) abort(why error) {
	if t.err == nil {
		t.err = why
	}
	_ = try(func() { t.js.Call("abort") }) // it may be over
}

// reason is why the browser has aborted the transaction: a request, the disk or the quota has failed, or the database was
// closed by force. Browsers name that differently, if at all.
func (t *transaction) reason() error {
	exception := t.js.Get("error")
	if exception.IsNull() {
		return errClosed
	}
	switch exception.Get("name").String() {
	case "AbortError", "InvalidStateError", "UnknownError":
		return fmt.Errorf("%w (%s)", errClosed, exception.Get("name").String())
	default:
		return refusal(exception)
	}
}
