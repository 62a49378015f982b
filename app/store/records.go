package store

import (
	"context"
	"fmt"
	"strings"
)

// Records are text by key for what is large or must not get lost: when Put has returned, the record is on the disk. In
// the browser they are in IndexedDB. All methods fail with ErrForbidden, ErrBusy, ErrOutdated, or the context's error.
type Records struct{ store *Store }

// A database keeps records. Its keys are those of Records.
type database interface {
	get(ctx context.Context, key string) (value string, err error) // "" when there is none
	list(ctx context.Context, start string) (map[string]string, error)
	clear(ctx context.Context, start string) error

	// update carries out what f makes of one record (of none, if key is ""), in one transaction that is on the disk when
	// update returns. If f fails, so does update, and nothing changes. f must not block, and may be called again.
	update(ctx context.Context, key string, f func(value string) (change, error)) error
}

// A change is what a transaction writes.
type change struct {
	put, value string // put is the key, "" for none
	remove     []string
}

// recordPrefix keeps the records apart from what else is in the database.
const recordPrefix = "record:"

// Records are those of the Store.
func (s *Store) Records() *Records { return &Records{store: s} }

func (r *Records) database() database {
	if r.store.Shared() {
		return areaDatabase{area: r.store.platform.session(), prefix: r.store.name + "#", mu: &r.store.mu}
	}
	return r.store.platform.database()
}

// Get returns a record, "" if there is none.
func (r *Records) Get(ctx context.Context, key string) (string, error) {
	value, err := r.database().get(ctx, recordPrefix+key)
	if err != nil {
		return "", fmt.Errorf("failed to read the record %s: %w", key, err)
	}
	return value, nil
}

// Put stores a record. It may also fail with ErrFull; after any error nothing has changed, as far as that is known: a
// Put that was given up may still happen.
func (r *Records) Put(ctx context.Context, key, value string) error {
	return r.put(ctx, "", key, value, func(string) bool { return true })
}

// PutIf is Put, but fails with ErrChanged unless the record guard has the value want at that very moment. A tab that was
// frozen through a log-out so cannot write back what the log-out has removed.
func (r *Records) PutIf(ctx context.Context, guard, want, key, value string) error {
	return r.put(ctx, recordPrefix+guard, key, value, func(now string) bool { return now == want })
}

func (r *Records) put(ctx context.Context, guard, key, value string, may func(guard string) bool) error {
	err := r.database().update(ctx, guard, func(now string) (change, error) {
		if !may(now) {
			return change{}, ErrChanged
		}
		return change{put: recordPrefix + key, value: value}, nil
	})
	if err != nil {
		return fmt.Errorf("failed to store the record %s: %w", key, err)
	}
	return nil
}

// Delete removes records, all or, on an error, none; one that is not there is fine.
func (r *Records) Delete(ctx context.Context, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	var c change
	for _, key := range keys {
		c.remove = append(c.remove, recordPrefix+key)
	}
	err := r.database().update(ctx, "", func(string) (change, error) { return c, nil })
	if err != nil {
		return fmt.Errorf("failed to remove the record %s: %w", keys[0], err)
	}
	return nil
}

// List returns all records whose keys begin with start.
func (r *Records) List(ctx context.Context, start string) (map[string]string, error) {
	full, err := r.database().list(ctx, recordPrefix+start)
	if err != nil {
		return nil, fmt.Errorf("failed to list the records %s: %w", start, err)
	}
	records := make(map[string]string, len(full))
	for key, value := range full {
		records[strings.TrimPrefix(key, recordPrefix)] = value
	}
	return records, nil
}

// Clear removes all records.
func (r *Records) Clear(ctx context.Context) error { return r.clear(ctx, "") }

func (r *Records) clear(ctx context.Context, start string) error {
	if err := r.database().clear(ctx, recordPrefix+start); err != nil {
		return fmt.Errorf("failed to remove the records %s: %w", start, err)
	}
	return nil
}

// checkSize is what Check wants to find room for: more than any message takes.
const checkSize = 64 << 10

// Check finds out whether records can be kept, by keeping one, so that the user can be told before it matters. It may
// also fail with ErrFull.
func (r *Records) Check(ctx context.Context) error {
	key := "check/" + r.store.Tab()
	if err := r.Put(ctx, key, strings.Repeat("x", checkSize)); err != nil {
		return err
	}
	return r.Delete(ctx, key)
}
