package relay

import (
	"bytes"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// A scanner reads messages such as a chat sends, in an eighth of the time that a decoder takes. It does not know all of
// JSON, and so it refuses nothing: of what it does not know (\u, names with escapes, fractions, objects of many members,
// whatever is broken) it only says so, and a decoder reads it again.
type scanner struct {
	text []byte
	at   int
}

const (
	scanDepth = 16 // of values in each other
	scanNames = 16 // of one object, because each is compared with all before
)

// scanFields does what decodeFields does, or is not ok.
func scanFields(text []byte) (f fields, ok bool) {
	s := scanner{text: text}
	if !utf8.Valid(text) || !s.skip('{') {
		return f, false
	}
	for more := s.next() != '}'; more; more = s.skip(',') {
		name, plain, ok := s.string()
		if !ok || !plain || !s.skip(':') {
			return f, false
		}
		kind := s.kind()
		if kind == '[' && string(name) == `"ids"` {
			if f.set&hasIDs != 0 || !s.keys(&f) {
				return f, false
			}
			continue
		}
		if value, ok := s.value(0); !ok || f.put(name, kind, value) != nil {
			return f, false
		}
	}
	ok = s.skip('}') && s.next() == 0 && s.at == len(text)
	return f, ok && f.kind != nil && len(f.uid) <= maxUID
}

// next skips white space and returns the byte there, or 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.text); s.at++ {
		if c := s.text[s.at]; c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
	}
	return 0
}

func (s *scanner) skip(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

// kind is that of the next value.
func (s *scanner) kind() jsontext.Kind {
	c := s.next()
	if c == '-' || isDigit(c) {
		c = '0'
	}
	return jsontext.Kind(c)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// keys reads an array of keys.
func (s *scanner) keys(f *fields) bool {
	s.at++
	good, count := true, 0
	for more := s.next() != ']'; more; more = s.skip(',') {
		key, ok := s.value(1)
		if !ok {
			return false
		}
		good = good && isKey(key)
		count++
	}
	f.set |= hasIDs
	f.goodIDs = good && count > 0
	return s.skip(']')
}

// value returns a value as it is written. Whatever stands behind it is found by the caller, who needs a comma or an end.
func (s *scanner) value(depth int) (value []byte, ok bool) {
	if depth == scanDepth {
		return nil, false
	}
	c := s.next()
	start := s.at
	switch {
	case c == '"':
		_, _, ok = s.string()
	case c == '{':
		ok = s.object(depth + 1)
	case c == '[':
		ok = s.array(depth + 1)
	case c == '-' || isDigit(c):
		ok = s.integer()
	default:
		ok = s.word("true") || s.word("false") || s.word("null")
	}
	return s.text[start:s.at], ok
}

func (s *scanner) object(depth int) bool {
	var names [scanNames][]byte
	s.at++
	count := 0
	for more := s.next() != '}'; more; more = s.skip(',') {
		name, plain, ok := s.string()
		if !ok || !plain || count == scanNames || !s.skip(':') {
			return false
		}
		for _, other := range names[:count] {
			if bytes.Equal(name, other) {
				return false
			}
		}
		names[count] = name
		count++
		if _, ok := s.value(depth); !ok {
			return false
		}
	}
	return s.skip('}')
}

func (s *scanner) array(depth int) bool {
	s.at++
	for more := s.next() != ']'; more; more = s.skip(',') {
		if _, ok := s.value(depth); !ok {
			return false
		}
	}
	return s.skip(']')
}

func (s *scanner) integer() bool {
	if s.text[s.at] == '-' {
		s.at++
	}
	start := s.at
	for s.at < len(s.text) && isDigit(s.text[s.at]) {
		s.at++
	}
	digits := s.text[start:s.at]
	return len(digits) == 1 || len(digits) > 1 && digits[0] != '0'
}

func (s *scanner) word(word string) bool {
	if !bytes.HasPrefix(s.text[s.at:], []byte(word)) {
		return false
	}
	s.at += len(word)
	return true
}

// string returns a string as it is written, and whether that is plain: without escapes.
func (s *scanner) string() (value []byte, plain, ok bool) {
	if s.next() != '"' {
		return nil, false, false
	}
	plain = true
	for i := s.at + 1; i < len(s.text); i++ {
		c := s.text[i]
		if !special[c] {
			continue
		}
		switch c {
		case '"':
			value = s.text[s.at : i+1]
			s.at = i + 1
			return value, plain, true
		case '\\':
			plain = false
			if i++; i == len(s.text) || bytes.IndexByte([]byte(`"\/bfnrt`), s.text[i]) < 0 {
				return nil, false, false
			}
		default:
			return nil, false, false
		}
	}
	return nil, false, false
}

// special are the bytes that do not just stand for themselves in a string: quote, escape, and what must be escaped.
var special = func() (special [256]bool) {
	special['"'], special['\\'] = true, true
	for c := range ' ' {
		special[c] = true
	}
	return special
}()
