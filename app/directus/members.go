package directus

import (
	"bytes"
	"errors"

	"github.com/mailru/easyjson/jlexer"
)

// The members of frames and answers are taken apart here rather than by jlexer, whose Raw reads a value three times (to
// find its end, to validate it, and its owner to decode it). In the browser a frame of one message takes 3 µs so, not 10,
// and a page of a hundred a third.

var errNoObject = errors.New("not a JSON object")

// members calls read for each member of an object, with its key and value as they are written. Values are told apart
// but not checked; whoever decodes one finds out.
func members(b []byte, read func(key, value []byte)) error {
	s := scanner{rest: b}
	if !s.skip('{') {
		return errNoObject
	}
	if s.skip('}') {
		return s.end()
	}
	for {
		key := s.value()
		if len(key) < 2 || key[0] != '"' || !s.skip(':') {
			return errNoObject
		}
		value := s.value()
		if len(value) == 0 {
			return errNoObject
		}
		read(key[1:len(key)-1], value)
		if s.skip('}') {
			return s.end()
		}
		if !s.skip(',') {
			return errNoObject
		}
	}
}

// Data returns the data of an answer: of {"data":…}, as it is written and not checked, part of the body. ErrNotDirectus
// when there is none.
func Data(body []byte) ([]byte, error) {
	var data []byte
	err := members(body, func(key, value []byte) {
		if string(key) == "data" {
			data = value
		}
	})
	if err != nil || data == nil {
		return nil, ErrNotDirectus
	}
	return data, nil
}

// word is a value that should be a string; a number reads as it is written, anything else as "".
func word(value []byte) string {
	if len(value) > 1 && value[0] == '"' && bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1])
	}
	l := jlexer.Lexer{Data: value}
	return ReadText(&l)
}

// A scanner finds the ends of JSON values.
type scanner struct{ rest []byte }

func (s *scanner) space() {
	for len(s.rest) > 0 && (s.rest[0] == ' ' || s.rest[0] == '\n' || s.rest[0] == '\r' || s.rest[0] == '\t') {
		s.rest = s.rest[1:]
	}
}

// skip takes c if it comes next.
func (s *scanner) skip(c byte) bool {
	s.space()
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

func (s *scanner) end() error {
	if s.space(); len(s.rest) > 0 {
		return errNoObject
	}
	return nil
}

// value takes the next value, nil if there is none or it has no end.
func (s *scanner) value() []byte {
	s.space()
	n := valueLen(s.rest)
	value := s.rest[:n]
	s.rest = s.rest[n:]
	return value
}

func valueLen(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	switch b[0] {
	case '"':
		return stringLen(b)
	case '{', '[':
		for i, depth := 0, 0; i < len(b); i++ {
			switch b[i] {
			case '"':
				n := stringLen(b[i:])
				if n == 0 {
					return 0
				}
				i += n - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
		return 0
	default:
		n := bytes.IndexAny(b, ",}] \n\r\t")
		return max(n, 0)
	}
}

// stringLen is the length of the string that b begins with, quotes included; 0 if it has no end.
func stringLen(b []byte) int {
	for i := 1; ; i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return 0
		}
		i += n
		escaped := false
		for j := i - 1; j > 0 && b[j] == '\\'; j-- {
			escaped = !escaped
		}
		if !escaped {
			return i + 1
		}
	}
}
