package directus

import "fmt"

// A Secret is a token, password or one-time code. It does not show itself when printed, logged or marshalled; the bytes
// for the wire are taken by an explicit conversion, string(s).
type Secret string

const hidden = "[secret]"

// String keeps the secret out of text.
func (Secret) String() string { return hidden }

// Format keeps it out of every verb of fmt, %d and %#v included.
func (Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, hidden) }

// MarshalText keeps it out of JSON and structured logs.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
