// Package json takes the place of encoding/json in the lean copy of go-app, whose functions that keep and share states use
// it. Nothing here uses those, and encoding/json is a twentieth of the program. It knows of nothing but errors.
package json

import "errors"

var errAbsent = errors.New("encoding/json is not in this program: see web/wasm")

// RawMessage is a text.
type RawMessage []byte

// Marshal always fails.
func Marshal(any) ([]byte, error) { return nil, errAbsent }

// Unmarshal always fails.
func Unmarshal([]byte, any) error { return errAbsent }
