package relay

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

var errMessage = errors.New("not a message")

// Members of messages. Each kind of message has those it may have.
const (
	hasAction = 1 << iota
	hasCollection
	hasData
	hasQuery
	hasID
	hasIDs
	hasEvent
	hasItem
	hasToken
)

// fields are the members of one message, as they are written.
type fields struct {
	set                                              int // bits of those that are there
	kind, uid, action, collection, event, key, token []byte
	data                                             jsontext.Kind
	goodIDs                                          bool // there are ids, and none is empty
}

// A reader is a decoder over one message; they are pooled, because a new one allocates a kilobyte.
type reader struct {
	text bytes.Reader
	json jsontext.Decoder
}

var readers = sync.Pool{New: func() any { return new(reader) }}

// readFields reads an object strictly: valid UTF-8, no duplicate names at any depth, nothing behind it, no members that
// no message has. The slices it returns are parts of text.
func readFields(text []byte) (fields, error) {
	if f, ok := scanFields(text); ok {
		return f, nil
	}
	return decodeFields(text)
}

// decodeFields reads what scanFields leaves to it.
func decodeFields(text []byte) (fields, error) {
	if tooDeep(text) {
		return fields{}, errMessage
	}
	r := readers.Get().(*reader)
	defer func() {
		r.text.Reset(nil) // lets go of the text
		readers.Put(r)
	}()
	r.text.Reset(text)
	r.json.Reset(&r.text)

	f, err := r.object(text)
	if err == nil {
		if _, behind := r.json.ReadToken(); behind != io.EOF {
			err = errMessage
		}
	}
	if err == nil && (f.kind == nil || len(f.uid) > maxUID) {
		err = errMessage
	}
	return f, err
}

func (r *reader) object(text []byte) (f fields, err error) {
	if r.json.PeekKind() != '{' {
		return f, errMessage
	}
	if _, err := r.json.ReadToken(); err != nil {
		return f, err
	}
	for r.json.PeekKind() != '}' {
		name, err := r.json.ReadValue()
		if err != nil {
			return f, err
		}
		end := int(r.json.InputOffset())
		if err := r.member(&f, text[end-len(name):end], text); err != nil {
			return f, err
		}
	}
	_, err = r.json.ReadToken()
	return f, err
}

// member reads the value of one member.
func (r *reader) member(f *fields, name, text []byte) error {
	kind := r.json.PeekKind()
	if string(name) == `"ids"` && kind == '[' {
		f.set |= hasIDs
		return r.keys(f)
	}
	value, err := r.json.ReadValue()
	if err != nil {
		return err
	}
	end := int(r.json.InputOffset())
	return f.put(name, kind, text[end-len(value):end]) // the decoder's own bytes do not last
}

// put takes the value of one member, unless there is one, or no message has such.
func (f *fields) put(name []byte, kind jsontext.Kind, value []byte) error {
	isText := kind == '"'
	var bit int
	var to *[]byte
	switch string(name) {
	case `"type"`:
		to = &f.kind
	case `"uid"`:
		to = &f.uid
		isText = isText || kind == '0'
	case `"action"`:
		to, bit = &f.action, hasAction
	case `"collection"`:
		to, bit = &f.collection, hasCollection
	case `"event"`:
		to, bit = &f.event, hasEvent
	case `"access_token"`:
		to, bit = &f.token, hasToken
	case `"id"`:
		to, bit = &f.key, hasID
		isText = isText || kind == '0'
	case `"item"`:
		to, bit = &f.key, hasItem
		isText = isText || kind == '0'
	case `"data"`:
		if f.set&hasData != 0 {
			return errMessage
		}
		f.set |= hasData
		f.data = kind
		return nil
	case `"query"`:
		if kind != '{' || f.set&hasQuery != 0 {
			return errMessage
		}
		f.set |= hasQuery
		return nil
	}
	if to == nil || !isText || f.set&bit != 0 || bit == 0 && *to != nil {
		return errMessage
	}
	f.set |= bit
	*to = value
	return nil
}

// keys reads an array of keys.
func (r *reader) keys(f *fields) error {
	if _, err := r.json.ReadToken(); err != nil {
		return err
	}
	good, count := true, 0
	for r.json.PeekKind() != ']' {
		key, err := r.json.ReadValue()
		if err != nil {
			return err
		}
		good = good && isKey(key)
		count++
	}
	f.goodIDs = good && count > 0
	_, err := r.json.ReadToken()
	return err
}

// isKey reports whether a value names one row: a string that is not empty, or a positive integer.
func isKey(value []byte) bool {
	if len(value) == 0 {
		return false
	}
	if value[0] == '"' {
		return len(value) > len(`""`)
	}
	if value[0] < '1' || value[0] > '9' {
		return false
	}
	for _, c := range value {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

const maxDepth = 64 // of arrays and objects in each other; a query of ours has six

// tooDeep looks before anything reads recursively: here, or in Directus.
func tooDeep(text []byte) bool {
	depth, inText := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
