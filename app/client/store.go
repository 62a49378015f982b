package client

import (
	"context"
	"time"
)

// A Store keeps what must survive the program, for all tabs of a browser. Its methods are called from several
// goroutines; those without a context do not wait for anything.
type Store interface {
	// Get returns the value of a key, "" if there is none.
	Get(ctx context.Context, key string) (string, error)
	// Put sets the value of a key; an error means that it is not durable.
	Put(ctx context.Context, key, value string) error
	// Delete removes a key, which need not be there.
	Delete(ctx context.Context, key string) error
	// List returns the values of all keys that begin with start.
	List(ctx context.Context, start string) (map[string]string, error)
	// Watch calls changed with every key that another tab changes, "" when it may be any.
	Watch(changed func(key string)) (stop func())

	// Load returns the refresh token, "" when signed out.
	Load() string
	// Rotate replaces the refresh token by what f makes of it, "" for none, while no other tab does.
	Rotate(ctx context.Context, f func(ctx context.Context, current string) (next string, err error)) error
	// Wipe removes all values, and all Records, whose keys begin with one of the prefixes.
	Wipe(ctx context.Context, prefixes ...string) error

	Tabs
}

// Records are the part of the Store that holds much: the outbox and what is kept of the rooms.
type Records interface {
	// Check fails when nothing can be kept.
	Check(ctx context.Context) error
	// Get returns the value of a key, "" if there is none.
	Get(ctx context.Context, key string) (string, error)
	// Put sets the value of a key. It is durable when Put returns without an error.
	Put(ctx context.Context, key, value string) error
	// PutIf is Put, provided that the key guard still has the value want, in the same transaction: else it fails and
	// changes nothing. So a tab that was frozen through a log-out cannot write anything back.
	PutIf(ctx context.Context, guard, want, key, value string) error
	// Delete removes keys, which need not be there, all at once.
	Delete(ctx context.Context, keys ...string) error
	// List returns the values of all keys that begin with start.
	List(ctx context.Context, start string) (map[string]string, error)
}

// Tabs are what the tabs of a browser are to each other.
type Tabs interface {
	// Tab is the id of this tab. It survives a reload, and no other tab has it.
	Tab() string
	// Alive reports whether another tab of that id is open.
	Alive(ctx context.Context, tab string) bool
	// Exclusive runs f while no other tab runs theirs under that name. A tab that keeps others waiting for longer than
	// patience loses the name: the context of its f ends, and Exclusive fails when f has returned.
	Exclusive(ctx context.Context, name string, patience time.Duration, f func(ctx context.Context) error) error
	// Post tells the other tabs something; Listen hears it.
	Post(message string)
	Listen(f func(message string)) (stop func())
	// SetShared chooses where this tab keeps things from now on: shared is a computer of many, where nothing may outlive
	// the tab. The choice survives a reload.
	SetShared(shared bool)
	Shared() bool
}
