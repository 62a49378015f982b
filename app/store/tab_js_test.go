package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall/js"
	"testing"
	"time"
)

// TestMain makes this program a tab that does what it is told, if its page says so; chromium_test.go tells it.
func TestMain(m *testing.M) {
	if !js.Global().Get("obey").IsUndefined() {
		obey(Open("/"))
	}
	os.Exit(m.Run())
}

// obey carries out the commands with which the page calls run(name, ...arguments), a promise of some text.
func obey(s *Store) {
	t := &obedient{store: s, heard: make(chan string, 100), changed: make(chan string, 100), held: map[string]*held{}}
	s.Listen(func(message string) { t.heard <- message })
	s.Watch(func(key string) { t.changed <- key })
	promise := js.Global().Get("Promise")
	js.Global().Set("run", js.FuncOf(func(_ js.Value, args []js.Value) any {
		var words [4]string
		for i, arg := range args {
			words[i] = arg.String()
		}
		return promise.New(js.FuncOf(func(_ js.Value, settle []js.Value) any {
			go func() {
				text, err := t.run(context.Background(), words[0], words[1], words[2], words[3])
				if err != nil {
					text = "error: " + err.Error()
				}
				settle[0].Invoke(text)
			}()
			return nil
		}))
	}))
	js.Global().Set("ready", true)
	select {}
}

type obedient struct {
	store          *Store
	heard, changed chan string
	held           map[string]*held
}

// held is a lock under which nothing is done until it is lost or let go.
type held struct {
	letGo chan struct{}
	ended chan error
}

func (t *obedient) run(ctx context.Context, command, a, b, c string) (string, error) {
	s := t.store
	switch command {
	case "get":
		return s.Get(ctx, a)
	case "put":
		return "", s.Put(ctx, a, b)
	case "record":
		return s.Records().Get(ctx, a)
	case "keep":
		return "", s.Records().Put(ctx, a, b)
	case "check":
		return "", s.Records().Check(ctx)
	case "tab":
		return s.Tab(), nil
	case "alive":
		return fmt.Sprint(s.Alive(ctx, a)), nil
	case "share":
		s.SetShared(true)
		return "", nil
	case "shared":
		return fmt.Sprint(s.Shared()), nil
	case "post":
		s.Post(a)
		return "", nil
	case "heard":
		return <-t.heard, nil
	case "changed":
		return <-t.changed, nil
	case "rotate": // the token, so many times, each adding a mark
		times, err := strconv.Atoi(a)
		for range times {
			err = errors.Join(err, s.Rotate(ctx, func(_ context.Context, current string) (string, error) { return current + b, nil }))
		}
		return s.Load(), err
	case "hold": // returns when it is held
		patience, err := time.ParseDuration(b)
		if err != nil {
			return "", err
		}
		return "", t.hold(ctx, a, patience)
	case "end": // of a lock that is held
		h := t.held[a]
		close(h.letGo)
		return "", <-h.ended
	case "lost":
		return "", <-t.held[a].ended
	default:
		return "", errors.New("there is no such command")
	}
}

func (t *obedient) hold(ctx context.Context, name string, patience time.Duration) error {
	h := &held{letGo: make(chan struct{}), ended: make(chan error, 1)}
	got := make(chan struct{})
	go func() {
		h.ended <- t.store.Exclusive(ctx, name, patience, func(ctx context.Context) error {
			close(got)
			select {
			case <-h.letGo:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	select {
	case <-got:
		t.held[name] = h
		return nil
	case err := <-h.ended:
		return err
	}
}
