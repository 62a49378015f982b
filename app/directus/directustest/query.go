package directustest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const defaultLimit = 100

// A query is what a read or a subscription asks for.
type query struct {
	fields, sort, meta []string
	filter             map[string]any
	limit, offset      int
	count              bool // {"aggregate":{"count":"*"}}
}

func errQuery(format string, args ...any) error {
	return failure{http.StatusBadRequest, "INVALID_QUERY", "Invalid query. " + fmt.Sprintf(format, args...)}
}

// parseQuery reads the parameters of a URL, in the JSON forms that directus.Query writes.
func parseQuery(v url.Values) (query, error) {
	raw := map[string]json.RawMessage{}
	for name := range v {
		value := v.Get(name)
		switch name {
		case "fields", "sort", "meta":
			raw[name] = encode(strings.Split(value, ","))
		case "filter", "aggregate", "limit", "offset":
			raw[name] = json.RawMessage(value)
		case "aggregate[count]":
			raw["aggregate"] = encode(map[string]string{"count": value})
		}
	}
	return decodeQuery(raw)
}

// decodeQuery reads the query of a frame.
func decodeQuery(raw map[string]json.RawMessage) (query, error) {
	q := query{limit: defaultLimit}
	var aggregate map[string]string
	for name, into := range map[string]any{
		"fields": &q.fields, "sort": &q.sort, "meta": &q.meta, "filter": &q.filter,
		"limit": &q.limit, "offset": &q.offset, "aggregate": &aggregate,
	} {
		if value, ok := raw[name]; ok && json.Unmarshal(value, into) != nil {
			return query{}, errQuery("%q is not what it should be", name)
		}
	}
	if q.limit < -1 {
		return query{}, errQuery(`"limit" must be greater than or equal to -1`)
	}
	q.count = aggregate["count"] == "*"
	return q, nil
}

func (q query) cut(rows []row) []row {
	rows = rows[min(q.offset, len(rows)):]
	if q.limit >= 0 {
		rows = rows[:min(q.limit, len(rows))]
	}
	return rows
}

// order sorts rows in place, by key where nothing else is asked for.
func (q query) order(c *collection, rows []row) error {
	by := q.sort
	if len(by) == 0 {
		by = []string{"id"}
	}
	for _, name := range by {
		if _, ok := c.field(strings.TrimPrefix(name, "-")); !ok {
			return errForbidden
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		for _, name := range by {
			name, down := strings.CutPrefix(name, "-")
			if order := compare(a[name], b[name]); order != 0 {
				if down {
					return -order
				}
				return order
			}
		}
		return 0
	})
	return nil
}

// compare orders null first, numbers by size, dates by time and everything else as text.
func compare(a, b any) int {
	if a == nil || b == nil {
		return cmp.Compare(bit(a != nil), bit(b != nil))
	}
	if x, y, ok := both(a, b, number); ok {
		return cmp.Compare(x, y)
	}
	if x, y, ok := both(a, b, date); ok {
		return x.Compare(y)
	}
	return cmp.Compare(text(a), text(b))
}

func both[T any](a, b any, read func(any) (T, bool)) (x, y T, ok bool) {
	x, okX := read(a)
	y, okY := read(b)
	return x, y, okX && okY
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	default:
		return 0, false
	}
}

func date(v any) (time.Time, bool) {
	s, _ := v.(string)
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}

func (q query) matches(c *collection, r row) (bool, error) { return matches(c, r, q.filter) }

// matches evaluates a filter: every member of it must hold.
func matches(c *collection, r row, filter map[string]any) (bool, error) {
	for name, condition := range filter {
		ok, err := holds(c, r, name, condition)
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func holds(c *collection, r row, name string, condition any) (bool, error) {
	if name == "_and" || name == "_or" {
		parts, _ := condition.([]any)
		for _, part := range parts {
			filter, _ := part.(map[string]any)
			ok, err := matches(c, r, filter)
			if err != nil || ok == (name == "_or") {
				return ok, err
			}
		}
		return name == "_and", nil
	}
	if _, known := c.field(name); !known {
		return false, errForbidden
	}
	operators, _ := condition.(map[string]any)
	for operator, operand := range operators {
		ok, err := c.test(name, operator, r[name], operand)
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (c *collection) test(field, operator string, value, operand any) (bool, error) {
	f, _ := c.field(field)
	if (f.Key || field == "id" && !c.IntegerKey) && slices.Contains([]string{"_lt", "_lte", "_gt", "_gte"}, operator) {
		return false, errQuery(`"uuid" field type does not contain the %q filter operator`, operator)
	}
	null := value == nil
	switch operator {
	case "_eq":
		return !null && same(value, operand), nil
	case "_neq":
		return !null && !same(value, operand), nil
	case "_lt":
		return !null && compare(value, operand) < 0, nil
	case "_lte":
		return !null && compare(value, operand) <= 0, nil
	case "_gt":
		return !null && compare(value, operand) > 0, nil
	case "_gte":
		return !null && compare(value, operand) >= 0, nil
	case "_starts_with":
		return !null && strings.HasPrefix(text(value), text(operand)), nil
	case "_null":
		return null == (operand == true), nil
	case "_nnull":
		return null != (operand == true), nil
	case "_in", "_nin":
		set, _ := operand.([]any)
		in := slices.ContainsFunc(set, func(o any) bool { return same(value, o) })
		return !null && in == (operator == "_in"), nil
	default:
		return false, errQuery("%q is not an operator here", operator)
	}
}

// same compares as a database column would: keys are told as text and as numbers.
func same(a, b any) bool {
	return compare(a, b) == 0 || a != nil && b != nil && text(a) == text(b)
}
