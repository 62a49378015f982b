package store

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
)

// An area keeps text by key, at once.
type area interface {
	get(key string) (value string, found bool, err error)
	set(key, value string) error
	remove(key string) error
	keys() ([]string, error)
}

// list returns what an area holds under keys that begin with prefix and then start, without the prefix.
func list(a area, prefix, start string) (map[string]string, error) {
	keys, err := a.keys()
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, full := range keys {
		if !strings.HasPrefix(full, prefix+start) {
			continue
		}
		value, found, err := a.get(full)
		if err != nil {
			return nil, err
		}
		if found { // another tab may just have removed it
			values[full[len(prefix):]] = value
		}
	}
	return values, nil
}

// areaDatabase is a database in an area, under keys with a prefix. Its mutex makes one step of several.
type areaDatabase struct {
	area   area
	prefix string
	mu     *sync.Mutex
}

func (d areaDatabase) get(_ context.Context, key string) (string, error) {
	value, _, err := d.area.get(d.prefix + key)
	return value, err
}

func (d areaDatabase) list(_ context.Context, start string) (map[string]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return list(d.area, d.prefix, start)
}

func (d areaDatabase) update(_ context.Context, key string, f func(value string) (change, error)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var value string
	if key != "" {
		var err error
		if value, _, err = d.area.get(d.prefix + key); err != nil {
			return err
		}
	}
	c, err := f(value)
	if err != nil {
		return err
	}
	if c.put != "" {
		if err := d.area.set(d.prefix+c.put, c.value); err != nil {
			return err
		}
	}
	return d.remove(slices.Values(c.remove))
}

func (d areaDatabase) clear(_ context.Context, start string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	records, err := list(d.area, d.prefix, start)
	if err != nil {
		return err
	}
	return d.remove(maps.Keys(records))
}

func (d areaDatabase) remove(keys iter.Seq[string]) error {
	for key := range keys {
		if err := d.area.remove(d.prefix + key); err != nil {
			return err
		}
	}
	return nil
}

// variables are an area that nobody else sees.
type variables map[string]string

func (v variables) get(key string) (string, bool, error) {
	value, found := v[key]
	return value, found, nil
}

func (v variables) set(key, value string) error {
	v[key] = value
	return nil
}

func (v variables) remove(key string) error {
	delete(v, key)
	return nil
}

func (v variables) keys() ([]string, error) { return slices.Collect(maps.Keys(v)), nil }
