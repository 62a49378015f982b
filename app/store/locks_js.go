package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall/js"
	"time"
)

// locks are there unless the page came by plain http.
func (*browser) locks() bool { return !lockManager().IsUndefined() }

func lockManager() js.Value {
	navigator := js.Global().Get("navigator")
	if navigator.IsUndefined() {
		return navigator
	}
	return navigator.Get("locks")
}

func (*browser) exclusive(ctx context.Context, name string, patience time.Duration, f func(context.Context) error) error {
	lock, err := takeLock(ctx, name, patience)
	if err != nil {
		return err
	}
	defer lock.release()
	ctx, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	go func() {
		select {
		case <-lock.ended:
			lose(ErrLost)
		case <-ctx.Done():
		}
	}()
	return f(ctx)
}

// takeLock waits for a lock, in the queue and then, when somebody has had it for too long, by stealing it.
//
// Who comes first to the queue is served first. So a tab that holds the lock now as it did some time ago has not let go
// of it meanwhile. If it is another one, patience begins anew; there is some chance in it, lest all who wait for a
// frozen tab steal from one another.
func takeLock(ctx context.Context, name string, patience time.Duration) (*lock, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := requestLock(name, false)
	for {
		before := lockHolder(ctx, name)
		timer := time.NewTimer(patience + rand.N(patience/4+1))
		select {
		case <-l.granted:
			timer.Stop()
			return l, nil
		case <-l.ended:
			timer.Stop()
			return nil, fmt.Errorf("the browser refuses the lock %s", name)
		case <-ctx.Done():
			timer.Stop()
			l.giveUp()
			return nil, ctx.Err()
		case <-timer.C:
			if lockHolder(ctx, name) == before {
				l.giveUp()
				l = requestLock(name, true)
			}
		}
	}
}

// A lock is one request for a lock, and the lock itself when it is granted.
type lock struct {
	granted chan struct{}
	ended   chan struct{} // released, given up, refused or stolen
	holding js.Value      // resolves the promise that holds it
	abort   js.Value
}

func requestLock(name string, steal bool) *lock {
	l := &lock{
		granted: make(chan struct{}),
		ended:   make(chan struct{}),
		abort:   js.Global().Get("AbortController").New(),
	}
	options := map[string]any{}
	if steal {
		options["steal"] = true // the platform takes no signal beside it
	} else {
		options["signal"] = l.abort.Get("signal")
	}
	executor := js.FuncOf(func(_ js.Value, args []js.Value) any {
		l.holding = args[0]
		return nil
	})
	callback := js.FuncOf(func(js.Value, []js.Value) any {
		promise := js.Global().Get("Promise").New(executor)
		close(l.granted)
		return promise
	})
	settled := js.FuncOf(func(js.Value, []js.Value) any {
		close(l.ended)
		return nil
	})
	go func() { // the functions are needed as long as the request is not settled
		<-l.ended
		executor.Release()
		callback.Release()
		settled.Release()
	}()
	lockManager().Call("request", name, options, callback).Call("then", settled, settled)
	return l
}

func (l *lock) release() { l.holding.Invoke() }

// giveUp ends the request, which may be granted in this moment.
func (l *lock) giveUp() {
	l.abort.Call("abort")
	go func() {
		select {
		case <-l.granted:
			l.release()
		case <-l.ended:
		}
	}()
}

// lockHolder is the browser's name for the tab that holds a lock, "" for none.
func lockHolder(ctx context.Context, name string) string {
	state, err := await(ctx, lockManager().Call("query"))
	if err != nil {
		return ""
	}
	held := state.Get("held")
	for i := range held.Length() {
		if lock := held.Index(i); lock.Get("name").String() == name {
			return lock.Get("clientId").String()
		}
	}
	return ""
}

// await is what a promise comes to.
func await(ctx context.Context, promise js.Value) (js.Value, error) {
	type result struct {
		value js.Value
		err   error
	}
	results := make(chan result, 1)
	var fulfilled, rejected js.Func
	settle := func(r result) any {
		results <- r
		fulfilled.Release()
		rejected.Release()
		return nil
	}
	fulfilled = js.FuncOf(func(_ js.Value, args []js.Value) any { return settle(result{value: args[0]}) })
	rejected = js.FuncOf(func(_ js.Value, args []js.Value) any { return settle(result{err: js.Error{Value: args[0]}}) })
	promise.Call("then", fulfilled, rejected)
	select {
	case r := <-results:
		return r.value, r.err
	case <-ctx.Done():
		return js.Undefined(), ctx.Err()
	}
}
