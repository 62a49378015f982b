package store

import (
	"context"
	"syscall/js"
)

// open returns the open database, opening it if need be.
func (d *indexedDB) open(ctx context.Context) (js.Value, error) {
	select {
	case d.opening <- struct{}{}:
		defer func() { <-d.opening }()
	case <-ctx.Done():
		return js.Undefined(), context.Cause(ctx)
	}
	d.mu.Lock()
	db := d.db
	d.mu.Unlock()
	if !db.IsUndefined() {
		return db, nil
	}
	db, err := openDatabase(ctx, d.name)
	if err != nil {
		return js.Undefined(), err
	}
	forget := func(js.Value) { d.forget(db) }
	d.mu.Lock()
	defer d.mu.Unlock()
	d.db = db
	d.listening = []func(){listen(db, "versionchange", forget), listen(db, "close", forget)}
	return db, nil
}

// forget closes a database, so that a newer page can change it, and lets the next use open it again.
func (d *indexedDB) forget(db js.Value) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.db.Equal(db) {
		return
	}
	d.db = js.Undefined()
	for _, stop := range d.listening {
		stop()
	}
	db.Call("close")
}

// openDatabase waits for as long as an older page has the database open, and the context lets it.
func openDatabase(ctx context.Context, name string) (js.Value, error) {
	var request js.Value
	if err := try(func() {
		request = js.Global().Get("indexedDB").Call("open", name, indexedDBVersion)
	}); err != nil {
		return js.Undefined(), err
	}
	settled := make(chan error, 1)
	listening := []func(){
		listen(request, "upgradeneeded", func(js.Value) {
			request.Get("result").Call("createObjectStore", objectStore)
		}),
		listen(request, "success", func(js.Value) { settled <- nil }),
		listen(request, "error", func(js.Value) { settled <- refusal(request.Get("error")) }),
	}
	stop := func() {
		for _, stop := range listening {
			stop()
		}
	}
	select {
	case err := <-settled:
		stop()
		if err != nil {
			return js.Undefined(), err
		}
		return request.Get("result"), nil
	case <-ctx.Done():
		go func() { // it still happens
			if <-settled == nil {
				request.Get("result").Call("close")
			}
			stop()
		}()
		return js.Undefined(), context.Cause(ctx)
	}
}
