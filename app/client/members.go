package client

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mailru/easyjson/jlexer"
	"github.com/mailru/easyjson/jwriter"

	"directuschat/app/directus"
)

// A member is one of a JSON object's: its name, and where its value is, a *string, *bool, *time.Time or *[]string, the
// members of an object, or a list of such. All that is kept has them, and all that tabs tell each other. The functions of
// encoding/json are so large that the engine, which compiles anew what runs often, takes a processor from whoever waits for
// the room, for longer than all else that it does for them takes.
type member struct {
	name  string
	value any
}

// Objects are a list of them.
type objects struct {
	len  func() int
	at   func(i int) []member
	more func() []member // those of another object, behind the last
}

func listOf[T any](all *[]T, members func(*T) []member) objects {
	return objects{
		len: func() int { return len(*all) },
		at:  func(i int) []member { return members(&(*all)[i]) },
		more: func() []member {
			*all = append(*all, *new(T))
			return members(&(*all)[len(*all)-1])
		},
	}
}

func encode(members []member) string {
	var w jwriter.Writer
	writeMembers(&w, members)
	return string(built(&w))
}

// decode leaves what is not there as it is.
func decode(text string, members []member) error {
	l := jlexer.Lexer{Data: []byte(text)}
	readMembers(&l, members)
	l.Consumed()
	return l.Error()
}

// writeMembers writes an object without what is empty.
func writeMembers(w *jwriter.Writer, members []member) {
	before := byte('{')
	for _, m := range members {
		if m.empty() {
			continue
		}
		w.RawByte(before)
		writeText(w, m.name)
		w.RawByte(':')
		switch value := m.value.(type) {
		case *string:
			writeText(w, *value)
		case *bool:
			w.Bool(*value)
		case *time.Time:
			writeText(w, value.Format(time.RFC3339Nano))
		case *[]string:
			writeList(w, *value)
		case []member:
			writeMembers(w, value)
		case objects:
			before := byte('[')
			for i := range value.len() {
				w.RawByte(before)
				writeMembers(w, value.at(i))
				before = ','
			}
			w.RawByte(']')
		}
		before = ','
	}
	if before == '{' {
		w.RawByte(before)
	}
	w.RawByte('}')
}

func (m member) empty() bool {
	switch value := m.value.(type) {
	case *string:
		return *value == ""
	case *bool:
		return !*value
	case *time.Time:
		return value.IsZero()
	case *[]string:
		return len(*value) == 0
	case objects:
		return value.len() == 0
	default:
		return false
	}
}

// writeList writes an array.
func writeList[S ~string](w *jwriter.Writer, list []S) {
	w.RawByte('[')
	for i, text := range list {
		if i > 0 {
			w.RawByte(',')
		}
		writeText(w, string(text))
	}
	w.RawByte(']')
}

// writeText writes a string. Most have nothing in them that JSON writes in another way, such as keys.
func writeText(w *jwriter.Writer, text string) {
	if strings.ContainsFunc(text, special) {
		w.String(text)
		return
	}
	w.RawByte('"')
	w.RawString(text)
	w.RawByte('"')
}

func special(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' }

// readMembers reads an object. What has another name, or is of another type, is left out.
func readMembers(l *jlexer.Lexer, members []member) {
	directus.ReadObject(l, func(name string) {
		i := slices.IndexFunc(members, func(m member) bool { return m.name == name })
		if i < 0 {
			l.SkipRecursive()
			return
		}
		switch value := members[i].value.(type) {
		case *string:
			*value = directus.ReadText(l)
		case *bool:
			*value = directus.ReadText(l) == "true"
		case *time.Time:
			if at, err := time.Parse(time.RFC3339, directus.ReadText(l)); err == nil {
				*value = at
			}
		case *[]string:
			directus.ReadArray(l, func() { *value = append(*value, directus.ReadText(l)) })
		case []member:
			readMembers(l, value)
		case objects:
			directus.ReadArray(l, func() { readMembers(l, value.more()) })
		}
	})
}

// unquoted is the text that quoted has quoted; "" for anything else.
func unquoted(text string) string {
	l := jlexer.Lexer{Data: []byte(text)}
	return directus.ReadText(&l)
}

// A row is what a request writes: strings, and booleans.
type row map[string]any

func (r row) encode() []byte {
	var w jwriter.Writer
	before := byte('{')
	for _, name := range slices.Sorted(maps.Keys(r)) {
		w.RawByte(before)
		writeText(&w, name)
		w.RawByte(':')
		switch value := r[name].(type) {
		case string:
			writeText(&w, value)
		case bool:
			w.Bool(value)
		default:
			panic("a row is of strings and booleans: " + name)
		}
		before = ','
	}
	w.RawByte('}')
	return []byte(built(&w))
}
